/**
 * Random histories of one workspace against what the warehouse then holds: the real connector and SDK on the simulator, the real
 * engine and DuckDB. Only time is made up: one clock for both sides, and the pauses of the rate are passed over.
 */
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import customerio from '../../../connectors/customerio/index.ts'
import { sandboxCredentials } from '../../../connectors/customerio/sandbox/credentials.ts'
import { seedMarketing } from '../../../connectors/customerio/sandbox/marketing.ts'
import simulator from '../../../connectors/customerio/sandbox.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { MillraceErrors } from '../../../src/model/millrace-error.ts'
import type { SimulatorContext } from '../../../src/sandbox/contract.ts'
import { openWorld, type RunOptions, type World } from '../../etl/world.ts'
import { onMadeUpClock } from '../on-made-up-clock.ts'
import { openConnector, type OnSimulator } from '../open-connector.ts'
import { createOracle, type Oracle } from './history-oracle.ts'
import { apply, reads, type Edit } from './history-vendor.ts'

const names = Object.keys(reads)
const fieldOf = (name: string) => reads[name]?.varied ?? ''
/** Mostly the first, so that a scan that was stopped is gone on with. */
const mostly = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...others) })
const dayMs = 86_400_000
const edit = fc.record({
  /** Of those that change what is read. */
  kind: fc.nat(41),
  a: fc.integer({ min: 1, max: 5 }),
  b: fc.integer({ min: 0, max: 3 }),
  back: fc.constantFrom(0, 0, 0, 1, 3, 6, 12, 40, 200),
  goes: fc.constantFrom(false, false, true),
  ms: fc.constantFrom(1000, 60_000, 3_600_000, dayMs, 3 * dayMs, 8 * dayMs, 31 * dayMs, 200 * dayMs),
})
const ofWire = ['status', 'html', 'cut_json', 'reset_before', 'bad_utf8', 'rate_limit'] as const
const ofLists = ['lost_tokens', 'empty_page', 'stuck_page', 'missing_scope'] as const
const ofPeople = ['export_pending', 'export_fails', 'export_gone', 'expired_link', 'cut_file'] as const
const step = fc.record({
  edits: fc.array(edit, { maxLength: 8 }),
  /** Just before the request of this number is answered. */
  meanwhile: fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), edit), { maxLength: 4 }),
  kind: fc.constantFrom('live', 'live', 'live', 'live', 'live', 'full', 'limit', 'backfill', 'column'),
  end: fc.constantFrom('whole', 'fails', 'fails', 'aborted', 'stopped'),
  when: fc.integer({ min: 1, max: 6 }),
  fault: fc.record({
    name: fc.constantFrom(...ofWire, ...ofLists, ...ofPeople),
    times: fc.constantFrom<number | 'always'>(1, 2, 5, 'always'),
    after: fc.integer({ min: 0, max: 5 }),
    status: fc.constantFrom(400, 403, 429, 500, 503),
  }),
  chunkRows: fc.constantFrom(1, 1, 4, 100),
  start: mostly('2026-01-01', '2026-10-01', '2026-11-15'),
  verify: fc.constantFrom('warn' as const, 'strict' as const),
  field: mostly('loaded', 'excluded', 'masked'),
  attributes: mostly<readonly string[] | null>(['rev', 'plan'], ['rev'], null),
  reread: mostly(7, 1, 20),
  replaces: mostly(false, true),
  days: fc.constantFrom<readonly [number, number]>([0, 60], [20, 40], [38, 45]),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const history = fc.record({
  read: fc.subarray([...names], { minLength: 1, maxLength: 2 }),
  scd2: fc.constantFrom(false, false, false, true),
  /** How far the vendor's clock is before ours. */
  skewMs: fc.constantFrom(0, 0, 90_000, -90_000),
  pageRows: fc.constantFrom(1, 2, 4),
  steps: fc.array(step, { minLength: 1, maxLength: 5 }),
  lastIsFull: fc.boolean(),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

const loaded = {
  start: '2026-01-01',
  field: 'loaded',
  attributes: ['rev', 'plan'],
  reread: 7,
  replaces: false,
} as const
const quiet: Step = {
  ...loaded,
  ...({ edits: [], meanwhile: [], kind: 'live', end: 'whole', when: 0, chunkRows: 100, verify: 'strict' } as const),
  fault: { name: 'status', times: 1, after: 0, status: 500 },
  days: [0, 1],
}

type Played = Pick<History, 'read' | 'scd2' | 'pageRows'> & {
  readonly world: World
  readonly vendor: OnSimulator
  readonly context: SimulatorContext
  readonly oracle: Oracle
  readonly asked: { on: () => void }
  /** Scan → the vendor's clock when it began. */
  readonly began: Map<string, number>
  /** Stream → that of its last complete scan. */
  readonly through: Map<string, number>
}

async function open({ read, skewMs, pageRows, scd2 }: History): Promise<Played> {
  const world = openWorld()
  const RealDate = onMadeUpClock(world)
  const asked = { on: () => undefined as void }
  const found: { context?: SimulatorContext } = {}
  const vendor = await openConnector({
    connector: customerio,
    simulator: {
      ...simulator,
      seed(context) {
        for (const a of [1, 2, 3]) apply(context, { kind: 'person', a, b: a, back: 0, goes: false, ms: 0 })
        seedMarketing(context)
      },
      serve(given) {
        const context = { ...given, now: () => new RealDate(world.clock().getTime() + skewMs) }
        found.context = context
        const answer = simulator.serve(context)
        return (request) => {
          asked.on()
          // Shorter pages than were asked for.
          const url = request.url.replace(/(\/newsletters\?.*)limit=100/, `$1limit=${pageRows}`)
          return answer(url === request.url ? request : new Request(url, request))
        }
      },
    },
    keys: { app_api_key: sandboxCredentials.appKey, poll_interval_ms: 1, page_rows: pageRows },
    retry: { attempts: 3, malformedAttempts: 1, initialMs: 1, maxMs: 2 },
  })
  const { context } = found
  if (!context) throw new Error('the simulator was not served')
  const streams = await Promise.all(read.map((name) => vendor.stream(name)))
  const oracle = createOracle(context, streams)
  return { read, scd2, pageRows, world, vendor, context, asked, oracle, began: new Map(), through: new Map() }
}

function optionsOf(of: Step, { read, scd2 }: Pick<History, 'read' | 'scd2'>): RunOptions {
  const { field, attributes, reread, replaces } = of
  const options: { readonly [name: string]: object } = {
    people: attributes ? { attributes } : {},
    deliveries: { reread_days: reread },
  }
  return {
    chunkRows: of.chunkRows,
    maxShrink: { fraction: 1 },
    sync: { start: `${of.start}T00:00:00.000Z`, verify: of.verify, maxShrink: { fraction: 1 } },
    streams: read.map((name) => ({
      name,
      mode: scd2 ? 'scd2' : replaces && !isLog(name) ? 'full_refresh' : null,
      exclude: field === 'excluded' ? [fieldOf(name)] : [],
      mask: field === 'masked' && !isLog(name) && name !== 'snippets' ? { [fieldOf(name)]: 'sha256' } : {},
      options: { ...options[name] },
    })),
  }
}

const isLog = (name: string) => name === 'deliveries' || name === 'activities'

async function play(played: Played, each: Step) {
  const { world, vendor, context, oracle, asked, read, began, through } = played
  const now = () => new Date(Math.floor(context.now().getTime() / 1000) * 1000)
  const kinds = [...read.flatMap((name) => reads[name]?.by ?? []), 'pass'] as const
  const change = (drawn: typeof edit extends fc.Arbitrary<infer T> ? T : never) => {
    const of: Edit = { ...drawn, kind: kinds[drawn.kind % kinds.length] ?? 'pass' }
    if (of.kind === 'pass') world.setClock(world.clock().getTime() + of.ms)
    else apply(context, of)
    oracle.look()
  }
  for (const of of each.edits) change(of)
  const stop = new AbortController()
  const scans = new Map<string, string>()
  let requests = 0
  let events = 0
  asked.on = () => {
    requests++
    // No run reads for days.
    for (const [at, of] of each.meanwhile) if (at === requests) change({ ...of, ms: Math.min(of.ms, 60_000) })
  }
  const onEvent = (event: EngineEvent) => {
    if (event.type === 'stream.started') {
      scans.set(event.stream, event.scan)
      if (!began.has(event.scan)) began.set(event.scan, now().getTime())
      oracle.begin(event.stream, event.scan, askedOf(each, event, now().getTime(), through.get(event.stream)))
    }
    if (event.type === 'cursor.committed' && event.done && each.kind !== 'limit' && each.kind !== 'column') {
      const scan = scans.get(event.stream) ?? ''
      oracle.complete(event.stream, scan, each.kind !== 'backfill')
      if (each.kind !== 'backfill') through.set(event.stream, began.get(scan) ?? 0)
    }
    if (each.end === 'aborted' && ++events === 3 * each.when) stop.abort()
  }
  const isStopping = () => each.end === 'stopped' && requests >= each.when
  const options = { ...optionsOf(each, played), signal: stop.signal, isStopping, onEvent, vendorNow: async () => now() }
  const connector = { ...vendor.opened, now: async () => now() }
  const { name: fault, times, after, status } = each.fault
  const own: JsonObject = fault === 'status' ? { status } : fault === 'export_pending' ? { polls: 3 } : {}
  if (each.end === 'fails') await vendor.fault(fault, { times, after, ...own })
  const [from = '', to = ''] = each.days.map((day) => new Date(Date.UTC(2026, 9, 1 + day)).toISOString())
  const [name = ''] = read
  const column = each.kind === 'column' ? fieldOf(name) : null
  try {
    if (each.kind === 'backfill' || each.kind === 'column') {
      const range = { from, to, column, streams: [name] }
      return await world.backfill(connector, range, { ...options, again: each.when > 3 })
    }
    const limit = each.kind === 'limit' ? 3 : null
    return await world.run(connector, { ...options, fullRefresh: each.kind === 'full', limit })
  } catch (error) {
    // Nothing stands that could take a column, or it is left out; and no part of what is replaced, or of its past, is read by itself.
    const isRefused = error instanceof MillraceErrors && error.errors.every(({ code }) => code === 'MR-1208')
    if (!stop.signal.aborted && !isRefused) throw error
    return null
  } finally {
    if (each.end === 'fails') await vendor.fault(fault, null)
    asked.on = () => undefined
  }
}

type Started = Extract<EngineEvent, { readonly type: 'stream.started' }>

/** README: deliveries by when they were made, the last days again; activities of 30 days, less one day than what is known; all else whole. */
function askedOf({ kind, start, reread }: Step, { stream, from, to }: Started, now: number, through?: number) {
  const again = stream === 'deliveries' ? reread : 1
  const isAnew = kind === 'full' || through === undefined
  const first = kind === 'backfill' ? Date.parse(from ?? start) : isAnew ? 0 : through - again * dayMs
  const last = kind === 'backfill' ? Math.min(Date.parse(to), now) : now
  return (row: { readonly [field: string]: unknown }): boolean => {
    const at = Number(row['created'] ?? row['timestamp']) * 1000
    if (stream === 'deliveries') return at >= Math.max(first, Date.parse(start)) && at < last
    return stream !== 'activities' || at >= Math.max(first, Date.parse(start), now - 29 * dayMs)
  }
}

test('whatever happens at Customer.io and to the runs, no row is lost or older than it was, and two runs later all is as it has it', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (drawn) => {
      const played = await open(drawn)
      const { world, oracle } = played
      try {
        const how = { scd2: drawn.scd2, replaced: drawn.steps.some(({ replaces }) => replaces) }
        for (const each of drawn.steps) {
          await play(played, each)
          await oracle.check(world, { ...how, closed: false })
        }
        // A scan that was stopped ends where it was to end, and may be one behind: the next one brings what came since.
        expect((await play(played, { ...quiet, verify: 'warn' }))?.errors).toEqual([])
        expect((await play(played, { ...quiet, kind: drawn.lastIsFull ? 'full' : 'live' }))?.errors).toEqual([])
        await oracle.check(world, { ...how, closed: true })
        expect((await play(played, quiet))?.ledger.loaded).toBe(0)
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
