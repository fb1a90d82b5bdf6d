import type { JsonObject, ScanItem } from 'millrace'
import { describe, expect, it } from 'vitest'
import { optionFlaw } from '../../../src/connector/option-flaw.ts'
import { openFacebook, rowsOf, type OpenedFacebook } from './open-facebook.ts'

/** What the vendor would say now, in one piece: asked past the connector. */
async function truthOf({ sandbox }: OpenedFacebook, level: string, breakdowns: readonly string[] = []) {
  const { base_url, access_token, app_secret } = sandbox.connection('facebook_ads')
  const { createHmac } = await import('node:crypto')
  const proof = createHmac('sha256', String(app_secret)).update(String(access_token)).digest('hex')
  const query = `access_token=${access_token}&appsecret_proof=${proof}`
  const ask = async (path: string, init: RequestInit = {}): Promise<JsonObject> => {
    const answer: JsonObject = JSON.parse(await (await fetch(`${base_url}/v25.0/${path}${query}`, init)).text())
    return answer
  }
  const rows: JsonObject[] = []
  const statuses = ['ACTIVE', 'PAUSED', 'ARCHIVED', 'DELETED', 'CAMPAIGN_PAUSED', 'IN_PROCESS', 'WITH_ISSUES']
  for (const account of await sandbox.show('facebook_ads', 'ad_accounts')) {
    const today = (await sandbox.now()).toISOString().slice(0, 10)
    const since = String(account['created_time']).slice(0, 10)
    const body = JSON.stringify({
      level,
      breakdowns,
      time_increment: 1,
      fields: ['account_id', 'campaign_id', 'ad_id', 'spend', 'impressions', 'conversions'],
      time_range: { since, until: today },
      ...(level !== 'account' && {
        filtering: [{ field: `${level}.effective_status`, operator: 'IN', value: statuses }],
      }),
    })
    const headers = { 'content-type': 'application/json' }
    const { report_run_id: run } = await ask(`${account['id']}/insights?`, { method: 'POST', body, headers })
    for (let polls = 0; polls < 3; polls++) await ask(`${run}?`)
    const { data } = await ask(`${run}/insights?limit=5000&`)
    rows.push(...(Array.isArray(data) ? (data as JsonObject[]) : [])) // rows, as the vendor documents
  }
  return rows
}

const spendOf = (rows: readonly JsonObject[]) =>
  rows
    .map(
      (row) =>
        `${row['account_id']} ${row['campaign_id'] ?? ''} ${row['ad_id'] ?? ''} ${row['date_start']} ${row['spend']}`,
    )
    .sort()

const checkpoints = (items: readonly ScanItem[]) =>
  items.flatMap((item) => (item.kind === 'checkpoint' ? [item.resume] : []))

const daysAsked = (requests: readonly string[]) =>
  requests.flatMap((request) => {
    const [, since = '', until = ''] = /"since":"([^"]+)","until":"([^"]+)"/.exec(request) ?? []
    return since === '' ? [] : [`${since} ${until}`]
  })

