/** Every stream through the real program into a warehouse: what the vendor holds is there, on the first day and on the next. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { liveKey, sandboxKey } from '../../../connectors/stripe/sandbox/serve.ts'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { millrace, resultOf, type RunLine } from '../../faults/millrace-process.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const tables = stripeStreams.flatMap(({ name, children = [] }) => [name, ...children.map((child) => child.name)])
const some = ['customers', 'charges', 'balance_transactions', 'credit_notes', 'credit_note_line_items', 'accounts']
const streamsOf = (names: readonly string[]) => `streams:\n${names.map((name) => `  ${name}: {}`).join('\n')}\n`

let project: FaultProject
beforeAll(async () => {
  project = await makeFaultProject({
    alone: true,
    vendors: ['stripe'],
    scale: 0.02,
    files: {
      'millrace.yaml': [
        'project: stripes',
        'default_target: sandbox',
        'targets:',
        '  sandbox: { sandbox: true, warehouse: { type: duckdb, path: .millrace/sandbox.duckdb } }',
        '  own_key: { warehouse: { type: duckdb, path: .millrace/own_key.duckdb } }',
        'connections:',
        "  stripe: { connector: stripe, api_key: '${env:STRIPE_KEY}', base_url: '${env:STRIPE_URL}' }",
        "  platform: { connector: stripe, api_key: '${env:NONE}', accounts: all }",
        '',
      ].join('\n'),
      'syncs/one.yaml': `source: stripe\n${streamsOf(tables)}`,
      'syncs/charges.yaml': `source: stripe\n${streamsOf(['charges'])}`,
      'syncs/many.yaml': `source: platform\n${streamsOf(some)}`,
    },
  })
})
afterAll(() => project.close())

async function run(sync: string): Promise<RunLine> {
  const result = resultOf(await millrace(['sync', 'run', sync], project))
  expect(result.exit_code).toBe(0)
  const [line] = result.runs
  if (!line) throw new Error('nothing was run')
  return line
}

/** By table: living rows here and there. A session's lines and the like are counted by their parents. */
async function expectSame(schema: string, names: readonly string[], where = ''): Promise<void> {
  for (const { name } of stripeStreams) {
    if (!names.includes(name)) continue
    const there = (await project.sandbox.show('stripe', name)).map(({ id }) => String(id))
    const here = await project.rows(`SELECT id FROM ${schema}.${name} WHERE _deleted_at IS NULL ${where}`)
    const ids = new Set(here.map(({ id }) => id))
    expect(ids.size, `${name} once each`).toBe(here.length)
    expect(
      there.filter((id) => !ids.has(id)),
      `missing in ${name}`,
    ).toEqual([])
    // What is forgotten there stays here.
    if (name !== 'events') expect(here.length, name).toBe(there.length)
  }
}

describe('all streams of one account', () => {
  it('are loaded', async () => {
    expect((await run('one')).ledger).toMatchObject({ rejected: 0 })
    await expectSame('one', tables)
  })

  it('have their amounts in whole units, too, with the decimals of their currency', async () => {
    const [charge] = await project.rows(
      `SELECT typeof(amount_decimal) AS type, count(*) FILTER (WHERE amount_decimal = amount / 100.0) AS cents, ` +
        `count(*) FILTER (WHERE amount_decimal IS NULL) AS none FROM one.charges_decimal WHERE currency = 'usd' GROUP BY 1`,
    )
    expect(charge).toMatchObject({ type: 'DECIMAL(23,3)', none: '0' })
    expect(Number(charge?.['cents'])).toBeGreaterThan(0)
    // A child's amounts too; where Stripe has a field of that name, its own stays what it is.
    expect(await project.rows('SELECT count(amount_decimal) > 0 AS are FROM one.invoice_line_items_decimal')).toEqual([
      { are: 'true' },
    ])
    expect(
      await project.rows(
        `SELECT DISTINCT unit_amount_decimal = unit_amount AS own, unit_amount_decimal_2 = unit_amount_decimal_decimal AS same, ` +
          `unit_amount_decimal_2 * CASE currency WHEN 'jpy' THEN 1 WHEN 'kwd' THEN 1000 ELSE 100 END = unit_amount AS divided FROM one.prices_decimal WHERE unit_amount IS NOT NULL`,
      ),
    ).toEqual([{ own: 'true', same: 'true', divided: 'true' }])
  })

  it('follow the vendor a day later, deletions and untold changes among them', async () => {
    await project.sandbox.move(1)
    const { ledger } = await run('one')
    expect(ledger).toMatchObject({ rejected: 0 })
    await expectSame('one', tables)
    const [coupon] = await project.sandbox.show('stripe', 'coupons')
    expect(await project.rows(`SELECT times_redeemed AS n FROM one.coupons WHERE id = '${coupon?.id}'`)).toEqual([
      { n: String(coupon?.times_redeemed) },
    ])
    const now = (await project.sandbox.now()).getTime() / 1000
    const pending = (await project.sandbox.show('stripe', 'balance_transactions')).filter(
      (each) => Number(each.available_on) > now,
    )
    expect(await project.rows(`SELECT count(*) AS n FROM one.balance_transactions WHERE status = 'pending'`)).toEqual([
      { n: String(pending.length) },
    ])
    expect(await project.rows(`SELECT count(*) AS n FROM one.coupons WHERE _deleted_at IS NOT NULL`)).toEqual([
      { n: '1' },
    ])
  })
})

