import type { Clock } from '../model/clock.ts'
import type { ControlStore } from '../state/port.ts'
import type { NewJob, StoredSlot } from '../state/slot-store.ts'
import { decideSlots } from './decide-slots.ts'
import type { Schedule, Slot } from './schedule.ts'
import { slotsBetween } from './slots.ts'

export type ClaimContext = {
  readonly store: Pick<ControlStore, 'knowSchedule' | 'claimSlot' | 'slots'>
  readonly clock: Clock
  /** The jobs of a slot that runs. */
  readonly jobsOf: (schedule: Schedule, slot: Pick<Slot, 'dueAt'>) => readonly NewJob[]
  /** Called for every slot that this call got. */
  readonly onClaimed: (slot: ClaimedSlot) => void
}

export type ClaimedSlot = Pick<StoredSlot, 'schedule' | 'instant' | 'reason'> & {
  readonly state: 'queued' | 'skipped' | 'missed'
}

/** Claims whatever is due now, of every schedule. What another daemon has claimed is left to it. */
export async function claimSlots(context: ClaimContext, schedules: readonly Schedule[]): Promise<void> {
  for (const schedule of schedules)
    await (schedule.trigger.kind === 'after' ? claimFollowing(context, schedule) : claimByClock(context, schedule))
}

async function claimByClock(context: ClaimContext, schedule: Schedule): Promise<void> {
  const now = context.clock.now()
  const { decidedUntil, pause } = await context.store.knowSchedule(schedule.name)
  const due = slotsBetween(schedule, { after: new Date(decidedUntil), until: now, most: mostAtOnce })
  for (const { slot, state, reason } of decideSlots(schedule, due, { now, pause }))
    await claim(context, schedule, { slot, state, reason, trigger: 'clock' })
}

/** Once each of `all` has ended well since the last time; or, `within` after the first of them ended, as missed. */
async function claimFollowing(context: ClaimContext, schedule: Schedule): Promise<void> {
  if (schedule.trigger.kind !== 'after') return
  const { all, withinMs } = schedule.trigger
  const { since, pause } = await context.store.knowSchedule(schedule.name)
  const [last] = await context.store.slots({ schedule: schedule.name, limit: 1 })
  const from = last?.claimedAt ?? since
  const ended = await Promise.all(
    all.map(async (name) =>
      (await context.store.slots({ schedule: name, limit: 100 })).filter(
        ({ endedAt, claimedAt }) => endedAt !== null && endedAt > from && claimedAt >= since,
      ),
    ),
  )
  const well = ended.map((slots) => slots.find(({ state }) => state === 'ok' || state === 'partial'))
  const now = context.clock.now()
  const instant = latest(ended.flat().map((slot) => slot.instant))
  if (instant === undefined) return
  const slot: Slot = { schedule: schedule.name, instant, dueAt: now.toISOString(), note: null }
  if (well.every((each) => each !== undefined)) {
    const state = pause ? 'skipped' : 'queued'
    const reason = pause ? `paused by ${pause.by} since ${pause.at}` : null
    return claim(context, schedule, { slot, state, reason, trigger: 'after' })
  }
  const first = Math.min(...ended.flat().map(({ endedAt }) => Date.parse(endedAt ?? '')))
  if (now.getTime() - first <= withinMs) return
  const missing = all.filter((_, index) => well[index] === undefined)
  const reason = `${missing.join(' and ')} did not end ok or partial in time`
  await claim(context, schedule, { slot, state: 'missed', reason, trigger: 'after' })
}

async function claim(
  context: ClaimContext,
  schedule: Schedule,
  claimed: Omit<ClaimedSlot, 'schedule' | 'instant'> & { readonly slot: Slot; readonly trigger: 'clock' | 'after' },
): Promise<void> {
  const { slot, state, reason, trigger } = claimed
  const { instant } = slot
  const jobs = state === 'queued' ? context.jobsOf(schedule, slot) : []
  if (await context.store.claimSlot({ schedule: schedule.name, instant, state, reason, trigger, jobs }))
    context.onClaimed({ schedule: schedule.name, instant, state, reason })
}

const latest = (instants: readonly string[]): string | undefined => [...instants].sort().at(-1)

/** A year of hourly slots is decided in nine ticks. */
const mostAtOnce = 1_000