describe('a report', () => {
  it('says that its key has the values of its breakdowns in clear, for masks', async () => {
    await using vendor = await openFacebook()
    expect((await vendor.stream('ad_insights_by_age_gender')).parts).toEqual({ _breakdowns: ['age', 'gender'] })
    expect((await vendor.stream('ad_insights')).parts?.['_breakdowns']).toContain('region')
  })

  it('is not reconciled: days that Facebook keeps no longer are not gone', async () => {
    await using vendor = await openFacebook()
    expect(await vendor.stream('ad_insights')).toMatchObject({ enumerates: false })
  })

  it('brings every day of every account since it was made, with what was archived and deleted', async () => {
    await using vendor = await openFacebook()
    const items = await vendor.read('campaign_insights')
    const truth = await truthOf(vendor, 'campaign')
    expect(truth.length).toBeGreaterThan(500)
    expect(spendOf(rowsOf(items))).toEqual(spendOf(truth))
    const gone = (await vendor.sandbox.show('facebook_ads', 'campaigns')).filter(({ status }) => status === 'DELETED')
    const read = new Set(rowsOf(items).map((row) => row['campaign_id']))
    expect(gone.filter(({ id }) => read.has(id ?? null))).toHaveLength(gone.length)
    expect(gone.length).toBeGreaterThan(0)
  })

  it('keeps no link and no token in a checkpoint, nor in a row', async () => {
    await using vendor = await openFacebook()
    const items = [...(await vendor.read('ad_insights')), ...(await vendor.read('ads'))]
    const text = JSON.stringify(items.map((item) => (item.kind === 'lines' ? rowsOf([item]) : item)))
    expect(checkpoints(items).length).toBeGreaterThan(5)
    expect(text).not.toMatch(/access_token|appsecret|EAAsandbox|paging/)
  })

  it('is cut into days until the vendor takes it: too much data, failed and skipped jobs', async () => {
    for (const [fault, spec] of [
      ['too_much_data', { rows: 40 }],
      ['job_failed', { days: 3 }],
      ['job_skipped', { days: 1 }],
    ] as const) {
      await using vendor = await openFacebook()
      const whole = rowsOf(await vendor.read('campaign_insights'))
      await vendor.fault(fault, { times: 'always', ...spec })
      await vendor.requests()
      const rows = rowsOf(await vendor.read('campaign_insights'))
      expect(spendOf(rows), fault).toEqual(spendOf(whole))
      const spans = daysAsked(await vendor.requests()).map((days) => {
        const [since = '', until = ''] = days.split(' ')
        return (Date.parse(until) - Date.parse(since)) / 86_400_000 + 1
      })
      // Once it is known what the vendor takes, no more is asked for.
      expect(Math.max(...spans.slice(10)), fault).toBeLessThanOrEqual(8)
    }
  })

  it('of one day that is still too much is read by campaigns, and none is lost', async () => {
    await using vendor = await openFacebook()
    const scan = { from: '2026-11-10T12:00:00Z', to: '2026-11-13T12:00:00Z' }
    const whole = rowsOf(await vendor.read('ad_insights', scan))
    await vendor.fault('job_failed', { times: 'always', campaigns: 1 })
    await vendor.requests()
    const rows = rowsOf(await vendor.read('ad_insights', scan))
    expect(whole.length).toBeGreaterThan(50)
    expect(spendOf(rows)).toEqual(spendOf(whole))
    expect((await vendor.requests()).join('\n')).toMatch(/"field":"campaign.id","operator":"IN","value":\["\d+"\]/)
    // Deleted campaigns are in no list, but their days are.
    const gone = (await vendor.sandbox.show('facebook_ads', 'campaigns')).filter(({ status }) => status === 'DELETED')
    const read = new Set(rows.map((row) => row['campaign_id']))
    expect(gone.filter(({ id }) => read.has(id ?? null))).toHaveLength(gone.length)
    expect(gone.length).toBeGreaterThan(0)
  })

  it('of one day names what it cannot make smaller, also where it is in no list', async () => {
    await using vendor = await openFacebook()
    const scan = { from: '2026-11-10T12:00:00Z', to: '2026-11-13T12:00:00Z' }
    await vendor.sandbox.move(9)
    await vendor.fault('job_failed', { times: 'always', campaigns: 1 })
    await expect(vendor.read('ad_insights', scan)).rejects.toMatchObject({
      code: 'MR-3003',
      message: expect.stringMatching(/for 2026-11-1\d \(campaigns that are in no list\) failed 3 times/),
    })
  })

  it('that never works fails by its day and campaign; what was read before stays, and is not read again', async () => {
    await using vendor = await openFacebook()
    const scan = { from: '2026-11-10T12:00:00Z', to: '2026-11-16T12:00:00Z', options: { days_per_report: 1 } }
    await vendor.fault('job_failed', { times: 'always', match: '/act_\\d+/insights', after: 3 })
    const before: ScanItem[] = []
    const failure = await (async () => {
      for await (const item of vendor.items('campaign_insights', scan)) before.push(item)
    })().catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'MR-3003',
      message: expect.stringMatching(
        /report of act_\d+ for 2026-11-14 \(campaign \d+\) failed 3 times: Job Failed, code -2\/2490547: Report Failed Generating the report failed. Try again later./,
      ),
    })
    await vendor.fault('job_failed', null)
    const resume = checkpoints(before).at(-1) ?? null
    expect(resume).toMatchObject({ at: '2026-11-14' })
    await vendor.requests()
    const rest = await vendor.read('campaign_insights', { ...scan, resume })
    expect(daysAsked(await vendor.requests())[0]).toBe('2026-11-14 2026-11-14')
    expect(spendOf(rowsOf([...before, ...rest]))).toEqual(spendOf(rowsOf(await vendor.read('campaign_insights', scan))))
  })

  it('asks for smaller pages where the vendor wants it', async () => {
    await using vendor = await openFacebook()
    const whole = rowsOf(await vendor.read('ad_insights'))
    await vendor.fault('too_much_page', { times: 'always', limit: 60, match: '/insights' })
    expect(spendOf(rowsOf(await vendor.read('ad_insights')))).toEqual(spendOf(whole))
  })

  it('asks for smaller pages, and then for fewer days, where the vendor does not know why it fails', async () => {
    await using vendor = await openFacebook()
    const scan = { from: '2026-11-02T00:00:00Z', to: '2026-11-10T00:00:00Z' }
    const whole = rowsOf(await vendor.read('ad_insights', scan))
    const usual = daysAsked(await vendor.requests())
    const unknown = { message: 'An unknown error occurred', match: '/\\d{9,}/insights' }
    await vendor.fault('too_much_page', { times: 'always', limit: 60, ...unknown })
    expect(spendOf(rowsOf(await vendor.read('ad_insights', scan)))).toEqual(spendOf(whole))
    const asked = await vendor.requests()
    expect(daysAsked(asked)).toEqual(usual)
    // What a page may have is found out once a scan.
    expect(asked.filter((request) => request.includes('limit=500'))).toHaveLength(5)
    // Pages of every size down to the smallest, of the first report alone.
    await vendor.fault('too_much_page', { times: 6 * 5, limit: 0, ...unknown })
    await vendor.requests()
    expect(spendOf(rowsOf(await vendor.read('ad_insights', scan)))).toEqual(spendOf(whole))
    expect(daysAsked(await vendor.requests()).slice(0, 3)).toEqual([
      '2026-11-02 2026-11-08',
      '2026-11-02 2026-11-02',
      '2026-11-03 2026-11-06',
    ])
    await vendor.fault('too_much_page', { times: 'always', limit: 0, ...unknown })
    const oneDay = { ...scan, options: { days_per_report: 1 } }
    await expect(vendor.read('account_insights', oneDay)).rejects.toMatchObject({
      code: 'MR-3003',
      message: expect.stringContaining('An unknown error occurred'),
    })
  })

  const isPage = /^GET \/\d{9,}\/insights/
  const runs = (requests: readonly string[]) => requests.filter((request) => request.startsWith('POST ')).length

  it.each([
    ['of days', {}, 2],
    ['of a day', { days_per_report: 1 }, 1],
  ])('%s that fails by an outage is not taken for too much: small ones tell', async (_, options, small) => {
    await using vendor = await openFacebook()
    const scan = { from: '2026-11-02T00:00:00Z', to: '2026-11-10T00:00:00Z', options }
    const whole = rowsOf(await vendor.read('ad_insights', scan))
    const usual = await vendor.requests()
    const outage = { times: 'always', limit: 0, message: 'Service temporarily unavailable', match: '/\\d{9,}/insights' }
    await vendor.fault('too_much_page', outage)
    await expect(vendor.read('ad_insights', scan)).rejects.toMatchObject({
      code: 'MR-3003',
      message: expect.stringContaining('Service temporarily unavailable'),
    })
    const asked = await vendor.requests()
    // Of one day, and of one campaign in it.
    expect(runs(asked)).toBe(1 + small)
    // Pages of six sizes, and the smallest again.
    expect(asked.filter((request) => isPage.test(request))).toHaveLength((6 + small) * 5)
    await vendor.fault('too_much_page', null)
    expect(spendOf(rowsOf(await vendor.read('ad_insights', scan)))).toEqual(spendOf(whole))
    expect(await vendor.requests()).toHaveLength(usual.length)
  })

  it.each([
    ['days', { from: '2026-11-02T00:00:00Z' }, 'account_id'],
    ['campaigns of a day', { from: '2026-11-09T00:00:00Z', options: { days_per_report: 1 } }, 'campaign_id'],
    ['campaigns of each of the days', { from: '2026-11-02T00:00:00Z' }, 'campaign_id'],
  ])(
    'that is too much is cut where the vendor does not say so, either, and its pages stay large: %s',
    async (_, days, part) => {
      await using vendor = await openFacebook()
      const scan = { to: '2026-11-10T00:00:00Z', ...days }
      const whole = rowsOf(await vendor.read('ad_insights', scan))
      const sizes = Object.values(Object.groupBy(whole, (row) => `${row[part]} ${row['date_start']}`))
      const most = Math.max(...sizes.map((rows) => rows?.length ?? 0))
      const unknown = { message: 'An unknown error occurred', match: '/\\d{9,}/insights' }
      await vendor.fault('too_much_page', { times: 'always', limit: 0, rows: most, ...unknown })
      await vendor.requests()
      expect(spendOf(rowsOf(await vendor.read('ad_insights', scan)))).toEqual(spendOf(whole))
      const pages = (await vendor.requests()).filter((request) => isPage.test(request))
      expect(pages.at(-1)).toContain('limit=500')
    },
  )

  it.each([
    ['just after it was started', { match: '^GET /v[^/]+/\\d+\\?', times: 3 }],
    ['between its pages', { match: '/\\d{9,}/insights', after: 2, times: 4 }],
    ['between its pages, in other words', { match: '/\\d{9,}/insights', after: 2, times: 4, summary: true }],
  ])('that is not to be seen for a while, though it is there, is asked for again: %s', async (_when, spec) => {
    await using vendor = await openFacebook()
    await vendor.fault('too_much_page', { times: 'always', limit: 60, match: '/insights' })
    await vendor.requests()
    const whole = rowsOf(await vendor.read('account_insights'))
    const usual = runs(await vendor.requests())
    await vendor.fault('unseen_report', spec)
    expect(rowsOf(await vendor.read('account_insights'))).toEqual(whole)
    expect(runs(await vendor.requests())).toBe(usual)
  })

  it('that is never seen again is started anew, and fails in the vendor’s words where that does not help', async () => {
    await using vendor = await openFacebook({ poll_interval_ms: 1 })
    const scan = { from: '2026-11-10T12:00:00Z', to: '2026-11-12T12:00:00Z', options: { days_per_report: 1 } }
    const whole = rowsOf(await vendor.read('account_insights', scan))
    const usual = runs(await vendor.requests())
    await vendor.fault('unseen_report', { times: 6 })
    expect(rowsOf(await vendor.read('account_insights', scan))).toEqual(whole)
    expect(runs(await vendor.requests())).toBe(usual + 1)
    await vendor.fault('unseen_report', { times: 'always' })
    await expect(vendor.read('account_insights', scan)).rejects.toMatchObject({
      code: 'MR-3003',
      message: expect.stringMatching(
        /report of act_\d+ for 2026-11-11 was started 3 times, and Facebook did not find it: Unsupported get request/,
      ),
      next: [expect.stringContaining('may still read the account')],
    })
  })

  it('that is never seen again is not taken for too much: no shorter ones are asked for', async () => {
    await using vendor = await openFacebook({ poll_interval_ms: 1 })
    await vendor.fault('unseen_report', { times: 'always' })
    await expect(vendor.read('account_insights')).rejects.toMatchObject({ code: 'MR-3003' })
    expect(runs(await vendor.requests())).toBe(3)
  })

  it('waits for a slow one, also where it says 100 per cent before it is complete', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('slow_reports', { times: 'always', polls: 6 })
    const items = await vendor.read('account_insights')
    expect(rowsOf(items).length).toBeGreaterThan(100)
    const polls = (await vendor.requests()).filter((request) => /^GET \/\d+$/.test(request))
    expect(polls).toHaveLength(6 * 2)
  })
})

