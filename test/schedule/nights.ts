/** Loads and what follows them, by nights or by intervals: played event by event, on a control store in memory. */
import { claimSlots } from '../../src/schedule/claim-slots.ts'
import type { Schedule } from '../../src/schedule/schedule.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { aSchedule } from './a-schedule.ts'

export type Load = { readonly state: 'ok' | 'failed'; readonly minutes: number }
/** What is run by hand at that minute of the day, for some minutes, and ends well. */
export type ByHand = { readonly name: 'a' | 'b' | 'next'; readonly minute: number }
export type Night = {
  readonly a: Load
  readonly b: Load
  readonly c?: Load
  readonly d?: Load
  readonly byHand?: readonly ByHand[]
}

export type Happened = { readonly name: string; readonly minute: number; readonly what: string }

/** @param at the minutes of the night at which each load begins */
export function playNights(
  nights: readonly Night[],
  { at, withinMinutes }: { readonly at: { readonly [load: string]: number }; readonly withinMinutes: number },
): Promise<readonly Happened[]> {
  const due = nights.flatMap((_, day) => Array.from({ length: 24 }, (__, hour) => day * dayMinutes + hour * 60))
  for (const [day, { byHand = [] }] of nights.entries())
    due.push(
      ...[...byHand.map(({ minute }) => minute), ...Object.values(at)].map((minute) => day * dayMinutes + minute),
    )
  return play({
    schedules: [
      ...Object.entries(at).map(([name, minute]) => aSchedule(name, { kind: 'cron', pattern: patternOf(minute) })),
      aSchedule('next', { kind: 'after', all: Object.keys(at), withinMs: withinMinutes * minuteMs }),
    ],
    due,
    byHand: (minute) =>
      (nights[Math.floor(minute / dayMinutes)]?.byHand ?? [])
        .filter((hand) => hand.minute === minute % dayMinutes)
        .map(({ name }) => name),
    loadOf: (name, minute) => loadOf(nights[Math.floor(minute / dayMinutes)], name),
  })
}

/** Begins at `from` and then each `every` minutes; each takes so many. Those of these numbers, from 0 on, fail. */
export type Interval = {
  readonly every: number
  readonly from: number
  readonly minutes: number
  readonly failing?: readonly number[]
}

/** What follows all of these loads, for so many minutes. */
export function playIntervals(loads: readonly Interval[], untilMinute: number): Promise<readonly Happened[]> {
  const minutesOf = ({ every, from }: Interval) =>
    Array.from({ length: Math.ceil((untilMinute - from) / every) }, (_, n) => from + n * every)
  const named = loads.map((load, index) => ({ ...load, name: `load-${index}` }))
  return play({
    schedules: [
      ...named.map((load) => {
        const instants = minutesOf(load).map((minute) => new Date(startMs + minute * minuteMs).toISOString())
        return aSchedule(load.name, { kind: 'at', instants })
      }),
      aSchedule('next', { kind: 'after', all: named.map(({ name }) => name), withinMs: dayMinutes * minuteMs }),
    ],
    due: named.flatMap(minutesOf),
    byHand: () => [],
    loadOf(name, minute) {
      const load = named.find((each) => each.name === name)
      const isFailing = load?.failing?.includes(Math.floor((minute - load.from) / load.every)) ?? false
      return { state: isFailing ? 'failed' : 'ok', minutes: load?.minutes ?? 1 }
    },
  })
}

/**
 * Schedules of each half hour, hour or night, and what follows them or one another, for so many days. Each takes five minutes, and
 * fails on the second day where it is `failing`.
 */
export function playDays(
  schedules: readonly Schedule[],
  { days, failing }: { readonly days: number; readonly failing: string | null },
): Promise<readonly Happened[]> {
  return play({
    schedules,
    due: Array.from({ length: days * 48 }, (_, n) => n * 30),
    byHand: () => [],
    loadOf: (name, minute) => ({
      state: name === failing && Math.floor(minute / dayMinutes) === 1 ? 'failed' : 'ok',
      minutes: 5,
    }),
  })
}

type Story = {
  readonly schedules: readonly Schedule[]
  /** The minutes at which a daemon looks, beside those at which something ends. */
  readonly due: readonly number[]
  readonly byHand: (minute: number) => readonly string[]
  readonly loadOf: (name: string, minute: number) => Load
}

async function play({ schedules, byHand, loadOf, ...story }: Story): Promise<readonly Happened[]> {
  const due = new Set(story.due)
  let minute = 0
  const clock = { now: () => new Date(startMs + minute * minuteMs) }
  const store = openSqliteStore({ path: ':memory:', clock })
  const job = (sync: string) => ({
    sync,
    needs: [],
    connection: 'crm',
    notBefore: clock.now().toISOString(),
    priority: 0,
  })
  const happened: Happened[] = []
  const ends = new Map<string, { readonly minute: number; readonly state: 'ok' | 'failed' }>()
  const begin = (name: string, instant: string, load: Load) => {
    ends.set(`${name} ${instant}`, { minute: minute + load.minutes, state: load.state })
    due.add(minute + load.minutes).add(minute + load.minutes + 1)
  }
  const endWhatIsDone = async () => {
    for (const [key, end] of ends) {
      if (end.minute > minute) continue
      ends.delete(key)
      const taken = await store.takeJob(
        (open) => ({ take: open.find((each) => `${each.sync} ${each.instant}` === key) ?? null, skip: [], again: [] }),
        'running',
      )
      if (taken) await store.endJob(taken, { state: end.state, reason: null })
      happened.push({ name: taken?.sync ?? key, minute, what: end.state })
    }
  }
  await store.knowSchedules(schedules.map(({ name }) => name))
  while (due.size > 0) {
    minute = Math.min(...due)
    due.delete(minute)
    await endWhatIsDone()
    for (const name of byHand(minute)) {
      const instant = new Date(clock.now().getTime() + 1).toISOString()
      await store.claimSlots([
        { schedule: name, instant, state: 'queued', reason: null, trigger: 'hand', jobs: [job(name)] },
      ])
      begin(name, instant, { state: 'ok', minutes: 10 })
    }
    await claimSlots(
      {
        store,
        clock,
        target: 'prod',
        scheduleOf: (name) => schedules.find((schedule) => schedule.name === name),
        jobsOf: ({ name }) => [job(name)],
        onAhead: () => {},
        onClaimed({ schedule, instant, state }) {
          happened.push({ name: schedule, minute, what: state })
          if (state === 'queued') begin(schedule, instant, loadOf(schedule, minute))
        },
      },
      schedules,
    )
  }
  await store.close()
  return happened
}

/** Day of the month and time of what became of `next`. */
export const nextsIn = (happened: readonly Happened[]): readonly string[] =>
  happened
    .filter(({ name, what }) => name === 'next' && what !== 'ok')
    .map(({ minute, what }) => `${new Date(startMs + minute * minuteMs).toISOString().slice(8, 16)} ${what}`)

const loadOf = (night: Night | undefined, name: string): Load =>
  Object.entries({ ...night, byHand: undefined }).find(([each]) => each === name)?.[1] ?? { state: 'ok', minutes: 1 }

const patternOf = (minute: number) => `${minute % 60} ${Math.floor(minute / 60)} * * *`

const minuteMs = 60_000
export const dayMinutes = 24 * 60
const startMs = Date.parse('2026-11-21T00:00:00Z')
