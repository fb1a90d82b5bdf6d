import type { Clock } from '../model/clock.ts'
import { aheadMs, isAhead } from '../state/clock-ahead.ts'
import type { ControlStore } from '../state/port.ts'
import type { KnownSchedule, NewJob, SlotClaim, StoredSlot } from '../state/slot-store.ts'
import { decideSlots, lateMs } from './decide-slots.ts'
import { isEnabledOn, type Schedule, type Slot } from './schedule.ts'
import { slotsBetween } from './slots.ts'

export type ClaimContext = {
  readonly store: Pick<ControlStore, 'knowSchedules' | 'decideAnew' | 'claimSlots' | 'slots'>
  readonly clock: Clock
  readonly target: string
  /** The jobs of a slot that runs. */
  readonly jobsOf: (schedule: Schedule, slot: Pick<Slot, 'dueAt'>) => readonly NewJob[]
  /** Called for every slot that this call got. */
  readonly onClaimed: (slot: ClaimedSlot) => void
  /** Called with the schedules that a clock which was ahead had decided until days to come. */
  readonly onAhead: (names: readonly string[]) => void
}

export type ClaimedSlot = Pick<StoredSlot, 'schedule' | 'instant' | 'reason'> & {
  readonly state: 'queued' | 'skipped' | 'missed'
}

/** Claims whatever is due now, of these schedules. What another daemon has claimed is left to it. */
export async function claimSlots(context: ClaimContext, schedules: readonly Schedule[]): Promise<void> {
  if (schedules.length === 0) return
  const known = await knowSchedules(context, schedules)
  const claims: SlotClaim[] = []
  for (const schedule of schedules) {
    const since = known.get(schedule.name)
    if (!since) continue
    if (schedule.trigger.kind === 'after') claims.push(...(await followingSlot(context, schedule, since)))
    else claims.push(...slotsByClock(context, schedule, since))
  }
  const won = await context.store.claimSlots(claims)
  for (const [index, { schedule, instant, state, reason }] of claims.entries())
    if (won[index]) context.onClaimed({ schedule, instant, state, reason })
}

/** Where a clock was ahead, they go on from now. What it began early has run, and does not run again. */
async function knowSchedules({ store, clock, onAhead }: ClaimContext, schedules: readonly Schedule[]) {
  const names = schedules.map(({ name }) => name)
  const known = await store.knowSchedules(names)
  const now = clock.now()
  const ahead = [...known].filter(([, { decidedUntil }]) => isAhead(decidedUntil, now)).map(([name]) => name)
  if (ahead.length === 0) return known
  await store.decideAnew(ahead, new Date(now.getTime() - lateMs).toISOString())
  onAhead(ahead)
  return store.knowSchedules(names)
}

function slotsByClock(
  context: ClaimContext,
  schedule: Schedule,
  { decidedUntil, pause }: KnownSchedule,
): readonly SlotClaim[] {
  const now = context.clock.now()
  const due = slotsBetween(schedule, { after: new Date(decidedUntil), until: now, most: mostAtOnce + 1 })
  const off = whyOff(context, schedule, pause)
  const moreToCome = due.length > mostAtOnce
  return decideSlots(schedule, due.slice(0, mostAtOnce), { now, off, moreToCome }).map(({ slot, state, reason }) =>
    claimOf(context, schedule, { slot, state, reason, trigger: 'clock' }),
  )
}

/** Once each of `all` has ended well since the last time; or, `within` after the first of them ended, as missed. */
async function followingSlot(
  context: ClaimContext,
  schedule: Schedule,
  { since, pause }: KnownSchedule,
): Promise<readonly SlotClaim[]> {
  if (schedule.trigger.kind !== 'after') return []
  const { all, withinMs } = schedule.trigger
  const now = context.clock.now()
  const slotsOf = async (name: string) => {
    const upTo = new Date(now.getTime() + aheadMs).toISOString()
    return (await context.store.slots({ schedule: name, upTo })).filter(({ claimedAt }) => !isAhead(claimedAt, now))
  }
  const from = latest((await slotsOf(schedule.name)).map(({ claimedAt }) => claimedAt)) ?? since
  const ended = await Promise.all(
    all.map(async (name) =>
      (await slotsOf(name)).filter(
        ({ endedAt, claimedAt }) => endedAt !== null && endedAt > from && claimedAt >= since,
      ),
    ),
  )
  const well = ended.map((slots) => slots.find(({ state }) => state === 'ok' || state === 'partial'))
  const instant = latest(ended.flat().map((slot) => slot.instant))
  if (instant === undefined) return []
  const slot: Slot = { schedule: schedule.name, instant, dueAt: now.toISOString(), note: null }
  if (well.every((each) => each !== undefined)) {
    const off = whyOff(context, schedule, pause)
    return [claimOf(context, schedule, { slot, state: off ? 'skipped' : 'queued', reason: off, trigger: 'after' })]
  }
  const first = Math.min(...ended.flat().map(({ endedAt }) => Date.parse(endedAt ?? '')))
  if (now.getTime() - first <= withinMs) return []
  const missing = all.filter((_, index) => well[index] === undefined)
  const reason = `${missing.join(' and ')} did not end ok or partial in time`
  return [claimOf(context, schedule, { slot, state: 'missed', reason, trigger: 'after' })]
}

/** Why the schedule's slots are recorded and do not run; null: they run. */
function whyOff({ target }: ClaimContext, schedule: Schedule, pause: KnownSchedule['pause']): string | null {
  if (!isEnabledOn(schedule, target)) return `not enabled on target ${target}`
  return pause ? `paused by ${pause.by} since ${pause.at}` : null
}

function claimOf(
  context: ClaimContext,
  schedule: Schedule,
  { slot, ...rest }: Pick<SlotClaim, 'state' | 'reason' | 'trigger'> & { readonly slot: Slot },
): SlotClaim {
  const jobs = rest.state === 'queued' ? context.jobsOf(schedule, slot) : []
  return { schedule: schedule.name, instant: slot.instant, ...rest, jobs }
}

const latest = (instants: readonly string[]): string | undefined => [...instants].sort().at(-1)

/** A year of hourly slots is decided in nine ticks. */
const mostAtOnce = 1_000
