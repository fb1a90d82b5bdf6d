import type { Context } from '../connector/context.ts'
import type { Clock } from '../model/clock.ts'
import type { Emit } from '../model/event.ts'
import type { Warehouse } from '../warehouse/port.ts'

/** What a run of reverse ETL works with; the composition root fills it. */
export type ReverseContext = {
  readonly runId: string
  readonly warehouse: Warehouse
  readonly emit: Emit
  readonly clock: Clock
  /** The sync's spool directory: a directory a run. */
  readonly spoolDir: string
  /** Aborts everything at once. */
  readonly signal: AbortSignal
  /** Somebody asked to stop after the batches that are on their way. */
  readonly isStopping: () => boolean
  readonly callContext: (signal: AbortSignal) => Context
  /** How many requests of this connection have been made again so far that may have been taken. @default 0: none ever is */
  readonly lostAnswers?: () => number
  /** Does this run still hold the destination object? Asked just before every request. */
  readonly holdsLease: () => Promise<boolean>
  /** Aborts as soon as it is known, without asking, that it does not. @default never */
  readonly lost?: AbortSignal
  /** Answers that go into one commit. @default 10_000 */
  readonly acknowledgeRows: number
  /** Bytes of answers after which they are committed, however few they are. @default 67_108_864 */
  readonly acknowledgeBytes?: number
}
