/** A delivery from end to end, by the real program: turns, order, fresh inputs, and the flags for one run. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, resultOf, type Finished, start } from './millrace-process.ts'

let project: FaultProject

beforeAll(async () => {
  project = await makeFaultProject({
    files: {
      'syncs/plans.yaml': sync('after: [people]\nlimits: { max_removed: 100% }'),
      'syncs/fresh.yaml': sync('freshness: { stripe: 1h }'),
      'syncs/guarded.yaml': sync(
        'limits: { max_added: 0, max_changed: 0, max_removed: 0 }\non_removed: { set: { plan: gone } }',
      ),
    },
  })
}, 60_000)
afterAll(() => project.close())

beforeEach(async () => {
  await project.sandbox.reset()
  await project.forgetWarehouse()
  await project.write(
    'CREATE SCHEMA raw',
    `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 'free' AS plan, n = 3 AS email_opt_out FROM range(20) r(n)`,
  )
})

describe('two syncs on one object', () => {
  it('take turns, and say for whom they wait', async () => {
    await project.sandbox.setFault('customerio', 'delay', { ms: 4000, match: '/batch' })
    const first = start(['sync', 'run', 'people'], project)
    const ended = new Promise<number | null>((resolve) => first.child.on('close', resolve))
    await first.reached('batch.sent')
    const second = await run('guarded', '--max-added', '20')
    expect([await ended, second.code]).toEqual([0, 0])
    const waits = second.lines.filter(({ type }) => type === 'waiting').map((line) => line['for'])
    expect(waits).toContain('the delivery to customerio person on sandbox')
    await project.sandbox.setFault('customerio', 'delay', null)
  })

  it('go in the order of `after` where they run together', async () => {
    const done = await run('plans', 'people')
    expect(resultOf(done).runs.map(({ sync: name }) => name)).toEqual(['people', 'plans'])
    const told = done.lines.flatMap(({ type, run: record }) =>
      type === 'run.started' || type === 'run.finished' ? [`${type} ${nameOf(record)}`] : [],
    )
    expect(told).toEqual(['run.started people', 'run.finished people', 'run.started plans', 'run.finished plans'])
  })
})

describe('freshness', () => {
  it('refuses to send from a load that is older, or was a backfill or a trial, and says which and how old', async () => {
    const never = await run('fresh')
    expect(never.code).toBe(4)
    expect(errorOf(never)).toMatchObject({
      code: 'MR-4006',
      message: expect.stringContaining('reads stripe, which was never loaded'),
    })
    expect((await run('stripe', '--limit', '1')).code).toBe(0)
    expect(errorOf(await run('fresh'))).toEqual(errorOf(never))
    expect((await run('stripe')).code).toBe(0)
    expect((await run('fresh')).code).toBe(0)
    await project.write(
      `UPDATE _millrace.runs SET finished_at = finished_at - INTERVAL 3 HOUR, started_at = started_at - INTERVAL 3 HOUR WHERE sync = 'stripe'`,
    )
    await project.write(
      `INSERT INTO _millrace.runs (run_id, sync, kind, status, trigger, finished_at, started_at, target, requests, seconds) ` +
        `VALUES ('b1', 'stripe', 'etl', 'ok', 'backfill', now()::TIMESTAMP, now()::TIMESTAMP, 'sandbox', 1, 1)`,
    )
    const old = await run('fresh')
    expect(old.code).toBe(4)
    expect(errorOf(old)).toMatchObject({
      code: 'MR-4006',
      message: expect.stringMatching(/^fresh reads stripe, last loaded 3 h ago \(.+\); freshness allows 1 h\.$/),
    })
    expect(resultOf(old).runs[0]).toMatchObject({ status: 'stopped' })
  })
})

describe('a guard', () => {
  it.each([
    ['MR-4101', '--max-added', '20', []],
    ['MR-4102', '--max-changed', '20', [`UPDATE raw.people SET plan = 'pro'`]],
    ['MR-4103', '--max-removed', '5', [`DELETE FROM raw.people WHERE id IN ('p1', 'p2', 'p4', 'p5', 'p6')`]],
    ['MR-4104', '--on-empty', 'proceed', [`DELETE FROM raw.people`]],
  ])('%s holds the run, and is allowed for one run by %s', async (code, flag, value, edits) => {
    if (edits.length > 0) {
      expect((await run('guarded', '--max-added', '20')).code).toBe(0)
      await project.write(...edits)
    }
    const held = await run('guarded')
    expect(held.code).toBe(4)
    const error = errorOf(held)
    expect(error).toMatchObject({ code })
    expect(JSON.stringify(held.lines)).toContain(`${flag} ${value}`)
    const allowed = flag === '--on-empty' ? ['--max-removed', '20'] : []
    expect((await run('guarded', flag, value, ...allowed)).code).toBe(0)
    expect((await run('guarded')).code).toBe(code === 'MR-4104' ? 4 : 0)
  })
})

const run = (...args: readonly string[]): Promise<Finished> => millrace(['sync', 'run', ...args], project)

const errorOf = (finished: Finished) => resultOf(finished).runs[0]?.error

const nameOf = (record: unknown) =>
  typeof record === 'object' && record !== null && 'sync' in record ? record.sync : ''

function sync(more: string): string {
  return `
model: people
primary_key: id
destination: customerio
object: person
match: id
map: { id: id, email: email, plan: plan }
${more}
`
}
