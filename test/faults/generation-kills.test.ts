/** kill -9 in the middle of a full_refresh: the old rows stand until the new ones do, and the next run goes on (promise 1). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { killAt, millrace, resultOf } from './millrace-process.ts'

const run = ['sync', 'run', 'stripe']

describe('a full_refresh survives kill -9', () => {
  let project: FaultProject
  beforeAll(async () => {
    project = await makeFaultProject({
      alone: false,
      files: { 'syncs/stripe.yaml': 'source: stripe\nmode: full_refresh\nstreams:\n  charges: {}\n' },
    })
    expect(resultOf(await millrace(run, project)).exit_code).toBe(0)
  }, 60_000)
  afterAll(() => project.close())

  const ids = async () => (await project.rows('SELECT id FROM stripe.charges ORDER BY id')).map((row) => row['id'])
  const resumePoint = async () =>
    (await project.rows(`SELECT scan->'partitions'->0->>'resume' AS at FROM _millrace.cursors`)).at(0)?.['at']

  it.each(['batch.staged:charges:3', 'commit.started:charges:3', 'cursor.committed:charges:2'])(
    'at %s: nothing is seen of the half generation, and the next run reads the rest of it',
    async (point) => {
      const before = await ids()
      await project.sandbox.move(1)
      await killAt(point, run, project)
      expect(await ids()).toEqual(before)
      expect(await resumePoint()).not.toBeNull()
      const second = resultOf(await millrace(run, project))
      expect(second).toMatchObject({ exit_code: 0 })
      const now = await ids()
      const [ledger] = [second.runs[0]?.ledger ?? {}]
      expect(ledger).toMatchObject({ replaced: before.length })
      expect(ledger?.['inserted']).toBeLessThan(now.length)
      expect(new Set(now).size).toBe(now.length)
      // What a run says that nobody disturbed, of a vendor that has not moved since the killed one began.
      expect(resultOf(await millrace(run, project)).exit_code).toBe(0)
      expect(await ids()).toEqual(now)
      expect(Object.values(await project.contents()).length).toBeGreaterThan(0)
    },
  )
})
