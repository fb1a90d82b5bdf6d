import type { JsonObject, Json, ScanItem } from 'millrace'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAds, queriesOf, rowsOf, type OpenedAds } from './open-google-ads.ts'

let ads: OpenedAds
beforeEach(async () => {
  ads = await openAds()
})
afterEach(() => ads[Symbol.asyncDispose]())

const dayOf = (row: JsonObject) => String(row['segments.date'])
const sum = (rows: readonly JsonObject[], field: string) =>
  rows.reduce((total, row) => total + BigInt(String(row[field])), 0n)
const windowsOf = (items: readonly ScanItem[]) =>
  items.flatMap((item) => (item.kind === 'checkpoint' ? (item.windows ?? []) : []))
const daysOf = (queries: readonly string[]) => queries.flatMap((query) => query.match(/\d{4}-\d\d-\d\d/g) ?? [])
const daysBefore = async (days: number) =>
  new Date((await ads.sandbox.now()).getTime() - days * 86_400_000).toISOString()

/** As a plan does, and a run before it makes a table. */
const check = async (name: string, where: string | null) =>
  (await ads.stream(name)).checkAsked?.({ where, options: {} }, { signal: new AbortController().signal })

describe('the connection', () => {
  it('needs no developer token, sends one that it has, and takes no empty one', async () => {
    const sent = async (opened: OpenedAds) => {
      await opened.opened.check({ signal: new AbortController().signal })
      return (await opened.requests()).flatMap(({ headers }) => Object.keys(headers)).includes('developer-token')
    }
    await using owner = await openAds({ developer_token: 'x'.repeat(22) })
    expect([await sent(ads), await sent(owner)]).toEqual([false, true])
    await expect(openAds({ developer_token: '' })).rejects.toThrow('developer_token')
  })
})

describe('accounts', () => {
  it('are found below managers of managers, in order, each through the one at the top', async () => {
    const rows = rowsOf(await ads.read('campaign'))
    expect([...new Set(rows.map((row) => row['customer.id']))]).toEqual(['1110000001', '1110000002', '1110000003'])
    const searches = (await ads.requests()).filter(({ path }) => path.endsWith('googleAds:search'))
    expect(new Set(searches.map(({ headers }) => headers['login-customer-id']))).toEqual(new Set(['9000000001']))
  })

  it('that are not enabled are left out and named, once', async () => {
    await ads.read('campaign')
    await ads.read('ad_group')
    const named = ads.warnings().filter((text) => text.includes('CUSTOMER_NOT_ENABLED'))
    expect(named).toHaveLength(1)
    expect(named[0]).toContain('1110000004 (Acme Old Shop)')
  })

  it('that are managers have a row and labels, and are asked for no metrics', async () => {
    expect(rowsOf(await ads.read('customer')).map((row) => row['customer.manager'])).toEqual([
      false,
      false,
      false,
      true,
      true,
    ])
    expect(rowsOf(await ads.read('label')).some((row) => row['customer.id'] === '9000000001')).toBe(true)
    await ads.requests()
    await ads.read('customer_performance')
    const asked = (await ads.requests()).filter(({ body }) => body?.includes('metrics.'))
    expect(asked.length).toBeGreaterThan(3)
    expect(asked.filter(({ path }) => path.includes('/customers/9'))).toEqual([])
  })

  it('are read alone where one is named', async () => {
    await using one = await openAds({ customer_ids: ['111-000-0002'], login_customer_id: '900-000-0001' })
    expect(new Set(rowsOf(await one.read('ad_group')).map((row) => row['customer.id']))).toEqual(
      new Set(['1110000002']),
    )
  })

  it('that a user may not see fail the run, and say who', async () => {
    await using stranger = await openAds({ customer_ids: '222-000-0002' })
    await expect(stranger.read('campaign')).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('USER_PERMISSION_DENIED'),
    })
  })
})

