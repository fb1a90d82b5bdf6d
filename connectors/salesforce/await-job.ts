import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from 'millrace'
import type { JobInfo } from './job-state.ts'

export const isOver = ({ state }: Pick<JobInfo, 'state'>): boolean =>
  state === 'JobComplete' || state === 'Failed' || state === 'Aborted'

/** Asks until the job is over, and gives it; null where it is not over in time, or no more there. */
export async function awaitOver(
  ask: () => Promise<JobInfo | null>,
  wait: {
    readonly waitMs: number
    /** After ten minutes, then after twice as long each time, so that a run that stands still says why. */
    readonly onWait: (info: JobInfo, waitedMs: number) => void
    readonly signal: AbortSignal
    /** What becomes of the job where the wait is stopped. */
    readonly kept: string
  },
): Promise<JobInfo | null> {
  const startedAt = performance.now()
  let sayAtMs = 600_000
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const info = await ask()
    if (!info || isOver(info)) return info
    const waitedMs = performance.now() - startedAt
    if (waitedMs >= wait.waitMs) return null
    if (waitedMs >= sayAtMs) {
      sayAtMs *= 2
      wait.onWait(info, waitedMs)
    }
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
