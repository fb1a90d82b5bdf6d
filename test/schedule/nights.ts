/** Loads and what follows them, by nights or by intervals: played event by event, on a control store in memory. */
import { claimSlots } from '../../src/schedule/claim-slots.ts'
import type { Schedule } from '../../src/schedule/schedule.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { aSchedule } from './a-schedule.ts'

export type Load = { readonly state: 'ok' | 'failed'; readonly minutes: number }
/** What is run by hand at that minute of the day, for some minutes, and ends well. */
export type ByHand = { readonly name: 'a' | 'b' | 'next'; readonly minute: number }
export type Night = { readonly a: Load; readonly b: Load; readonly byHand?: readonly ByHand[] }

export type Happened = { readonly name: string; readonly minute: number; readonly what: string }

/** @param at the minutes of the night at which a and b begin */
export function playNights(
  nights: readonly Night[],
  { at, withinMinutes }: { readonly at: { readonly a: number; readonly b: number }; readonly withinMinutes: number },
): Promise<readonly Happened[]> {
  const due = nights.flatMap((_, day) => Array.from({ length: 24 }, (__, hour) => day * dayMinutes + hour * 60))
  for (const [day, { byHand = [] }] of nights.entries())
    due.push(...[...byHand.map(({ minute }) => minute), at.a, at.b].map((minute) => day * dayMinutes + minute))
  return play({
    schedules: [
      aSchedule('a', { kind: 'cron', pattern: patternOf(at.a) }),
      aSchedule('b', { kind: 'cron', pattern: patternOf(at.b) }),
      aSchedule('next', { kind: 'after', all: ['a', 'b'], withinMs: withinMinutes * minuteMs }),
    ],
    due,
    byHand: (minute) =>
      (nights[Math.floor(minute / dayMinutes)]?.byHand ?? [])
        .filter((hand) => hand.minute === minute % dayMinutes)
        .map(({ name }) => name),
    loadOf: (name, minute) => loadOf(nights[Math.floor(minute / dayMinutes)], name),
  })
}

/** Begins at `from` and then each `every` minutes; each takes so many. */
export type Interval = { readonly every: number; readonly from: number; readonly minutes: number }

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
    loadOf: (name) => ({ state: 'ok', minutes: named.find((load) => load.name === name)?.minutes ?? 1 }),
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
  (name === 'a' ? night?.a : name === 'b' ? night?.b : undefined) ?? { state: 'ok', minutes: 1 }

const patternOf = (minute: number) => `${minute % 60} ${Math.floor(minute / 60)} * * *`

const minuteMs = 60_000
export const dayMinutes = 24 * 60
const startMs = Date.parse('2026-11-21T00:00:00Z')