describe('reports', () => {
  it('come newest day first, and whole', async () => {
    const customer = rowsOf(await ads.read('customer_performance', { options: { days_per_query: 3 } }))
    const days = customer.map(dayOf)
    expect([days.toSorted().at(-1), days.toSorted()[0]]).toEqual(['2026-11-20', '2026-10-06'])
    const chunks = days.map((day) => Math.floor((Date.parse('2026-11-20') - Date.parse(day)) / (3 * 86_400_000)))
    expect(chunks).toEqual(chunks.toSorted((a, b) => a - b))
    for (const level of ['campaign', 'ad_group', 'ad', 'keyword']) {
      const rows = rowsOf(await ads.read(`${level}_performance`))
      expect(sum(rows, 'metrics.cost_micros'), level).toBe(sum(customer, 'metrics.cost_micros'))
      expect(sum(rows, 'metrics.clicks'), level).toBe(sum(customer, 'metrics.clicks'))
    }
  })

  it('begin at the start of the sync, where it has one', async () => {
    const rows = rowsOf(await ads.read('customer_performance', { start: '2026-11-18T00:00:00.000Z' }))
    expect(new Set(rows.map(dayOf))).toEqual(new Set(['2026-11-18', '2026-11-19', '2026-11-20']))
  })

  it('are asked for as far back as the vendor gives days, and no further, where the sync has no start', async () => {
    await ads.read('customer')
    await ads.requests()
    await ads.read('customer_performance')
    const asked = daysOf(queriesOf(await ads.requests()))
    expect(asked.toSorted()[0]).toBe('2023-11-07')
    expect(ads.warnings().filter((text) => text.includes('can be read'))).toEqual([])
  })

  it.each(['campaign_performance', 'gaql'])(
    'begin with the oldest day that the vendor gives where they are to begin before it, and say so: %s',
    async (name) => {
      const options: JsonObject = {
        days_per_query: 366,
        ...(name === 'gaql' && { query: 'SELECT campaign.name, metrics.clicks FROM campaign' }),
      }
      for (const more of [{ start: '2020-01-01T00:00:00.000Z' }, { from: '2020-01-01T00:00:00.000Z', full: true }]) {
        const items = await ads.read(name, { ...more, options })
        expect(rowsOf(items).length).toBeGreaterThan(50)
        expect(items.at(-1)).toMatchObject({ kind: 'checkpoint', resume: { phase: 'done' } })
        // What is stored of the days before stays: none of them is named as read.
        expect(
          windowsOf(items)
            .map(({ from }) => from)
            .toSorted()[0],
        ).toBe('2023-11-07')
      }
      const said = `${name}: Google Ads gives 1110 days of it; nothing before 2023-11-07 can be read.`
      expect(ads.warnings().filter((text) => text === said)).toHaveLength(2)
    },
  )

  it('go on by themselves where a scan stands at days that the vendor gives no longer', async () => {
    const scan = { start: '2020-01-01T00:00:00.000Z' }
    const at = { phase: 'days', account: '1110000002', page: 'x' }
    const old = await ads.read('campaign_performance', {
      ...scan,
      resume: { ...at, from: '2021-01-01', to: '2021-01-30' },
    })
    expect(rowsOf(old)).toEqual([])
    expect(windowsOf(old)).toEqual([])
    expect(old).toMatchObject([{ kind: 'checkpoint', resume: { phase: 'done' } }])
    await ads.requests()
    const items = await ads.read('campaign_performance', {
      ...scan,
      resume: { ...at, from: '2023-10-30', to: '2023-11-28' },
    })
    // The mark of a page is of the query as it was: it is no good for fewer days.
    expect((await ads.requests()).filter(({ body }) => body?.includes('pageToken'))).toEqual([])
    expect(windowsOf(items)).toEqual(
      ['1110000002', '1110000003'].map((id) => ({ from: '2023-11-07', to: '2023-11-28', of: { 'customer.id': id } })),
    )
    expect(items.at(-1)).toMatchObject({ kind: 'checkpoint', resume: { phase: 'done' } })
  })

  it('have nothing to read where a first scan ends before the oldest day that the vendor gives', async () => {
    const resume = { phase: 'days', from: '2020-01-01', to: '2020-01-30', account: '1110000001', page: null }
    const items = await ads.read('campaign_performance', { to: '2022-01-01T00:00:00.000Z', resume })
    expect(items).toMatchObject([{ kind: 'checkpoint', resume: { phase: 'done' }, windows: [] }])
  })

  it('are read again for a window of days, so that restated ones overwrite', async () => {
    const { overlapMs, key } = await ads.stream('campaign_performance')
    const keyOf = (row: JsonObject) => key.map((field) => String(row[field])).join(' ')
    const kept = new Map(rowsOf(await ads.read('campaign_performance')).map((row) => [keyOf(row), row]))
    const watermark = (await ads.sandbox.now()).getTime()
    await ads.sandbox.move(2)
    const from = new Date(watermark - overlapMs).toISOString()
    const again = rowsOf(await ads.read('campaign_performance', { from }))
    const oldest = again.map(dayOf).toSorted()[0]
    expect(oldest).toBe('2026-10-21')
    for (const row of again) kept.set(keyOf(row), row)
    const truth = await ads.sandbox.show('google_ads', 'campaign_performance')
    expect(kept.size).toBe(truth.length)
    const metrics = (row: JsonObject): Json => [row['metrics.cost_micros'] ?? null, row['metrics.conversions'] ?? null]
    for (const row of truth) expect(metrics(kept.get(keyOf(row)) ?? {})).toEqual(metrics(row))
  })

  it('take a narrower window, which still has the days that were not over', async () => {
    const { overlapMs } = await ads.stream('campaign_performance')
    const from = new Date(Date.parse(await daysBefore(1)) - overlapMs).toISOString()
    const rows = rowsOf(await ads.read('campaign_performance', { from, options: { window: 1 } }))
    expect(new Set(rows.map(dayOf))).toEqual(new Set(['2026-11-18', '2026-11-19', '2026-11-20']))
  })

  it('of clicks are asked for one day at a time, ninety days back', async () => {
    const rows = rowsOf(await ads.read('click_view', { start: '2026-01-01T00:00:00.000Z' }))
    expect(rows.length).toBeGreaterThan(3)
    const asked = queriesOf(await ads.requests()).filter((query) => query.includes('FROM click_view'))
    // The one that is not enabled is asked once.
    expect(asked).toHaveLength(90 * 3 + 1)
    expect(asked.filter((query) => !/WHERE segments\.date = '\d{4}-\d\d-\d\d'$/.test(query))).toEqual([])
    expect(ads.warnings().some((text) => text.includes('gives 90 days'))).toBe(true)
  })

  it('of clicks leave days out that are no longer kept, also where a scan ends long ago', async () => {
    const to = '2026-09-10T00:00:00.000Z'
    const rows = rowsOf(await ads.read('click_view', { from: '2026-07-01T00:00:00.000Z', to, full: true }))
    const asked = () =>
      ads.requests().then((all) => queriesOf(all).filter((query) => query.includes('FROM click_view')))
    const days = (await asked()).flatMap((query) => /segments\.date = '(.*)'/.exec(query)?.[1] ?? [])
    expect([days.toSorted()[0], days.toSorted().at(-1)]).toEqual(['2026-08-23', '2026-09-09'])
    expect(rows).toEqual([])
    expect(ads.warnings().some((text) => text.includes('nothing before 2026-08-23'))).toBe(true)
    const resume = { phase: 'days', from: '2026-08-01', to: '2026-08-01', account: '1110000001', page: null }
    await ads.read('click_view', { from: '2026-07-01T00:00:00.000Z', to, full: true, resume })
    expect(await asked()).toEqual([])
  })

  it('name the field that their windows are of, and every stream with columns obeys conditions', async () => {
    const all = await Promise.all(['campaign_performance', 'click_view', 'gaql', 'campaign'].map(ads.stream))
    expect(all.map(({ windowOf, takesWhere }) => [windowOf, takesWhere])).toEqual([
      [['customer.id'], true],
      [['customer.id'], true],
      [['customer.id'], undefined],
      [undefined, true],
    ])
    const items = await ads.read('campaign_performance', { start: '2026-11-20T00:00:00.000Z' })
    expect(windowsOf(items).length).toBeGreaterThan(2)
    for (const { of = {} } of windowsOf(items)) expect(Object.keys(of)).toEqual(['customer.id'])
  })

  it('say between the pages of an account that its days are still open, and behind them that they are read', async () => {
    await using own = await openAds()
    await own.sandbox.setFault('google_ads', 'page_rows', { rows: 2, times: 'always' })
    const items = await own.read('campaign_performance', { start: '2026-11-18T00:00:00.000Z' })
    const open = items.flatMap((item) => (item.kind === 'checkpoint' ? [item.daysOpen === true] : []))
    expect(open).toContain(true)
    const within = items.flatMap((item) =>
      item.kind === 'checkpoint' ? [typeof Object(item.resume)['page'] === 'string'] : [],
    )
    expect(open).toEqual(within)
  })

  it('offer money as a decimal beside the micros', async () => {
    const [row] = rowsOf(await ads.read('campaign', { where: "campaign.name LIKE 'Brand%'" }))
    expect(row).toMatchObject({
      'campaign_budget.amount_micros': '9007199254740993',
      'campaign_budget.amount_decimal': '9007199254.740993',
    })
  })

  it('say which fields have the value of another in them, for masks', async () => {
    expect((await ads.stream('campaign')).parts).toEqual({
      'campaign_budget.amount_micros': ['campaign_budget.amount_decimal'],
      'campaign_budget.amount_decimal': ['campaign_budget.amount_micros'],
    })
    expect((await ads.stream('click_view')).parts).toEqual({ 'click_view.resource_name': ['click_view.gclid'] })
    expect((await ads.stream('gaql')).parts).toEqual({ row: ['row_key'] })
    await using own = await openAds({ queries: { terms: 'SELECT search_term_view.search_term FROM search_term_view' } })
    expect((await own.stream('terms')).parts).toEqual({
      'search_term_view.resource_name': ['search_term_view.search_term'],
    })
  })

  it('stop at a limit, and take conditions of the sync', async () => {
    expect(rowsOf(await ads.read('ad_performance', { limit: 7 }))).toHaveLength(7)
    const paused = rowsOf(await ads.read('campaign', { where: 'campaign.status = PAUSED' }))
    expect(paused).toEqual([])
  })
})

