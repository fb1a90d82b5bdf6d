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
  // One by hand came in between. One that was missed used nothing: what is late may still come together.
  const served = own.filter((slot) => slot.trigger === 'after' && slot.state !== 'missed')
  const from = latest([decidedUntil, ...served.map(({ claimedAt }) => claimedAt)])
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
 * Those of which a slot is under way or still to come that goes with the others' much better than the one that has ended: the
 * load of tonight is an hour away, and what has ended is of last night, or was run by hand in the afternoon. What still ran
 * when the newest of the others began belongs with it: the next one of a long load is always near.
 */
async function nearerOnes(context: FollowContext, members: readonly Member[]): Promise<readonly string[]> {
  const nearer = await Promise.all(
    members.map(async ({ name, well: [last] }) => {
      const others = members.filter((other) => other.name !== name)
      const newest = latest(others.flatMap(({ well }) => well.map((slot) => slot.instant)))
      if (!last || endOf(last) >= newest) return []
      const farMs = farthestMs(last.instant, others)
      const coming = await comingOf(context, name)
      return coming.some((instant) => farthestMs(instant, others) < farMs / 2) ? [name] : []
    }),
  )
  return nearer.flat()
}

/** How far it is from the others: of each the nearest counts, since of one that comes often the newest is far from every rare one. */
const farthestMs = (instant: string, others: readonly Member[]): number =>
  Math.max(
    ...others.map(({ well }) =>
      Math.min(...well.map((slot) => Math.abs(Date.parse(slot.instant) - Date.parse(instant)))),
    ),
  )

/** Instants of slots that have not ended, and of the next one. */
async function comingOf(context: FollowContext, name: string): Promise<readonly string[]> {
  const slots = await slotsOf(context, name)
  const open = slots.filter(({ endedAt }) => endedAt === null).map(({ instant }) => instant)
  const schedule = context.scheduleOf(name)
  if (!schedule) return open
  if (schedule.trigger.kind === 'after') {
    const last = slots.find(({ trigger }) => trigger === 'after')?.instant ?? ''
    const followed = schedule.trigger.all.map(async (member) => [
      ...(await slotsOf(context, member))
        .filter((slot) => slot.instant > last && endedWell(slot))
        .map((s) => s.instant),
      ...(await comingOf(context, member)),
    ])
    return [...open, ...(await Promise.all(followed)).flat()]
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

const endedWell = ({ state }: StoredSlot) => state === 'ok' || state === 'partial'
const endOf = ({ endedAt }: StoredSlot): string => endedAt ?? ''
const isFree = (own: readonly StoredSlot[], instant: string) => own.every((slot) => slot.instant !== instant)
const latest = (instants: readonly string[]): string => [...instants].sort().at(-1) ?? ''
