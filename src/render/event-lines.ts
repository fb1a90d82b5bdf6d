import type { EngineEvent } from '../model/event.ts'
import { eventText } from './event-text.ts'
import { textOnTarget } from './on-target.ts'
import { runLabel } from './run-label.ts'
import type { Verbosity } from './renderer-contract.ts'

/** A line that is worth printing, or undefined. `sync`: the name to begin it with. */
export type EventLine = { readonly sync: string; readonly text: string; readonly isWarning: boolean }

/** Chooses which events become lines: changes of state always, steps every few seconds, rejects only the first ten. */
export function createEventLines(
  verbosity: Verbosity,
  nowMs: () => number,
  target?: string,
): (event: EngineEvent) => EventLine | undefined {
  const syncs = new Map<string, string>()
  const saidAtMs = new Map<string, number>()
  const rejects = new Map<string, number>()

  const isDue = (key: string) => {
    if (nowMs() - (saidAtMs.get(key) ?? -Infinity) < stepEveryMs) return false
    saidAtMs.set(key, nowMs())
    return true
  }

  return (event) => {
    if (event.type === 'run.started') syncs.set(event.run.run_id, runLabel(event.run))
    const runId = 'run' in event ? event.run.run_id : event.run_id
    const sync = 'run' in event ? runLabel(event.run) : (syncs.get(runId) ?? runId)
    const { level, text } = eventText(event)
    const line = { sync, text, isWarning: level === 'warning' }
    if (verbosity === 'verbose') return line
    if (event.type === 'row.rejected') {
      const count = (rejects.get(runId) ?? 0) + 1
      rejects.set(runId, count)
      if (verbosity === 'quiet' || count > shownRejects + 1) return undefined
      return count > shownRejects
        ? { ...line, text: textOnTarget(`more rejected rows:  millrace rejects ${sync.split(' ')[0] ?? ''}`, target) }
        : line
    }
    if (level === 'warning') return line
    if (verbosity === 'quiet' || level === 'detail') return undefined
    return level === 'change' || isDue(`${runId} ${event.type} ${subjectOf(event)}`) ? line : undefined
  }
}

const subjectOf = (event: EngineEvent) => ('stream' in event ? event.stream : 'object' in event ? event.object : '')

const shownRejects = 10
const stepEveryMs = 5_000
