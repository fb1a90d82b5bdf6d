import type { Schedule, Slot } from './schedule.ts'

export type SlotDecision = {
  readonly slot: Slot
  readonly state: 'queued' | 'skipped' | 'missed'
  readonly reason: string | null
}

/**
 * What becomes of slots whose instant has come, oldest first. `off`: why the schedule does not run at present. `moreToCome`: later
 * ones have come too, and are decided after these. A slot is late when nobody was there to see it; what happens
 * to late ones the schedule's `catchup` says. None is left without a decision: what does not run is recorded with its reason.
 */
export function decideSlots(
  schedule: Pick<Schedule, 'catchup'>,
  due: readonly Slot[],
  { now, off, moreToCome = false }: { readonly now: Date; readonly off: string | null; readonly moreToCome?: boolean },
): readonly SlotDecision[] {
  const { mode, windowMs } = schedule.catchup
  const ageMs = (slot: Slot) => now.getTime() - Date.parse(slot.dueAt)
  return due.map((slot, index): SlotDecision => {
    if (off !== null) return { slot, state: 'skipped', reason: off }
    if (ageMs(slot) <= lateMs) return { slot, state: 'queued', reason: null }
    const missed = (why: string): SlotDecision => ({
      slot,
      state: 'missed',
      reason: `no daemon ran at ${slot.dueAt}; ${why}`,
    })
    if (mode === 'none') return missed('catchup is none')
    if (ageMs(slot) > windowMs) return missed('that is longer ago than the window of catchup')
    if (mode === 'latest' && (moreToCome || index < due.length - 1)) return missed('catchup runs the latest only')
    return { slot, state: 'queued', reason: `caught up: no daemon ran at ${slot.dueAt}` }
  })
}

/** A daemon that is busy, or a machine that is slow, has not missed a slot yet. */
export const lateMs = 60_000
