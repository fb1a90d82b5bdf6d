/** What the live view knows, from events alone. Mutable on purpose: it is one object that one renderer owns. */
import type { EngineEvent } from '../model/event.ts'
import { runLabel } from './run-label.ts'

export type LiveRun = {
  readonly runId: string
  readonly sync: string
  scan: string | undefined
  to: string | undefined
  /** Streams of a source, or the object of a destination. */
  readonly parts: Map<string, LivePart>
  requests: number
  retries: number
  /** What the whole run waits for. */
  waiting: string | undefined
}

export type LivePart = {
  readonly name: string
  readonly startedAtMs: number
  /** Rows read, or rows delivered. */
  rows: number
  /** Rows to come in all, where that is known. */
  total: number | undefined
  rejected: number
  state: 'working' | 'committed' | 'done'
  finishedAtMs: number | undefined
}

export type LiveState = { readonly runs: Map<string, LiveRun> }

export const emptyLiveState = (): LiveState => ({ runs: new Map() })

export function applyEvent(state: LiveState, event: EngineEvent, nowMs: number): void {
  if (event.type === 'run.started') {
    const { run_id: runId } = event.run
    state.runs.set(runId, {
      runId,
      sync: runLabel(event.run),
      scan: undefined,
      to: undefined,
      parts: new Map(),
      requests: 0,
      retries: 0,
      waiting: undefined,
    })
    return
  }
  if (event.type === 'run.finished') {
    state.runs.delete(event.run.run_id)
    return
  }
  const run = state.runs.get(event.run_id)
  if (run) applyToRun(run, event, nowMs)
}

type EventOfRun = Exclude<EngineEvent, { type: 'run.started' | 'run.finished' }>

function applyToRun(run: LiveRun, event: EventOfRun, nowMs: number): void {
  if (event.type !== 'waiting' && event.type !== 'rate.limited' && event.type !== 'request.retried')
    run.waiting = undefined
  switch (event.type) {
    case 'waiting':
      run.waiting = `waiting for ${event.for}${event.holder === undefined ? '' : `, held by ${event.holder}`}`
      break
    case 'rate.limited':
      run.waiting = `waiting for the rate limit of ${event.connection}`
      break
    case 'request.retried':
      run.retries++
      run.waiting = `${event.connection}: ${event.reason}, trying again`
      break
    case 'request.sent':
      run.requests++
      break
    case 'stream.started':
      run.scan = event.scan
      run.to = event.to
      partOf(run, event.stream, nowMs).state = 'working'
      break
    case 'stream.counted':
      partOf(run, event.stream, nowMs).total = event.count
      break
    case 'batch.extracted': {
      const part = partOf(run, event.stream, nowMs)
      part.rows += event.rows
      part.state = 'working'
      break
    }
    case 'cursor.committed':
      finish(partOf(run, event.stream, nowMs), event.done ? 'done' : 'committed', nowMs)
      break
    case 'stream.finished':
      finish(partOf(run, event.stream, nowMs), 'done', nowMs)
      break
    case 'diff.finished':
      partOf(run, event.object, nowMs).total = event.added + event.changed + event.removed + event.retry
      break
    case 'batch.answered': {
      const part = partOf(run, event.object, nowMs)
      part.rows += event.delivered
      part.rejected += event.rejected
      break
    }
    default:
      break
  }
}

function finish(part: LivePart, state: 'committed' | 'done', nowMs: number): void {
  part.state = state
  if (state === 'done') part.finishedAtMs ??= nowMs
}

function partOf(run: LiveRun, name: string, nowMs: number): LivePart {
  const known = run.parts.get(name)
  if (known) return known
  const part: LivePart = {
    name,
    startedAtMs: nowMs,
    rows: 0,
    total: undefined,
    rejected: 0,
    state: 'working',
    finishedAtMs: undefined,
  }
  run.parts.set(name, part)
  return part
}
