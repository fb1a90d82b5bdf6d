import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from 'millrace'

/** A job of the Bulk API 2.0, as far as waiting for it goes. */
export type JobState = 'Open' | 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted'

export const isOver = ({ state }: { readonly state: JobState }): boolean =>
  state === 'JobComplete' || state === 'Failed' || state === 'Aborted'

/** Asks until the job is over, and gives it; null where it is not over in time, or no more there. */
export async function awaitOver<Info extends { readonly state: JobState }>(
  ask: () => Promise<Info | null>,
  wait: {
    readonly waitMs: number
    readonly onWait: (info: Info, waitedMs: number) => void
    readonly signal: AbortSignal
    /** What becomes of the job where the wait is stopped. */
    readonly kept: string
  },
): Promise<Info | null> {
  const startedAt = performance.now()
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const info = await ask()
    if (!info || isOver(info)) return info
    const waitedMs = performance.now() - startedAt
    if (waitedMs >= wait.waitMs) return null
    wait.onWait(info, waitedMs)
    await pause(Math.min(pauseMs, wait.waitMs - waitedMs), wait)
  }
}

async function pause(
  ms: number,
  { signal, kept }: { readonly signal: AbortSignal; readonly kept: string },
): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (cause) {
    if (signal.reason instanceof MillraceError) throw signal.reason
    throw new MillraceError('MR-7001', { message: 'Waiting for a job of Salesforce was stopped.', kept, cause })
  }
}

const firstPauseMs = 200
const longestPauseMs = 15_000