describe('conditions of a sync', () => {
  it.each([
    ['campaign_performance', "segments.date >= '2026-11-18'", 'it has a condition on dates'],
    ['campaign_performance', "campaign.status = 'ENABLED' LIMIT 3", 'LIMIT is not taken here'],
    ['campaign', "campaign.status = 'ENABLED' LIMIT 1", 'LIMIT is not taken here'],
    ['campaign', "campaign.status = 'ENABLED' order  by campaign.id", 'ORDER BY is not taken here'],
    ['campaign', 'campaign.id > 1 PARAMETERS include_drafts=true', 'PARAMETERS is not taken here'],
    ['ad_group', 'WHERE ad_group.id > 1', 'WHERE is not taken here'],
    ['ad_group', "ad_group.name = 'it", 'a text in it has no end'],
  ])('are refused before a row is read or counted, where they keep days out: %s, %s', async (name, where, message) => {
    const stream = await ads.stream(name)
    await ads.requests()
    const refusal = { code: 'MR-1201', message: `Google Ads, stream ${name}, where: ${message}.` }
    await expect(check(name, where)).rejects.toMatchObject(refusal)
    await expect(ads.read(name, { where })).rejects.toMatchObject(refusal)
    const scan = await ads.scanOf({ where })
    const counted = async () => stream.count?.(scan, ads.host.context(new AbortController().signal))
    if (stream.count) await expect(counted()).rejects.toMatchObject(refusal)
    expect((await ads.requests()).filter(({ path }) => path.includes('googleAds:search'))).toEqual([])
  })

  it.each([
    ['campaign', 'campaign.statsu = 1', /no field campaign.statsu; did you mean campaign.status\?$/],
    ['campaign_performance', 'ad_group.id = 5', /where cannot be on ad_group.id where FROM is campaign/],
    ['campaign', "segments.device = 'MOBILE'", /where is on segments.device, which has to be selected then/],
  ])('are held against the fields that there are: %s, %s', async (name, where, message) => {
    await expect(check(name, where)).rejects.toMatchObject({
      code: 'MR-1208',
      message: expect.stringMatching(message),
    })
    expect((await ads.requests()).filter(({ path }) => path.includes('googleAds:search'))).toEqual([])
  })

  it('may be on what a report is not of, where Google joins it', async () => {
    await expect(check('ad_group', "campaign.status = 'ENABLED'")).resolves.toBeUndefined()
  })

  it('may hold such words in a text', async () => {
    const where = "campaign.name != 'LIMIT 5 FROM segments.date'"
    expect(rowsOf(await ads.read('campaign', { where }))).toEqual(rowsOf(await ads.read('campaign')))
  })
})

