import { expect, test } from 'vitest'
import { chooseJob } from '../../src/schedule/choose-job.ts'
import { job, limits } from './jobs.ts'

/** How often the sync of a job is looked at to choose one, where half of so many that came at once are in the queue by now. */
function lookedAt(jobs: number): number {
  let looked = 0
  const open = Array.from({ length: jobs }, (_, n) =>
    Object.defineProperty(
      job('', { schedule: `nightly-${n}`, connection: 'crm', state: n < jobs / 2 ? 'dispatched' : 'queued' }),
      'sync',
      {
        get() {
          looked++
          return `sync-${n}`
        },
      },
    ),
  )
  // As a queue has it: any daemon may begin them.
  const { take } = chooseJob(open, limits({ room: Infinity }))
  expect(take?.schedule).toBe(`nightly-${jobs / 2}`)
  return looked
}

// Each of them is chosen by a look at all: that alone is the square.
test('one of twice as many jobs is chosen with about twice as many looks', () => {
  expect(lookedAt(400) / lookedAt(200)).toBeLessThan(3)
})
