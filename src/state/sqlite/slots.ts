/** Schedules, slots and jobs in SQLite (see slot-store.ts). */
import type { Clock } from '../../model/clock.ts'
import type { ProcessId } from '../port.ts'
import {
  usualLimit,
  type JobKey,
  type JobState,
  type KnownSchedule,
  type SlotClaim,
  type SlotStore,
  type StoredSlot,
} from '../slot-store.ts'
import { slotStateOf } from '../slot-state.ts'
import type { Database } from './database.ts'
import { storeJobs } from './jobs.ts'
import { optionalTextOf, textOf, type Row } from './row.ts'

export type SlotsOwn = {
  readonly clock: Clock
  readonly process: ProcessId
  readonly target: string
  readonly silentMs: number
}

export function storeSlots(database: Database, own: SlotsOwn): SlotStore {
  const { sql } = database
  const { target } = own
  const nowIso = () => own.clock.now().toISOString()
  const know = sql.prepare(
    'insert into schedules (target, name, since, decided_until) values (?1, ?2, ?3, ?3) on conflict do nothing',
  )
  const schedule = sql.prepare('select * from schedules where target = ? and name = ?')
  const decide = sql.prepare('update schedules set decided_until = max(decided_until, ?) where target = ? and name = ?')
  const decideFrom = sql.prepare(
    'update schedules set since = min(since, ?1), decided_until = ?1 where target = ?2 and name = ?3',
  )
  const unclaim = sql.prepare(
    'delete from slots where target = ? and schedule = ? and instant > ? and ended_as is not null',
  )
  const pause = sql.prepare('update schedules set paused_at = ?, paused_by = ? where target = ? and name = ?')
  const paused = sql.prepare('select * from schedules where target = ? and paused_at is not null')
  const claim = sql.prepare(
    `insert into slots (target, schedule, instant, trigger, ended_as, reason, claimed_at, ended_at)
     values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  )
  const prune = sql.prepare('delete from slots where claimed_at < ? and ended_at is not null')
  // Apart, so that each finds its index.
  const slots = sql.prepare(
    'select * from slots where target = ? and instant <= ? order by instant desc, claimed_at desc limit ?',
  )
  const slotsOf = sql.prepare(
    'select * from slots where target = ? and instant <= ? and schedule = ? order by instant desc limit ?',
  )
  const endSlot = sql.prepare(
    `update slots set ended_at = ?1 where target = ?2 and schedule = ?3 and instant = ?4 and not exists (
       select 1 from jobs where target = ?2 and schedule = ?3 and instant = ?4
       and state in ('queued', 'dispatched', 'running'))`,
  )
  const dataVersion = sql.prepare('pragma data_version')
  /** Rows that this process has changed so far. */
  const totalChanges = sql.prepare('select total_changes() as changes')
  const changesSoFar = () => totalChanges.get()?.['changes']
  /** The file's own number does not see what this process wrote itself. */
  let ownWrites = 0
  const write = <T>(work: () => T): Promise<T> =>
    database.write(() => {
      const before = changesSoFar()
      const result = work()
      if (changesSoFar() !== before) ownWrites++
      return result
    })
  const jobs = storeJobs(database, {
    ...own,
    write,
    onEnded: ({ schedule: name, instant }: JobKey) => endSlot.run(nowIso(), target, name, instant),
  })

  const claimOne = ({ schedule: name, instant, trigger, state, reason, jobs: wanted }: SlotClaim): boolean => {
    const isOver = state !== 'queued' || wanted.length === 0
    const endedAs = state === 'queued' ? null : state
    const at = nowIso()
    if (claim.run(target, name, instant, trigger, endedAs, reason, at, isOver ? at : null).changes === 0) return false
    if (trigger === 'clock') decide.run(instant, target, name)
    for (const job of wanted) jobs.add({ schedule: name, instant }, job)
    return true
  }

  return {
    knowSchedules: async (names) => {
      const read = () => names.map((name) => [name, schedule.get(target, name)] as const)
      const found = await database.read(read)
      const rows = found.every(([, row]) => row !== undefined)
        ? found
        : await write(() => {
            for (const name of names) know.run(target, name, nowIso())
            return read()
          })
      return new Map(rows.map(([name, row]) => [name, knownOf(row)]))
    },
    decideAnew: (names, from) =>
      write(() => {
        for (const name of names) {
          decideFrom.run(from, target, name)
          unclaim.run(target, name, from)
        }
      }),
    pauseSchedule: (name, wanted) =>
      write(() => {
        know.run(target, name, nowIso())
        pause.run(wanted?.at ?? null, wanted?.by ?? null, target, name)
      }),
    pauses: () =>
      database.read(
        () =>
          new Map(
            paused
              .all(target)
              .map((row) => [textOf(row, 'name'), { at: textOf(row, 'paused_at'), by: textOf(row, 'paused_by') }]),
          ),
      ),
    claimSlots: async (claims) => {
      if (claims.length === 0) return []
      return write(() => {
        const won = claims.map(claimOne)
        if (won.includes(true)) prune.run(new Date(own.clock.now().getTime() - keptMs).toISOString())
        return won
      })
    },
    slots: ({ schedule: name, upTo = afterAll, limit = usualLimit }) =>
      database.read(() =>
        (name === undefined ? slots.all(target, upTo, limit) : slotsOf.all(target, upTo, name, limit)).map((row) =>
          slotOf(row, jobs.of(textOf(row, 'schedule'), textOf(row, 'instant'))),
        ),
      ),
    revision: () => database.read(() => `${String(dataVersion.get()?.['data_version'])}.${ownWrites}`),
    ...jobs.contract,
    memory: null,
  }
}

function knownOf(row: Row | undefined): KnownSchedule {
  const at = row ? optionalTextOf(row, 'paused_at') : null
  return {
    since: textOf(row, 'since'),
    decidedUntil: textOf(row, 'decided_until'),
    pause: at === null ? null : { at, by: textOf(row, 'paused_by') },
  }
}

function slotOf(row: Row, jobs: StoredSlot['jobs']): StoredSlot {
  const endedAs = optionalTextOf(row, 'ended_as')
  return {
    schedule: textOf(row, 'schedule'),
    instant: textOf(row, 'instant'),
    trigger: textOf(row, 'trigger') as StoredSlot['trigger'], // what `claim` wrote
    state: endedAs === null ? slotStateOf(jobs) : (endedAs as Extract<JobState, 'skipped'> | 'missed'), // what `claim` wrote
    reason: optionalTextOf(row, 'reason'),
    claimedAt: textOf(row, 'claimed_at'),
    endedAt: optionalTextOf(row, 'ended_at'),
    jobs,
  }
}

/** Longer than any catch-up window looks back. */
const keptMs = 400 * 24 * 3_600_000
/** No instant comes after it. */
const afterAll = '~'
