import type { Scan } from '../connector/contract.ts'
import type { CursorInScan, ScanState } from '../model/cursor.ts'
import { heededStart } from './heeded-start.ts'
import type { StreamPlan } from './resolve-streams.ts'

export type StreamOptions = {
  readonly limit: number | null
  /** The sync's `start`. */
  readonly start: string | null
  /** It is a part of a backfill. @default false */
  readonly isPartition?: boolean
}

/** The scan as a connector gets it: the partition that is not done yet. */
export function scanOf({ scan: state, marks }: CursorInScan, plan: StreamPlan, options: StreamOptions): Scan {
  const partition = state.partitions.find((candidate) => !candidate.done) ?? state.partitions[0]
  return {
    id: state.id,
    from: partition?.from ?? null,
    to: partition?.to ?? state.upper_bound,
    resume: partition?.resume ?? null,
    last: marks?.last ?? null,
    full: state.full,
    ...(state.stands && { stands: true }),
    whole: isWhole(state, plan, options),
    start: heededStart(plan.stream, options.start),
    fields: plan.shape.columns.map((column) => column.field),
    where: plan.config.where,
    options: plan.config.options,
    children: plan.children.map(({ child }) => child.name),
    limit: options.limit,
  }
}

/** With a `start` that it heeds, a `where` or a limit, or in a backfill's partition, the pass does not list everything: what it did not see may be there all the same. */
function isWhole({ full }: ScanState, plan: StreamPlan, { start, limit, isPartition = false }: StreamOptions): boolean {
  if (plan.mode === 'full_refresh') return true
  if (plan.part) return plan.part.sweeps
  const isNarrowed = heededStart(plan.stream, start) !== null || plan.config.where !== null || limit !== null
  return full && plan.stream.enumerates === true && !isNarrowed && !isPartition
}
