/** A run in a process of its own, with its own memory: started, listened to, and ended when its time is up. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { errorCatalogue } from '../model/error-catalogue.ts'
import type { RunRecord } from '../model/run.ts'
import { longestRetryAfterMs, retryAt } from '../schedule/retry-at.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { Job, JobEnd } from '../state/slot-store.ts'

export type SuperviseOptions = {
  /** @default the one that runs this process */
  readonly node?: string
  /** bin/millrace.js. */
  readonly launcher: string
  readonly root: string
  readonly home: string
  readonly target: string
  /** All that the run sees. */
  readonly env: { readonly [name: string]: string | undefined }
  readonly policy: Pick<Schedule, 'timeoutMs' | 'graceMs' | 'retry'>
  readonly now: () => Date
  /** The daemon is on its way out: the run is asked to stop at its next checkpoint, and waits for the next daemon. */
  readonly stop: AbortSignal
  readonly onRun: (runId: string) => void
  /** How long after the second signal. @default 5_000 */
  readonly killAfterMs?: number
}

/** Never throws: whatever becomes of the process is an end of the job. */
export async function superviseRun(job: Job, options: SuperviseOptions): Promise<JobEnd> {
  let child: RunProcess
  try {
    child = await startRun(job, options)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return endOrRetry(job, options, { reason: `its process could not be started: ${why}`, retry: true })
  }
  let run: RunRecord | undefined
  let error: RunRecord['error']
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = parseLine(text)
    if (line?.type === 'run.started' && line.run) options.onRun(line.run.run_id)
    if (line?.type === 'error' && line.code && line.message) error ??= { code: line.code, message: line.message }
    if (line?.type === 'result') run = line.runs?.[0]
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = `${stderr}${text}`.slice(-keptErrorChars)))
  const ender = endInTime(child, options)
  const code = await new Promise<string>((resolve) =>
    child.once('close', (exit, signal) => resolve(String(exit ?? signal))),
  )
  ender.done()
  const failed = run ? run.error : error
  const reason = failed ? `${failed.code} ${failed.message}` : null
  const wasEnded = options.stop.aborted || ender.timedOut() || toldToEnd.has(code)
  if (run && (run.status === 'ok' || run.status === 'partial') && !(wasEnded && leftRowsUnsent(run)))
    return { state: run.status, reason }
  if (options.stop.aborted)
    return {
      state: 'queued',
      reason: 'the daemon was stopped',
      notBefore: options.now().toISOString(),
      sameAttempt: true,
    }
  if (ender.timedOut())
    return endOrRetry(job, options, { reason: `it took longer than ${options.policy.timeoutMs / 1000} s`, retry: true })
  if (!run)
    return endOrRetry(job, options, {
      // A kill says nothing; what it said before is no reason.
      reason: reason ?? ((code !== 'SIGKILL' && lastLine(stderr)) || `its process ended with ${code}`),
      retry: isRetryable(failed),
    })
  if (run.status === 'failed')
    return endOrRetry(job, options, {
      reason,
      retry: isRetryable(failed),
      retryAfterMs: (failed?.retry_after_seconds ?? 0) * 1000,
    })
  if (run.status === 'partial')
    return endOrRetry(job, options, { reason: 'it was told to end before all of its rows were sent', retry: true })
  return { state: 'stopped', reason }
}

type RunProcess = ChildProcessByStdio<null, Readable, Readable>

/** Answers once it runs: what could not be started has no streams, either. */
async function startRun(job: Job, options: SuperviseOptions): Promise<RunProcess> {
  const slot = `${job.schedule} ${job.instant}`
  const project = ['-C', options.root, '--home', options.home, '--target', options.target]
  const args = [...project, '--json', 'sync', 'run', job.sync, '--slot', slot]
  const child = spawn(options.node ?? process.execPath, [options.launcher, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env,
  })
  await once(child, 'spawn')
  child.on('error', () => undefined) // a signal that did not reach it: its end is awaited all the same
  return child
}

/** The exit codes after a signal, also from somebody else. */
const toldToEnd = new Set(['130', '143'])

/** A delivery that was told to end stops between two batches, and is no error: the rest is `unknown`. */
const leftRowsUnsent = ({ ledger }: RunRecord): boolean => ledger !== null && 'unknown' in ledger && ledger.unknown > 0

function endOrRetry(
  job: Job,
  { policy, now }: SuperviseOptions,
  {
    reason,
    retry,
    retryAfterMs = 0,
  }: { readonly reason: string | null; readonly retry: boolean; readonly retryAfterMs?: number },
): JobEnd {
  // Some vendors send an instant where seconds belong. The next slot tries anyway.
  const isTooLong = retryAfterMs > Math.max(policy.retry.maxMs, longestRetryAfterMs)
  if (!retry || isTooLong || job.attempt >= policy.retry.attempts) return { state: 'failed', reason }
  const notBefore = retryAt(policy.retry, { attempt: job.attempt, now: now(), atLeastMs: retryAfterMs })
  return { state: 'queued', reason, notBefore }
}

/** What may succeed later, by the error's own class; what nobody foresaw may. */
const isRetryable = (error: RunRecord['error']): boolean =>
  Object.entries(errorCatalogue).find(([code]) => code === error?.code)?.[1].retry !== 'never'

/** A first signal asks for a checkpoint, a second stops at once, and what hears neither is killed. */
function endInTime(
  child: { readonly kill: (signal: NodeJS.Signals) => boolean },
  { policy, stop, killAfterMs = 5_000 }: SuperviseOptions,
): { readonly done: () => void; readonly timedOut: () => boolean } {
  let timedOut = false
  const timers = new Set<NodeJS.Timeout>()
  const later = (ms: number, work: () => void) => timers.add(setTimeout(work, ms))
  const end = () => {
    child.kill('SIGTERM')
    later(policy.graceMs, () => child.kill('SIGTERM'))
    later(policy.graceMs + killAfterMs, () => child.kill('SIGKILL'))
  }
  later(policy.timeoutMs, () => {
    timedOut = true
    end()
  })
  if (stop.aborted) end()
  else stop.addEventListener('abort', end, { once: true })
  return {
    done: () => {
      stop.removeEventListener('abort', end)
      for (const timer of timers) clearTimeout(timer)
    },
    timedOut: () => timedOut,
  }
}

type Line = Partial<NonNullable<RunRecord['error']>> & {
  readonly type?: string
  readonly run?: RunRecord
  readonly runs?: readonly RunRecord[]
}

function parseLine(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line // what `sync run --json` prints
  } catch {
    // A line that was cut off when the process was killed.
    return undefined
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

const keptErrorChars = 4_000
