import type { EngineEvent } from '../model/event.ts'
import { progressOf } from '../state/event-progress.ts'
import type { ControlStore, StoredRun } from '../state/port.ts'

/** What is new since the last look. `isOver`: nothing comes any more. `died`: its process ended without a word. */
export type LogPart = {
  readonly events: readonly EngineEvent[]
  readonly isOver: boolean
  readonly died: StoredRun | null
}

/** What a run said and says, looked at again and again. */
export function openRunLog(
  store: Pick<ControlStore, 'run' | 'events'>,
  runId: string,
  { nowMs = () => performance.now() }: { readonly nowMs?: () => number } = {},
): { readonly look: (until?: 'now' | 'its_end') => Promise<LogPart> } {
  const read = createLogReader()
  let endedMs: number | undefined
  return {
    /** `now`: whatever is there counts as all that there is. */
    async look(until = 'its_end') {
      // In this order: what it said before it ended is among the events then.
      const run = await store.run(runId)
      const events = await store.events(runId)
      const isOn = run?.status === 'running' && run.alive
      if (!isOn) endedMs ??= nowMs()
      const hasSaidSo = events.some(({ type }) => type === 'run.finished')
      const died = run?.status === 'running' && !run.alive && !hasSaidSo ? run : null
      // The last words come a little after the record: the history is written between them.
      const isPatient = until === 'its_end' && died === null && run !== null && !hasSaidSo
      const isOver = !isOn && !(isPatient && nowMs() - (endedMs ?? 0) < lastWordsMs)
      const missing = isOver && !hasSaidSo && run !== null && died === null ? [finishedBy(run)] : []
      const isLast = isOver || until === 'now'
      return { events: read([...events, ...missing], { nowMs: nowMs(), isLast }), isOver, died: isOver ? died : null }
    },
  }
}

/**
 * Chooses from the whole list what was not told before. Sums, which the store rewrites in place, are told when they begin,
 * every few seconds while they grow, and as they are when their stream or run ends.
 */
export function createLogReader(): (
  events: readonly EngineEvent[],
  at: { readonly nowMs: number; readonly isLast: boolean },
) => readonly EngineEvent[] {
  let told = new Map<string, number>()
  const sums = new Map<string, { readonly text: string; readonly toldMs: number }>()
  return (events, { nowMs, isLast }) => {
    const counts = new Map<string, number>()
    const waiting = new Map<string, EngineEvent>()
    const fresh: EngineEvent[] = []
    const tellSum = (key: string, event: EngineEvent) => {
      waiting.delete(key)
      sums.set(key, { text: JSON.stringify(event), toldMs: nowMs })
      fresh.push(event)
    }
    const tellWaiting = (isMeant: (event: EngineEvent) => boolean) => {
      for (const [key, event] of waiting) if (isMeant(event)) tellSum(key, event)
    }
    for (const event of events) {
      const key = progressOf(event)
      const text = JSON.stringify(event)
      if (key !== undefined) {
        const last = sums.get(key)
        if (last?.text === text) continue
        const isDone = event.type === 'cursor.committed' && event.done
        if (!last || isDone || nowMs - last.toldMs >= sumEveryMs) tellSum(key, event)
        else waiting.set(key, event)
        continue
      }
      const count = (counts.get(text) ?? 0) + 1
      counts.set(text, count)
      if (count <= (told.get(text) ?? 0)) continue
      if (event.type === 'stream.finished') tellWaiting((sum) => 'stream' in sum && sum.stream === event.stream)
      if (event.type === 'run.finished') tellWaiting(() => true)
      fresh.push(event)
    }
    if (isLast) tellWaiting(() => true)
    // What the store has dropped since, because the run said too much, is forgotten here too.
    told = counts
    return fresh
  }
}

function finishedBy({ process: _process, alive: _alive, ...run }: StoredRun): EngineEvent {
  return { type: 'run.finished', run }
}

const sumEveryMs = 5_000
const lastWordsMs = 3_000
