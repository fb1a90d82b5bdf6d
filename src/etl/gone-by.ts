/** What the last commit of a scan takes for gone. */
import type { WholeOf } from '../connector/checkpoint.ts'
import type { Scan } from '../connector/contract.ts'
import type { CursorInScan } from '../model/cursor.ts'
import type { ShrinkLimit } from '../warehouse/table-write.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { ChunkCommit } from './stage-and-commit.ts'
import { possibleRowsOf, takenRowsOf } from './stored-rows-of.ts'

export type Gone = Pick<ChunkCommit, 'sweep' | 'childrenReadBefore' | 'wholeOf'>

export const nothingGone: Gone = { sweep: null, childrenReadBefore: null, wholeOf: null }

type Ending = {
  readonly plan: StreamPlan
  readonly scan: Scan
  readonly cursor: CursorInScan
  readonly isPartition: boolean
  readonly maxShrink: ShrinkLimit
  /** By the whole scan. */
  readonly read: number
  /** Whose rows it has read. null: everybody's. */
  readonly wholeOf: WholeOf | null
}

export function goneBy(ending: Ending): Gone {
  const { plan, scan, cursor, isPartition, wholeOf } = ending
  const sees = scan.whole === true && (plan.part !== undefined || !isPartition) && scan.limit === null
  return { sweep: sweepOf(ending), childrenReadBefore: sees ? cursor.scan.started_at : null, wholeOf }
}

function sweepOf(ending: Ending): Gone['sweep'] {
  const { plan, scan, cursor, maxShrink, read, wholeOf } = ending
  if (!scan.whole) {
    const possible = wholeOf && possibleRowsOf(plan.shape, wholeOf)
    return read === 0 && shouldFindSome(ending) ? { kind: 'empty', maxShrink, ...(possible && { of: possible }) } : null
  }
  const of = wholeOf && takenRowsOf(plan, wholeOf)
  // What cannot be told apart stays.
  if (of === undefined) return null
  return { kind: 'unseen', readBefore: cursor.scan.started_at, maxShrink, ...(of && { of }) }
}

/** Days and events may have passed without a row, and what every scan reads whole misses none; of all else a pass over everything finds what it found before. */
function shouldFindSome({ plan: { part, stream }, scan: { full, limit }, cursor, isPartition }: Ending): boolean {
  if (part || stream.appendOnly || stream.reportsDays || isPartition || limit !== null) return false
  return full && cursor.watermark !== null && (stream.fullEveryMs !== 0 || stream.enumerates !== false)
}
