/** Schedules, slots and jobs in SQLite (see slot-store.ts). */
import type { Clock } from '../../model/clock.ts'
import type { ProcessId } from '../port.ts'
import { isAlive } from '../process-id.ts'
import type { Job, JobKey, JobState, KnownSchedule, SlotStore, StoredSlot } from '../slot-store.ts'
import type { Database } from './database.ts'
import { numberOf, optionalTextOf, processOf, textOf, type Row } from './row.ts'

export function storeSlots(database: Database, own: { readonly clock: Clock; readonly process: ProcessId }): SlotStore {
  const { sql } = database
  const nowIso = () => own.clock.now().toISOString()
  const know = sql.prepare('insert into schedules (name, since, decided_until) values (?, ?, ?) on conflict do nothing')
  const schedule = sql.prepare('select * from schedules where name = ?')
  const decide = sql.prepare('update schedules set decided_until = max(decided_until, ?) where name = ?')
  const pause = sql.prepare('update schedules set paused_at = ?, paused_by = ? where name = ?')
  const paused = sql.prepare('select * from schedules where paused_at is not null')
  const claim = sql.prepare(
    'insert into slots (schedule, instant, trigger, ended_as, reason, claimed_at, ended_at) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing',
  )
  const prune = sql.prepare('delete from slots where claimed_at < ?')
  const addJob = sql.prepare(
    `insert into jobs (schedule, instant, sync, needs, connection, state, attempt, not_before) values (?, ?, ?, ?, ?, 'queued', 1, ?)`,
  )
  const open = sql.prepare(`select * from jobs where state in ('queued', 'running') order by not_before, instant, sync`)
  const jobsOf = sql.prepare('select * from jobs where schedule = ? and instant = ? order by rowid')
  const slots = sql.prepare(
    'select * from slots where (?1 is null or schedule = ?1) order by instant desc, claimed_at desc limit ?2',
  )
  const take = sql.prepare(
    `update jobs set state = 'running', run_id = null, host = ?, pid = ?, process_started_at = ? where schedule = ? and instant = ? and sync = ?`,
  )
  const again = sql.prepare(
    `update jobs set state = 'queued', attempt = attempt + 1, host = null where schedule = ? and instant = ? and sync = ?`,
  )
  const note = sql.prepare('update jobs set run_id = ? where schedule = ? and instant = ? and sync = ?')
  const end = sql.prepare(
    `update jobs set state = ?1, reason = ?2, host = null, not_before = coalesce(?3, not_before), attempt = attempt + (?1 = 'queued')
     where schedule = ?4 and instant = ?5 and sync = ?6`,
  )
  const endSlot = sql.prepare(
    `update slots set ended_at = ? where schedule = ? and instant = ? and not exists (select 1 from jobs
     where jobs.schedule = slots.schedule and jobs.instant = slots.instant and state in ('queued', 'running'))`,
  )
  const finish = (
    { schedule: name, instant, sync }: JobKey,
    state: JobState,
    reason: string | null,
    notBefore?: string,
  ) => {
    end.run(state, reason, notBefore ?? null, name, instant, sync)
    endSlot.run(nowIso(), name, instant)
  }
  const known = (name: string): KnownSchedule => {
    const row = schedule.get(name)
    const at = optionalTextOf(row, 'paused_at')
    return {
      since: textOf(row, 'since'),
      decidedUntil: textOf(row, 'decided_until'),
      pause: at === null ? null : { at, by: textOf(row, 'paused_by') },
    }
  }
  return {
    knowSchedule: async (name) => {
      if (!(await database.read(() => schedule.get(name))))
        await database.write(() => void know.run(name, nowIso(), nowIso()))
      return database.read(() => known(name))
    },
    pauseSchedule: (name, wanted) =>
      database.write(() => {
        know.run(name, nowIso(), nowIso())
        pause.run(wanted?.at ?? null, wanted?.by ?? null, name)
      }),
    pauses: () =>
      database.read(
        () =>
          new Map(
            paused
              .all()
              .map((row) => [textOf(row, 'name'), { at: textOf(row, 'paused_at'), by: textOf(row, 'paused_by') }]),
          ),
      ),
    claimSlot: (slot) =>
      database.write(() => {
        const { schedule: name, instant, trigger, state, reason, jobs } = slot
        const isOver = state !== 'queued' || jobs.length === 0
        const endedAs = state === 'queued' ? null : state
        if (claim.run(name, instant, trigger, endedAs, reason, nowIso(), isOver ? nowIso() : null).changes === 0)
          return false
        prune.run(new Date(own.clock.now().getTime() - keptMs).toISOString())
        if (trigger === 'clock') decide.run(instant, name)
        for (const { sync, needs, connection, notBefore } of jobs)
          addJob.run(name, instant, sync, JSON.stringify(needs), connection, notBefore)
        return true
      }),
    slots: (filter) =>
      database.read(() =>
        slots
          .all(filter.schedule ?? null, filter.limit ?? 100)
          .map((row) => slotOf(row, jobsOf.all(textOf(row, 'schedule'), textOf(row, 'instant')).map(jobOf))),
      ),
    takeJob: (choose) =>
      database.write(() => {
        const choice = choose(open.all().map(jobOf))
        for (const { job, reason } of choice.skip) finish(job, 'skipped', reason)
        for (const job of choice.again) again.run(job.schedule, job.instant, job.sync)
        if (choice.take === null) return null
        const { host, pid, startedAt } = own.process
        take.run(host, pid, startedAt, choice.take.schedule, choice.take.instant, choice.take.sync)
        return { ...choice.take, state: 'running' as const, owner: own.process, alive: true }
      }),
    noteRun: (job, runId) =>
      database.write(() => {
        note.run(runId, job.schedule, job.instant, job.sync)
      }),
    endJob: (job, { state, reason, notBefore }) => database.write(() => finish(job, state, reason, notBefore)),
  }
}