describe('pages', () => {
  it('are followed to the end, and gone on from where they are lost', async () => {
    const whole = rowsOf(await ads.read('ad_performance'))
    await ads.sandbox.setFault('google_ads', 'page_rows', { rows: 9, times: 'always' })
    expect(rowsOf(await ads.read('ad_performance'))).toEqual(whole)
    await ads.sandbox.setFault('google_ads', 'expire_pages', { times: 3, match: 'googleAds:search' })
    const again = rowsOf(await ads.read('ad_performance'))
    expect(again.length).toBeGreaterThan(whole.length)
    expect(new Set(again.map((row) => JSON.stringify(row)))).toEqual(new Set(whole.map((row) => JSON.stringify(row))))
    expect(ads.warnings().filter((text) => text.includes('brought'))).toEqual([])
  })

  it('are gone on with from a checkpoint within a query', async () => {
    await ads.sandbox.setFault('google_ads', 'page_rows', { rows: 9, times: 'always' })
    const items = await ads.read('keyword_performance')
    const at = items.findIndex((item) => item.kind === 'checkpoint' && JSON.stringify(item.resume).includes('"page":"'))
    const checkpoint = items[at]
    if (checkpoint?.kind !== 'checkpoint') throw new Error('no page in a checkpoint')
    const rest = rowsOf(await ads.read('keyword_performance', { resume: checkpoint.resume }))
    expect([...rowsOf(items.slice(0, at)), ...rest]).toEqual(rowsOf(items))
  })

  it('that are refused for good end the run after three beginnings more, each of which is said', async () => {
    await ads.sandbox.setFault('google_ads', 'page_rows', { rows: 3, times: 'always' })
    const refusals = { code: 'MR-3005', next: expect.arrayContaining([expect.stringContaining('days_per_query')]) }
    const begun = async () => {
      const asked = (await ads.requests()).filter(({ body }) => body?.includes('FROM ad_group_criterion'))
      return asked.filter(({ body }) => !body?.includes('pageToken')).length
    }
    const restarts = () => ads.warnings().filter((text) => text.includes('begins again')).length
    const items = await ads.read('keyword')
    const resumed = items.find((item) => item.kind === 'checkpoint' && JSON.stringify(item.resume).includes('"page":"'))
    await begun()
    await ads.sandbox.setFault('google_ads', 'expire_pages', { times: 'always', match: 'googleAds:search' })
    await expect(ads.read('keyword')).rejects.toMatchObject(refusals)
    expect([await begun(), restarts()]).toEqual([4, 3])
    // Where it was gone on with, the page that is gone first tells nothing of how far the query comes.
    const resume = resumed?.kind === 'checkpoint' ? resumed.resume : null
    await expect(ads.read('keyword', { resume })).rejects.toMatchObject(refusals)
    expect([await begun(), restarts()]).toEqual([4, 7])
  })

  it('that are lost have what is read again taken off what was read, also of an earlier run', async () => {
    const keyword = await ads.stream('keyword')
    const context = ads.host.context(new AbortController().signal)
    const scan = await ads.scanOf()
    const counted = (await keyword.count?.(scan, context)) ?? 0
    await ads.sandbox.setFault('google_ads', 'page_rows', { rows: 2, times: 'always' })
    const lose = () => ads.sandbox.setFault('google_ads', 'expire_pages', { times: 1, match: 'googleAds:search' })
    const readOf = (items: readonly ScanItem[]) =>
      items.reduce((sum, item) => sum - (item.kind === 'checkpoint' ? (item.again ?? 0) : 0), rowsOf(items).length)
    await lose()
    const items = await ads.read('keyword')
    expect(rowsOf(items).length).toBeGreaterThan(counted)
    expect(readOf(items)).toBe(counted)
    const at = items.findLastIndex(
      ({ kind, ...item }) => kind === 'checkpoint' && JSON.stringify(item).includes('"rows":4'),
    )
    const before = items.slice(0, at + 1)
    const last = before.at(-1)
    await lose()
    const rest = await ads.read('keyword', { resume: last?.kind === 'checkpoint' ? last.resume : null })
    expect(readOf(before) + readOf(rest)).toBe(counted)
  })

  it('may be lost more often where the query comes further each time', async () => {
    const whole = rowsOf(await ads.read('keyword'))
    await ads.sandbox.setFault('google_ads', 'page_rows', { rows: 2, times: 'always' })
    const lose = (after: number) =>
      ads.sandbox.setFault('google_ads', 'expire_pages', { times: 1, after, match: 'googleAds:search' })
    const stream = await ads.stream('keyword')
    await lose(1)
    let lost = 1
    const items: ScanItem[] = []
    await ads.requests()
    for await (const item of stream.read(await ads.scanOf(), ads.host.context(new AbortController().signal))) {
      items.push(item)
      const said = ads.warnings().filter((text) => text.includes('begins again')).length
      if (said === lost && lost < 5) await lose(++lost)
    }
    const begun = (await ads.requests()).filter(
      ({ path, body }) => path.includes('1110000001') && !body?.includes('pageToken'),
    )
    expect(begun.length).toBeGreaterThan(4)
    expect(new Set(rowsOf(items).map((row) => JSON.stringify(row)))).toEqual(
      new Set(whole.map((row) => JSON.stringify(row))),
    )
  })

  it.each([
    ['are lost', 'expire_pages'],
    ['name themselves as the next', 'loop_pages'],
  ])('of accounts that %s for good end the run, and none of them is left out', async (_, fault) => {
    await ads.sandbox.setFault('google_ads', 'page_rows', { rows: 2, times: 'always' })
    await ads.sandbox.setFault('google_ads', fault, { times: 'always', match: 'googleAds:search' })
    await expect(ads.read('customer')).rejects.toMatchObject({
      code: 'MR-3005',
      message: expect.stringContaining('Listing the accounts below 9000000001'),
    })
  })

  it('that name themselves as the next end the run', async () => {
    await ads.sandbox.setFault('google_ads', 'page_rows', { rows: 9, times: 'always' })
    await ads.sandbox.setFault('google_ads', 'loop_pages', { times: 'always' })
    await expect(ads.read('ad_performance')).rejects.toMatchObject({ code: 'MR-3005' })
  })

  it('that hold fewer rows than there are said to be are told', async () => {
    await ads.sandbox.setFault('google_ads', 'miscount', { by: 2, times: 'always' })
    await ads.read('campaign')
    expect(ads.warnings().filter((text) => text.includes('says 4 rows and brought 2'))).toHaveLength(3)
  })

  it('are counted by the vendor', async () => {
    const stream = await ads.stream('keyword')
    const scan = await ads.scanOf()
    const rows = rowsOf(await ads.read('keyword'))
    expect(await stream.count?.(scan, ads.host.context(new AbortController().signal))).toBe(rows.length)
    const none = { ...scan, where: "ad_group_criterion.keyword.text = 'nothing'" }
    expect(await stream.count?.(none, ads.host.context(new AbortController().signal))).toBe(0)
  })

  it('are counted as they come where another resource splits them', async () => {
    await using own = await openAds({ queries: { places: 'SELECT campaign.name FROM geographic_view' } })
    const stream = await own.stream('places')
    const rows = rowsOf(await own.read('places'))
    const counted = await stream.count?.(await own.scanOf(), own.host.context(new AbortController().signal))
    expect(counted).toBe(rows.length)
  })
})

