/**
 * Events, for `status` and `logs`. What only says "some more" is not kept one by one: of each kind and stream there is one
 * stored event with the rows added up, rewritten at most twice a second. The rest is kept as it came, the newest 2,000 a run.
 */
import type { EngineEvent } from '../../model/event.ts'
import type { ControlStore } from '../port.ts'
import type { Database } from './database.ts'
import { numberOf, textOf } from './row.ts'

type Events = Pick<ControlStore, 'recordEvent' | 'events'> & { readonly flush: () => Promise<void> }

type RunProgress = {
  readonly unsaved: Map<string, EngineEvent>
  readonly sums: Map<string, EngineEvent>
  savedAtMs: number
  details: number
}

export function storeEvents(database: Database): Events {
  const { sql } = database
  const insert = sql.prepare('insert or replace into events (run_id, type, progress_of, body) values (?, ?, ?, ?)')
  const count = sql.prepare('select count(*) as n from events where run_id = ? and progress_of is null')
  const trim = sql.prepare(
    `delete from events where id in (select id from events where run_id = ? and progress_of is null
       and type not in ('run.started', 'run.takeover', 'run.finished') order by id limit ?)`,
  )
  const all = sql.prepare('select body from events where run_id = ? order by id')
  const progress = new Map<string, RunProgress>()

  const open = (runId: string): RunProgress => {
    const known = progress.get(runId)
    if (known) return known
    const fresh = {
      unsaved: new Map(),
      sums: new Map(),
      savedAtMs: -Infinity,
      details: numberOf(count.get(runId), 'n'),
    }
    progress.set(runId, fresh)
    return fresh
  }

  const save = async (runId: string, run: RunProgress, event?: EngineEvent) => {
    const latest = [...run.unsaved]
    run.unsaved.clear() // the sums stay: what a failed write loses, the next one brings
    run.savedAtMs = performance.now()
    if (event) run.details++
    const surplus = run.details >= maxEvents + trimEvery ? run.details - maxEvents : 0
    run.details -= surplus
    await database.write(() => {
      for (const [key, sum] of latest) insert.run(runId, sum.type, key, JSON.stringify(sum))
      if (event) insert.run(runId, event.type, null, JSON.stringify(event))
      if (surplus > 0) trim.run(runId, surplus)
    })
  }

  return {
    recordEvent: async (runId, event) => {
      const run = open(runId)
      const key = progressKey(event)
      if (key === undefined) {
        await save(runId, run, event)
        if (event.type === 'run.finished') progress.delete(runId)
        return
      }
      const sum = addUp(run.sums.get(key), event)
      run.sums.set(key, sum)
      run.unsaved.set(key, sum)
      if (performance.now() - run.savedAtMs >= saveEveryMs) await save(runId, run)
    },
    events: async (runId) => {
      const run = progress.get(runId)
      if (run && run.unsaved.size > 0) await save(runId, run)
      // Written by recordEvent above.
      return database.read(() => all.all(runId).map((row) => JSON.parse(textOf(row, 'body')) as EngineEvent))
    },
    flush: async () => {
      for (const [runId, run] of progress) if (run.unsaved.size > 0) await save(runId, run)
    },
  }
}

/** undefined: an event to keep by itself. */
function progressKey(event: EngineEvent): string | undefined {
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

const maxEvents = 2_000
/** So that a long run trims now and then, and not with every event. */
const trimEvery = 100
const saveEveryMs = 500
