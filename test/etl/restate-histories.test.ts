/** Reports by days under whatever happens: corrections, runs that end early, parts of a backfill beside them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OpenedConnector, Scan, ScanItem, Stream } from '../../src/connector/contract.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

const dayMs = 86_400_000
const dayOf = (at: number | string) => new Date(at).toISOString().slice(0, 10)
const after = (day: string, days: number) => dayOf(Date.parse(day) + days * dayMs)
const oldest = '2026-11-12'
const accounts = ['1', '2']
const ads = ['a', 'b', 'c']

/** How a day of an account is told. */
const cell = (account: string, day: string) => `${account} ${day}`

type Correction = {
  readonly back: number
  readonly account: string
  readonly ad: string
  readonly cents: number | null
}

/** Rows are pages of one. */
function createReports(clock: () => Date) {
  const vendor = {
    /** `account day ad` → cents */
    rows: new Map<string, number>(),
    now: Date.parse('2026-11-20T06:00:00Z'),
    changes: 0,
    /** Day of an account → the change by which it is as it is. */
    changedAt: new Map<string, number>(),
    /** What the scan under way has read of days, and by which change it knew them. */
    readAt: new Map<string, number>(),
    onPage: async (): Promise<void> => undefined,
    correct({ back, account, ad, cents }: Correction) {
      const day = after(dayOf(vendor.now), -back)
      if (day < oldest) return
      if (cents === null) vendor.rows.delete(`${cell(account, day)} ${ad}`)
      else vendor.rows.set(`${cell(account, day)} ${ad}`, cents)
      vendor.changedAt.set(cell(account, day), ++vendor.changes)
    },
    of: (account: string, day: string) =>
      ads.flatMap((ad) => {
        const cents = vendor.rows.get(`${cell(account, day)} ${ad}`)
        return cents === undefined ? [] : [{ account, day, ad, cents }]
      }),
  }
  async function* read(scan: Scan): AsyncGenerator<ScanItem> {
    const last = dayOf(Date.parse(scan.to) - 1)
    const first = scan.from === null || dayOf(scan.from) < oldest ? oldest : dayOf(scan.from)
    const [at = first, of = '1', skip = 0] = Array.isArray(scan.resume) ? (scan.resume as [string, string, number]) : []
    for (let day = at; day <= last; day = after(day, 1))
      for (const account of accounts) {
        if (day === at && account < of) continue
        const known = vendor.changes
        // A report is as it was when it was asked for.
        const records = vendor.of(account, day)
        const done = day === at && account === of ? skip : 0
        // Gone on with in the middle of a day that has changed since: nothing is known of it.
        vendor.readAt.set(cell(account, day), done > 0 ? -1 : known)
        for (const [index, record] of records.entries()) {
          if (index < done) continue
          const readAt = clock()
          await vendor.onPage()
          yield { kind: 'records', readAt, records: [record] }
          if (index < records.length - 1)
            yield { kind: 'checkpoint', resume: [day, account, index + 1], daysOpen: true }
        }
        const resume = account === '1' ? [day, '2', 0] : [after(day, 1), '1', 0]
        yield { kind: 'checkpoint', resume, windows: [{ from: day, to: day, of: { account } }] }
      }
  }
  const stream: Stream = {
    name: 'insights',
    docs: 'https://docs.example.com',
    key: ['account', 'day', 'ad'],
    columns: { account: 'string', day: 'date', ad: 'string', cents: 'integer' },
    order: 'none',
    boundedBy: 'day',
    reportsDays: true,
    windowOf: ['account'],
    lagMs: 0,
    overlapMs: 3 * dayMs,
    children: [],
    read,
  }
  const connector = {
    check: () => Promise.resolve(),
    account: () => Promise.resolve('a'),
    now: () => Promise.resolve(new Date(vendor.now)),
    streamNames: () => Promise.resolve(['insights']),
    streams: () => Promise.resolve([stream]),
  } as unknown as OpenedConnector // a report needs no more
  return { vendor, connector }
}

const correction: fc.Arbitrary<Correction> = fc.record({
  back: fc.integer({ min: 0, max: 9 }),
  account: fc.constantFrom(...accounts),
  ad: fc.constantFrom(...ads),
  cents: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(null)),
})
const step = fc.record({
  corrections: fc.array(correction, { maxLength: 6 }),
  hours: fc.constantFrom(0, 1, 5, 24, 50),
  kind: fc.constantFrom('live', 'live', 'backfill'),
  chunkRows: fc.constantFrom(1, 3, 1000),
  end: fc.constantFrom('whole', 'fails', 'aborted', 'stopped'),
  when: fc.integer({ min: 1, max: 30 }),
  /** At this page a part of a backfill is read beside it, behind some corrections. */
  beside: fc.option(
    fc.record({ page: fc.integer({ min: 1, max: 20 }), corrections: fc.array(correction, { maxLength: 4 }) }),
  ),
  back: fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 5 })),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
type Played = ReturnType<typeof createReports> & { readonly world: World; readonly knows: Map<string, number> }

const config = { streams: [{ name: 'insights', restate: { windowMs: 5 * dayMs, everyMs: dayMs } }] } as const