describe('refusals', () => {
  it('of a token that ran out are answered by one sign-in for all', async () => {
    await ads.read('customer')
    await ads.requests()
    await ads.sandbox.setFault('google_ads', 'expire_tokens', { times: 1, match: 'googleAds:search' })
    const both = await Promise.all([ads.read('campaign'), ads.read('ad_group')])
    expect(both.map((items) => rowsOf(items).length > 0)).toEqual([true, true])
    expect((await ads.requests()).filter(({ path }) => path === '/token')).toHaveLength(1)
  })

  it('of a refresh token that was revoked say so, once', async () => {
    await ads.sandbox.setFault('google_ads', 'revoked', { times: 'always' })
    await expect(ads.read('campaign')).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('revoked'),
    })
    expect(await ads.requests()).toHaveLength(1)
  })

  it('of a project that may read test accounts only say so, and leave out nothing', async () => {
    await ads.sandbox.setFault('google_ads', 'test_access', { times: 'always' })
    await ads.opened.check({ signal: new AbortController().signal })
    await expect(ads.read('campaign')).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION'),
    })
  })

  it('of a day’s quota end the run at once', async () => {
    await ads.read('customer')
    await ads.requests()
    await ads.sandbox.setFault('google_ads', 'quota', { times: 'always', match: 'googleAds:search' })
    await expect(ads.read('campaign')).rejects.toMatchObject({
      code: 'MR-3006',
      message: expect.stringContaining('RESOURCE_EXHAUSTED'),
    })
    expect((await ads.requests()).filter(({ path }) => path.includes('googleAds:search'))).toHaveLength(1)
  })

  it.each([
    ['rate_limit', { retry_after: 0.05, times: 2 }],
    ['rate_limit', { times: 2 }],
    ['transient', { times: 2 }],
    ['deadline', { times: 2 }],
    ['reset_after', { times: 1 }],
    ['truncated_gzip', { times: 1 }],
    ['cut_json', { times: 1 }],
    ['bad_utf8', { times: 1 }],
    ['error_200', { times: 1 }],
    ['html', { times: 1 }],
    ['status', { status: 503, times: 2 }],
  ])('that pass are tried again: %s', async (fault, spec) => {
    const whole = rowsOf(await ads.read('campaign_performance'))
    await ads.sandbox.setFault('google_ads', fault, { ...spec, match: 'googleAds:search' })
    expect(rowsOf(await ads.read('campaign_performance'))).toEqual(whole)
  })

  it('of an account in the middle of a run leave out that account, and name it', async () => {
    await ads.read('customer')
    await ads.sandbox.setFault('google_ads', 'not_enabled', { customer: '1110000002', times: 'always' })
    const rows = rowsOf(await ads.read('campaign_performance'))
    expect(new Set(rows.map((row) => row['customer.id']))).toEqual(new Set(['1110000001', '1110000003']))
    expect(ads.warnings().filter((text) => text.includes('1110000002'))).toHaveLength(1)
  })

  it.each(['campaign', 'campaign_performance'])(
    'leave %s of that account out of what a replacement takes the place of, also where it is gone on with',
    async (name) => {
      await ads.sandbox.setFault('google_ads', 'not_enabled', { customer: '1110000002', times: 'always' })
      const items = await ads.read(name)
      const wholeOf = { field: 'customer.id', values: ['1110000001', '1110000003'] }
      const last = items.at(-1)
      expect(last).toMatchObject({ kind: 'checkpoint', wholeOf })
      await ads.sandbox.setFault('google_ads', 'not_enabled', null)
      for (const item of [items.findLast((one) => one.kind === 'checkpoint' && one !== last), last]) {
        if (item?.kind !== 'checkpoint') throw new Error('no checkpoint')
        await using next = await openAds({ base_url: String(ads.sandbox.connection('google_ads')['base_url']) })
        const rest = await next.read(name, { resume: item.resume })
        expect(rowsOf(rest).filter((row) => row['customer.id'] === '1110000002')).toEqual([])
        expect(rest.at(-1)).toMatchObject({ kind: 'checkpoint', wholeOf })
      }
    },
  )
})

