import type { Clock } from '../model/clock.ts'
import type { SlotStore } from '../state/slot-store.ts'
import type { Schedule } from './schedule.ts'

/**
 * The file changed under a daemon that runs. What schedules would have done before, by times that they did not have then, is
 * nobody's business: who puts one back in the afternoon means the nights to come. Each daemon on one store does this when it
 * sees the change; what another one, which saw it sooner, has claimed since stays claimed.
 */
export async function takeOverSchedules(
  { store, clock }: { readonly store: Pick<SlotStore, 'knowSchedules' | 'decideAnew'>; readonly clock: Clock },
  { before, after }: { readonly before: readonly Schedule[]; readonly after: readonly Schedule[] },
): Promise<void> {
  const timesBefore = new Map(before.map((schedule) => [schedule.name, timesOf(schedule)]))
  const changed = after.filter((schedule) => timesBefore.get(schedule.name) !== timesOf(schedule))
  if (changed.length === 0) return
  const known = await store.knowSchedules(changed.map(({ name }) => name))
  const now = clock.now().toISOString()
  // Never back: what was decided for later than now (by a clock ahead of this one) would be decided twice.
  const behind = [...known].filter(([, { decidedUntil }]) => decidedUntil < now).map(([name]) => name)
  if (behind.length > 0) await store.decideAnew(behind, now)
}

/** `within` is none: with a longer one, what has ended tonight still counts. */
const timesOf = ({ trigger, timezone }: Schedule): string =>
  JSON.stringify(trigger.kind === 'after' ? trigger.all : [trigger, timezone])
