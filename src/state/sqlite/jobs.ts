/** The jobs of slots in SQLite, and the daemons that run them. */
import { isAlive, isSameProcess } from '../process-id.ts'
import type { ProcessId } from '../port.ts'
import {
  attemptAfter,
  type Job,
  type JobEnd,
  type JobKey,
  type JobState,
  type JobTicket,
  type NewJob,
  type SlotStore,
} from '../slot-store.ts'
import { watchForSleep } from '../watch-for-sleep.ts'
import type { Database } from './database.ts'
import { numberOf, optionalTextOf, processOf, textOf, type Row } from './row.ts'
import type { SlotsOwn } from './slots.ts'

export type Jobs = {
  readonly contract: Pick<SlotStore, 'takeJob' | 'beginJob' | 'noteRun' | 'endJob' | 'beat'>
  /** Inside a transaction of the caller. */
  readonly add: (slot: Pick<JobKey, 'schedule' | 'instant'>, job: NewJob) => void
  readonly of: (schedule: string, instant: string) => readonly Job[]
}

export type JobsOwn = SlotsOwn & {
  readonly write: Database['write']
  readonly onEnded: (job: JobKey) => void
}

export function storeJobs(database: Database, own: JobsOwn): Jobs {
  const { sql } = database
  const { target, write } = own
  const { host, pid, startedAt } = own.process
  const nowIso = () => own.clock.now().toISOString()
  const add = sql.prepare(
    `insert into jobs (target, schedule, instant, sync, needs, connection, priority, state, attempt, token, not_before)
     values (?, ?, ?, ?, ?, ?, ?, 'queued', 1, 0, ?)`,
  )
  const withDaemon = `select jobs.*, seen_ms, slots.reason as slot_reason from jobs
    join slots using (target, schedule, instant) left join daemons using (host, pid, process_started_at)`
  const open = sql.prepare(
    `${withDaemon} where target = ? and state in ('queued', 'dispatched', 'running')
     order by priority desc, not_before, instant, jobs.rowid`,
  )
  const ofSlot = sql.prepare(`${withDaemon} where target = ? and schedule = ? and instant = ? order by jobs.rowid`)
  const one = sql.prepare(`${withDaemon} where target = ? and schedule = ? and instant = ? and sync = ?`)
  const put = sql.prepare(
    `update jobs set state = ?, token = ?, attempt = ?, not_before = ?, taken_at = ?, run_id = ?, reason = ?, host = ?,
       pid = ?, process_started_at = ? where target = ? and schedule = ? and instant = ? and sync = ?`,
  )
  const seen = sql.prepare(
    'insert or replace into daemons (host, pid, process_started_at, seen_ms) values (?, ?, ?, ?)',
  )
  const forget = sql.prepare('delete from daemons where seen_ms < ?')

  const nowMs = () => own.clock.now().getTime()
  /** Of this process. */
  let beatMs: number | null = null
  const hasSlept = watchForSleep()
  /** From when on a sign of life counts. */
  const seenSinceMs = () => (hasSlept(beatMs, nowMs()) ? -Infinity : nowMs() - own.silentMs)
  const jobOf = (row: Row): Job => readJob(row, own.process, seenSinceMs())
  const save = (job: Job): Job => {
    const { state, token, attempt, notBefore, takenAt, runId, reason, owner, schedule, instant, sync } = job
    const by = [owner?.host ?? null, owner?.pid ?? null, owner?.startedAt ?? null] as const
    put.run(state, token, attempt, notBefore, takenAt, runId, reason, ...by, target, schedule, instant, sync)
    return job
  }
  /** The job as it is, if this ticket still is the one that was handed out. */
  const held = (ticket: JobTicket, state: JobState): Job | null => {
    const row = one.get(target, ticket.schedule, ticket.instant, ticket.sync)
    const job = row ? jobOf(row) : null
    return job?.token === ticket.token && job.state === state ? job : null
  }
  const beat = () => {
    seenSinceMs()
    beatMs = nowMs()
    seen.run(host, pid, startedAt, beatMs)
  }
  const idle = { owner: null, alive: false, takenAt: null } as const
  const endAs = (job: Job, end: JobEnd): void => {
    const { state, reason, notBefore = job.notBefore } = end
    save({ ...job, ...idle, state, reason, notBefore, attempt: attemptAfter(job.attempt, end) })
    own.onEnded(job)
  }

  return {
    add: ({ schedule, instant }, { sync, needs, connection, priority, notBefore }) =>
      void add.run(target, schedule, instant, sync, JSON.stringify(needs), connection, priority, notBefore),
    of: (schedule, instant) => ofSlot.all(target, schedule, instant).map(jobOf),
    contract: {
      takeJob: (choose, as) =>
        write(() => {
          const choice = choose(open.all(target).map(jobOf))
          for (const { job, reason } of choice.skip) {
            save({ ...job, ...idle, state: 'skipped', reason })
            own.onEnded(job)
          }
          for (const job of choice.again)
            save({ ...job, ...idle, state: 'queued', attempt: job.attempt + (job.state === 'running' ? 1 : 0) })
          for (const { job, end } of choice.died ?? []) endAs(job, end)
          if (choice.take === null) return null
          if (as === 'running') beat()
          const owned = as === 'running' ? { owner: own.process, alive: true } : { owner: null, alive: false }
          const token = choice.take.token + 1
          return save({ ...choice.take, ...owned, state: as, token, runId: null, takenAt: nowIso() })
        }),
      beginJob: (ticket) =>
        write(() => {
          const job = held(ticket, 'dispatched')
          if (!job) return null
          beat()
          return save({ ...job, state: 'running', owner: own.process, alive: true, takenAt: nowIso() })
        }),
      noteRun: (ticket, runId) =>
        write(() => {
          const job = held(ticket, 'running')
          if (job) save({ ...job, runId })
        }),
      endJob: (ticket, end) =>
        write(() => {
          const job = held(ticket, 'running')
          if (job) endAs(job, end)
          return job !== null
        }),
      beat: () =>
        database.write(() => {
          beat()
          forget.run(nowMs() - forgottenMs)
        }),
    },
  }
}

function readJob(row: Row, reader: ProcessId, seenSinceMs: number): Job {
  const owner = optionalTextOf(row, 'host') === null ? null : processOf(row)
  const seenMs = row['seen_ms'] === null ? null : numberOf(row, 'seen_ms')
  return {
    schedule: textOf(row, 'schedule'),
    instant: textOf(row, 'instant'),
    sync: textOf(row, 'sync'),
    needs: JSON.parse(textOf(row, 'needs')) as readonly string[], // what `add` wrote
    connection: textOf(row, 'connection'),
    priority: numberOf(row, 'priority'),
    notBefore: textOf(row, 'not_before'),
    state: textOf(row, 'state') as JobState, // what this file wrote
    attempt: numberOf(row, 'attempt'),
    token: numberOf(row, 'token'),
    takenAt: optionalTextOf(row, 'taken_at'),
    runId: optionalTextOf(row, 'run_id'),
    reason: optionalTextOf(row, 'reason'),
    caughtUp: optionalTextOf(row, 'slot_reason') !== null,
    owner,
    // Whoever asks lives, though the machine slept and it gave no sign for longer than that.
    alive: owner !== null && (isSameProcess(owner, reader) || (isAlive(owner) && (seenMs ?? -Infinity) >= seenSinceMs)),
  }
}

/** Of a daemon that went long ago nobody asks any more. */
const forgottenMs = 24 * 3_600_000
