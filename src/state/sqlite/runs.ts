import type { Clock } from '../../model/clock.ts'
import { hasDelivered, type RunRecord } from '../../model/run.ts'
import { keptMs, keptOnMs, keptRuns } from '../kept-runs.ts'
import type { ControlStore, ProcessId, StoredRun } from '../port.ts'
import { isAlive } from '../process-id.ts'
import type { Database } from './database.ts'
import { processOf, type Row, textOf } from './row.ts'
import { ofEndedRun } from './schema.ts'

/**
 * Runs: the truth about those under way and those that ended without a word. Keeps those that are on and the last of each
 * sync; of the rest the 1,000 that ended last, for 90 days, and of those that were killed the 1,000 that began last.
 */
export function storeRuns(
  database: Database,
  own: { readonly clock: Clock; readonly process: ProcessId },
): Pick<ControlStore, 'recordRun' | 'run' | 'runs' | 'hasDelivered'> {
  const { sql } = database
  // Whoever says `running` is the one who runs it; a later word by another process (it ended) leaves that as it was.
  const put = sql.prepare(
    `insert into runs (run_id, sync, status, started_at, record, host, pid, process_started_at) values (?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (run_id) do update set status = excluded.status, record = excluded.record,
       host = case excluded.status when 'running' then excluded.host else host end,
       pid = case excluded.status when 'running' then excluded.pid else pid end,
       process_started_at = case excluded.status when 'running' then excluded.process_started_at else process_started_at end`,
  )
  const deliver = sql.prepare(
    `insert into deliveries (target, sync, run_id, at) values (?, ?, ?, ?)
     on conflict do update set run_id = excluded.run_id, at = excluded.at where excluded.at >= at`,
  )
  const delivered = sql.prepare('select 1 from deliveries where target = ? and sync = ?')
  const one = sql.prepare('select * from runs where run_id = ?')
  const newest = sql.prepare(
    `select * from runs where (?1 is null or sync = ?1) and (?2 is null or status = ?2)
     order by started_at desc, rowid desc limit ?3`,
  )
  const { target, endedAt } = ofEndedRun
  // One that says it is on may have been killed, and is not asked: it goes by its age, and once it is days old by number, too.
  const pruneRuns = sql.prepare(
    `with ended as (
       select rowid as id, ${target} as target, sync, ${endedAt} as ended_at from runs where status <> 'running'
     ), past as (
       select id, ended_at from ended where exists (
         select 1 from runs where status <> 'running' and ${target} = ended.target and sync = ended.sync
         and ${endedAt} >= ended.ended_at and (${endedAt} > ended.ended_at or rowid > ended.id)
       )
     )
     delete from runs where (status = 'running' and started_at < ?1)
     or (started_at < ?3 and rowid in (
       select rowid from runs where status = 'running' order by started_at desc, rowid desc limit -1 offset ?2
     ))
     or rowid in (select id from past where ended_at < ?1)
     or rowid in (select id from past order by ended_at desc, id desc limit -1 offset ?2) returning run_id, record`,
  )
  const pruneEvents = sql.prepare('delete from events where run_id = ?')
  const rememberDelivery = (run: RunRecord) => {
    if (hasDelivered(run)) deliver.run(run.target, run.sync, run.run_id, run.started_at)
  }

  return {
    recordRun: (run) =>
      database.write(() => {
        const isNew = one.get(run.run_id) === undefined
        const { host, pid, startedAt } = own.process
        put.run(run.run_id, run.sync, run.status, run.started_at, JSON.stringify(run), host, pid, startedAt)
        rememberDelivery(run)
        if (!isNew && run.status === 'running') return
        const agoIso = (ms: number) => new Date(own.clock.now().getTime() - ms).toISOString()
        for (const row of pruneRuns.all(agoIso(keptMs), keptRuns, agoIso(keptOnMs))) {
          // One of before format 4 was not remembered as it ended.
          rememberDelivery(recordOf(row))
          pruneEvents.run(textOf(row, 'run_id'))
        }
      }),
    run: (runId) =>
      database.read(() => {
        const row = one.get(runId)
        return row ? storedRun(row) : null
      }),
    hasDelivered: ({ sync, target }) => database.read(() => delivered.get(target, sync) !== undefined),
    runs: (filter) =>
      database.read(() =>
        newest.all(filter.sync ?? null, filter.status ?? null, filter.limit ?? -1).map((row) => storedRun(row)),
      ),
  }
}

const recordOf = (row: Row) => JSON.parse(textOf(row, 'record')) as RunRecord // written by recordRun above

function storedRun(row: Row): StoredRun {
  const record = recordOf(row)
  const process = processOf(row)
  return { ...record, process, alive: record.status === 'running' && isAlive(process) }
}
