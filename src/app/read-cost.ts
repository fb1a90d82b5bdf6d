import type { RunCost } from '../model/run-cost.ts'
import { asMillraceError } from '../model/millrace-error.ts'
import type { RunRecord } from '../model/run.ts'
import type { App } from './app.ts'

/**
 * What the run cost in its warehouse; null where nobody counts. It never fails: without an answer within some seconds there
 * are no figures, and a note that says why.
 */
export async function readCost(
  app: Pick<App, 'project' | 'target' | 'warehouse' | 'clock' | 'signal'>,
  run: Pick<RunRecord, 'run_id' | 'target' | 'started_at' | 'finished_at'>,
): Promise<RunCost | null> {
  const { costOf } = app.warehouse
  if (run.target !== app.target.name) {
    const isCounted = app.project.targets[run.target]?.warehouse.type === 'snowflake'
    return isCounted ? unseen(`cost: asked for with  --target ${run.target}`) : null
  }
  if (costOf === null) return null
  const late = AbortSignal.timeout(patienceMs)
  const signal = AbortSignal.any([app.signal, late])
  try {
    return await Promise.race([
      costOf({
        runId: run.run_id,
        startedAt: run.started_at,
        finishedAt: run.finished_at,
        now: app.clock.now(),
        signal,
      }),
      ended(signal),
    ])
  } catch (error) {
    if (app.signal.aborted) throw error
    if (late.aborted) return unseen(`cost: not known, no answer within ${patienceMs / 1000} s`)
    return unseen(`cost: not known. ${firstLine(asMillraceError(error, 'asking what the run cost').message)}`)
  }
}

/** Whoever hangs must not keep the command waiting. */
const ended = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

const unseen = (note: string): RunCost => ({
  statements: null,
  execution_seconds: null,
  bytes_scanned: null,
  cloud_services_credits: null,
  compute_credits: null,
  by_purpose: [],
  notes: [note],
})

const firstLine = (text: string) => text.split('\n')[0] ?? ''

/** Signing in takes a second or two, and a warehouse that sleeps some more to wake. */
const patienceMs = 15_000
