import type { Clock } from '../model/clock.ts'
import { isAhead } from '../state/clock-ahead.ts'
import type { ControlStore } from '../state/port.ts'
import type { KnownSchedule, NewJob, SlotClaim, StoredSlot } from '../state/slot-store.ts'
import { decideSlots, lateMs } from './decide-slots.ts'
import { followingSlot } from './following-slot.ts'
import { isEnabledOn, type Schedule, type Slot } from './schedule.ts'
import { slotsBetween } from './slots.ts'

export type ClaimContext = {
  readonly store: Pick<ControlStore, 'knowSchedules' | 'decideAnew' | 'claimSlots' | 'slots'>
  readonly clock: Clock
  readonly target: string
  /** undefined: it is not in the file any more. */
  readonly scheduleOf: (name: string) => Schedule | undefined
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
    const seen = known.get(schedule.name)
    if (!seen) continue
    if (schedule.trigger.kind === 'after') claims.push(...(await slotAfterOthers(context, schedule, seen)))
    else claims.push(...slotsByClock(context, schedule, seen))
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

/** By what it follows. Those have no time of their own. */
async function slotAfterOthers(
  context: ClaimContext,
  schedule: Schedule,
  known: KnownSchedule,
): Promise<readonly SlotClaim[]> {
  const { trigger } = schedule
  if (trigger.kind !== 'after') return []
  const now = context.clock.now()
  const following = await followingSlot({ ...context, now }, { ...schedule, trigger }, known)
  if (following === null) return []
  const { instant, missing } = following
  const slot: Slot = { schedule: schedule.name, instant, dueAt: now.toISOString(), note: null }
  if (missing.length > 0) {
    const reason = `${missing.join(' and ')} did not end ok or partial in time`
    return [claimOf(context, schedule, { slot, state: 'missed', reason, trigger: 'after' })]
  }
  const off = whyOff(context, schedule, known.pause)
  return [claimOf(context, schedule, { slot, state: off ? 'skipped' : 'queued', reason: off, trigger: 'after' })]
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

/** A year of hourly slots is decided in nine ticks. */
const mostAtOnce = 1_000