/** The days of a scan that is under way stay known: `readAt` is of one at a time. */
async function backfill(
  { vendor, connector, world, knows }: Played,
  [back, days]: readonly [number, number],
  options: RunOptions,
) {
  const to = after(dayOf(vendor.now), 1 - back)
  const from = after(to, -days)
  if (to <= oldest) return null
  const open = new Map(vendor.readAt)
  vendor.readAt.clear()
  const outcome = await world.backfill(
    connector,
    { from: `${from < oldest ? oldest : from}T00:00:00.000Z`, to: `${to}T00:00:00.000Z`, streams: ['insights'] },
    { ...config, ...options, again: true },
  )
  if (outcome?.errors.length === 0) learn(knows, vendor.readAt)
  vendor.readAt.clear()
  for (const [key, at] of open) vendor.readAt.set(key, at)
  return outcome
}

function learn(knows: Map<string, number>, read: ReadonlyMap<string, number>) {
  for (const [key, at] of read) knows.set(key, Math.max(at, knows.get(key) ?? -1))
}

async function play(played: Played, { corrections, hours, kind, chunkRows, end, when, beside, back }: Step) {
  const { vendor, connector, world, knows } = played
  for (const each of corrections) vendor.correct(each)
  vendor.now += hours * 3_600_000
  world.setClock(world.clock().getTime() + hours * 3_600_000 + 1000)
  const stop = new AbortController()
  let pages = 0
  let inside = false
  vendor.onPage = async () => {
    if (inside) return
    pages++
    if (beside && pages === beside.page && kind === 'live') {
      inside = true
      for (const each of beside.corrections) vendor.correct(each)
      await backfill(played, back, { chunkRows })
      inside = false
    }
    if (pages !== when) return
    if (end === 'fails') throw new MillraceError('MR-3003', { message: 'no' })
    if (end === 'aborted') stop.abort()
  }
  const options: RunOptions = {
    chunkRows,
    signal: stop.signal,
    isStopping: () => !inside && end === 'stopped' && pages >= when,
  }
  const doing = kind === 'backfill' ? backfill(played, back, options) : world.run(connector, { ...config, ...options })
  const outcome = await doing.catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  if (kind === 'live' && outcome?.errors.length === 0) {
    learn(knows, vendor.readAt)
    vendor.readAt.clear()
  }
  vendor.onPage = async () => undefined
}

const hold = async (world: World) => {
  const rows = await world.rows('SELECT account, day, ad, cents FROM crm.insights ORDER BY account, day, ad')
  return Map.groupBy(rows, ({ account, day }) => cell(String(account), String(day)))
}

type Totals = { readonly rows: number; readonly cents: string | null | undefined }

/** Each correction begins where the one before it ended, and the last ends at what stands. */
async function expectChain(world: World) {
  const stands = new Map(
    (await world.rows('SELECT account, day, count(*) AS n, sum(cents) AS cents FROM crm.insights GROUP BY ALL')).map(
      ({ account, day, n, cents }): [string, Totals] => [
        cell(String(account), String(day)),
        { rows: Number(n), cents },
      ],
    ),
  )
  const log = await world.rows(
    'SELECT day, scope, rows_before, rows_after, totals FROM _millrace.restatements ORDER BY recorded_at',
  )
  const ends = new Map<string, Totals>()
  for (const { day, scope, rows_before, rows_after, totals } of log) {
    const key = cell(JSON.parse(String(scope)).account, String(day))
    const [before, became] = JSON.parse(String(totals)).cents ?? [undefined, undefined]
    const last = ends.get(key)
    if (last) {
      expect([key, Number(rows_before)]).toEqual([key, last.rows])
      if (before !== undefined && last.cents !== undefined) expect([key, before]).toEqual([key, last.cents])
    }
    ends.set(key, { rows: Number(rows_after), cents: became ?? last?.cents })
  }
  for (const [key, { rows, cents }] of ends) {
    expect([key, stands.get(key)?.rows ?? 0]).toEqual([key, rows])
    if (cents !== undefined) expect([key, stands.get(key)?.cents ?? null]).toEqual([key, cents])
  }
}

test('days that were read since they changed are as the vendor has them, and the log of corrections leads to them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), fc.boolean(), async (drawn, isWhole) => {
      // Where a run ends by itself in the middle of a day, it keeps what came of it.
      const steps = drawn.map((each) => (isWhole && each.end !== 'whole' ? { ...each, end: 'aborted' as const } : each))
      const world = openWorld()
      const { vendor, connector } = createReports(world.clock)
      const played: Played = { vendor, connector, world, knows: new Map() }
      try {
        for (let day = oldest; day <= dayOf(vendor.now); day = after(day, 1))
          for (const account of accounts) for (const ad of ['a', 'b']) vendor.rows.set(`${cell(account, day)} ${ad}`, 1)
        const first = await world.run(connector, config)
        expect(first.errors).toEqual([])
        learn(played.knows, vendor.readAt)
        vendor.readAt.clear()
        for (const each of steps) {
          await play(played, each)
          const stored = await hold(world)
          for (const [key, at] of played.knows) {
            if (at < (vendor.changedAt.get(key) ?? 0)) continue
            const [account = '', day = ''] = key.split(' ')
            const own = (stored.get(key) ?? []).map(({ ad, cents }) => `${ad} ${cents}`)
            expect([key, own]).toEqual([key, vendor.of(account, day).map(({ ad, cents }) => `${ad} ${cents}`)])
          }
          if (isWhole) await expectChain(world)
        }
      } finally {
        await world.close()
      }
    }),
    { numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? 4), interruptAfterTimeLimit: 90_000 },
  )
})
