import type { NewJob, SlotClaim } from '../../src/state/slot-store.ts'

/** A slot of `nightly` with one job, due at once. */
export const aSlot = (rest: Partial<SlotClaim> = {}): SlotClaim => ({
  schedule: 'nightly',
  instant: '2026-11-21T02:00:00.000Z',
  state: 'queued',
  reason: null,
  trigger: 'clock',
  jobs: [aJob('crm')],
  ...rest,
})

export const aJob = (sync: string, rest: Partial<NewJob> = {}): NewJob => ({
  sync,
  needs: [],
  connection: 'salesforce',
  notBefore: '2026-11-21T02:00:00.000Z',
  priority: 0,
  ...rest,
})
