import { expect, test } from 'vitest'
import { chooseJob } from '../../src/schedule/choose-job.ts'
import type { Job } from '../../src/state/slot-store.ts'

/** How often the sync of a job is looked at to choose one, where half of so many that came at once are in the queue by now. */
function lookedAt(jobs: number): number {
  let looked = 0
  const open = Array.from({ length: jobs }, (_, n): Job => ({
    schedule: `nightly-${n}`,
    instant: '2026-11-21T02:00:00.000Z',
    get sync() {
      looked++
      return `sync-${n}`
    },
    needs: [],
    connection: 'crm',
    notBefore: '2026-11-21T02:00:00.000Z',
    state: n < jobs / 2 ? 'dispatched' : 'queued',
    attempt: 1,
    token: 1,
    priority: 0,
    takenAt: null,
    runId: null,
    reason: null,
    owner: null,
    alive: false,
    caughtUp: false,
  }))
  const { take } = chooseJob(open, {
    now: new Date('2026-11-21T03:00:00.000Z'),
    // As a queue has it: any daemon may begin them.
    room: Infinity,
    paused: new Set(),
    maxRunsOf: new Map(),
    overlapOf: new Map(),
    retryOf: new Map(),
  })
  expect(take?.schedule).toBe(`nightly-${jobs / 2}`)
  return looked
}

// Each of them is chosen by a look at all: that alone is the square.
test('one of twice as many jobs is chosen with about twice as many looks', () => {
  expect(lookedAt(400) / lookedAt(200)).toBeLessThan(3)
})
