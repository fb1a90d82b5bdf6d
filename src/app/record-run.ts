/** The record of a run from beginning to end, around whatever it does. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sync } from '../config/project.ts'
import { asMillraceError, MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import type { RunRecord } from '../model/run.ts'
import type { App } from './app.ts'
import { projectCommit } from './project-commit.ts'
import { newRunId } from './run-id.ts'
import type { RunOptions } from './run-options.ts'
import { statusOf, type Outcome, type Work } from './run-outcome.ts'

export type RecordedRun = { readonly run: RunRecord; readonly errors: readonly MillraceError[] }

export type RunPurpose = Pick<RunRecord, 'trigger' | 'partition'> & {
  readonly sync: Sync
  readonly options: RunOptions
}

/**
 * Never throws for what can go wrong in the run: the record says it, `errors` carries the whole.
 * @throws MillraceError where the control store cannot take its beginning: then nothing was run
 */
export async function recordRun(
  app: App,
  { sync, options, trigger, partition }: RunPurpose,
  run: (work: Work) => Promise<Outcome>,
): Promise<RecordedRun> {
  const started = app.clock.now()
  const running: RunRecord = {
    run_id: newRunId(started),
    sync: sync.name,
    kind: sync.kind,
    status: 'running',
    target: app.target.name,
    trigger,
    slot: options.slot,
    ...(partition === undefined ? {} : { partition }),
    ...(options.limit === null ? {} : { limited_to: options.limit }),
    requests: 0,
    seconds: 0,
    longest_wait_seconds: 0,
    started_at: started.toISOString(),
    finished_at: null,
    commit: await projectCommit(app.project.root),
    ledger: null,
  }
  await app.store.recordRun(running)
  app.emit({ type: 'run.started', run: running })
  const work: Work = { app, options, runId: running.run_id, requests: 0 }
  const began = performance.now()
  const ended = new AbortController()
  const outcome = await Promise.race([run(work), leaveBehind(app.signal, ended.signal)])
    .catch((error: unknown): Outcome => failed(error, sync))
    .finally(() => ended.abort())
  const [first] = outcome.errors
  const finished: RunRecord = {
    ...running,
    status: outcome.status,
    requests: work.requests,
    seconds: Math.round(performance.now() - began) / 1000,
    longest_wait_seconds: Math.round(app.waits.longestMs(running.run_id)) / 1000,
    finished_at: app.clock.now().toISOString(),
    ledger: outcome.ledger,
    ...(outcome.streams ? { streams: outcome.streams } : {}),
    ...(first ? { error: errorOf(first) } : {}),
  }
  // What was loaded or sent is: a control store that is away now must not make a failed command of it, nor take its history.
  await app.store
    .recordRun(finished)
    .catch((error: unknown) => warn(app, finished, { error, doing: 'recording its end' }))
  await writeHistory(app, sync, finished)
  app.emit({ type: 'run.finished', run: finished })
  return { run: finished, errors: outcome.errors }
}

/**
 * What nobody caught has ended the command, and the run may wait for what never comes: it is given a moment. A signal's is given
 * by whoever heard it.
 */
async function leaveBehind(stopped: AbortSignal, ended: AbortSignal): Promise<never> {
  const either = AbortSignal.any([stopped, ended])
  if (!either.aborted) await once(either, 'abort')
  const reason: unknown = stopped.reason
  if (ended.aborted || (reason instanceof MillraceError && reason.code === 'MR-7001')) return await forever()
  await sleep(patienceMs, undefined, { ref: false })
  throw reason
}

/** Less than the command waits. */
const patienceMs = 1000
const forever = () => new Promise<never>(() => undefined)

function failed(error: unknown, sync: Sync): Outcome {
  const known = asMillraceError(error, `running ${sync.name}`)
  return { status: statusOf([known]), ledger: null, errors: error instanceof MillraceErrors ? error.errors : [known] }
}

/** The warehouse keeps the history of runs; one that never got there is in the control store alone. */
async function writeHistory(app: App, sync: Sync, run: RunRecord): Promise<void> {
  if (run.ledger === null) return
  try {
    await app.warehouse.session({ runId: run.run_id, purpose: 'history' }, async (session) => {
      await session.state.writeRun(run)
      if (sync.kind === 'etl') return
      const keptMs = sync.changesRetentionMs ?? app.target.changesRetentionMs
      const recordedBefore = new Date(app.clock.now().getTime() - keptMs).toISOString()
      await session.upkeep.pruneChanges({ sync: sync.name, recordedBefore, limit: prunedAtOnce })
    })
  } catch (error) {
    warn(app, run, { error, doing: 'writing the history of the run' })
  }
}

function warn(app: App, run: RunRecord, { error, doing }: { readonly error: unknown; readonly doing: string }): void {
  app.emit({ type: 'run.warning', run_id: run.run_id, message: asMillraceError(error, doing).message })
}

/** A run does not get slow by what piled up while a retention was long: the next ones take the rest. */
const prunedAtOnce = 500_000

const errorOf = ({ code, message, retryAfterMs }: MillraceError): RunRecord['error'] =>
  retryAfterMs === undefined
    ? { code, message }
    : { code, message, retry_after_seconds: Math.ceil(retryAfterMs / 1000) }
