/** A job whose time has come an hour ago, and what limits a choice. */
import type { JobLimits } from '../../src/schedule/choose-job.ts'
import type { Job } from '../../src/state/slot-store.ts'

export const limits = (rest: Partial<JobLimits> = {}): JobLimits => ({
  now: new Date('2026-11-21T03:00:00.000Z'),
  room: 4,
  paused: new Set(),
  maxRunsOf: new Map(),
  overlapOf: new Map(),
  retryOf: new Map(),
  ...rest,
})

export const job = (sync: string, rest: Partial<Job> = {}): Job => ({
  schedule: 'nightly',
  instant: '2026-11-21T02:00:00.000Z',
  sync,
  needs: [],
  connection: sync,
  notBefore: '2026-11-21T02:00:00.000Z',
  state: 'queued',
  attempt: 1,
  token: 1,
  priority: 0,
  takenAt: null,
  runId: null,
  reason: null,
  owner: null,
  alive: false,
  caughtUp: false,
  ...rest,
})
