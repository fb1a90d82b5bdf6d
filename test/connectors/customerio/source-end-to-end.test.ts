/** The real program, a warehouse and the simulator: what is read of Customer.io, killed and gone on with. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { killAt, millrace, resultOf } from '../../faults/millrace-process.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeFaultProject({ files: files(), alone: true, vendors: ['customerio'], scale: 0.02 })
  await project.write(
    'CREATE SCHEMA raw',
    `CREATE TABLE raw.people AS SELECT 'p' || i AS id, 'p' || i || '@x.example' AS email, i = 2 AS opted_out FROM range(40) t(i)`,
  )
}, 60_000)
afterAll(() => project.close())

async function run(sync: string, ...more: readonly string[]) {
  const done = await millrace(['sync', 'run', sync, ...more], project)
  expect(done.code, done.stderr).toBe(0)
  return done
}
const own = "SELECT COLUMNS(c -> c NOT IN ('_synced_at', '_read_at', '_version', '_run_id', '_deleted_at'))"
const live = (schema: string, table: string) =>
  project.rows(`${own} FROM ${schema}.${table} WHERE _deleted_at IS NULL ORDER BY ALL`)
const tables = ['people', 'segments', 'segment_membership', 'campaigns', 'campaign_actions', 'deliveries']

describe('Customer.io, read by the real program', () => {
  it('has in its tables what was written there', async () => {
    await run('people')
    await run('customerio')
    const people = await project.rows(
      `SELECT id, email, unsubscribed, created_at, attributes ->> 'first_name' AS name FROM customerio.people WHERE id IN ('p2', 'p3', 'P-000001') ORDER BY id`,
    )
    expect(people).toMatchObject([
      { id: 'P-000001', unsubscribed: 'false', created_at: expect.anything(), name: expect.any(String) },
      { id: 'p2', email: 'p2@x.example', unsubscribed: 'true', created_at: null },
      { id: 'p3', email: 'p3@x.example', unsubscribed: 'false' },
    ])
    expect(
      await project.rows('SELECT segment_id, count(*) AS n FROM customerio.segment_membership GROUP BY 1 ORDER BY 1'),
    ).toEqual([
      { segment_id: '1', n: '45' },
      { segment_id: '2', n: '1' },
      { segment_id: '3', n: '3' },
    ])
    // Customer.io shows six months at once, and its world is of November 2026.
    expect(
      await project.rows(`SELECT count(*) > 0 AS there FROM customerio.deliveries WHERE created < '2024-07-01'`),
    ).toEqual([{ there: 'true' }])
  })

  it('killed in the middle, it goes on: nothing is lost or twice', async () => {
    await project.sandbox.move(2)
    for (const point of [
      'cursor.committed:people:1',
      'cursor.committed:deliveries:1',
      'cursor.committed:segment_membership:1',
    ])
      await killAt(point, ['sync', 'run', 'customerio'], project)
    await run('customerio')
    await run('fresh')
    for (const table of tables) expect(await live('customerio', table), table).toEqual(await live('fresh', table))
  })

  it('days later it has what was opened since, and who is gone is gone', async () => {
    const before = await project.rows('SELECT id, metrics FROM customerio.deliveries')
    await project.sandbox.move(5)
    await project.write(`DELETE FROM raw.people WHERE id = 'p3'`)
    await run('people')
    const done = await run('customerio')
    expect(resultOf(done).runs[0]).toMatchObject({ status: 'ok' })
    await run('fresh', '--full-refresh')
    expect(await live('customerio', 'deliveries')).toEqual(await live('fresh', 'deliveries'))
    const metrics = new Map(
      (await project.rows('SELECT id, metrics FROM customerio.deliveries')).map((row) => [row['id'], row['metrics']]),
    )
    expect(before.filter(({ id, metrics: old }) => metrics.get(id) !== old).length).toBeGreaterThan(0)
    // Customer.io tells of nobody that they are gone: every run does, since it lists everybody.
    for (const table of tables) expect(await live('customerio', table), table).toEqual(await live('fresh', table))
    expect(await project.rows(`SELECT id FROM customerio.people WHERE id = 'p3' AND _deleted_at IS NOT NULL`)).toEqual([
      { id: 'p3' },
    ])
  })

  it('keeps no link to a file in what it stores', async () => {
    const kept = [
      ...(await project.rows('SELECT scan::VARCHAR AS text FROM _millrace.cursors')),
      ...(await project.rows('SELECT ledger::VARCHAR AS text FROM _millrace.runs')),
    ]
    expect(JSON.stringify(kept)).not.toMatch(/signature|\/files\//)
  })
})

function files() {
  // The years before it are as empty as they are many, and Customer.io takes ten requests a second.
  const streams = `source: read\nstart: 2024-01-01\nlimits: { max_shrink: 100% }\nstreams:\n${tables.map((name) => `  ${name}: {}\n`).join('')}`
  return {
    'millrace.yaml': `
project: customerio
targets:
  sandbox: { sandbox: true }
connections:
  written: { connector: customerio, site_id: '\${env:CIO_SITE}', api_key: '\${env:CIO_KEY}', region: eu }
  read: { connector: customerio, site_id: '\${env:CIO_SITE}', api_key: '\${env:CIO_KEY}', app_api_key: '\${env:CIO_APP}', region: eu, page_rows: 20, poll_interval_ms: 5 }
`,
    'syncs/people.yaml': `model: people
limits: { max_changed: 100%, max_removed: 100% }
primary_key: id
destination: written
object: person
match: id
map: { id: id, email: email, unsubscribed: { opt_out: opted_out } }
on_removed: delete
`,
    'syncs/customerio.yaml': streams,
    // The oracle: everything read anew, at the end.
    'syncs/fresh.yaml': `schema: fresh\n${streams}`,
    'models/people.sql': 'select * from raw.people\n',
  }
}
