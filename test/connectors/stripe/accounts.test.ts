import type { Json, Scan, ScanItem } from 'millrace'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { accountId } from '../../../connectors/stripe/sandbox/objects/account.ts'
import { restrictedKey } from '../../../connectors/stripe/sandbox/serve.ts'
import { readAccounts } from '../../../connectors/stripe/read-accounts.ts'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import stripeConnector from '../../../connectors/stripe/index.ts'
import { parseLines } from '../parse-lines.ts'
import { openStripe, type OpenedStripe } from './open-stripe.ts'
import { tombstonesOf } from './scan-rows.ts'

const bakery = 'acct_1ConnectedBakery'
const florist = 'acct_1ConnectedFlorist'
const teahouse = 'acct_1ConnectedTeahouse'
const everyone = [accountId, bakery, florist, teahouse]

let stripe: OpenedStripe
beforeAll(async () => {
  stripe = await openStripe({ keys: { accounts: 'all' } })
})
beforeEach(() => stripe.requests())
afterAll(() => stripe[Symbol.asyncDispose]())

/** Rows of the stream by account. */
function byAccount(items: readonly ScanItem[], child?: string): { readonly [account: string]: number } {
  const counts: Record<string, number> = {}
  for (const item of items) {
    if (item.kind !== 'lines' || item.child?.stream !== child) continue
    for (const row of parseLines(item.lines)) counts[String(row._account)] = (counts[String(row._account)] ?? 0) + 1
  }
  return counts
}

/** A position, which is an object. */
const at = (position: Json): { readonly [name: string]: unknown } =>
  typeof position === 'object' && position !== null ? { ...position } : {}

const lastOf = (items: readonly ScanItem[]): Json =>
  items.findLast((item) => item.kind === 'checkpoint')?.resume ?? null

describe('a connection with several accounts', () => {
  it('has the account in the key and on every row, children among them', async () => {
    const invoices = await stripe.stream('invoices')
    expect(invoices.key).toEqual(['_account', 'id'])
    expect(invoices.columns._account).toBe('string')
    expect(invoices.children[0]).toMatchObject({ key: ['_account', 'id'], columns: { _account: 'string' } })
    // What an account that refuses has was not deleted.
    expect(invoices.enumerates).toBeUndefined()
    const one = await openStripe()
    expect((await one.stream('invoices')).key).toEqual(['id'])
    expect((await one.stream('invoices')).columns).not.toHaveProperty('_account')
    await one[Symbol.asyncDispose]()
  })

  it('reads its own account and each that is connected to it', async () => {
    const items = await stripe.read('charges', await stripe.scanOf())
    const own = (await stripe.sandbox.show('stripe', 'charges')).length
    expect(byAccount(items)).toEqual({ [accountId]: own, [bakery]: 17, [florist]: 17, [teahouse]: 17 })
    expect(lastOf(items)).toMatchObject({ phase: 'done', accounts: everyone })
    const asked = (await stripe.requests()).filter(({ path }) => path.startsWith('/v1/charges'))
    expect(new Set(asked.map(({ headers }) => headers['stripe-account']))).toEqual(
      new Set([undefined, bakery, florist, teahouse]),
    )
  })

  it('reads only those that are named', async () => {
    await using named = await openStripe({ keys: { accounts: [teahouse, florist] } })
    const items = await named.read('payouts', await named.scanOf())
    expect(Object.keys(byAccount(items))).toEqual([florist, teahouse])
  })

  it('reads the accounts themselves from the platform alone', async () => {
    const items = await stripe.read('accounts', await stripe.scanOf())
    expect(byAccount(items)).toEqual({ [accountId]: 3 })
    expect((await stripe.stream('accounts')).enumerates).toBe(true)
    expect(stripe.warnings()).toEqual([])
  })

  it('reads them of the platform, too, where that is not among those that are named', async () => {
    await using named = await openStripe({ keys: { accounts: [teahouse] } })
    expect(byAccount(await named.read('accounts', await named.scanOf()))).toEqual({ [accountId]: 3 })
  })

  it('puts the account on children too', async () => {
    const items = await stripe.read('invoices', await stripe.scanOf())
    expect(Object.keys(byAccount(items, 'invoice_line_items'))).toEqual([accountId])
  })

  it('gives the rest from every checkpoint, and tells the next scan what was read', async () => {
    const scan = await stripe.scanOf()
    const whole = await stripe.read('balance_transactions', scan)
    for (const [index, item] of whole.entries()) {
      if (item.kind !== 'checkpoint') continue
      const rest = await stripe.read('balance_transactions', {
        ...scan,
        resume: JSON.parse(JSON.stringify(item.resume)),
      })
      expect(byAccount(rest)).toEqual(byAccount(whole.slice(index + 1)))
      if (rest.length > 0) expect(lastOf(rest)).toEqual(lastOf(whole))
    }
  })

  it('keeps to a limit over all of them', async () => {
    const items = await stripe.read('charges', await stripe.scanOf({ limit: 5 }))
    expect(Object.values(byAccount(items)).reduce((sum, count) => sum + count, 0)).toBe(5)
  })
})

