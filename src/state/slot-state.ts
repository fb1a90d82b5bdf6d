import type { Job, JobState } from './slot-store.ts'

/** What a slot is, by its jobs. One without a job did all that it had to do. */
export const slotStateOf = (jobs: readonly Job[]): JobState =>
  worstFirst.find((state) => jobs.some((job) => job.state === state)) ?? 'ok'

const worstFirst: readonly JobState[] = [
  'running',
  'dispatched',
  'queued',
  'failed',
  'stopped',
  'partial',
  'skipped',
  'ok',
]
