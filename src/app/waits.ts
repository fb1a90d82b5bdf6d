/** The longest single wait of each run: for a place at its connection, its lease, or its turn at the warehouse file. */
export type Waits = {
  readonly add: (runId: string, waitedMs: number) => void
  readonly longestMs: (runId: string) => number
}

export function watchWaits(): Waits {
  const longest = new Map<string, number>()
  const longestMs = (runId: string) => longest.get(runId) ?? 0
  return { longestMs, add: (runId, waitedMs) => void longest.set(runId, Math.max(longestMs(runId), waitedMs)) }
}
