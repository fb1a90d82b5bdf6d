import type { Json, JsonObject, Scan, ScanItem } from 'millrace'
import { describe, expect, it } from 'vitest'
import simulator from '../../../connectors/facebook_ads/sandbox.ts'
import { refusedInWhole, warnOfRefusals } from '../../../connectors/facebook_ads/refusals.ts'
import { openFacebook, rowsOf, type OpenedFacebook } from './open-facebook.ts'

/** What came, and what ended it. */
async function readToFailure(vendor: OpenedFacebook, name: string, scan: Partial<Scan> = {}) {
  const items: ScanItem[] = []
  const failure = await (async () => {
    for await (const item of vendor.items(name, scan)) items.push(item)
  })().then(
    () => null,
    (error: unknown) => error,
  )
  return { items, rows: rowsOf(items), failure, resume: resumeOf(items) }
}

const resumeOf = (items: readonly ScanItem[]): Json =>
  items.flatMap((item) => (item.kind === 'checkpoint' ? [item.resume] : [])).at(-1) ?? null

const accountsOf = async ({ sandbox }: OpenedFacebook) =>
  (await sandbox.show('facebook_ads', 'ad_accounts')).map(({ id }) => String(id)).sort()

const forbid = (vendor: OpenedFacebook, more: JsonObject = {}) =>
  vendor.fault('forbidden_account', { times: 'always', ...more })

const nodesOf = (rows: readonly JsonObject[]) => [...new Set(rows.map((row) => `act_${row['account_id']}`))].sort()

/** Account → first and last day that reports were asked for. */
function daysAsked(requests: readonly string[]) {
  const asked: Record<string, { first: string; last: string }> = {}
  for (const request of requests) {
    const [, account, first, last] = /(act_\d+)\/insights.*"since":"([^"]+)","until":"([^"]+)"/.exec(request) ?? []
    if (account === undefined || first === undefined || last === undefined) continue
    const before = asked[account]
    asked[account] = {
      first: before && before.first < first ? before.first : first,
      last: before && before.last > last ? before.last : last,
    }
  }
  return asked
}

