/** One partition: a cursor scope of its own, beside the live one, which it never touches. Nothing is swept. */
import type { EtlSync } from '../config/project.ts'
import { lacksTable, restartBy, restartReason } from '../etl/asked.ts'
import type { EtlContext } from '../etl/context.ts'
import { cursorOfStanding, hasProgress, withKnown } from '../etl/known-of-table.ts'
import { anew } from '../etl/our-clock.ts'
import { openScope } from '../etl/open-scope.ts'
import { prepareTables } from '../etl/prepare-tables.ts'
import { refuseOtherRows } from '../etl/refuse-other-rows.ts'
import { sumOutcome, type EtlOutcome } from '../etl/run-etl.ts'
import type { StreamPlan } from '../etl/resolve-streams.ts'
import { withStandingNames } from '../etl/standing-names.ts'
import type { StreamStart } from '../etl/stream-work.ts'
import { stoppedBySignal, syncStream } from '../etl/sync-stream.ts'
import { cursorVersion, type Cursor } from '../model/cursor.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import type { Scope, Session } from '../warehouse/port.ts'
import { isRead, type Partition } from './plan-backfill.ts'

export type PartitionRequest = {
  readonly sync: EtlSync
  readonly partition: Partition
  readonly connectorName: string
  /** Read it though it is done. */
  readonly again: boolean
}

/** Goes on at the partition's last checkpoint. Where somebody else was faster there is nothing to do. */
export async function runPartition(context: EtlContext, request: PartitionRequest): Promise<EtlOutcome> {
  const { sync, partition } = request
  const start = await begin(context, request)
  if (!start) return sumOutcome(new Map(), [])
  const outcome = await syncStream(context, start, {
    // The bounds stand in the cursor.
    vendorNow: new Date(partition.to),
    fullRefresh: false,
    limit: null,
    start: partition.start,
    maxShrink: null,
    verify: sync.verify,
  })
  const errors: MillraceError[] = []
  if (outcome.failure === undefined)
    for (const [stream, report] of outcome.reports)
      context.emit({ type: 'stream.finished', run_id: context.runId, stream, report })
  else
    errors.push(
      context.signal.aborted
        ? stoppedBySignal(`the backfill of ${sync.name} ${partition.plan.stream.name}`)
        : asMillraceError(outcome.failure, `reading ${partition.plan.stream.name}`),
    )
  return sumOutcome(outcome.reports, errors)
}

/** null: it is done already. */
function begin(context: EtlContext, request: PartitionRequest): Promise<StreamStart | null> {
  const { sync, partition, connectorName } = request
  const { plan: planned, range, to, start } = partition
  return context.warehouse.session(
    { runId: context.runId, purpose: `begin ${sync.name}`, signal: context.signal },
    async (session) => {
      const scope = { sync: sync.name, stream: planned.stream.name, partition: partition.name }
      const { kept, live } = await standing(context, session, { plan: planned, scope, connectorName })
      if (isRead(partition, kept) && !request.again) return null
      await refuseLost(session, sync, { plan: planned, live })
      const plan = await prepareTables(context, session, withStandingNames(planned, live.marks?.asked))
      refuseMissing(sync, partition, plan)
      const own = endsEarly(partition, kept) ? { ...kept, scan: null } : kept
      const bounds = { from: range?.from ?? null, to, upperBound: to }
      return openScope(context, session, { ...scope, plan, kept: own, bounds, start, connectorName })
    },
  )
}

/** A whole pass that is under way would leave out what is asked for. Where that is not over yet, each would: it is gone on with. */
const endsEarly = ({ range, until, to }: Partition, { scan }: Cursor): boolean =>
  range === null && until !== null && until < to && scan !== null && scan.upper_bound < until

/** What holds still of the part's own cursor and of the live one: what a table had that is not there is forgotten before it is made anew. */
async function standing(
  { runId }: EtlContext,
  session: Session,
  { plan, scope, connectorName: connector }: { plan: StreamPlan; scope: Scope; connectorName: string },
): Promise<{ readonly kept: Cursor; readonly live: Cursor }> {
  const ofLive = { ...scope, partition: '' }
  const live = await withKnown(session, scope.sync, plan, await session.state.readCursor(ofLive))
  await refuseOtherRows(session, plan, live)
  if (!hasProgress(live) && (await lacksTable(session, plan))) {
    const still = await cursorOfStanding(session, plan, live)
    await session.state.forgetPartitions(scope.sync, scope.stream)
    // Of rows that stand, whatever ends this part before its own.
    if (still.marks?.asked) {
      const fence = await session.state.takeFence(scope, runId)
      const cursor = { cursor: still, connector, version: cursorVersion }
      await session.etl.commit({ fence, sequence: 0, writes: [], cursor })
    }
    return { kept: still, live: still }
  }
  const kept = await session.state.readCursor(scope)
  return { kept: restartBy(plan, kept.marks?.asked) === null ? kept : anew(kept), live }
}

/** A part of the past in a table that is not there would look like all of it to the live sync. */
async function refuseLost(
  session: Session,
  { name }: EtlSync,
  { plan, live }: { readonly plan: StreamPlan; readonly live: Cursor },
): Promise<void> {
  const why = hasProgress(live) ? await restartReason(session, plan, live) : null
  if (why === null) return
  throw new MillraceError('MR-2201', {
    message: `${name}: ${plan.stream.name} cannot be filled from the past: ${why}, though it was loaded before.`,
    kept: 'Nothing was read or changed.',
    next: `millrace sync run ${name}   reads everything again; a backfill can follow.`,
  })
}

/** `schema_changes: ignore` leaves out what the table does not have. */
function refuseMissing({ name }: EtlSync, { column, plan }: Partition, { shape }: StreamPlan): void {
  if (column === null || shape.columns.some(({ field }) => field === column)) return
  throw new MillraceError('MR-2201', {
    message: `${name}: the table of ${plan.stream.name} has no column for ${column}, and gets none with  schema_changes: ignore.`,
    kept: 'Nothing was read or changed.',
    next: 'Set  schema_changes: evolve  for this stream, and say this again.',
  })
}
