import { instantBetween } from './cast.ts'
import type { Deal, Person, Random, World } from './contract.ts'

/** What has become of the cast by the days so far. Only `tellNextDay` changes it. */
export type StoryState = {
  day: number
  readonly gone: Set<number>
  readonly converted: Set<number>
  /** `person:channel` that say no, in the CRM or at the messaging tool. */
  readonly optedOut: Set<string>
  readonly stages: Map<number, Deal['stage']>
  readonly ended: Set<number>
  readonly industries: Map<number, string>
  readonly employees: Map<number, number>
}

/** A day while it is being told. */
export type Told = {
  readonly world: World
  readonly state: StoryState
  readonly random: Random
  readonly scale: number
  /** People of this day's events: one of them is never deleted in the same day. */
  readonly touched: Set<number>
  readonly start: Date
  readonly end: Date
  readonly number: number
}

/** `count` different items, or all where there are fewer. */
export function draw<T>(random: Random, items: readonly T[], count: number): readonly T[] {
  const taken = new Set<number>()
  while (taken.size < Math.min(count, items.length)) taken.add(random.integer(0, items.length - 1))
  return [...taken].flatMap((index) => items.slice(index, index + 1))
}

/** Not deleted, and not a lead that has become somebody else's record: nothing more happens to those. */
export const isHere = ({ state }: Told, person: Person): boolean =>
  !state.gone.has(person.number) && !state.converted.has(person.number)

export const anyStaff = ({ world, random }: Told): number => random.integer(1, world.staff.length)

export const momentOf = ({ random, start, end }: Told): Date =>
  instantBetween(random, new Date(start.getTime() + quietMs), new Date(end.getTime() - quietMs))

/** A count of the usual world, in a larger or smaller one; never none. */
export const scaled = (count: number, scale: number): number => Math.max(1, Math.round(count * scale))

/** Nothing happens this near to the day's ends: a sync at its end sees all of it, whatever the vendor's lag. */
export const quietMs = 20 * 60_000
