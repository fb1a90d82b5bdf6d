/** Events, for `status` and `logs`: progress added up, the rest as it came, the newest 2,000 a run. */
import type { EngineEvent } from '../../model/event.ts'
import { addUpProgress, keptAlways, maxEvents, trimEvery } from '../event-progress.ts'
import type { ControlStore, KeyErasure } from '../port.ts'
import type { Database } from './database.ts'
import { numberOf, textOf } from './row.ts'

type Events = Pick<ControlStore, 'recordEvent' | 'events' | 'eraseKey'> & { readonly flush: () => Promise<void> }

export function storeEvents(database: Database): Events {
  const { sql } = database
  const insert = sql.prepare('insert or replace into events (run_id, type, progress_of, body) values (?, ?, ?, ?)')
  const count = sql.prepare('select count(*) as n from events where run_id = ? and progress_of is null')
  const trim = sql.prepare(
    `delete from events where id in (select id from events where run_id = ? and progress_of is null
       and type not in (select value from json_each(?)) order by id limit ?)`,
  )
  const all = sql.prepare('select body from events where run_id = ? order by id')
  const kept = new Map<string, number>()

  /** How many there will be with this one, and how many of them are too many. */
  const countIn = (runId: string, event: EngineEvent): number => {
    const n = (kept.get(runId) ?? numberOf(count.get(runId), 'n')) + 1
    const surplus = n >= maxEvents + trimEvery ? n - maxEvents : 0
    kept.set(runId, n - surplus)
    if (event.type === 'run.finished') kept.delete(runId)
    return surplus
  }

  const progress = addUpProgress(async (runId, { sums, event }) => {
    const surplus = event ? countIn(runId, event) : 0
    await database.write(() => {
      for (const [of, sum] of sums) insert.run(runId, sum.type, of, JSON.stringify(sum))
      if (event) insert.run(runId, event.type, null, JSON.stringify(event))
      if (surplus > 0) trim.run(runId, JSON.stringify(keptAlways), surplus)
    })
  })

  return {
    recordEvent: progress.recordEvent,
    events: async (runId) => {
      await progress.flush(runId)
      // Written by recordEvent above.
      return database.read(() => all.all(runId).map((row) => JSON.parse(textOf(row, 'body')) as EngineEvent))
    },
    async eraseKey(erasure) {
      await progress.flushAll()
      return database.write(() => eraseKey(sql, erasure))
    },
    flush: progress.flushAll,
  }
}

function eraseKey(sql: Database['sql'], { keys, syncs, dryRun }: KeyErasure): number {
  const tells =
    `from events where type = 'row.rejected' and json_extract(body, '$.key') in (select value from json_each(?1)) ` +
    `and (?2 is null or run_id in (select run_id from runs where sync in (select value from json_each(?2))))`
  const values = [JSON.stringify(keys), syncs === null ? null : JSON.stringify(syncs)] as const
  const n = numberOf(sql.prepare(`select count(*) as n ${tells}`).get(...values), 'n')
  if (!dryRun && n > 0) sql.prepare(`delete ${tells}`).run(...values)
  return n
}
