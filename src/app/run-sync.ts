/** One run of one sync: its record from beginning to end, around the pipeline. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Sync } from '../config/project.ts'
import { asMillraceError, MillraceErrors, type MillraceError } from '../model/millrace-error.ts'
import type { RunRecord } from '../model/run.ts'
import type { App } from './app.ts'
import { runEtlSync } from './run-etl-sync.ts'
import { newRunId } from './run-id.ts'
import type { RunOptions } from './run-options.ts'
import { statusOf, type Outcome, type Work } from './run-outcome.ts'
import { runReverseSync } from './run-reverse-sync.ts'

/** Never throws for what can go wrong in a run: the record says it, `thrown` carries the whole error. */
export async function runSync(
  app: App,
  sync: Sync,
  options: RunOptions,
): Promise<{ readonly run: RunRecord; readonly errors: readonly MillraceError[] }> {
  const started = app.clock.now()
  const running: RunRecord = {
    run_id: newRunId(started),
    sync: sync.name,
    kind: sync.kind,
    status: 'running',
    target: app.target.name,
    trigger: options.slot === null ? 'cli' : 'schedule',
    slot: options.slot,
    requests: 0,
    seconds: 0,
    started_at: started.toISOString(),
    finished_at: null,
    commit: await projectCommit(app.project.root),
    ledger: null,
  }
  await app.store.recordRun(running)
  app.emit({ type: 'run.started', run: running })
  const work: Work = { app, options, runId: running.run_id, requests: 0 }
  const began = performance.now()
  const outcome = await (sync.kind === 'etl' ? runEtlSync(work, sync) : runReverseSync(work, sync)).catch(
    (error: unknown): Outcome => failed(error, sync),
  )
  const [first] = outcome.errors
  const run: RunRecord = {
    ...running,
    status: outcome.status,
    requests: work.requests,
    seconds: Math.round(performance.now() - began) / 1000,
    finished_at: app.clock.now().toISOString(),
    ledger: outcome.ledger,
    ...(outcome.streams ? { streams: outcome.streams } : {}),
    ...(first ? { error: { code: first.code, message: first.message } } : {}),
  }
  await app.store.recordRun(run)
  await writeHistory(app, run)
  app.emit({ type: 'run.finished', run })
  return { run, errors: outcome.errors }
}

function failed(error: unknown, sync: Sync): Outcome {
  const known = asMillraceError(error, `running ${sync.name}`)
  return { status: statusOf([known]), ledger: null, errors: error instanceof MillraceErrors ? error.errors : [known] }
}

/** The warehouse keeps the history of runs; one that never got there is in the control store alone. */
async function writeHistory(app: App, run: RunRecord): Promise<void> {
  if (run.ledger === null) return
  try {
    await app.warehouse.session({ runId: run.run_id, purpose: 'history' }, (session) => session.state.writeRun(run))
  } catch (error) {
    app.emit({
      type: 'run.warning',
      run_id: run.run_id,
      message: asMillraceError(error, 'writing the history of the run').message,
    })
  }
}

let commitOf: Promise<string | null> | undefined

/** The project's git commit, for the history. null: not a repository. */
function projectCommit(root: string): Promise<string | null> {
  commitOf ??= promisify(execFile)('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { timeout: 2000 }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )
  return commitOf
}
