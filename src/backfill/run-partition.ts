/** One partition: a cursor scope of its own, beside the live one, which it never touches. Nothing is swept. */
import type { EtlSync } from '../config/project.ts'
import type { EtlContext } from '../etl/context.ts'
import { prepareTables } from '../etl/prepare-tables.ts'
import type { StreamPlan } from '../etl/resolve-streams.ts'
import { sumOutcome, type EtlOutcome } from '../etl/run-etl.ts'
import type { StreamStart } from '../etl/stream-work.ts'
import { stoppedBySignal, syncStream } from '../etl/sync-stream.ts'
import type { Cursor } from '../model/cursor.ts'
import { asMillraceError, type MillraceError } from '../model/millrace-error.ts'
import type { Session } from '../warehouse/port.ts'
import { isComplete, type Partition } from './plan-backfill.ts'

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
  const { sync, partition } = request
  return context.warehouse.session(
    { runId: context.runId, purpose: `begin ${sync.name}`, signal: context.signal },
    async (session) => {
      const scope = { sync: sync.name, stream: partition.plan.stream.name, partition: partition.name }
      const kept = await session.state.readCursor(scope)
      if (isComplete(kept) && !request.again) return null
      const plan = await prepareTables(context, session, partition.plan)
      return openScope(context, session, { request, plan, kept })
    },
  )
}

/**
 * The open scan stands in the warehouse before the first row is read: from then on live commits raise `_read_at` of what they
 * saw unchanged, so that what we read before them does not come over it.
 */
async function openScope(
  context: EtlContext,
  session: Session,
  { request, plan, kept }: { readonly request: PartitionRequest; readonly plan: StreamPlan; readonly kept: Cursor },
): Promise<StreamStart> {
  const { sync, partition, connectorName } = request
  const scope = { sync: sync.name, stream: plan.stream.name, partition: partition.name }
  const { previous, ...fence } = await session.state.takeFence(scope, context.runId)
  context.emit({
    type: 'fence.taken',
    run_id: context.runId,
    scope: `${sync.name} ${scope.stream}`,
    epoch: fence.epoch,
  })
  if (kept.scan) {
    if (previous)
      context.emit({
        type: 'run.takeover',
        run_id: context.runId,
        from_run: previous.runId,
        message: `${scope.stream}: resuming scan ${kept.scan.id} of run ${previous.runId} after ${kept.scan.read} rows`,
      })
    return { plan, fence, cursor: kept, connectorName }
  }
  const cursor = scanOver(partition, context)
  await session.etl.commit({ fence, sequence: 0, writes: [], cursor: { cursor, connector: connectorName, version: 1 } })
  return { plan, fence, cursor, connectorName, isNew: true }
}

const scanOver = ({ plan, range, to }: Partition, { runId, clock }: EtlContext): Cursor => ({
  watermark: null,
  scan: {
    id: `${runId}-${plan.stream.name}`.slice(-40),
    upper_bound: to,
    started_at: clock.now().toISOString(),
    full: true,
    read: 0,
    partitions: [{ from: range?.from ?? null, to, resume: null, done: false }],
  },
})