describe('what is read again', () => {
  const day = 86_400_000

  it('is the window before the last complete scan: restated numbers come, older days are not asked for', async () => {
    await using vendor = await openFacebook()
    const before = rowsOf(await vendor.read('account_insights'))
    const watermark = await vendor.sandbox.now()
    await vendor.sandbox.move(3)
    const { overlapMs } = await vendor.stream('account_insights')
    await vendor.requests()
    const from = new Date(watermark.getTime() - overlapMs).toISOString()
    const again = rowsOf(await vendor.read('account_insights', { from, full: false }))
    const asked = daysAsked(await vendor.requests())
    expect(asked.map((days) => days.slice(0, 10))).toEqual(['2026-10-23', '2026-10-23'])
    const key = (row: JsonObject) => `${row['account_id']} ${row['date_start']} ${row['_breakdowns']}`
    const old = new Map(before.map((row) => [key(row), JSON.stringify(row)]))
    const restated = again.filter((row) => old.has(key(row)) && old.get(key(row)) !== JSON.stringify(row))
    expect(restated.length).toBeGreaterThan(20)
    // Merged by key, it is what the vendor says now.
    for (const row of again) old.set(key(row), JSON.stringify(row))
    const merged = [...old.values()].map((text): JsonObject => JSON.parse(text))
    expect(spendOf(merged)).toEqual(spendOf(await truthOf(vendor, 'account')))
  })

  it('is as long as the sync says, and never shorter than the days that were not over', async () => {
    await using vendor = await openFacebook()
    const now = (await vendor.sandbox.now()).getTime()
    const { overlapMs } = await vendor.stream('account_insights')
    const from = new Date(now - day - overlapMs).toISOString()
    for (const [window, first] of [
      [1, '2026-11-18'],
      [7, '2026-11-12'],
      [60, '2026-09-20'],
    ] as const) {
      await vendor.requests()
      await vendor.read('account_insights', { from, full: false, options: { window } })
      expect(daysAsked(await vendor.requests())[0]?.slice(0, 10)).toBe(first)
    }
  })
})