function jobOf(row: Row): Job {
  const owner = optionalTextOf(row, 'host') === null ? null : processOf(row)
  return {
    schedule: textOf(row, 'schedule'),
    instant: textOf(row, 'instant'),
    sync: textOf(row, 'sync'),
    needs: JSON.parse(textOf(row, 'needs')) as readonly string[], // what `addJob` wrote
    connection: textOf(row, 'connection'),
    notBefore: textOf(row, 'not_before'),
    state: textOf(row, 'state') as JobState, // what this file wrote
    attempt: numberOf(row, 'attempt'),
    runId: optionalTextOf(row, 'run_id'),
    reason: optionalTextOf(row, 'reason'),
    owner,
    alive: owner !== null && isAlive(owner),
  }
}

function slotOf(row: Row, jobs: readonly Job[]): StoredSlot {
  const endedAs = optionalTextOf(row, 'ended_as')
  return {
    schedule: textOf(row, 'schedule'),
    instant: textOf(row, 'instant'),
    trigger: textOf(row, 'trigger') as StoredSlot['trigger'], // what `claim` wrote
    state: endedAs === null ? worstOf(jobs) : (endedAs as 'missed' | 'skipped'), // what `claim` wrote
    reason: optionalTextOf(row, 'reason'),
    claimedAt: textOf(row, 'claimed_at'),
    endedAt: optionalTextOf(row, 'ended_at'),
    jobs,
  }
}

/** A slot without a job did all that it had to do. */
const worstOf = (jobs: readonly Job[]): JobState =>
  worstFirst.find((state) => jobs.some((job) => job.state === state)) ?? 'ok'

const worstFirst: readonly JobState[] = ['running', 'queued', 'failed', 'stopped', 'partial', 'skipped', 'ok']

/** Longer than any catch-up window looks back. */
const keptMs = 400 * 24 * 3_600_000
