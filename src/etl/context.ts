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

/**
 * When what was read is committed: at the first checkpoint past any of these. A commit needs memory for all of its rows, and
 * has a price of its own: hundreds of small ones cost more than their rows.
 */
export type ChunkLimits = {
  /** @default 92_000: nine groups of DuckDB's, all but full (see `groupRows`) */
  readonly rows: number
  /**
   * As spooled; up to twice as much where the last group of rows would stay nearly empty: DuckDB writes such groups once
   * more to join them. @default 24 MiB
   */
  readonly bytes: number
  /** @default 15_000 */
  readonly ageMs: number
  /** Past this what was spooled is staged at the next checkpoint, and waits for the commit as Parquet. @default 64 MiB */
  readonly stageBytes?: number
}

export const defaultStageBytes: number = 64 * 1024 * 1024

export const defaultChunk: ChunkLimits = { rows: 92_000, bytes: 24 * 1024 * 1024, ageMs: 15_000 }

/** Rows that the embedded warehouse keeps in one group. */
export const groupRows = 10_240

/**
 * Each commit costs Snowflake seconds, whatever is in it. What is staged meanwhile becomes files of 100 to 250 MB when it is
 * brought: https://docs.snowflake.com/en/user-guide/data-load-considerations-prepare
 */
export const snowflakeChunk: ChunkLimits = {
  rows: 10_000_000,
  bytes: 1024 * 1024 * 1024,
  ageMs: 300_000,
}
