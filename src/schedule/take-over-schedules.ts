import type { SlotStore } from '../state/slot-store.ts'
import { lateMs } from './decide-slots.ts'
import type { Schedule } from './schedule.ts'

/**
 * The file changed under a daemon that runs. What schedules would have done before, by times that they did not have then, is
 * nobody's business: who puts one back in the afternoon means the nights to come. Each daemon on one store does this when it
 * sees the change; what another one, which saw it sooner, has claimed since stays claimed. What came as the file was read, or
 * while the store could not be told of it, is not over yet.
 */
export async function takeOverSchedules(
  { store }: { readonly store: Pick<SlotStore, 'knowSchedules' | 'decideAnew'> },
  {
    before,
    after,
    seenAt,
  }: { readonly before: readonly Schedule[]; readonly after: readonly Schedule[]; readonly seenAt: Date },
): Promise<void> {
  const timesBefore = new Map(before.map((schedule) => [schedule.name, timesOf(schedule)]))
  const changed = after.filter((schedule) => timesBefore.get(schedule.name) !== timesOf(schedule))
  if (changed.length === 0) return
  const known = await store.knowSchedules(changed.map(({ name }) => name))
  const from = new Date(seenAt.getTime() - lateMs).toISOString()
  // Never back: what was decided for later than that would be decided twice.
  const behind = [...known].filter(([, { decidedUntil }]) => decidedUntil < from).map(([name]) => name)
  if (behind.length > 0) await store.decideAnew(behind, from)
  // But the store has heard of a new one only now, and nothing of it is decided. Before it was read it did not stand in the file.
  const read = seenAt.toISOString()
  const unheard = [...known]
    .filter(([, { since, decidedUntil }]) => since > read && decidedUntil === since)
    .map(([name]) => name)
  if (unheard.length > 0) await store.decideAnew(unheard, read)
}

/** `within` is none: with a longer one, what has ended tonight still counts. */
const timesOf = ({ trigger, timezone }: Schedule): string =>
  JSON.stringify(trigger.kind === 'after' ? trigger.all : [trigger, timezone])
