import type { Context } from '../connector/context.ts'
import type { Clock } from '../model/clock.ts'
import type { Emit } from '../model/event.ts'
import type { Warehouse } from '../warehouse/port.ts'

/** What a run of ETL works with; the composition root fills it. */
export type EtlContext = {
  readonly runId: string
  readonly warehouse: Warehouse
  readonly emit: Emit
  readonly clock: Clock
  /** This run's own directory. */
  readonly spoolDir: string
  /** Aborts everything at once. */
  readonly signal: AbortSignal
  /** Somebody asked to stop at the next checkpoint. */
  readonly isStopping: () => boolean
  /** For calls of a connector. */
  readonly callContext: (signal: AbortSignal) => Context
  /** DuckDB's words, for staging. @default '1GB' */
  readonly stagingMemory: string
  readonly chunk: ChunkLimits
}

/** When what was spooled is staged and committed: at the first checkpoint past any of these. */
export type ChunkLimits = {
  /** @default 100_000 */
  readonly rows: number
  /** @default 32 MiB */
  readonly bytes: number
  /** @default 15_000 */
  readonly ageMs: number
}

export const defaultChunk: ChunkLimits = { rows: 100_000, bytes: 32 * 1024 * 1024, ageMs: 15_000 }