describe('breakdowns', () => {
  it('are a part of the key, in a stream of their own or by the sync’s options: the same rows', async () => {
    await using vendor = await openFacebook()
    const scan = { from: '2026-11-10T12:00:00Z', to: '2026-11-13T12:00:00Z' }
    const own = rowsOf(await vendor.read('campaign_insights_by_age_gender', scan))
    const asked = rowsOf(
      await vendor.read('campaign_insights', { ...scan, options: { breakdowns: ['gender', 'age'] } }),
    )
    expect(own.map(({ _breakdowns }) => _breakdowns)).toContain('{"age":"18-24","gender":"female"}')
    const sorted = (rows: readonly JsonObject[]) =>
      rows.map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))).sort()
    expect(sorted(asked).join('\n') === sorted(own).join('\n')).toBe(true)
    const { key } = await vendor.stream('campaign_insights')
    expect(new Set(own.map((row) => key.map((field) => row[field]).join(' '))).size).toBe(own.length)
  })

  it.each(['age_gender', 'country', 'region', 'platform', 'placement', 'device', 'hour'])(
    'that have a stream of their own are read with no more metrics than the vendor has by them: %s',
    async (preset) => {
      await using vendor = await openFacebook()
      for (const level of ['account', 'campaign', 'adset', 'ad'])
        expect(rowsOf(await vendor.read(`${level}_insights_by_${preset}`, { limit: 3 }))).toHaveLength(3)
    },
  )

  it('by hour and by region have no columns that the vendor does not fill', async () => {
    await using vendor = await openFacebook()
    const columnsOf = async (name: string) => Object.keys((await vendor.stream(name)).columns)
    const lacks = async (name: string) => {
      const has = new Set(await columnsOf(name))
      return (await columnsOf('ad_insights_by_country')).filter((column) => column !== 'country' && !has.has(column))
    }
    expect(await lacks('ad_insights_by_region')).toEqual([
      'video_avg_time_watched_actions',
      'video_p100_watched_actions',
      'video_p25_watched_actions',
      'video_p50_watched_actions',
      'video_p75_watched_actions',
      'video_p95_watched_actions',
    ])
    expect(await lacks('ad_insights_by_hour')).toEqual(
      expect.arrayContaining(['reach', 'frequency', 'full_view_reach', 'unique_clicks', 'video_play_actions']),
    )
    expect(await columnsOf('ad_insights_by_hour')).toEqual(expect.arrayContaining(['spend', 'impressions', 'actions']))
  })

  it.each([
    [
      'account_insights_by_hour',
      { fields: ['spend', 'reach'] },
      /reach .* hourly_stats_aggregated_by_advertiser_time_zone/,
    ],
    [
      'account_insights',
      { breakdowns: ['region'], fields: ['video_p25_watched_actions'] },
      /video_p25_watched_actions .* region/,
    ],
  ])(
    '%s with a metric that the vendor does not have by them is refused by the plan, too: %j',
    async (name, options, says) => {
      await using vendor = await openFacebook()
      const { checkAsked } = await vendor.stream(name)
      const refused = { code: 'MR-1201', message: expect.stringMatching(says) }
      await expect(checkAsked?.({ where: null, options }, { signal: never })).rejects.toMatchObject(refused)
      await expect(vendor.read(name, { options })).rejects.toMatchObject(refused)
      expect(await vendor.requests()).toEqual([])
    },
  )

  it('of the options leave out what the vendor does not have by them', async () => {
    await using vendor = await openFacebook()
    const options = { breakdowns: ['hourly_stats_aggregated_by_audience_time_zone'] }
    const [row] = rowsOf(await vendor.read('campaign_insights', { limit: 1, options }))
    expect(row).toMatchObject({ spend: expect.anything(), _breakdowns: expect.stringContaining('08:00:00') })
    expect(row).not.toHaveProperty('reach')
  })

  it('that the vendor does not take together are refused in its words', async () => {
    await using vendor = await openFacebook()
    const options = { breakdowns: ['country', 'age'] }
    await expect(vendor.read('ad_insights', { options })).rejects.toMatchObject({
      code: 'MR-3004',
      message: expect.stringContaining('Current combination of data breakdown columns (country, age) is invalid'),
    })
  })

  it.each([
    [{ breakdowns: ['image_asset'] }, /breakdowns/],
    [{ level: 'campaign' }, /for campaign there is the stream campaign_insights/],
    [{ fields: ['spent'] }, /no field spent at the level ad/],
    [{ windov: 7 }, /windov/],
    [{ window: 0 }, /the option window of ad_insights is refused: it has to be at least 1/],
  ])('and other options are checked before anything is asked: %j', async (options, says) => {
    await using vendor = await openFacebook()
    expect(optionFlaw(await vendor.stream('ad_insights'), options)).toMatch(says)
  })

  it('options are held against the level where the stream is described, so that a plan refuses them', async () => {
    await using vendor = await openFacebook()
    const { options } = await vendor.stream('ad_insights')
    const said = (given: object) => options?.safeParse(given).error?.issues[0]?.message
    expect(said({ level: 'campaign' })).toMatch(/for campaign there is the stream campaign_insights/)
    expect(said({ fields: ['spent'] })).toMatch(/no field spent at the level ad/)
    expect(said({ level: 'ad', fields: ['spend', 'ad_name'] })).toBeUndefined()
  })

  it('fields of the options are all that is asked for, beside the key', async () => {
    await using vendor = await openFacebook()
    const rows = rowsOf(await vendor.read('account_insights', { options: { fields: ['spend', 'clicks'] } }))
    expect(Object.keys(rows[0] ?? {}).sort()).toEqual([
      '_breakdowns',
      'account_id',
      'clicks',
      'date_start',
      'date_stop',
      'spend',
    ])
  })
})