describe('changes of several accounts', () => {
  it('come from the events of each, where the last scan read it', async () => {
    await using moved = await openStripe({ keys: { accounts: 'all' } })
    const scan = await moved.scanOf()
    const last = lastOf(await moved.read('payouts', scan))
    await moved.sandbox.move(1)
    await moved.requests()
    const items = await moved.read('payouts', await moved.scanOf({ from: scan.to, last }))
    expect(byAccount(items)[bakery]).toBeGreaterThan(0)
    const asked = await moved.requests()
    expect(asked.filter(({ path }) => path.startsWith('/v1/payouts?'))).toEqual([])
    expect(
      asked.filter(({ path }) => path.startsWith('/v1/events')).map(({ headers }) => headers['stripe-account']),
    ).toEqual([undefined, bakery, florist, teahouse])
    expect(tombstonesOf(items)).toEqual([])
  })

  it('of one that the last scan did not read are all that it has', async () => {
    const scan = await stripe.scanOf()
    const from = new Date(Date.parse(scan.to) - 3_600_000).toISOString()
    const last = { phase: 'done', accounts: [accountId, florist, teahouse] }
    expect(byAccount(await stripe.read('charges', { ...scan, from, last }))).toEqual({ [bakery]: 17 })
  })

  it('of one that is no longer among them stay as they are, and that is said', async () => {
    await using other = await openStripe({ keys: { accounts: 'all' } })
    const scan = await other.scanOf()
    const last = lastOf(await other.read('charges', scan))
    const body = { object: 'list', url: '/v1/accounts', has_more: false, data: [{ id: bakery }, { id: teahouse }] }
    await other.sandbox.setFault('stripe', 'error_200', { match: '/v1/accounts', times: 'always', body })
    await using next = await openStripe({
      keys: { accounts: 'all', base_url: other.sandbox.connection('stripe').base_url },
    })
    const items = await next.read('charges', { ...scan, from: scan.to, last })
    expect(lastOf(items)).toMatchObject({ accounts: [accountId, bakery, teahouse] })
    expect(next.warnings()).toEqual([
      expect.stringMatching(/^charges: the account acct_1ConnectedFlorist is no longer/),
    ])
    const after = lastOf(items)
    // A pass that takes away what it did not see takes nothing of that account.
    const whole = await next.read('customers', { ...scan, whole: true })
    const ofThese = { field: '_account', values: [accountId, bakery, teahouse] }
    expect(whole.at(-1)).toMatchObject({ kind: 'checkpoint', wholeOf: ofThese })
    expect(await next.read('customers', { ...scan, whole: true, resume: lastOf(whole) })).toEqual([whole.at(-1)])
    await next.read('charges', { ...scan, from: scan.to, last: after })
    expect(next.warnings()).toHaveLength(1)
  })

  it('name the account of what is gone', async () => {
    await using moved = await openStripe({ keys: { accounts: 'all' } })
    const scan = await moved.scanOf()
    const last = lastOf(await moved.read('customers', scan))
    await moved.sandbox.move(1)
    const items = await moved.read('customers', await moved.scanOf({ from: scan.to, last }))
    const keys = items.flatMap((item) => (item.kind === 'tombstones' ? item.keys : []))
    expect(keys.length).toBeGreaterThan(0)
    expect(keys.every((key) => key._account === accountId && typeof key.id === 'string')).toBe(true)
  })
})