describe('where every account refuses', () => {
  it.each([
    ['account_insights', {}],
    ['account_insights', { edge: 'insights', code: 10 }],
    ['campaigns', {}],
    ['campaigns', { edge: 'campaigns' }],
    ['custom_audiences', {}],
    ['ad_accounts', {}],
  ])('%s fails, and nothing is taken for read: %j', async (name, spec) => {
    await using open = await openFacebook()
    const accounts = await accountsOf(open)
    for (const account_ids of [undefined, accounts]) {
      await using vendor = await openFacebook({ account_ids })
      await forbid(vendor, spec)
      const { items, failure } = await readToFailure(vendor, name)
      expect(items).toEqual([])
      expect(failure).toMatchObject({
        code: 'MR-3004',
        message: expect.stringMatching(/none of the ad accounts can be read: act_\d+ \(Facebook says: .*, act_\d+ \(/),
        kept: expect.stringContaining('stays as it is'),
        next: [expect.stringContaining('account_ids')],
      })
    }
  })

  it.each(['account_insights', 'campaigns', 'ad_accounts'])(
    '%s fails too where the token’s list of them is empty',
    async (name) => {
      await using vendor = await openFacebook()
      await vendor.fault('unlisted_account', { times: 'always' })
      const { failure } = await readToFailure(vendor, name)
      expect(failure).toMatchObject({ code: 'MR-3004', message: expect.stringContaining('the token sees none') })
    },
  )
})

describe('reports where one account refuses', () => {
  it.each([200, 10])('are those of the others, and then an error that names it (%i)', async (code) => {
    await using vendor = await openFacebook()
    const [first = '', second = ''] = await accountsOf(vendor)
    await forbid(vendor, { account: first, code, edge: 'insights' })
    const { items, rows, failure } = await readToFailure(vendor, 'account_insights')
    expect(nodesOf(rows)).toEqual([second])
    expect(failure).toMatchObject({
      code: 'MR-3004',
      message: expect.stringContaining(`account_insights: some ad accounts cannot be read: ${first} (Facebook says:`),
      kept: expect.stringContaining('loaded'),
      next: [expect.stringContaining('account_ids')],
    })
    expect(items.at(-1)).toMatchObject({
      kind: 'checkpoint',
      resume: { done: [], account: null, read: { [second]: '2026-11-21' } },
    })
  })

  it('bring its days with the run that may read them, and of the others only the window again', async () => {
    await using vendor = await openFacebook()
    const [first = '', second = ''] = await accountsOf(vendor)
    const whole = rowsOf(await vendor.read('account_insights'))
    const whole1 = daysAsked(await vendor.requests())
    await forbid(vendor, { account: first })
    const before = await readToFailure(vendor, 'account_insights')
    await vendor.fault('forbidden_account', null)
    await vendor.requests()
    const rest = await vendor.read('account_insights', { resume: before.resume })
    expect(daysAsked(await vendor.requests())).toEqual({
      [first]: whole1[first],
      [second]: { first: '2026-10-24', last: '2026-11-20' },
    })
    const text = (rows: readonly JsonObject[]) => [...new Set(rows.map((row) => JSON.stringify(row)))].sort()
    expect(text([...before.rows, ...rowsOf(rest)])).toEqual(text(whole))
    expect(resumeOf(rest)).toMatchObject({ done: [first, second] })
  })

  it('bring the others’ new days for as long as it refuses, though the scan does not end', async () => {
    await using vendor = await openFacebook()
    const [first = '', second = ''] = await accountsOf(vendor)
    const scan = { from: '2026-10-22T09:55:00Z', to: (await vendor.sandbox.now()).toISOString(), full: false }
    await forbid(vendor, { account: first })
    const before = await readToFailure(vendor, 'account_insights', scan)
    await vendor.sandbox.move(5)
    const later = await readToFailure(vendor, 'account_insights', { ...scan, resume: before.resume })
    expect(later.failure).toMatchObject({ code: 'MR-3004' })
    expect(later.rows.map((row) => row['date_start'])).toContain('2026-11-25')
    expect(later.resume).toMatchObject({ done: [], read: { [second]: '2026-11-26' } })
    await vendor.fault('forbidden_account', null)
    await vendor.requests()
    await vendor.read('account_insights', { ...scan, resume: later.resume })
    expect(daysAsked(await vendor.requests())[first]?.first).toBe('2026-10-22')
  })

  it('go on within an account that began to refuse half-way', async () => {
    await using vendor = await openFacebook()
    const [first = ''] = await accountsOf(vendor)
    const scan = { from: '2026-09-25T09:55:00Z', full: false, options: { window: 1, days_per_report: 5 } }
    const whole = rowsOf(await vendor.read('account_insights', scan))
    await forbid(vendor, { account: first, match: `${first}/insights`, after: 3 })
    const before = await readToFailure(vendor, 'account_insights', scan)
    expect(before.failure).toMatchObject({ code: 'MR-3004' })
    await vendor.fault('forbidden_account', null)
    await vendor.requests()
    const rest = rowsOf(await vendor.read('account_insights', { ...scan, resume: before.resume }))
    // Three reports of five days were read; a day of window before the next.
    expect(daysAsked(await vendor.requests())[first]?.first).toBe('2026-11-05')
    const text = (rows: readonly JsonObject[]) => [...new Set(rows.map((row) => JSON.stringify(row)))].sort()
    expect(text([...before.rows, ...rest])).toEqual(text(whole))
  })

  it('of a backfill’s part are not asked for again of the others', async () => {
    await using vendor = await openFacebook()
    const [first = ''] = await accountsOf(vendor)
    const part = { from: '2026-11-01T12:00:00Z', to: '2026-11-08T12:00:00Z', full: true }
    await forbid(vendor, { account: first })
    const before = await readToFailure(vendor, 'account_insights', part)
    expect(before.failure).toMatchObject({ code: 'MR-3004' })
    await vendor.fault('forbidden_account', null)
    await vendor.requests()
    await vendor.read('account_insights', { ...part, resume: before.resume })
    expect(daysAsked(await vendor.requests())).toEqual({ [first]: { first: '2026-11-02', last: '2026-11-08' } })
  })
})

describe('an account that the last complete scan did not read', () => {
  it('is read from its beginning, and the others from the window', async () => {
    await using vendor = await openFacebook()
    const [first = '', second = ''] = await accountsOf(vendor)
    await vendor.read('account_insights')
    const whole = daysAsked(await vendor.requests())
    const scan = { from: '2026-10-22T09:55:00Z', full: false }
    await vendor.read('account_insights', { ...scan, last: { done: [first], account: null, at: null } })
    const asked = daysAsked(await vendor.requests())
    expect(asked[first]?.first).toBe('2026-10-22')
    expect(asked[second]).toEqual(whole[second])
  })

  it('is told of where the token’s list has it no more', async () => {
    await using vendor = await openFacebook()
    const [first = '', second = ''] = await accountsOf(vendor)
    await vendor.fault('unlisted_account', { times: 'always', account: first })
    const scan = { from: '2026-10-22T09:55:00Z', full: false }
    const items = await vendor.read('account_insights', {
      ...scan,
      last: { done: [first, second], account: null, at: null },
    })
    expect(vendor.warnings()).toEqual([
      expect.stringContaining(`account_insights: ${first} is no longer among the accounts of the connection`),
    ])
    expect(resumeOf(items)).toMatchObject({ done: [second] })
  })

  it.each(['account_insights', 'ad_accounts'])(
    'is told of where the connection names it no more, and not where it refuses: %s',
    async (name) => {
      await using all = await openFacebook()
      const done = await accountsOf(all)
      const [first = '', second = ''] = done
      const last = { done, account: null, at: null }
      await using one = await openFacebook({ account_ids: [second] })
      await one.read(name, { last })
      const said = `${name}: ${first} is no longer among the accounts of the connection`
      expect(one.warnings()).toEqual([expect.stringContaining(said)])
      await using both = await openFacebook({ account_ids: done })
      await both.fault('forbidden_account', { times: 'always', account: first })
      await both.read(name, { last }).catch(() => undefined)
      expect(both.warnings().filter((text) => text.includes('no longer among'))).toEqual([])
    },
  )

  it('can be tried in the sandbox, which reads all that its token sees', async () => {
    const { account_ids } = simulator.connection({ host: '127.0.0.1', port: 0 })
    await using vendor = await openFacebook({ account_ids })
    const [first = '', second = ''] = await accountsOf(vendor)
    await vendor.fault('unlisted_account', { times: 'always', account: first })
    expect(rowsOf(await vendor.read('ad_accounts')).map(({ id }) => id)).toEqual([second])
  })

  it.each([
    ['account_insights', 'account_id', (id: string) => id.replace('act_', '')],
    ['ad_accounts', 'id', (id: string) => id],
  ])('keeps what %s has of it where the rest is replaced', async (name, field, valueOf) => {
    await using vendor = await openFacebook()
    const [first = '', second = ''] = await accountsOf(vendor)
    await vendor.fault('unlisted_account', { times: 'always', account: first })
    const last = { done: [first, second], account: null, at: null }
    const wholeOf = { field, values: [valueOf(second)] }
    const items = await vendor.read(name, { whole: true, last })
    expect(items.at(-1)).toMatchObject({ kind: 'checkpoint', wholeOf })
    expect(vendor.warnings()).toEqual([
      expect.stringContaining(`${name}: ${first} is no longer among the accounts of the connection`),
    ])
    const resume = resumeOf(items)
    expect((await vendor.read(name, { whole: true, last, resume })).at(-1)).toMatchObject({ wholeOf })
  })
})

describe('lists where one account refuses', () => {
  it.each(['campaigns', 'custom_audiences', 'ad_accounts'])(
    '%s have those of the others, and a pass that takes the rest for gone ends with an error',
    async (name) => {
      await using vendor = await openFacebook()
      const [first = '', second = ''] = await accountsOf(vendor)
      await forbid(vendor, { account: first })
      const rows = rowsOf(await vendor.read(name, { whole: false }))
      expect(nodesOf(rows)).toEqual([second])
      expect(vendor.warnings()).toEqual([expect.stringContaining(`${name}: ${first} cannot be read and is left out`)])
      const { items, failure } = await readToFailure(vendor, name, { whole: true })
      expect(failure).toMatchObject({
        code: 'MR-3004',
        message: expect.stringMatching(new RegExp(`^${name}: some ad accounts .* for gone: ${first} `)),
        kept: expect.stringContaining('nothing was deleted or replaced'),
      })
      expect(rowsOf(items)).toEqual(rows)
      expect(items.at(-1)).toEqual({ kind: 'checkpoint', resume: { done: [], account: null, at: null } })
    },
  )
})

it('many accounts that refuse are told in one warning a stream, and an error names the first few', () => {
  const said: string[] = []
  const host = { warn: (words: string) => void said.push(words) } as never // nothing else is asked of it
  const refusals = new Map(Array.from({ length: 300 }, (_, n) => [`act_${n}`, 'No access.'] as const))
  warnOfRefusals(host, 'campaigns', refusals)
  const named = /: act_0 \(Facebook says: No access\), act_1 .*act_4 [^,]* and 295 more\.$/
  expect(said).toEqual([expect.stringMatching(named)])
  expect(refusedInWhole('campaigns', refusals).message).toMatch(named)
})

describe('accounts of a role that views and does not manage', () => {
  it('are read without what such a role does not see, which is said once', async () => {
    await using vendor = await openFacebook()
    const [first = '', second = ''] = await accountsOf(vendor)
    const whole = rowsOf(await vendor.read('ad_accounts'))
    await vendor.fault('view_only', { times: 'always' })
    const rows = rowsOf(await vendor.read('ad_accounts'))
    expect(rows).toEqual(whole.map(({ owner: _owner, is_prepay_account: _prepay, ...rest }) => rest))
    expect(vendor.warnings()).toEqual([
      expect.stringMatching(
        `^ad_accounts: is_prepay_account, owner of ${first}, ${second} are left empty.*Facebook says: .*business_management.*exclude: \\[is_prepay_account, owner\\]`,
      ),
    ])
  })

  it('are asked once where the sync leaves it out, and each by itself else', async () => {
    await using vendor = await openFacebook()
    const [first = '', second = ''] = await accountsOf(vendor)
    await vendor.fault('view_only', { times: 'always', account: first })
    const rows = rowsOf(await vendor.read('ad_accounts'))
    expect(rows.map(({ id, owner }) => [id, owner !== undefined])).toEqual([
      [first, false],
      [second, true],
    ])
    const { columns } = await vendor.stream('ad_accounts')
    const fields = Object.keys(columns).filter((field) => field !== 'owner' && field !== 'is_prepay_account')
    await vendor.requests()
    expect(rowsOf(await vendor.read('ad_accounts', { fields }))).toHaveLength(2)
    expect((await vendor.requests()).filter((request) => request.startsWith('GET /act_'))).toHaveLength(2)
    expect(vendor.warnings()).toHaveLength(1)
  })
})

describe('a field that cannot be had', () => {
  it.each([
    ['campaign_insights', 'social_spend', /not valid for fields param/],
    ['campaigns', 'spend_cap', /nonexisting field/],
    ['ad_accounts', 'balance', /nonexisting field/],
  ])('ends %s: without %s its stored values would be emptied', async (name, field, says) => {
    await using vendor = await openFacebook()
    await vendor.fault('dead_field', { times: 'always', field })
    const { rows, failure } = await readToFailure(vendor, name)
    expect(rows).toEqual([])
    expect(failure).toMatchObject({
      code: 'MR-3004',
      message: expect.stringMatching(`^${name}: the field ${field} cannot be had. Facebook says: `),
      kept: expect.stringContaining('stays as it is'),
      next: [expect.stringContaining(`exclude: [${field}]`)],
    })
    expect(failure).toMatchObject({ message: expect.stringMatching(says) })
  })

  it('is not asked for where the sync leaves it out', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('dead_field', { times: 'always', field: 'social_spend' })
    const { columns } = await vendor.stream('campaign_insights')
    const fields = Object.keys(columns).filter((field) => field !== 'social_spend')
    const rows = rowsOf(await vendor.read('campaign_insights', { fields }))
    expect(rows.length).toBeGreaterThan(500)
    expect(rows[0]).not.toHaveProperty('social_spend')
  })
})
