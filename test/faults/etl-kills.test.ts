/** kill -9 at every point of ETL, then run again: nothing lost, nothing twice (promises 1, 9, 10). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFaultProject, stripeContents, stripeTables, type FaultProject } from './fault-project.ts'
import { killAt, millrace, resultOf } from './millrace-process.ts'

/** Each point is killed three times, at another stream or another time it is reached. */
const points: readonly (readonly [string, readonly string[]])[] = [
  ['the fence was taken', ['fence.taken', 'fence.taken:stripe charges', 'fence.taken:stripe subscriptions']],
  [
    'a page was fetched',
    ['batch.extracted:customers', 'batch.extracted:charges:3', 'batch.extracted:subscription_items'],
  ],
  ['a page was spooled', ['batch.spooled:customers', 'batch.spooled:charges:3', 'batch.spooled:subscriptions']],
  ['a chunk was staged', ['batch.staged:customers', 'batch.staged:charges:2', 'batch.staged:subscriptions']],
  ['a commit begins', ['commit.started:customers', 'commit.started:charges:2', 'commit.started:subscriptions']],
  ['a commit is made', ['cursor.committed:customers', 'cursor.committed:charges:2', 'cursor.committed:subscriptions']],
]

describe('ETL survives kill -9', () => {
  let project: FaultProject
  let oracle: Awaited<ReturnType<typeof stripeContents>>

  beforeAll(async () => {
    project = await makeFaultProject()
    // The oracle: the same world, loaded by a run that nobody disturbs.
    expect(resultOf(await millrace(['sync', 'run', 'stripe'], project)).exit_code).toBe(0)
    oracle = await stripeContents(project)
    expect(oracle['charges']?.length).toBeGreaterThan(120)
  }, 60_000)
  afterAll(() => project.close())

  for (const [name, kills] of points)
    it.each(kills)(`when ${name} (%s): the next run ends with exactly the vendor's rows`, async (point) => {
      await project.forgetWarehouse()
      await killAt(point, ['sync', 'run', 'stripe'], project)
      const seen = (await project.sandbox.journal('stripe')).at(-1)?.sequence ?? 0
      const again = resultOf(await millrace(['sync', 'run', 'stripe'], project))
      expect(again).toMatchObject({ exit_code: 0, runs: [{ status: 'ok' }] })
      expect(await stripeContents(project)).toEqual(oracle)
      const requests = (await project.sandbox.journal('stripe', { since: seen })).length
      expect(again.runs[0]?.requests).toBe(requests)
      await expectSettled(project)
    })

  it('a run after a day, killed between two of its commits, misses no edit and keeps no torn set of children', async () => {
    await project.forgetWarehouse()
    await millrace(['sync', 'run', 'stripe'], project)
    await project.sandbox.move(2)
    await killAt('cursor.committed:subscriptions', ['sync', 'run', 'stripe'], project)
    await killAt('commit.started:charges', ['sync', 'run', 'stripe'], project)
    expect(resultOf(await millrace(['sync', 'run', 'stripe'], project)).exit_code).toBe(0)
    const resumed = await stripeContents(project)
    await project.forgetWarehouse()
    await millrace(['sync', 'run', 'stripe'], project)
    const fresh = await stripeContents(project)
    for (const table of stripeTables) expect(living(resumed[table]), table).toEqual(living(fresh[table]))
  })

  it('after any of it a further run loads nothing', async () => {
    const last = resultOf(await millrace(['sync', 'run', 'stripe'], project))
    expect(last.runs[0]?.ledger['loaded']).toBe(0)
  })
})

const living = (rows: readonly { readonly [column: string]: string | null }[] = []) =>
  rows.filter((row) => row['_deleted_at'] === null)

async function expectSettled(project: FaultProject): Promise<void> {
  const cursors = await project.rows(`SELECT stream, scan FROM _millrace.cursors WHERE sync = 'stripe'`)
  expect(cursors.map((cursor) => cursor['scan'])).toEqual(cursors.map(() => null))
  // What the ledger says was inserted, over all runs, is what stands there.
  for (const table of stripeTables) {
    const [counted] = await project.rows(
      `SELECT (SELECT coalesce(sum(CAST(ledger->>'inserted' AS BIGINT)), 0) FROM _millrace.commits WHERE stream = '${table}') AS inserted, (SELECT count(*) FROM stripe.${table}) AS stands`,
    )
    expect(counted?.['inserted'], table).toBe(counted?.['stands'])
  }
}