describe('an account that refuses', () => {
  it('is named, left out, and read as a whole once it lets us again', async () => {
    await using other = await openStripe({ keys: { accounts: 'all' } })
    await other.sandbox.setFault('stripe', 'account_revoked', { account: florist, times: 'always' })
    const scan = await other.scanOf()
    const items = await other.read('charges', scan)
    expect(Object.keys(byAccount(items))).toEqual([accountId, bakery, teahouse])
    expect(other.warnings()).toEqual([
      expect.stringMatching(/^charges: the account acct_1ConnectedFlorist refuses.*does not have access/),
    ])
    const last = lastOf(items)
    expect(last).toMatchObject({ phase: 'done', accounts: [accountId, bakery, teahouse] })
    await other.sandbox.setFault('stripe', 'account_revoked', { account: 'nobody', times: 'always' })
    const again = await other.read('charges', await other.scanOf({ from: scan.to, last }))
    expect(byAccount(again)).toEqual({ [florist]: 17 })
  })

  it('lets the scan that reads it again see what it deleted meanwhile', async () => {
    await using all = await openStripe({ keys: { accounts: 'all' } })
    const scan = await all.scanOf()
    let last = lastOf(await all.read('customers', scan))
    // As if the own account refused, of which alone the sandbox deletes customers.
    const { base_url } = all.sandbox.connection('stripe')
    await using without = await openStripe({ keys: { accounts: [bakery], base_url } })
    const held = (await all.sandbox.show('stripe', 'customers')).map(({ id }) => id)
    await all.sandbox.move(1)
    let from = scan.to
    for (let runs = 0; runs < 2; runs++) {
      const next = await all.scanOf({ from, last })
      last = lastOf(await without.read('customers', next))
      from = next.to
      expect(last).toMatchObject({ accounts: [bakery], missed: { [accountId]: scan.to } })
    }
    const left = new Set((await all.sandbox.show('stripe', 'customers')).map(({ id }) => id))
    const gone = held.filter((id) => !left.has(id))
    expect(gone).not.toEqual([])
    const next = await all.scanOf({ from, last })
    const items = await all.read('customers', next)
    expect(byAccount(items)[accountId]).toBe(left.size)
    expect(tombstonesOf(items)).toEqual(gone)
    expect(lastOf(items)).not.toHaveProperty('missed')
    // From the events on, too, where it was interrupted before them.
    const atEvents = items.findIndex((item) => item.kind === 'checkpoint' && at(item.resume).phase === 'events')
    expect(atEvents).toBeGreaterThan(-1)
    const rest = await all.read('customers', { ...next, resume: lastOf(items.slice(0, atEvents + 1)) })
    expect(byAccount(rest)[accountId]).toBeUndefined()
    expect(tombstonesOf(rest)).toEqual(gone)
    // Where Stripe has forgotten the events, it says so.
    const longAgo = new Date(Date.parse(scan.to) - 40 * 86_400_000).toISOString()
    await all.read('customers', { ...next, last: { ...at(last), missed: { [accountId]: longAgo } } })
    expect(all.warnings()).toContainEqual(
      expect.stringMatching(new RegExp(`^customers: the last complete scan of ${accountId} ends at ${longAgo}`)),
    )
  })

  it.each([
    ['customers', { accounts: 'all' }],
    ['plans', {}],
  ])(
    'of %s, of %j: what is gone of rows that stand, though no scan is known, is told by events',
    async (name, keys) => {
      await using vendor = await openStripe({ keys })
      const idsOf = async () => (await vendor.sandbox.show('stripe', name)).map(({ id }) => String(id))
      const held = await idsOf()
      await vendor.sandbox.move(6)
      const left = new Set(await idsOf())
      const gone = held.filter((id) => !left.has(id))
      expect(gone).not.toEqual([])
      const scan = await vendor.scanOf({ full: true })
      expect(tombstonesOf(await vendor.read(name, scan))).toEqual([])
      const items = await vendor.read(name, { ...scan, stands: true })
      expect(tombstonesOf(items)).toEqual(expect.arrayContaining(gone))
      const atEvents = items.findIndex((item) => item.kind === 'checkpoint' && at(item.resume).phase === 'events')
      const rest = await vendor.read(name, { ...scan, stands: true, resume: lastOf(items.slice(0, atEvents)) })
      expect(tombstonesOf(rest)).toEqual(tombstonesOf(items))
      // What lists all of it finds it so, and has no need of events.
      expect(tombstonesOf(await vendor.read(name, { ...scan, stands: true, whole: true }))).toEqual([])
    },
  )

  it('is named for each stream that lacks it', async () => {
    await using other = await openStripe({ keys: { accounts: 'all' } })
    await other.sandbox.setFault('stripe', 'account_revoked', { account: florist, times: 'always' })
    const scan = await other.scanOf()
    for (const name of ['charges', 'payouts']) await other.read(name, scan)
    expect(other.warnings()).toEqual([
      expect.stringMatching(/^charges: the account acct_1ConnectedFlorist refuses/),
      expect.stringMatching(/^payouts: the account acct_1ConnectedFlorist refuses/),
    ])
  })

  it('of many is told with them in one warning a stream', async () => {
    const said: string[] = []
    const api = { refusal: () => 'You have no access.' } as never // it refuses whatever is asked
    const list = async () => Array.from({ length: 300 }, (_, n) => ({ id: `acct_${n}`, api }))
    const host = { warn: (words: string) => void said.push(words) } as never // nothing else is asked of it
    const read = readAccounts({ list } as never, stripeStreams.find(({ name }) => name === 'charges') as never, {
      scan: await stripe.scanOf(),
      position: null,
      last: { phase: 'done' } as never, // there was none
      isDue: false,
      context: { host, http: null as never, signal: AbortSignal.timeout(5000) },
    })
    await expect(Array.fromAsync(read)).rejects.toThrow()
    expect(said).toEqual([
      expect.stringMatching(
        /^charges: accounts refuse .*: acct_0 \(Stripe says: You have no access\), acct_1 .*acct_4 [^,]* and 295 more\.$/,
      ),
    ])
  })

  describe('in one stream', () => {
    let other: OpenedStripe
    let scan: Scan
    /** How many requests for charges come before those of the teahouse, the last. */
    let before: number
    beforeEach(async () => {
      other = await openStripe({ keys: { accounts: 'all' } })
      scan = await other.scanOf()
      await other.read('charges', scan)
      const asked = (await other.requests()).filter(({ path }) => path.startsWith('/v1/charges?'))
      before = asked.findIndex(({ headers }) => headers['stripe-account'] === teahouse)
      await other.sandbox.setFault('stripe', 'account_revoked', {
        account: teahouse,
        match: '/v1/disputes',
        times: 'always',
      })
      await other.read('disputes', scan)
    })
    afterEach(() => other[Symbol.asyncDispose]())

    it('does not refuse in another that the vendor could not answer', async () => {
      const storm = { status: 500, match: '/v1/charges', after: before, times: 5 }
      await other.sandbox.setFault('stripe', 'status', storm)
      await expect(other.read('charges', scan)).rejects.toMatchObject({ code: 'MR-3003' })
    })

    it('does not refuse in another whose answer cannot be read', async () => {
      await other.sandbox.setFault('stripe', 'error_200', { match: '/v1/charges', after: before, times: 3 })
      await expect(other.read('charges', scan)).rejects.toMatchObject({ code: 'MR-3005' })
    })

    it('does not refuse in another that was told to stop', async () => {
      await other.sandbox.setFault('stripe', 'hang', { match: '/v1/charges', after: before, times: 'always' })
      const stop = new AbortController()
      const reading = Array.fromAsync((await other.stream('charges')).read(scan, other.host.context(stop.signal)))
      // `reading` is awaited below, whenever it ends.
      reading.catch(() => {})
      await vi.waitFor(async () => {
        const asked = await other.sandbox.journal('stripe', { since: 0 })
        expect(asked.at(-1)).toMatchObject({
          path: expect.stringContaining('/v1/charges'),
          headers: { 'stripe-account': teahouse },
        })
      })
      stop.abort()
      await expect(reading).rejects.toMatchObject({ code: 'MR-7001' })
    })
  })

  it('is not one of whose request something on the way said 403', async () => {
    await using other = await openStripe({ keys: { accounts: [florist, teahouse] } })
    await other.sandbox.setFault('stripe', 'status', { status: 403, match: '/v1/charges', body: '<html>' })
    await expect(other.read('charges', await other.scanOf())).rejects.toMatchObject({ code: 'MR-3001' })
    expect(other.warnings()).toEqual([])
  })

  it('ends a pass that takes what it does not bring for gone', async () => {
    await using other = await openStripe({ keys: { accounts: 'all' } })
    await other.sandbox.setFault('stripe', 'account_revoked', { account: florist, times: 'always' })
    await expect(other.read('customers', { ...(await other.scanOf()), whole: true })).rejects.toMatchObject({
      code: 'MR-3004',
      message: expect.stringContaining(florist),
      kept: expect.stringContaining('nothing was deleted or replaced'),
    })
  })

  it('fails the run where it is the only one, and where it is the connection’s own', async () => {
    await using nobody = await openStripe({ keys: { accounts: ['acct_of_nobody'] } })
    await expect(nobody.read('charges', await nobody.scanOf())).rejects.toMatchObject({ code: 'MR-3001' })
    await using lacking = await openStripe({
      keys: { accounts: 'all', api_key: restrictedKey('rak_dispute_read') },
    })
    await expect(lacking.read('disputes', await lacking.scanOf())).rejects.toThrow(/rak_dispute_read/)
    expect(Object.keys(byAccount(await lacking.read('charges', await lacking.scanOf())))).toEqual(everyone)
  })
})

describe('the settings', () => {
  it('take all or ids, and not together with one account', async () => {
    const parse = (accounts: unknown) => stripeConnector.config.safeParse({ api_key: 'k', accounts }).success
    expect([parse('all'), parse([bakery]), parse('some'), parse([]), parse(['cus_1'])]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
    const { error } = stripeConnector.config.safeParse({ api_key: 'k', account: bakery, accounts: 'all' })
    expect(error?.issues).toMatchObject([{ path: ['accounts'] }])
  })

  it('read one connected account as if it were its own', async () => {
    await using one = await openStripe({ keys: { account: bakery } })
    expect(await one.opened.account({ signal: AbortSignal.timeout(5000) })).toBe(`${bakery} (test mode)`)
    const items = await one.read('charges', await one.scanOf())
    expect(byAccount(items)).toEqual({ undefined: 17 })
  })
})