it('a backfill of a day reads that day of every account, wherever the account is', async () => {
  await using vendor = await openFacebook()
  const part = { from: '2026-10-15T00:00:00.000Z', to: '2026-10-16T00:00:00.000Z', full: true }
  const days = rowsOf(await vendor.read('account_insights', part)).map((row) => [row['account_id'], row['date_start']])
  const accounts = await vendor.sandbox.show('facebook_ads', 'ad_accounts')
  expect(new Set(accounts.map((account) => account['timezone_name']))).toContain('Europe/Berlin')
  expect(days).toEqual(accounts.map((account) => [account['account_id'], '2026-10-15']))
})

describe('what cannot be had', () => {
  it('days that the vendor keeps no longer are named by account, and not asked for', async () => {
    await using vendor = await openFacebook()
    await vendor.sandbox.move(250)
    const options = { breakdowns: ['frequency_value'], fields: ['reach'] }
    const lost = /keeps such reports for 6 months; of act_\d+ \(2026-11-10 to 2027-01-2\d\), act_\d+ \(2026-11-10 /
    for (const scan of [
      { from: '2026-11-10T12:00:00.000Z', full: false },
      { start: '2026-11-10T00:00:00.000Z' },
      { from: '2026-11-09T12:00:00.000Z', full: true },
    ]) {
      const said = vendor.warnings().length
      await vendor.requests()
      await vendor.read('account_insights', { ...scan, limit: 1, options })
      expect(vendor.warnings().slice(said)).toEqual([expect.stringMatching(lost)])
      expect(daysAsked(await vendor.requests()).join()).toMatch(/^2027-01-/)
    }
  })

  it('a start that is long ago is nothing to a scan that goes on from a later day', async () => {
    await using vendor = await openFacebook()
    const scan = { from: '2026-10-20T00:00:00Z', full: false, start: '2025-01-01T00:00:00.000Z' }
    await vendor.read('account_insights_by_hour', scan)
    expect(vendor.warnings()).toEqual([])
  })

  it('days that a scan had got to, and that are too old by now, keep it from nothing', async () => {
    await using vendor = await openFacebook()
    const [account] = await vendor.sandbox.show('facebook_ads', 'ad_accounts')
    const resume = { done: [], account: String(account?.['id']), at: '2020-01-01' }
    const whole = rowsOf(await vendor.read('account_insights'))
    expect(rowsOf(await vendor.read('account_insights', { resume }))).toEqual(whole)
  })

  it('a report without a row by a breakdown that accounts opt in to takes nothing away, and is told of', async () => {
    await using vendor = await openFacebook()
    const windowsOf = (items: readonly ScanItem[]) =>
      items.flatMap((item) => (item.kind === 'checkpoint' ? (item.windows ?? []) : []))
    const scan = { from: '2026-11-10T12:00:00Z', to: '2026-11-13T12:00:00Z' }
    expect(windowsOf(await vendor.read('account_insights_by_device', scan))).toHaveLength(2)
    await vendor.fault('not_opted_in', { times: 'always' })
    const items = await vendor.read('account_insights_by_device', scan)
    expect([rowsOf(items), windowsOf(items)]).toEqual([[], []])
    expect(checkpoints(items).at(-1)).toMatchObject({ done: [expect.anything(), expect.anything()] })
    expect(vendor.warnings()).toEqual([
      expect.stringMatching(
        /^account_insights_by_device: Facebook sent no row of act_\d+ \(3 days, 2026-11-11 to 2026-11-13\), act_\d+ \(.*\) by impression_device/,
      ),
    ])
    // By other breakdowns nothing is what there was.
    await vendor.fault('not_opted_in', null)
    expect(windowsOf(await vendor.read('account_insights_by_country', scan))).toHaveLength(2)
  })

  it('an account that brought a row is told of with the days of which none came, also where the scan ends early', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('not_opted_in', { times: 'always', after: 2, match: '^POST ' })
    const scan = { from: '2026-11-01T12:00:00Z', to: '2026-11-13T12:00:00Z', options: { days_per_report: 1 } }
    expect(rowsOf(await vendor.read('account_insights_by_device', scan)).length).toBeGreaterThan(0)
    const both =
      /no row of act_\d+ \(10 days, 2026-11-04 to 2026-11-13\), act_\d+ \(12 days, 2026-11-02 to 2026-11-13\)/
    expect(vendor.warnings()).toEqual([expect.stringMatching(both)])
    const checkpoints = vendor.items('account_insights_by_device', scan)
    for (let seen = 0; seen < 5;) if ((await checkpoints.next()).value?.kind === 'checkpoint') seen++
    await checkpoints.return(undefined)
    expect(vendor.warnings()[1]).toMatch(/no row of act_\d+ \(\d days, /)
  })

  it('a limit leaves the cursor where it is: days without a row are not said to count as read', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('not_opted_in', { times: 2, match: '^POST ' })
    const scan = { from: '2026-11-01T12:00:00Z', to: '2026-11-13T12:00:00Z', options: { days_per_report: 1 } }
    expect(rowsOf(await vendor.read('account_insights_by_device', { ...scan, limit: 1 }))).toHaveLength(1)
    expect(vendor.warnings()).toEqual([])
    await vendor.fault('not_opted_in', { times: 2, match: '^POST ' })
    await vendor.read('account_insights_by_device', scan)
    expect(vendor.warnings()).toEqual([expect.stringContaining('these days count as read')])
  })
})

const never = new AbortController().signal

it('a limit is kept, and no report is started beyond it', async () => {
  await using vendor = await openFacebook()
  expect(rowsOf(await vendor.read('ad_insights', { limit: 7 }))).toHaveLength(7)
  expect(daysAsked(await vendor.requests())).toHaveLength(1)
})
