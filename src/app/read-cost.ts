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
  const signal = AbortSignal.any([app.signal, AbortSignal.timeout(patienceMs)])
  const { run_id, started_at, finished_at } = run
  const asked = costOf({ runId: run_id, startedAt: started_at, finishedAt: finished_at, now: app.clock.now(), signal })
  const cost = await Promise.race([asked, whenOver(signal)]).catch((error: unknown) =>
    unseen(`cost: not known. ${firstLine(asMillraceError(error, 'asking what the run cost').message)}`),
  )
  return signal.aborted ? unseen(`cost: not known, no answer within ${patienceMs / 1000} s`) : cost
}

/** Whoever hangs must not keep the command waiting. */
const whenOver = (signal: AbortSignal) =>
  new Promise<null>((resolve) => {
    signal.addEventListener('abort', () => resolve(null), { once: true })
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
