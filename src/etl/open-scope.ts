/** A cursor scope of its own beside the live one: a backfill's partition, or a pass over a part of the columns. */
import type { Cursor, ScanState } from '../model/cursor.ts'
import type { Session } from '../warehouse/port.ts'
import type { EtlContext } from './context.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { StreamStart } from './stream-work.ts'

export type ScopeRequest = {
  readonly sync: string
  readonly partition: string
  readonly connectorName: string
  readonly plan: StreamPlan
  readonly kept: Cursor
  /** The scan where none is under way. */
  readonly begin: () => ScanState
}

/**
 * The open scan stands in the warehouse before the first row is read: from then on live commits raise `_read_at` of what they
 * saw unchanged, so that what we read before them does not come over it.
 */
export async function openScope(
  context: EtlContext,
  session: Session,
  { sync, partition, connectorName, plan, kept, begin }: ScopeRequest,
): Promise<StreamStart> {
  const scope = { sync, stream: plan.stream.name, partition }
  const { previous, ...fence } = await session.state.takeFence(scope, context.runId)
  context.emit({ type: 'fence.taken', run_id: context.runId, scope: `${sync} ${scope.stream}`, epoch: fence.epoch })
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
  const cursor = { ...kept, watermark: null, scan: begin() }
  await session.etl.commit({ fence, sequence: 0, writes: [], cursor: { cursor, connector: connectorName, version: 1 } })
  return { plan, fence, cursor, connectorName, isNew: true }
}
