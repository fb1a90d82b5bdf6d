/** plan → extract → stage → commit, for one sync. */
import type { EtlSync } from '../config/project.ts'
import type { OpenedConnector } from '../connector/contract.ts'
import { emptyEtlLedger, loaded, sumLedgers, type EtlLedger } from '../model/ledger.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import type { StreamReport } from '../model/run.ts'
import { cursorVersion, type Cursor } from '../model/cursor.ts'
import type { Fence, Session, TakenFence } from '../warehouse/port.ts'
import type { ShrinkLimit } from '../warehouse/table-write.ts'
import { restartReason } from './asked.ts'
import { buildViews } from './build-views.ts'
import type { EtlContext } from './context.ts'
import { cursorOfStanding, hasProgress, withKnown } from './known-of-table.ts'
import { enterScope } from './open-scope.ts'
import { beginPass, passesOf } from './partial-pass.ts'
import { prepareTables } from './prepare-tables.ts'
import { refuseOtherRows } from './refuse-other-rows.ts'
import { resolveStreams, type StreamPlan } from './resolve-streams.ts'
import { withStandingNames } from './standing-names.ts'
import { stoppedBySignal, syncStream, type StreamOutcome } from './sync-stream.ts'

export type EtlRequest = {
  readonly sync: EtlSync
  readonly connector: OpenedConnector
  readonly connectorName: string
  readonly vendorNow: () => Promise<Date>
  readonly fullRefresh: boolean
  readonly limit: number | null
  readonly maxShrink: ShrinkLimit
}

export type EtlOutcome = {
  readonly ledger: EtlLedger & { readonly loaded: number }
  readonly streams: { readonly [stream: string]: StreamReport }
  readonly errors: readonly MillraceError[]
}

export async function runEtl(context: EtlContext, request: EtlRequest): Promise<EtlOutcome> {
  const plans = await resolveStreams(request.sync, request.connector, { signal: context.signal })
  for (const plan of plans) passesOf(request.sync.name, plan)
  // The vendor's clock is read before anything else: what changes from here on belongs to the next scan.
  const vendorNow = await request.vendorNow()
  const { begun, errors: refused } = await begin(context, request, plans)
  const reports = new Map<string, StreamReport>()
  const errors: MillraceError[] = [...refused]
  const fail = (error: unknown, name: string) =>
    errors.push(
      context.signal.aborted
        ? stoppedBySignal(`${request.sync.name} ${name}`)
        : asMillraceError(error, `reading ${name}`),
    )
  /** What was committed counts, whatever stopped the stream after it. */
  const record: Passing['record'] = (name, { reports: made, failure }, suffix = '') => {
    for (const [of, report] of made) {
      const stream = of + suffix
      reports.set(stream, report)
      if (failure === undefined) context.emit({ type: 'stream.finished', run_id: context.runId, stream, report })
    }
    if (failure !== undefined) fail(failure, name + suffix)
  }
  await inParallel(begun, concurrentStreams, async ({ plan, fence, cursor }) => {
    try {
      const outcome = await syncStream(
        context,
        { plan, fence, cursor, connectorName: request.connectorName },
        {
          vendorNow,
          fullRefresh: request.fullRefresh,
          limit: request.limit,
          start: request.sync.start,
          maxShrink: request.maxShrink,
          verify: request.sync.verify,
        },
      )
      record(plan.stream.name, outcome)
      if (outcome.failure === undefined && request.limit === null)
        await runPasses(context, plan, { request, vendorNow, record, sequence: outcome.sequence })
    } catch (error) {
      fail(error, plan.stream.name)
    }
  })
  if (!context.signal.aborted)
    await buildViews(
      context,
      begun.map(({ plan }) => plan),
    ).catch((error: unknown) => fail(error, 'the views over its tables'))
  return sumOutcome(reports, errors)
}

type Passing = {
  readonly request: EtlRequest
  readonly vendorNow: Date
  /** @param suffix of a pass, behind the names of the streams that it is of */
  readonly record: (name: string, outcome: StreamOutcome, suffix?: string) => void
  /** Of the scan's last commit. */
  readonly sequence: number
}

/** What is due of a stream beside its scan: keys alone, and what the vendor calculates. */
async function runPasses(
  context: EtlContext,
  plan: StreamPlan,
  { request, vendorNow, record, ...scan }: Passing,
): Promise<void> {
  const { sync, connectorName, maxShrink } = request
  const options = { vendorNow, fullRefresh: false, limit: null, start: null, maxShrink, verify: 'off' } as const
  let { sequence } = scan
  for (const due of passesOf(sync.name, plan)) {
    if (context.isStopping()) return
    const start = await beginPass(context, due, { sync: sync.name, connectorName, vendorNow })
    if (!start) continue
    const outcome = await syncStream(context, { ...start, sequence }, options)
    sequence = outcome.sequence
    record(plan.stream.name, outcome, ` ${due.partition}`)
  }
}

