/** The run whose cost is asked for. Instants are ISO. */
export type CostRequest = {
  readonly runId: string
  readonly startedAt: string
  /** null: it has not ended. */
  readonly finishedAt: string | null
  readonly now: Date
  readonly signal: AbortSignal
}
