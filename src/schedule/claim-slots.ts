import type { Clock } from '../model/clock.ts'
import { isAhead } from '../state/clock-ahead.ts'
import type { ControlStore } from '../state/port.ts'
import type { KnownSchedule, NewJob, SlotClaim, StoredSlot } from '../state/slot-store.ts'
import { decideSlots } from './decide-slots.ts'
import { isEnabledOn, type Schedule, type Slot } from './schedule.ts'
import { slotsBetween } from './slots.ts'

export type ClaimContext = {
  readonly store: Pick<ControlStore, 'knowSchedules' | 'claimSlots' | 'slots'>
  readonly clock: Clock
  readonly target: string
  /** The jobs of a slot that runs. */
  readonly jobsOf: (schedule: Schedule, slot: Pick<Slot, 'dueAt'>) => readonly NewJob[]
  /** Called for every slot that this call got. */
  readonly onClaimed: (slot: ClaimedSlot) => void
}

export type ClaimedSlot = Pick<StoredSlot, 'schedule' | 'instant' | 'reason'> & {
  readonly state: 'queued' | 'skipped' | 'missed'
}

/** Claims whatever is due now, of these schedules. What another daemon has claimed is left to it. */
export async function claimSlots(context: ClaimContext, schedules: readonly Schedule[]): Promise<void> {
  if (schedules.length === 0) return
  const known = await context.store.knowSchedules(schedules.map(({ name }) => name))
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

function slotsByClock(
  context: ClaimContext,
  schedule: Schedule,
  { decidedUntil, pause }: KnownSchedule,
): readonly SlotClaim[] {
  const now = context.clock.now()
  const after = new Date(believed(decidedUntil, now))
  const due = slotsBetween(schedule, { after, until: now, most: mostAtOnce + 1 })
  const off = whyOff(context, schedule, pause)
  const told = isAhead(decidedUntil, now) ? `a clock was ahead: the schedule was decided until ${decidedUntil}` : null
  const moreToCome = due.length > mostAtOnce
  return decideSlots(schedule, due.slice(0, mostAtOnce), { now, off, moreToCome }).map(({ slot, state, reason }) =>
    claimOf(context, schedule, { slot, state, reason: reason ?? told, trigger: 'clock' }),
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
  const [last] = await context.store.slots({ schedule: schedule.name, limit: 1 })
  const from = believed(last?.claimedAt ?? since, now)
  const ended = await Promise.all(
    all.map(async (name) =>
      (await context.store.slots({ schedule: name, limit: 100 })).filter(
        ({ endedAt, claimedAt }) =>
          endedAt !== null && endedAt > from && claimedAt >= believed(since, now) && !isAhead(claimedAt, now),
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

/** Where a clock was ahead, one counts from now: what was claimed meanwhile has its row, and does not come twice. */
const believed = (iso: string, now: Date): string =>
  isAhead(iso, now) ? new Date(now.getTime() - lookBackMs).toISOString() : iso

/** Longer than between two looks at all schedules. */
const lookBackMs = 3_600_000

const latest = (instants: readonly string[]): string | undefined => [...instants].sort().at(-1)

/** A year of hourly slots is decided in nine ticks. */
const mostAtOnce = 1_000