describe('streams of a platform and its accounts', () => {
  it('are loaded with the account in their key', async () => {
    expect((await run('many')).ledger).toMatchObject({ rejected: 0 })
    await expectSame('many', some, `AND _account = 'acct_1MillraceSandbox'`)
    expect(
      await project.rows(
        "SELECT _account, count(*) AS n FROM many.charges WHERE _account LIKE '%Connected%' GROUP BY 1 ORDER BY 1",
      ),
    ).toMatchObject([{ n: '19' }, { n: '17' }, { n: '17' }])
  })

  it('ask of every account for its events alone, once they are known', async () => {
    const before = (await project.sandbox.journal('stripe')).at(-1)?.sequence ?? 0
    expect((await run('many')).ledger).toMatchObject({ loaded: 0, rejected: 0 })
    const asked = (await project.sandbox.journal('stripe', { since: before })).map(
      ({ path }) => new URL(path, 'http://x'),
    )
    const lists = asked.filter(({ pathname }) => pathname !== '/v1/events')
    const per = (path: string) => lists.filter(({ pathname }) => pathname === path)
    for (const path of ['/v1/customers', '/v1/credit_notes']) expect(per(path), path).toEqual([])
    // No event tells of a new one: only what was created since is listed, in each of the four accounts.
    for (const path of ['/v1/balance_transactions', '/v1/charges']) {
      expect(per(path), path).toHaveLength(4)
      expect(per(path).every(({ searchParams }) => searchParams.has('created[gte]'))).toBe(true)
    }
    // Three streams of events in four accounts.
    expect(asked.filter(({ pathname }) => pathname === '/v1/events')).toHaveLength(12)
    expect(asked.length).toBeLessThan(30)
  })

  it('take up what days bring, and know what is gone: an account that was disconnected, too', async () => {
    for (const days of [2, 1]) {
      await project.sandbox.move(days)
      expect((await run('many')).ledger).toMatchObject({ rejected: 0 })
      await expectSame('many', some, `AND _account = 'acct_1MillraceSandbox'`)
    }
    expect(await project.rows('SELECT count(*) AS n FROM many.accounts WHERE _deleted_at IS NOT NULL')).toEqual([
      { n: '1' },
    ])
  })
})

describe('a key of another account', () => {
  const accountsAsked = async () =>
    (await project.sandbox.journal('stripe')).filter(({ path }) => path === '/v1/account').length
  const errorOf = async (...args: readonly string[]) =>
    resultOf(await millrace(['sync', 'run', ...args], project)).runs[0]?.error

  it.each(['one', 'many'])('is refused before a row is read, by the request that tells the time: %s', async (sync) => {
    const before = await accountsAsked()
    await run(sync)
    expect(await accountsAsked()).toBe(before + 1)
    const body = '{"id":"acct_OTHER","object":"account"}'
    await project.sandbox.setFault('stripe', 'error_200', { match: '/v1/account$', times: 'always', body })
    for (const more of [[], ['--full-refresh']])
      expect(await errorOf(sync, ...more)).toMatchObject({
        code: 'MR-2201',
        message: expect.stringContaining(
          'are of the account acct_1MillraceSandbox (test mode), and what comes now is of acct_OTHER (test mode)',
        ),
      })
    const planned = await millrace(['sync', 'plan', sync], project)
    expect(planned.code).not.toBe(0)
    expect(JSON.stringify(planned.lines)).toContain('acct_OTHER')
    await project.sandbox.setFault('stripe', 'error_200', null)
    await run(sync)
  })

  it('is the live key where test rows of the same account stand', async () => {
    const STRIPE_URL = String(project.sandbox.connection('stripe')['base_url'])
    const runWith = async (STRIPE_KEY: string) => {
      const env = { STRIPE_KEY, STRIPE_URL }
      const options = { directory: project.directory, env }
      return resultOf(await millrace(['sync', 'run', 'charges', '--target', 'own_key'], options)).runs[0]
    }
    expect((await runWith(sandboxKey))?.ledger).toMatchObject({ loaded: expect.any(Number), rejected: 0 })
    expect((await runWith(liveKey))?.error).toMatchObject({
      code: 'MR-2201',
      message: expect.stringContaining(
        'are of the account acct_1MillraceSandbox (test mode), and what comes now is of acct_1MillraceSandbox:',
      ),
    })
  })
})

describe('a plan', () => {
  it.each([
    [401, 'MR-3001', 'Invalid API Key provided: rk_live_***'],
    [404, 'MR-3004', 'Unrecognized request URL'],
  ])('and a trial of a backfill fail where all is refused with %s', async (status, code, message) => {
    const body = { error: { type: 'invalid_request_error', message } }
    await project.sandbox.setFault('stripe', 'status', { status, body, match: '.', times: 'always' })
    for (const args of [
      ['sync', 'plan', 'one'],
      ['backfill', 'one', '--stream', 'charges', '--from', '2026-01-01', '--dry-run'],
    ]) {
      const planned = await millrace(args, project)
      expect([planned.code, JSON.stringify(planned.lines)]).toEqual([1, expect.stringContaining(code)])
    }
    await project.sandbox.setFault('stripe', 'status', null)
  })

  it('asks nobody where it is to be offline, and needs nobody', async () => {
    const before = (await project.sandbox.journal('stripe')).at(-1)?.sequence ?? 0
    await project.sandbox.setFault('stripe', 'status', { status: 503, match: '.', times: 'always' })
    const planned = await millrace(['sync', 'plan', 'one', '--offline'], project)
    await project.sandbox.setFault('stripe', 'status', null)
    expect([planned.code, await project.sandbox.journal('stripe', { since: before })]).toEqual([0, []])
  })
})
