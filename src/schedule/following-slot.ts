/**
 * What a schedule comes to that follows others. The endings of a night belong together, and one irregular night (a load that
 * failed or was late, a run by hand) leaves an ending over: it must not pair with the next night's, then or ever after.
 */
import { aheadMs, isAhead } from '../state/clock-ahead.ts'
import type { KnownSchedule, SlotStore, StoredSlot } from '../state/slot-store.ts'
import { lateMs } from './decide-slots.ts'
import type { Schedule, Trigger } from './schedule.ts'
import { nextSlots } from './slots.ts'

export type FollowContext = {
  readonly store: Pick<SlotStore, 'slots'>
  readonly now: Date
  readonly scheduleOf: (name: string) => Schedule | undefined
}

/** `missing`: those that did not end well in time, for which the slot is missed; none: it runs. */
export type FollowingSlot = { readonly instant: string; readonly missing: readonly string[] }

type After = Extract<Trigger, { readonly kind: 'after' }>

/** Once each of `all` has ended well since the last time; or, `within` after the first of them ended, as missed. */
export async function followingSlot(
  context: FollowContext,
  { name, trigger }: Pick<Schedule, 'name'> & { readonly trigger: After },
  { since, decidedUntil }: KnownSchedule,
): Promise<FollowingSlot | null> {
  const { all, withinMs } = trigger
  const agoIso = (ms: number) => new Date(context.now.getTime() - ms).toISOString()
  const own = await slotsOf(context, name)
  const from = latest([decidedUntil, servedAt(own)])
  const members = await Promise.all(
    all.map(async (member) => {
      const ended = (await slotsOf(context, member)).filter(
        ({ endedAt, claimedAt }) => endedAt !== null && endedAt > from && claimedAt >= since,
      )
      return { name: member, ended, well: ended.filter((slot) => endedWell(slot) && endOf(slot) >= agoIso(withinMs)) }
    }),
  )
  const well = members.flatMap((member) => member.well.slice(0, 1))
  let missing: readonly string[] = members.filter((member) => member.well.length === 0).map((member) => member.name)
  if (missing.length === 0) {
    missing = await nearerOnes(context, members)
    const instant = latest(well.map((slot) => slot.instant))
    if (missing.length === 0) return { instant: isFree(own, instant) ? instant : latest(well.map(endOf)), missing }
  }
  // What had ended by then is told of by the slot that was missed then.
  const told = latest(own.filter(({ state }) => state === 'missed').map(({ claimedAt }) => claimedAt))
  const untold = members.map((member) => ({ ...member, ended: member.ended.filter((slot) => endOf(slot) > told) }))
  if (!untold.some(({ ended }) => ended.some((slot) => endOf(slot) < agoIso(withinMs)))) return null
  // Of a day later the first may have ended already.
  const together = untold.map((member) => ({
    ...member,
    ended: member.ended.filter((slot) => endOf(slot) <= agoIso(withinMs / 2)),
  }))
  const instant = latest(together.flatMap(({ ended }) => ended.map((slot) => slot.instant)))
  if (!isFree(own, instant)) return null
  const without = together.filter(({ ended }) => !ended.some(endedWell)).map((member) => member.name)
  return { instant, missing: without.length > 0 ? without : missing }
}

/** What ended well of one that is followed, newest instant first. */
type Member = { readonly name: string; readonly well: readonly StoredSlot[] }

/**
 * Those that are waited for. What was over when the newest of all began may be of last night, or run by hand in the afternoon:
 * it is, where its slot that is under way or next goes much better with what has ended of the others, and with what comes of
 * those that were over by then, too, since two that are of last night would keep each other. What still ran when the newest
 * began belongs with it: the next one of a long load is always near.
 */
async function nearerOnes(context: FollowContext, members: readonly Member[]): Promise<readonly string[]> {
  const newest = latest(members.flatMap(({ well }) => well.slice(0, 1).map(({ instant }) => instant)))
  const looked = await Promise.all(
    members.map(async ({ name, well }) => {
      const ended = well.map(({ instant }) => instant)
      const [last] = well
      const coming = last && endOf(last) < newest ? await comingOf(context, name) : []
      return { name, ended, coming, all: [...ended, ...coming] }
    }),
  )
  const nearer = looked.filter(({ name, ended: [last = ''], coming }) => {
    const others = looked.filter((other) => other.name !== name)
    const all = others.map((other) => other.all)
    const farMs = farthestMs(
      last,
      others.map(({ ended }) => ended),
    )
    return coming.some((instant) => farthestMs(instant, all) < farMs / 2)
  })
  return nearer.map(({ name }) => name)
}

/** How far it is from the others: of each the nearest counts, since of one that comes often the newest is far from every rare one. */
const farthestMs = (instant: string, others: readonly (readonly string[])[]): number =>
  Math.max(
    ...others.map((instants) =>
      Math.min(...instants.map((other) => Math.abs(Date.parse(other) - Date.parse(instant)))),
    ),
  )

/** Instants of slots that have not ended, and of the next one: of what follows others the first for which all of them are there. */
async function comingOf(context: FollowContext, name: string): Promise<readonly string[]> {
  const slots = await slotsOf(context, name)
  const open = slots.filter(({ endedAt }) => endedAt === null).map(({ instant }) => instant)
  const schedule = context.scheduleOf(name)
  if (!schedule) return open
  if (schedule.trigger.kind === 'after') {
    const from = servedAt(slots)
    const firsts = await Promise.all(
      schedule.trigger.all.map(async (member) => {
        const unused = (await slotsOf(context, member)).find((slot) => endedWell(slot) && endOf(slot) > from)
        return unused?.instant ?? earliest(await comingOf(context, member))
      }),
    )
    return firsts.includes('') ? open : [...open, latest(firsts)]
  }
  const claimed = slots.find(({ trigger }) => trigger === 'clock')?.instant
  const after = Math.max(context.now.getTime() - lateMs, claimed === undefined ? -Infinity : Date.parse(claimed))
  return [...open, ...nextSlots(schedule, new Date(after), 1).map(({ instant }) => instant)]
}

/** Newest instant first, without those of a clock that was ahead. */
async function slotsOf({ store, now }: FollowContext, schedule: string): Promise<readonly StoredSlot[]> {
  const upTo = new Date(now.getTime() + aheadMs).toISOString()
  return (await store.slots({ schedule, upTo })).filter(({ claimedAt }) => !isAhead(claimedAt, now))
}

/** One by hand came in between. One that was missed used nothing: what is late may still come together. */
const servedAt = (own: readonly StoredSlot[]): string =>
  latest(
    own.filter(({ trigger, state }) => trigger === 'after' && state !== 'missed').map(({ claimedAt }) => claimedAt),
  )

const endedWell = ({ state }: StoredSlot) => state === 'ok' || state === 'partial'
const endOf = ({ endedAt }: StoredSlot): string => endedAt ?? ''
const isFree = (own: readonly StoredSlot[], instant: string) => own.every((slot) => slot.instant !== instant)
const earliest = (instants: readonly string[]): string => [...instants].sort()[0] ?? ''
const latest = (instants: readonly string[]): string => [...instants].sort().at(-1) ?? ''
