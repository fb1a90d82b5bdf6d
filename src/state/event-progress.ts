/**
 * What only says "some more" is not kept one by one: of each kind and stream there is one event with the rows added up,
 * saved at most twice a second, or with the next event that is kept by itself.
 */
import type { EngineEvent } from '../model/event.ts'
import type { ControlStore } from './port.ts'

/** `sums`: what they are of, and the sum so far, which replaces the one before. `event`: one to keep by itself. */
export type SaveEvents = (
  runId: string,
  batch: { readonly sums: readonly (readonly [of: string, sum: EngineEvent])[]; readonly event: EngineEvent | null },
) => Promise<void>

export type EventProgress = Pick<ControlStore, 'recordEvent'> & {
  readonly flush: (runId: string) => Promise<void>
  readonly flushAll: () => Promise<void>
}

export function addUpProgress(saveEvents: SaveEvents): EventProgress {
  const progress = new Map<string, RunProgress>()

  const open = (runId: string): RunProgress => {
    const known = progress.get(runId)
    if (known) return known
    const fresh = { unsaved: new Map(), sums: new Map(), savedAtMs: -Infinity }
    progress.set(runId, fresh)
    return fresh
  }

  const save = async (runId: string, run: RunProgress, event: EngineEvent | null) => {
    const sums = [...run.unsaved]
    run.unsaved.clear() // the sums stay: what a failed write loses, the next one brings
    run.savedAtMs = performance.now()
    await saveEvents(runId, { sums, event })
  }

  const flush = async (runId: string) => {
    const run = progress.get(runId)
    if (run && run.unsaved.size > 0) await save(runId, run, null)
  }

  return {
    async recordEvent(runId, event) {
      const run = open(runId)
      const of = progressOf(event)
      if (of === undefined) {
        await save(runId, run, event)
        if (event.type === 'run.finished') progress.delete(runId)
        return
      }
      const sum = addUp(run.sums.get(of), event)
      run.sums.set(of, sum)
      run.unsaved.set(of, sum)
      if (performance.now() - run.savedAtMs >= saveEveryMs) await save(runId, run, null)
    },
    flush,
    async flushAll() {
      for (const runId of progress.keys()) await flush(runId)
    },
  }
}

type RunProgress = {
  readonly unsaved: Map<string, EngineEvent>
  readonly sums: Map<string, EngineEvent>
  savedAtMs: number
}

/** undefined: an event to keep by itself. */
export function progressOf(event: EngineEvent): string | undefined {
  switch (event.type) {
    case 'batch.extracted':
    case 'batch.spooled':
    case 'batch.staged':
      return `${event.type} ${event.stream}`
    case 'batch.sent':
    case 'batch.answered':
    case 'acknowledge.started':
    case 'acknowledged':
    case 'intents.committed':
      return `${event.type} ${event.object}`
    case 'commit.started':
    case 'cursor.committed':
      return `${event.type} ${event.stream}`
    case 'request.sent':
      return `${event.type} ${event.connection}`
    case 'waiting':
      return `${event.type} ${event.for}`
    default:
      return undefined
  }
}

function addUp(sum: EngineEvent | undefined, event: EngineEvent): EngineEvent {
  if (!sum) return event
  if (event.type === 'cursor.committed' && sum.type === event.type)
    return { ...event, loaded: sum.loaded + event.loaded }
  if (event.type === 'batch.answered' && sum.type === event.type) {
    const [rows, delivered, rejected] = [
      sum.rows + event.rows,
      sum.delivered + event.delivered,
      sum.rejected + event.rejected,
    ]
    return { ...event, rows, delivered, rejected }
  }
  return 'rows' in event && 'rows' in sum ? { ...event, rows: sum.rows + event.rows } : event
}

/** A run's beginning and its end stay, and a person's word that it is to end, however many events come between. */
export const keptAlways: readonly EngineEvent['type'][] = [
  'run.started',
  'run.takeover',
  'run.cancelled',
  'run.finished',
]

export const maxEvents = 2_000
/** So that a long run trims now and then, and not with every event. */
export const trimEvery = 100
const saveEveryMs = 500
