/** A cursor scope of its own beside the live one: a backfill's partition, or a pass over a part of the columns. */
import { cursorVersion, type Cursor, type ScanState } from '../model/cursor.ts'
import type { Fence, Session, TakenFence } from '../warehouse/port.ts'
import type { EtlContext } from './context.ts'
import { begunAnew, isOfOthers } from './begin-scan.ts'
import { scanDigestOf } from './options-digest.ts'
import { scanStart } from './our-clock.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { StreamStart } from './stream-work.ts'
import { hasNewcomers, throughoutOf } from './throughout.ts'

export type ScopeRequest = {
  readonly sync: string
  readonly partition: string
  readonly connectorName: string
  readonly plan: StreamPlan
  readonly kept: Cursor
  /** Of the scan, where none is under way. `upperBound` is what its end stands for. */
  readonly bounds: { readonly from: string | null; readonly to: string; readonly upperBound: string }
  /** From when it reads, where its bounds do not say so. @default the beginning */
  readonly start?: string | null
}

/**
 * The open scan stands in the warehouse before the first row is read: from then on live commits raise `_read_at` of what they
 * saw unchanged, so that what we read before them does not come over it.
 */
export async function openScope(
  context: EtlContext,
  session: Session,
  { sync, partition, connectorName, plan, kept, bounds, start = null }: ScopeRequest,
): Promise<StreamStart> {
  const scope = { sync, stream: plan.stream.name, partition }
  const taken = await session.state.takeFence(scope, context.runId)
  const { account } = plan
  const now = {
    by: scanDigestOf(plan, bounds.from === null ? start : null),
    ...(account !== undefined && { account }),
    throughout: throughoutOf(plan),
  }
  const goesOn =
    kept.scan !== null && !isOfOthers(kept.scan, now) && !hasNewcomers(kept.scan.throughout, now.throughout)
  const { fence } = await enterScope(context, taken, () => Promise.resolve(kept), goesOn)
  if (goesOn) return { plan, fence, cursor: kept, connectorName }
  if (kept.scan)
    context.emit({
      type: 'run.warning',
      run_id: context.runId,
      message: begunAnew(scope.stream, 'options, its fields, its account'),
    })
  const cursor = { ...kept, watermark: null, scan: { ...scanOver(context, scope.stream, { kept, bounds }), ...now } }
  await session.etl.commit({
    fence,
    sequence: 0,
    writes: [],
    cursor: { cursor, connector: connectorName, version: cursorVersion },
  })
  return { plan, fence, cursor, connectorName, isNew: true }
}

/** The cursor behind a fence, and a word of the scan that this run goes on with. */
export async function enterScope(
  context: EtlContext,
  { previous, ...fence }: TakenFence,
  readCursor: (fence: Fence) => Promise<Cursor>,
  /** false: whatever was under way is begun anew. */
  resumes = true,
): Promise<{ readonly fence: Fence; readonly cursor: Cursor }> {
  const { sync, stream } = fence
  context.emit({ type: 'fence.taken', run_id: context.runId, scope: `${sync} ${stream}`, epoch: fence.epoch })
  const cursor = await readCursor(fence)
  const { scan } = cursor
  if (scan && previous && resumes)
    context.emit({
      type: 'run.takeover',
      run_id: context.runId,
      from_run: previous.runId,
      message: `${stream}: resuming scan ${scan.id} of run ${previous.runId} after ${scan.read} rows`,
    })
  return { fence, cursor }
}

const scanOver = (
  { runId, clock }: EtlContext,
  stream: string,
  { kept, bounds: { from, to, upperBound } }: Pick<ScopeRequest, 'kept' | 'bounds'>,
): ScanState => ({
  id: `${runId}-${stream}`,
  upper_bound: upperBound,
  started_at: scanStart(clock.now(), kept),
  full: true,
  read: 0,
  partitions: [{ from, to, resume: null, done: false }],
})
