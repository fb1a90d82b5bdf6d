/**
 * What two who remember know together, of a schedule or of a slot: always the further of the two. Whoever comes first, and
 * however often, it comes out the same, and nothing goes back.
 */
import type { JobState, KnownSchedule, Pause } from '../slot-store.ts'
import { isOpenJob, type JobDocument, type SlotDocument } from './slot-document.ts'

export function mergeSchedules(a: KnownSchedule, b: KnownSchedule): KnownSchedule {
  const since = a.since < b.since ? a.since : b.since
  return { since, decidedUntil: newer(decidedOf(a), decidedOf(b)) ?? since, pause: newerPause(a.pause, b.pause) }
}

/** null: nothing yet. Who hears of a schedule on an emptied store has decided nothing of what came before. */
const decidedOf = ({ since, decidedUntil }: KnownSchedule): string | null =>
  decidedUntil > since ? decidedUntil : null

/** One that remembers a pause and one that does not: it stays paused, which somebody sees, and nothing runs that should not. */
function newerPause(a: Pause | null, b: Pause | null): Pause | null {
  if (a === null || b === null) return a ?? b
  return a.at > b.at || (a.at === b.at && a.by >= b.by) ? a : b
}

export function mergeSlots(a: SlotDocument, b: SlotDocument): SlotDocument {
  // Claimed twice, since the store was emptied in between: the first claim is the slot.
  const first = compare([a.claimedAt, headOf(a)], [b.claimedAt, headOf(b)]) <= 0 ? a : b
  const jobs = mergeJobs(a.jobs, b.jobs)
  const isOpen = first.endedAs === null && jobs.some(isOpenJob)
  return { ...first, endedAt: isOpen ? null : (newer(a.endedAt, b.endedAt) ?? first.claimedAt), jobs }
}

function mergeJobs(a: readonly JobDocument[], b: readonly JobDocument[]): readonly JobDocument[] {
  const merged = new Map(a.map((job) => [job.sync, job]))
  for (const job of b) {
    const other = merged.get(job.sync)
    merged.set(job.sync, other ? further(other, job) : job)
  }
  const isSameOrder = a.length === b.length && a.every(({ sync }, index) => sync === b[index]?.sync)
  const jobs = [...merged.values()]
  return isSameOrder ? jobs : jobs.sort((x, y) => compare([x.sync], [y.sync]))
}

/** Handed out later; then a later attempt; then further on in it; and where nothing tells, always the same of the two. */
function further(a: JobDocument, b: JobDocument): JobDocument {
  return compare(placeOf(a), placeOf(b)) >= 0 ? a : b
}

const placeOf = (job: JobDocument): readonly (number | string)[] => [
  job.token,
  job.attempt,
  rankOf(job.state),
  job.runId === null ? 0 : 1,
  JSON.stringify(job),
]

function rankOf(state: JobState): number {
  const rank = ['queued', 'dispatched', 'running'].indexOf(state)
  return rank === -1 ? 3 : rank
}

const headOf = ({ trigger, endedAs, reason }: SlotDocument): string => JSON.stringify([trigger, endedAs, reason])

const newer = (a: string | null, b: string | null): string | null =>
  a === null || b === null ? (a ?? b) : a > b ? a : b

function compare(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index]
    if (right === undefined || left === right) continue
    return left < right ? -1 : 1
  }
  return 0
}
