/**
 * Random histories of three accounts against what the warehouse then holds of their days: the real connector and SDK on the
 * simulator, the real engine and DuckDB. Only time is made up: one clock for both sides.
 */
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import googleAds from '../../../connectors/google_ads/index.ts'
import simulator from '../../../connectors/google_ads/sandbox.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import { MillraceErrors } from '../../../src/model/millrace-error.ts'
import type { TextRow } from '../../../src/warehouse/port.ts'
import { openWorld, type RunOptions, type World } from '../../etl/world.ts'
import { DayOracle } from '../day-oracle.ts'
import { onMadeUpClock } from '../on-made-up-clock.ts'
import { openConnector, type OnSimulator } from '../open-connector.ts'

const [hour, day] = [3_600_000, 86_400_000]
const accounts = ['1110000001', '1110000002', '1110000003']
const streams = ['campaign_performance', 'customer_performance']
const edit = fc.record({
  kind: fc.constantFrom('day', 'day', 'day', 'day', 'gone', 'switch', 'pass', 'pass'),
  account: fc.nat({ max: 2 }),
  campaign: fc.integer({ min: 1, max: 2 }),
  back: fc.constantFrom(0, 0, 1, 1, 2, 5, 6, 7, 8, 29, 30, 31, 32, 60),
  ms: fc.constantFrom(0, 1_000, hour, 3 * hour, 14 * hour, day, 6 * day, 40 * day),
})
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never
const ofWire = ['status', 'html', 'cut_json', 'reset_before', 'reset_after', 'rate_limit'] as const
const ofVendor = ['expire_pages', 'loop_pages', 'quota', 'transient', 'deadline', 'not_enabled'] as const
const step = fc.record({
  edits: fc.array(edit, { maxLength: 10, size: 'max' }),
  /** Just before the request of this number is answered. */
  meanwhile: fc.array(fc.tuple(fc.integer({ min: 1, max: 14 }), edit), { maxLength: 4, size: 'max' }),
  kind: fc.constantFrom('live', 'live', 'live', 'live', 'full', 'limit', 'backfill'),
  end: fc.constantFrom('whole', 'whole', 'fails', 'falters', 'aborted', 'aborted', 'stopped'),
  when: fc.integer({ min: 1, max: 12 }),
  fault: fc.constantFrom(...ofWire, ...ofVendor),
  chunkRows: fc.constantFrom(1, 1, 4, 100),
  window: fc.constantFrom(30, 30, 7),
  perQuery: fc.constantFrom(30, 30, 5, 1),
  days: fc.constantFrom<readonly [number, number]>([60, 0], [33, 29], [10, 2]),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const history = fc.record({
  read: fc.subarray([...streams], { minLength: 1 }),
  pageRows: fc.constantFrom(1, 2, 100),
  /** How far the vendor's clock is before ours. */
  skewMs: fc.constantFrom(0, 0, 90_000, -90_000),
  steps: fc.array(step, { minLength: 1, maxLength: 5, size: 'max' }),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

const calm: Step = {
  ...({ edits: [], meanwhile: [], kind: 'live', end: 'whole', when: 1, fault: 'status', chunkRows: 100 } as const),
  ...({ window: 30, perQuery: 30, days: [1, 0] } as const),
}

type Played = Pick<History, 'read'> & {
  readonly world: World
  readonly vendor: OnSimulator
  readonly context: SimulatorContext
  readonly nowMs: () => number
  readonly oracle: DayOracle
  readonly asked: { on: () => void }
  /** Scan → the vendor's clock when it began, how far the last complete one had come by then, and the shortest window since. */
  readonly began: Map<string, { readonly ms: number; readonly through: number | undefined; window: number }>
  /** Stream → how far its last complete scan came. */
  readonly through: Map<string, number>
  changes: number
}

async function open({ read, pageRows, skewMs }: History): Promise<Played> {
  const world = openWorld()
  const RealDate = onMadeUpClock(world)
  const asked = { on: () => undefined as void }
  const nowMs = () => world.clock().getTime() + skewMs
  const found: { context?: SimulatorContext } = {}
  const vendor = await openConnector({
    connector: googleAds,
    simulator: {
      ...simulator,
      seed(context) {
        simulator.seed(context)
        for (const type of context.store.types())
          if (type.endsWith('_performance')) for (const [id] of context.store.all(type)) context.store.remove(type, id)
      },
      serve(given) {
        // A page token is good as long as its clock stands still.
        const context = { ...given, now: () => new RealDate(Math.floor(nowMs() / hour) * hour) }
        found.context = context
        const answer = simulator.serve(context)
        return (request) => {
          asked.on()
          return answer(request)
        }
      },
    },
    keys: { rate_per_second: 1000 },
    retry: { attempts: 3, malformedAttempts: 1, initialMs: 1, maxMs: 2 },
  })
  const { context } = found
  if (!context) throw new Error('the simulator was not served')
  await vendor.fault('page_rows', { rows: pageRows, times: 'always' })
  // Its answers are dated by the sandbox's own clock.
  vi.spyOn(vendor.host, 'lastDate').mockImplementation(() => new RealDate(nowMs()))
  // Of impressions no two changes have the same.
  const { store } = context
  const oracle = new DayOracle(read, {
    truthOf: (name) => new Map([...store.all(name)].map(([, row]) => [keyOf(row), String(row['metrics.impressions'])])),
    keyOf,
    valueOf: (row) => String(row['metrics_impressions']),
    offNow: () => [...store.all('customer')].flatMap(([, row]) => (isOn(row) ? [] : [String(row['customer.id'])])),
    nowMs,
  })
  return { read, world, vendor, context, nowMs, asked, oracle, began: new Map(), through: new Map(), changes: 0 }
}

const isOn = (account: JsonObject) => account['customer.status'] === 'ENABLED'
const keyOf = (row: JsonObject | TextRow): string =>
  ['customer.id', 'campaign.id', 'segments.date']
    .map((field) => String(row[field] ?? row[field.replace('.', '_')] ?? ''))
    .join('|')
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

function change(played: Played, { kind, account, campaign, back, ms }: Edit): void {
  const { world, context, oracle, nowMs } = played
  const { store } = context
  const customer = accounts[account] ?? ''
  const of = store.get('customer', `customers/${customer}`) ?? {}
  const date = dayOf(nowMs() - back * day)
  const ids = { 'customer.id': customer, 'segments.date': date, 'segments.conversion_action_name': 'Purchase' }
  const metrics = (mark: number): JsonObject => ({
    'metrics.impressions': `${mark}`,
    'metrics.clicks': `${mark}`,
    'metrics.cost_micros': `${mark * 10_000}`,
    'metrics.conversions': mark / 4,
  })
  const key = `${customer}/${campaign}/${date}`
  const mark = ++played.changes
  if (kind === 'pass') world.setClock(world.clock().getTime() + ms)
  else if (kind === 'switch') {
    const status = isOn(of) ? 'CANCELED' : 'ENABLED'
    store.put('customer', `customers/${customer}`, { ...of, 'customer.status': status })
  } else if (isOn(of)) {
    if (kind === 'gone') store.remove('campaign_performance', key)
    else store.put('campaign_performance', key, { ...ids, 'campaign.id': `${campaign}`, ...metrics(mark) })
    const isSome = [1, 2].some((nth) => store.get('campaign_performance', `${customer}/${nth}/${date}`))
    if (isSome) store.put('customer_performance', `${customer}/${date}`, { ...ids, ...metrics(mark) })
    else store.remove('customer_performance', `${customer}/${date}`)
  }
  oracle.look()
}

async function play(played: Played, each: Step) {
  const { world, vendor, oracle, asked, read, began, through, nowMs } = played
  for (const of of each.edits) change(played, of)
  const stop = new AbortController()
  let requests = 0
  let events = 0
  asked.on = () => {
    requests++
    // No run reads for days.
    for (const [at, of] of each.meanwhile)
      if (at === requests) change(played, { ...of, ms: Math.min(of.ms, 14 * hour) })
  }
  const isFaulty = each.end === 'fails' || each.end === 'falters'
  const shut = isFaulty && each.fault === 'not_enabled' ? accounts[each.when % 3] : undefined
  const scans = new Map<string, Parameters<DayOracle['complete']>[1]>()
  const ends = new Map<string, number>()
  const onEvent = (event: EngineEvent) => {
    if (event.type === 'stream.started') {
      const scan = began.get(event.scan) ?? { ms: nowMs(), through: through.get(event.stream), window: each.window }
      scan.window = Math.min(scan.window, each.window)
      began.set(event.scan, scan)
      const isLive = each.kind === 'live'
      const fromMs = isLive ? scan.through : event.from === null ? undefined : Date.parse(event.from)
      const by = isLive ? scan.window : 0
      const first = fromMs === undefined ? null : dayOf(fromMs - by * day)
      scans.set(event.stream, { beganMs: scan.ms, first, last: dayOf(Date.parse(event.to) - 1) })
      ends.set(event.stream, Date.parse(event.to))
    }
    const scan = event.type === 'cursor.committed' && event.done ? scans.get(event.stream) : undefined
    // Whom a fault shut out is not told apart here.
    if (scan && event.type === 'cursor.committed' && each.kind !== 'limit') {
      if (!shut) oracle.complete(event.stream, scan)
      if (each.kind !== 'backfill') through.set(event.stream, ends.get(event.stream) ?? 0)
    }
    if (each.end === 'aborted' && ++events === 2 * each.when) stop.abort()
  }
  const vendorNow = async () => new Date(Math.floor(nowMs() / 1000) * 1000)
  const options: RunOptions = {
    chunkRows: each.chunkRows,
    maxShrink: { fraction: 1 },
    sync: { maxShrink: { fraction: 1 } },
    streams: read.map((name) => ({ name, options: { window: each.window, days_per_query: each.perQuery } })),
    signal: stop.signal,
    isStopping: () => each.end === 'stopped' && requests >= each.when,
    onEvent,
    vendorNow,
  }
  const own: JsonObject = each.fault === 'status' ? { status: 500 } : shut ? { customer: shut } : {}
  const times = each.end === 'fails' ? 'always' : 1
  if (isFaulty) await vendor.fault(each.fault, { times, after: each.when, ...own })
  // What a connection knows of its accounts holds for one run.
  const config = googleAds.config.parse({ ...vendor.sandbox.connection('google_ads'), rate_per_second: 1000 })
  // The contract of `open` is typed by each connector's own keys.
  const opened = await googleAds.open({ config: config as never, host: vendor.host })
  const connector = { ...opened, now: vendorNow }
  try {
    if (each.kind === 'backfill') {
      const [from = '', to = ''] = each.days.map((days) => `${dayOf(nowMs() - days * day)}T00:00:00.000Z`)
      return await world.backfill(connector, { from, to, streams: read.slice(0, 1) }, options)
    }
    const limit = each.kind === 'limit' ? 3 : null
    return await world.run(connector, { ...options, fullRefresh: each.kind === 'full', limit })
  } catch (error) {
    const isRefused =
      error instanceof MillraceErrors && error.errors.every(({ code }) => code === 'MR-1208' || code === 'MR-1209')
    if (!stop.signal.aborted && !isRefused && !isFaulty) throw error
    return null
  } finally {
    await opened.close?.()
    if (isFaulty) await vendor.fault(each.fault, null)
    asked.on = () => undefined
  }
}

test('whatever happens in the accounts and to the runs, no day is lost or older than it was, and in the end all are as Google Ads has them', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (drawn) => {
      const played = await open(drawn)
      const { world, oracle } = played
      try {
        for (const account of [0, 1, 2])
          for (const back of [0, 1, 7, 31, 60] as const)
            change(played, { kind: 'day', account, campaign: 1, back, ms: 0 })
        for (const each of drawn.steps) {
          await play(played, each)
          await oracle.check(world)
        }
        const [usual, whole] = [
          { ...calm, edits: [] },
          { ...calm, kind: 'full' as const },
        ]
        const later: Edit = { kind: 'pass', account: 0, campaign: 1, back: 0, ms: 5 * hour }
        // The first may end a scan of before.
        expect((await play(played, usual))?.errors).toEqual([])
        expect((await play(played, { ...usual, edits: [later] }))?.errors).toEqual([])
        await oracle.check(world)
        expect((await play(played, { ...whole, edits: [later] }))?.errors).toEqual([])
        await oracle.check(world)
      } finally {
        vi.unstubAllGlobals()
        vi.restoreAllMocks()
        await played.vendor[Symbol.asyncDispose]()
        await world.close()
      }
    }),
    { numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? 5), interruptAfterTimeLimit: 270_000 },
  )
}, 600_000)
