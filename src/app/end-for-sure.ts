import { setTimeout as sleep } from 'node:timers/promises'
import { asMillraceError } from '../model/millrace-error.ts'
import type { Job, JobEnd } from '../state/slot-store.ts'
import type { App } from './app.ts'
import { endUnlessCancelled } from './cancelled-run.ts'

export type EndOptions = {
  /** The daemon is on its way out: from here on it gives up in the end. */
  readonly stopping: AbortSignal
  readonly onProblem: (message: string) => void
  /** @default half a second more each time, up to five */
  readonly waitMs?: (attempt: number) => number
}

/**
 * A store that is down for a while must not lose how a run ended, nor that it was cancelled: the job would run again. Nor if it
 * is down for long: while this daemon lives, nobody else takes a job that runs in its name. null: another daemon has the job by now.
 */
export async function endForSure(
  { store, signal }: { readonly store: Pick<App['store'], 'endJob' | 'events'>; readonly signal: AbortSignal },
  { job, runId, end }: { readonly job: Job; readonly runId: string | null; readonly end: JobEnd },
  { stopping, onProblem, waitMs = (attempt) => Math.min(attempt * 500, 5_000) }: EndOptions,
): Promise<JobEnd | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      const said = await endUnlessCancelled(store, runId, end)
      return (await store.endJob(job, said)) ? said : null
    } catch (error) {
      if (signal.aborted || (stopping.aborted && attempt >= enoughAttempts)) throw error
      if (attempt === enoughAttempts)
        onProblem(
          `${asMillraceError(error, `ending ${job.sync}`).message}. ${job.sync} for ${job.schedule} has ended as ${end.state}; this is tried until it is written down.`,
        )
    }
    await sleep(waitMs(attempt))
  }
}

const enoughAttempts = 60