/** What the streams of a run came to together. */
export function sumOutcome(reports: ReadonlyMap<string, StreamReport>, errors: readonly MillraceError[]): EtlOutcome {
  const sum = sumLedgers(emptyEtlLedger, [...reports.values()].map(withoutSides))
  return {
    ledger: { ...sum, loaded: loaded(sum) },
    streams: Object.fromEntries([...reports].sort(([a], [b]) => (a < b ? -1 : 1))),
    errors,
  }
}

const withoutSides = ({ loaded: _loaded, counted: _counted, ...ledger }: StreamReport): EtlLedger => ledger

type Begun = { readonly plan: StreamPlan; readonly fence: Fence; readonly cursor: Cursor }

type Beginning = { readonly begun: readonly Begun[]; readonly errors: readonly MillraceError[] }

/** One session for all streams: tables, fences, cursors. A stream whose table refuses its change does not hold up the others. */
async function begin(
  context: EtlContext,
  { sync, connectorName, fullRefresh }: Pick<EtlRequest, 'sync' | 'connectorName' | 'fullRefresh'>,
  plans: readonly StreamPlan[],
): Promise<Beginning> {
  return context.warehouse.session(
    { runId: context.runId, purpose: `begin ${sync.name}`, signal: context.signal },
    async (session) => {
      const begun: Begun[] = []
      const errors: MillraceError[] = []
      const scopes = plans.map((plan) => ({ sync: sync.name, stream: plan.stream.name, partition: '', plan }))
      for (const { plan, ...taken } of await session.state.takeFences(scopes, context.runId))
        try {
          begun.push(await beginStream(context, session, { plan, taken, connectorName, fullRefresh }))
        } catch (error) {
          if (!(error instanceof MillraceError) || error.code !== 'MR-2201') throw error
          errors.push(error)
        }
      return { begun, errors }
    },
  )
}

async function beginStream(
  context: EtlContext,
  session: Session,
  { plan, taken, connectorName, fullRefresh }: Beginner,
): Promise<Begun> {
  let prepared = plan
  const readCursor = async (fence: Fence): Promise<Cursor> => {
    const kept = await standing(context, session, { plan, fence, connectorName })
    prepared = await prepareTables(context, session, withStandingNames(plan, kept.marks?.asked))
    if (!kept.scan?.generation) return kept
    const request = { sync: fence.sync, table: prepared.shape.table, scanId: kept.scan.id }
    if (await session.etl.holdsGeneration(request)) return kept
    const message = `${plan.stream.name}: what a stopped run had read is not there as it left it, or lacks a field that is loaded now, so it begins again.`
    if (!fullRefresh && plan.mode === 'full_refresh')
      context.emit({ type: 'run.warning', run_id: context.runId, message })
    return { ...kept, scan: null }
  }
  const { fence, cursor } = await enterScope(context, taken, readCursor, !fullRefresh)
  return { plan: prepared, fence, cursor }
}

type Beginner = Pick<EtlRequest, 'connectorName' | 'fullRefresh'> & {
  readonly plan: StreamPlan
  readonly taken: TakenFence
}

/**
 * The cursor, as far as it still holds. What is to be read again from the beginning is written down before its tables are made:
 * a run that dies between the two would leave a table that looks loaded.
 */
async function standing(
  context: EtlContext,
  session: Session,
  { plan, fence, connectorName: connector }: { readonly fence: Fence } & Pick<Beginner, 'plan' | 'connectorName'>,
): Promise<Cursor> {
  const kept = await withKnown(session, fence.sync, plan, await session.state.readCursor(fence))
  await refuseOtherRows(session, plan, kept)
  const why = await restartReason(session, plan, kept)
  if (why !== null) {
    if (hasProgress(kept))
      context.emit({
        type: 'run.warning',
        run_id: context.runId,
        message: `${plan.stream.name}: ${why}, so everything is read again.`,
      })
    const cursor = await cursorOfStanding(session, plan, kept)
    // What a backfill read is gone with the table.
    await session.state.forgetPartitions(fence.sync, fence.stream)
    await session.etl.commit({ fence, sequence: 0, writes: [], cursor: { cursor, connector, version: cursorVersion } })
    return cursor
  }
  return kept
}

async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const lanes = Array.from({ length: Math.min(width, items.length) }, async () => {
    for (const item of queue) await work(item)
  })
  await Promise.all(lanes)
}

/** Streams of one sync that are read at once. */
const concurrentStreams = 4
