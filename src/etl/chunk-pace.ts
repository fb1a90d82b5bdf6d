/** When what was read is staged, and when it is committed: by how much there is, and how long it waits. */
import { defaultStageBytes, groupRows, type ChunkLimits } from './context.ts'
import type { GatheredSize } from './gather.ts'

export type ChunkPace = {
  /** Is what was gathered worth staging by itself? */
  readonly isFull: (gathered: GatheredSize) => boolean
  /** Is it worth a commit, with what waits? `isOpen`: it is in the middle of what is better committed in one. */
  readonly isDue: (gathered: GatheredSize, isOpen: boolean) => boolean
  /** It was handed over, and waits for its commit. */
  readonly waits: (gathered: GatheredSize) => void
  /** It was handed over to be committed, with all that waited. */
  readonly commits: () => void
}

export function openPace({ rows, bytes, ageMs, stageBytes = defaultStageBytes }: ChunkLimits): ChunkPace {
  let waiting: GatheredSize = nothing
  let committedAt = performance.now()
  const withWaiting = (gathered: GatheredSize): GatheredSize => ({
    rows: waiting.rows + gathered.rows,
    bytes: waiting.bytes + gathered.bytes,
  })
  return {
    isFull: (gathered) => gathered.bytes >= stageBytes,
    isDue(gathered, isOpen) {
      const all = withWaiting(gathered)
      if (isOpen) return all.rows >= openFactor * rows || all.bytes >= openFactor * bytes
      if (all.rows >= rows || all.bytes >= 2 * bytes || (all.bytes >= bytes && fillsItsGroups(all.rows))) return true
      return all.rows > 0 && performance.now() - committedAt >= ageMs
    },
    waits(gathered) {
      waiting = withWaiting(gathered)
    },
    commits() {
      waiting = nothing
      committedAt = performance.now()
    },
  }
}

/** A commit needs memory for its rows: at so many times the usual ones it waits no longer. */
const openFactor = 10

const nothing: GatheredSize = { rows: 0, bytes: 0 }

const fillsItsGroups = (rows: number): boolean => rows < groupRows || rows % groupRows >= 0.9 * groupRows
