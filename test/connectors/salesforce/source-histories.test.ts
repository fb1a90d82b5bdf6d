/**
 * Random histories of one org against what the warehouse then holds: the real connector and SDK on the simulator, the real engine
 * and DuckDB. Only time is made up: one clock for both sides, and the pauses between two looks at a job are short.
 */
import type * as timers from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import salesforce from '../../../connectors/salesforce/index.ts'
import { seedUsers } from '../../../connectors/salesforce/sandbox/seed-users.ts'
import simulator from '../../../connectors/salesforce/sandbox.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import { MillraceErrors } from '../../../src/model/millrace-error.ts'
import { openWorld, type RunOptions, type World } from '../../etl/world.ts'
import { onMadeUpClock } from '../on-made-up-clock.ts'
import { openConnector, type OnSimulator } from '../open-connector.ts'
import { Org, type Edit } from './history-org.ts'
import { Oracle } from './history-oracle.ts'

vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof timers>()
  const setTimeout: typeof real.setTimeout = (ms, ...rest) => real.setTimeout((ms ?? 0) / 100, ...rest)
  return { ...real, setTimeout }
})

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const names = ['Account', 'Contact', 'Subscription__c', 'AccountHistory']
const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'bin', 'bin', 'undelete', 'purge', 'pass', 'pass'),
  object: fc.constantFrom(0, 0, 1, 2),
  who: fc.integer({ min: 1, max: 5 }),
  takesMs: fc.constantFrom(0, 0, 0, 1_000, minute, 4 * minute, 9 * minute),
  ms: fc.constantFrom(0, 400, 1_000, minute, 4 * minute, 5 * minute, 6 * minute, hour, day, 8 * day, 20 * day),
})
const ofWire = ['status', 'html', 'cut_json', 'reset_before', 'reset_after', 'rate_limit', 'expire_tokens'] as const
const ofJobs = ['no_bulk', 'bulk_query_fails', 'bulk_query_aborted', 'bulk_results_expire', 'half_results'] as const
const ofPages = ['repeat_page', 'skip_page', 'query_job_limit', 'server_unavailable'] as const
const step = fc.record({
  edits: fc.array(edit, { maxLength: 8, size: 'max' }),
  /** Just before the request of this number is answered. */
  meanwhile: fc.array(fc.tuple(fc.integer({ min: 1, max: 14 }), edit), { maxLength: 5, size: 'max' }),
  kind: fc.constantFrom('live', 'live', 'live', 'live', 'full', 'limit', 'backfill'),
  end: fc.constantFrom('whole', 'whole', 'fails', 'falters', 'aborted', 'stopped'),
  when: fc.integer({ min: 1, max: 8 }),
  fault: fc.constantFrom(...ofWire, ...ofJobs, ...ofPages),
  chunkRows: fc.constantFrom(1, 1, 4, 100),
  reconciles: fc.constantFrom(false, false, true),
  verify: fc.constantFrom('warn' as const, 'strict' as const),
  days: fc.constantFrom<readonly [number, number]>([60, 0], [20, 0], [10, 2]),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const history = fc.record({
  read: fc.subarray([...names], { minLength: 1, maxLength: 2 }),
  mode: fc.constantFrom<'merge' | 'full_refresh'>('merge', 'merge', 'merge', 'full_refresh'),
  bulkFrom: fc.constantFrom<number | 'never'>(1, 4, 'never'),
  pageRows: fc.constantFrom(1, 2, 100),
  flagsHistory: fc.boolean(),
  /** How far the vendor's clock is before ours. */
  skewMs: fc.constantFrom(0, 0, 90_000, -90_000),
  steps: fc.array(step, { minLength: 1, maxLength: 5, size: 'max' }),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

const calm: Step = {
  ...({ edits: [], meanwhile: [], kind: 'live', end: 'whole', when: 1, fault: 'status', chunkRows: 100 } as const),
  ...({ reconciles: false, verify: 'strict', days: [1, 0] } as const),
}

type Played = Pick<History, 'read' | 'mode'> & {
  readonly world: World
  readonly vendor: OnSimulator
  readonly nowMs: () => number
  readonly org: Org
  readonly oracle: Oracle
  readonly asked: { on: () => void }
  /** Scan → the vendor's clock when it began. */
  readonly began: Map<string, number>
}

async function open({ read, mode, bulkFrom, pageRows, flagsHistory, skewMs }: History): Promise<Played> {
  const world = openWorld()
  const RealDate = onMadeUpClock(world)
  const asked = { on: () => undefined as void }
  const nowMs = () => world.clock().getTime() + skewMs
  const found: { context?: SimulatorContext } = {}
  const vendor = await openConnector({
    connector: salesforce,
    simulator: {
      ...simulator,
      seed: seedUsers,
      serve(given) {
        const context = { ...given, now: () => new RealDate(nowMs()) }
        found.context = context
        const answer = simulator.serve(context)
        return (request) => {
          asked.on()
          const url = request.url.replace(/maxRecords=\d+/, `maxRecords=${pageRows}`)
          return answer(url === request.url ? request : new Request(url, request))
        }
      },
    },
    keys: { page_size: 200, bulk_query_from: bulkFrom, bulk_query_page: 200 },
    retry: { attempts: 3, malformedAttempts: 1, initialMs: 1, maxMs: 2 },
  })
  const { context } = found
  if (!context) throw new Error('the simulator was not served')
  await vendor.fault('short_pages', { rows: pageRows, times: 'always' })
  const oracle = new Oracle(context, await Promise.all(read.map((name) => vendor.stream(name))), nowMs)
  const org = new Org(context, nowMs, flagsHistory)
  return { read, mode, world, vendor, nowMs, asked, oracle, org, began: new Map() }
}

async function play(played: Played, each: Step) {
  const { world, vendor, org, oracle, asked, read, began, nowMs, mode } = played
  const change = (of: Edit) => {
    if (of.kind === 'pass') {
      world.setClock(world.clock().getTime() + of.ms)
      org.settle()
    } else org.apply(of)
    oracle.look()
  }
  for (const of of each.edits) change(of)
  const stop = new AbortController()
  let requests = 0
  let events = 0
  asked.on = () => {
    requests++
    // No run reads for days.
    for (const [at, of] of each.meanwhile) if (at === requests) change({ ...of, ms: Math.min(of.ms, 6 * minute) })
  }
  const scans = new Map<string, { readonly beganMs: number; readonly beforeMs: number }>()
  const onEvent = (event: EngineEvent) => {
    if (event.type === 'stream.started') {
      if (!began.has(event.scan)) began.set(event.scan, nowMs())
      const isWhole = mode === 'full_refresh' && event.stream !== 'AccountHistory'
      const beforeMs = isWhole ? Infinity : Date.parse(event.to)
      scans.set(event.stream, { beganMs: began.get(event.scan) ?? 0, beforeMs })
    }
    const scan = event.type === 'cursor.committed' && event.done ? scans.get(event.stream) : undefined
    if (scan && event.type === 'cursor.committed' && (each.kind === 'live' || each.kind === 'full'))
      oracle.complete(event.stream, scan)
    if (each.end === 'aborted' && ++events === 3 * each.when) stop.abort()
  }
  const vendorNow = async () => new Date(Math.floor(nowMs() / 1000) * 1000)
  const options: RunOptions = {
    chunkRows: each.chunkRows,
    maxShrink: { fraction: 1 },
    sync: { verify: each.verify, maxShrink: { fraction: 1 } },
    streams: read.map((name) => ({
      name,
      mode: name === 'AccountHistory' ? null : mode,
      reconcileMs: each.reconciles && name !== 'AccountHistory' && mode === 'merge' ? 7 * day : null,
    })),
    signal: stop.signal,
    isStopping: () => each.end === 'stopped' && requests >= each.when,
    onEvent,
    vendorNow,
  }
  const connector = { ...vendor.opened, now: vendorNow }
  const own: JsonObject = each.fault === 'status' ? { status: 500 } : {}
  const isFaulty = each.end === 'fails' || each.end === 'falters'
  const times = each.end === 'fails' ? 'always' : 1
  if (isFaulty) await vendor.fault(each.fault, { times, after: each.when, ...own })
  try {
    if (each.kind === 'backfill') {
      const [from = '', to = ''] = each.days.map((days) => new Date(nowMs() - days * day).toISOString())
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
    if (isFaulty) await vendor.fault(each.fault, null)
    asked.on = () => undefined
  }
}

test('whatever happens in an org and to the runs, no row is lost or older than it was, and in the end all is as Salesforce has it', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (drawn) => {
      const played = await open(drawn)
      const { world, oracle } = played
      const replaced = drawn.mode === 'full_refresh'
      try {
        for (const each of drawn.steps) {
          await play(played, each)
          await oracle.check(world, { closed: false, replaced })
        }
        const pass = (ms: number): Edit => ({ kind: 'pass', object: 0, who: 1, takesMs: 0, ms })
        // The first may end a scan of before; the second comes when all transactions are over, and finds what is purged.
        expect((await play(played, { ...calm, verify: 'warn' }))?.errors).toEqual([])
        const last = await play(played, { ...calm, edits: [pass(8 * day)], reconciles: true })
        expect(last?.errors).toEqual([])
        await oracle.check(world, { closed: true, replaced })
        if (!replaced) expect((await play(played, calm))?.ledger.loaded).toBe(0)
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