describe('queries of a user', () => {
  const query =
    "SELECT search_term_view.search_term, metrics.cost_micros FROM search_term_view WHERE search_term_view.search_term LIKE 'acme%'"

  it('in the connection become streams with columns and a key of their own', async () => {
    await using own = await openAds({
      queries: { search_terms: query, budgets: 'SELECT campaign_budget.name FROM campaign_budget' },
    })
    const stream = await own.stream('search_terms')
    expect(stream.key).toEqual(['search_term_view.resource_name', 'segments.date'])
    expect(stream.columns).toEqual({
      'customer.id': 'integer',
      'search_term_view.resource_name': 'string',
      'segments.date': 'date',
      'search_term_view.search_term': 'string',
      'metrics.cost_micros': 'integer',
      'metrics.cost_decimal': 'decimal(38,6)',
    })
    const rows = rowsOf(await own.read('search_terms', { start: '2026-11-15T00:00:00.000Z' }))
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.every((row) => String(row['search_term_view.search_term']).startsWith('acme'))).toBe(true)
    expect(rowsOf(await own.read('budgets'))).toHaveLength(6)
  })

  const byCampaign = 'SELECT campaign.name, metrics.cost_micros FROM geographic_view'
  const start = '2026-11-15T00:00:00.000Z'

  it.each([
    ['of a resource beside them', byCampaign],
    ['of a condition on it', "SELECT metrics.cost_micros FROM geographic_view WHERE campaign.status = 'ENABLED'"],
  ])('that a resource splits whose name is not in their own have it in the key: %s', async (_what, text) => {
    await using own = await openAds({ queries: { places: text } })
    const { key, columns } = await own.stream('places')
    expect(key).toEqual(['geographic_view.resource_name', 'segments.date', 'campaign.resource_name'])
    expect(columns).toMatchObject({ 'campaign.resource_name': 'string' })
    const rows = rowsOf(await own.read('places', { start }))
    expect(new Set(rows.map((row) => key.map((field) => String(row[field])).join(' '))).size).toBe(rows.length)
    expect(sum(rows, 'metrics.cost_micros')).toBe(
      sum(rowsOf(await ads.read('campaign_performance', { start })), 'metrics.cost_micros'),
    )
    // Without it there are fewer.
    const whole = rowsOf(
      await ads.read('gaql', { start, options: { query: 'SELECT metrics.cost_micros FROM geographic_view' } }),
    )
    expect(rows.length).toBeGreaterThan(whole.length)
    const json = rowsOf(await ads.read('gaql', { start, options: { query: text } }))
    expect(new Set(json.map((row) => row.row_key)).size).toBe(rows.length)
  })

  it('keep their key where what stands beside them splits nothing', async () => {
    await using own = await openAds({
      queries: { terms: 'SELECT campaign.id, ad_group.name, metrics.clicks FROM search_term_view' },
    })
    expect((await own.stream('terms')).key).toEqual(['search_term_view.resource_name', 'segments.date'])
  })

  it('may not be split by a condition of the sync alone', async () => {
    await using own = await openAds({
      queries: { places: 'SELECT metrics.clicks FROM geographic_view', split: byCampaign },
    })
    const ask = async (name: string) =>
      (await own.stream(name)).checkAsked?.(
        { where: "campaign.status = 'ENABLED'", options: {} },
        { signal: new AbortController().signal },
      )
    await expect(ask('places')).rejects.toMatchObject({
      code: 'MR-1208',
      message: expect.stringContaining('where is on campaign.status, and campaign splits the rows'),
    })
    await expect(ask('split')).resolves.toBeUndefined()
  })

  it('in the sync know rows apart whose segments differ in where one text ends, and keep the keys of all others', async () => {
    const rowOf = (conversionActionName: string, device: string) => ({
      customer: { id: '1' },
      campaign: { resourceName: 'customers/1/campaigns/2' },
      segments: { date: '2026-11-19', conversionActionName, device },
    })
    const fieldMask = 'customer.id,campaign.resourceName,segments.date,segments.conversionActionName,segments.device'
    const texts = [
      ['Acme', 'Home Lamp'],
      ['Acme Home', 'Lamp'],
      ['Acme\\', 'Home'],
      ['Acme', 'Home'],
      ['Acme\\ Home', ''],
    ] as const
    const results = texts.map(([name, device]) => rowOf(name, device))
    await ads.read('customer')
    await ads.sandbox.setFault('google_ads', 'error_200', {
      match: 'googleAds:search',
      times: 'always',
      body: { results, fieldMask },
    })
    const options = {
      query: 'SELECT segments.conversion_action_name, segments.device, metrics.conversions FROM campaign',
    }
    const rows = rowsOf(await ads.read('gaql', { start: '2026-11-19T00:00:00.000Z', options, limit: 5 }))
    expect(new Set(rows.map((row) => row.row_key)).size).toBe(texts.length)
    expect(rows[3]?.['row_key']).toBe('customers/1/campaigns/2 2026-11-19 Acme Home')
  })

  it('in the sync bring rows as JSON', async () => {
    const options = { query }
    const rows = rowsOf(await ads.read('gaql', { start: '2026-11-15T00:00:00.000Z', options }))
    expect(rows.length).toBeGreaterThan(5)
    expect(new Set(rows.map((row) => row.row_key)).size).toBe(rows.length)
    expect(rows[0]).toMatchObject({
      'customer.id': '1110000001',
      row: { 'search_term_view.search_term': expect.any(String), 'metrics.cost_micros': expect.any(String) },
    })
  })

  it('gaql without a query reads nothing, and says so where it is asked, before it is read', async () => {
    await check('gaql', null)
    expect(ads.warnings().filter((text) => text.startsWith('gaql: no query'))).toHaveLength(1)
    // A replacement has read of nobody, and takes nothing.
    expect(await ads.read('gaql')).toMatchObject([{ kind: 'checkpoint', wholeOf: { values: [] } }])
  })

  it.each([
    ['SELECT campaign.nmae FROM campaign', 'MR-1208', /there is no field campaign.nmae; did you mean campaign.name\?$/],
    ['SELECT campaign.id FROM campain', 'MR-1208', /there is no resource campain; did you mean campaign\?$/],
    ['SELECT campaign.id FROM nonsense', 'MR-1208', /there is no resource nonsense\.$/],
    ['SELECT ad_group.id FROM campaign', 'MR-1208', 'ad_group.id cannot be selected from campaign'],
    ['SELECT campaign.id FROM campagne', 'MR-1208', 'there is no resource campagne'],
    [
      'SELECT metrics.clicks, segments.conversion_action_name FROM campaign',
      'MR-1208',
      'metrics.clicks and segments.conversion_action_name cannot be selected together',
    ],
    [
      "SELECT campaign.id FROM campaign WHERE campaign.nmae = 'a.b' AND campaign.id = 1",
      'MR-1208',
      /there is no field campaign.nmae; did you mean campaign.name\?$/,
    ],
    [
      'SELECT campaign.id FROM campaign WHERE ad_group.id = 5',
      'MR-1208',
      'WHERE cannot be on ad_group.id where FROM is',
    ],
    [
      "SELECT metrics.clicks FROM campaign WHERE segments.device = 'MOBILE'",
      'MR-1208',
      'WHERE is on segments.device, which has to be selected then, too',
    ],
    ['SELECT campaign.id FROM campaign LIMIT 5', 'MR-1201', 'LIMIT is not taken here'],
    [
      "SELECT metrics.clicks FROM campaign WHERE segments.date = '2026-01-01'",
      'MR-1201',
      'it has a condition on dates',
    ],
    ['campaign.id FROM campaign', 'MR-1201', 'it does not begin with SELECT'],
    ['SELECT campaign.id, FROM campaign', 'MR-1201', '“” is not a field'],
  ])('are checked before a row is read: %s', async (text, code, message) => {
    await ads.read('customer')
    await ads.requests()
    await expect(ads.read('gaql', { options: { query: text } })).rejects.toMatchObject({
      code,
      message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
    })
    expect((await ads.requests()).filter(({ path }) => path.includes('googleAds:search'))).toEqual([])
  })

  it('may ask by device and network', async () => {
    const text = 'SELECT segments.device, segments.ad_network_type, metrics.clicks FROM campaign'
    const rows = rowsOf(await ads.read('gaql', { start: '2026-11-19T00:00:00.000Z', options: { query: text } }))
    expect(rows.length).toBeGreaterThan(5)
    for (const { row } of rows)
      expect(row).toMatchObject({ 'segments.device': 'DESKTOP', 'segments.ad_network_type': 'SEARCH' })
  })

  it('keep what looks like a clause in a string', async () => {
    const text = "SELECT campaign.name FROM campaign WHERE campaign.name != 'LIMIT 5 FROM segments.date'"
    expect(rowsOf(await ads.read('gaql', { options: { query: text } }))).toHaveLength(6)
  })
})
