/** docs/analyst-tables.md against what runs make: every column is there and told, and every query runs and finds something. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeFaultProject, type FaultProject } from '../faults/fault-project.ts'
import { millrace } from '../faults/millrace-process.ts'

const page = readFileSync(new URL('../../docs/analyst-tables.md', import.meta.url), 'utf8')
let project: FaultProject

beforeAll(async () => {
  project = await makeFaultProject({ vendors: ['stripe', 'customerio'], scale: 0.02 })
  await project.write(
    'CREATE SCHEMA raw',
    `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 'free' AS plan, false AS opted_out FROM range(9) r(n)`,
  )
  project.edit('syncs/people.yaml', (text) => text.replace('email_opt_out', 'opted_out'))
  expect((await run()).code).toBe(0)
  await project.write(
    `UPDATE raw.people SET opted_out = true, plan = 'paid' WHERE id = 'p1'`,
    `UPDATE raw.people SET opted_out = true WHERE id = 'p2'`,
    `DELETE FROM raw.people WHERE id = 'p3'`,
    `INSERT INTO raw.people VALUES ('new', repeat('x', 40000) || '@people.example', 'free', false)`,
  )
  expect((await run()).code).toBe(5)
  await project.write(
    `UPDATE raw.people SET opted_out = false WHERE id = 'p2'`,
    `DELETE FROM raw.people WHERE id = 'new'`,
  )
  expect((await run()).code).toBe(0)
}, 60_000)

afterAll(() => project.close())

const run = () => millrace(['sync', 'run', 'people'], project)

describe('the page', () => {
  const tables = [...page.matchAll(/^## \\_millrace\.(.+)$/gm)].map(([, title = ''], index, all) => {
    const from = all[index]?.index ?? 0
    const text = page.slice(from, all[index + 1]?.index ?? page.indexOf('## State files'))
    const name = title.replaceAll('\\', '').replace('&lt;sync&gt;', 'people')
    return { name, columns: [...text.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, column = '']) => column) }
  })

  test('has the tables that the design names', () => {
    expect(tables.map(({ name }) => name)).toEqual([
      'runs',
      'changes',
      'rejects',
      'snapshot_people',
      'intents',
      'restatements',
    ])
  })

  test.each(tables)('tells each column of $name, in order, and no other', async ({ name, columns }) => {
    const stored = await project.rows(
      `SELECT column_name AS name FROM duckdb_columns() WHERE schema_name = '_millrace' AND table_name = '${name}' ORDER BY column_index`,
    )
    const found = stored.map((column) => (column.name ?? '').replace(/^v_.*/, 'v_<column>'))
    expect([...new Set(found)]).toEqual(columns)
  })

  const queries = [...page.matchAll(/```sql\n([^`]+)```/g)].map(([, sql = '']) => [sql.split('\n')[0], sql] as const)
  test.each(queries)('has a query that finds something: %s', async (_, sql) => {
    // The runs of this test were today, and the refused row has gone since.
    const today = sql
      .replace('current_date - INTERVAL 1 DAY', 'current_date')
      .replace('sent_at < current_date', 'sent_at < current_date + INTERVAL 1 DAY')
      .replace(`state <> 'settled'`, 'true')
    expect(await project.rows(today)).not.toEqual([])
    expect(await project.rows(sql)).toBeDefined()
  })

  test('says of each change what became of it', async () => {
    const changes = await project.rows(
      `SELECT key, op, status, fields, reason, sent_at IS NOT NULL AS sent, recorded_at IS NOT NULL AS dated FROM _millrace.changes
       WHERE run_id <> (SELECT min(run_id) FROM _millrace.changes) ORDER BY recorded_at, key`,
    )
    expect(changes).toEqual([
      expect.objectContaining({
        key: 'new',
        status: 'rejected',
        reason: expect.stringContaining('takes'),
        dated: 'true',
      }),
      expect.objectContaining({
        key: 'p1',
        op: 'upsert',
        status: 'delivered',
        fields: '{"plan":["free","paid"],"unsubscribed":[false,true]}',
        sent: 'true',
      }),
      expect.objectContaining({ key: 'p2', status: 'delivered', fields: '{"unsubscribed":[false,true]}' }),
      expect.objectContaining({ key: 'p3', op: 'set', status: 'delivered', fields: '{"plan":["free","gone"]}' }),
      expect.objectContaining({
        key: 'p2',
        status: 'held_back',
        fields: '{"unsubscribed":[true,false]}',
        reason: 'opt-in withheld',
        sent: 'false',
      }),
    ])
  })

  test('says how long changes are kept', async () => {
    await project.write(`UPDATE _millrace.changes SET recorded_at = recorded_at - INTERVAL 91 DAY WHERE key = 'p1'`)
    await run()
    expect(await project.rows(`SELECT count(*) AS n FROM _millrace.changes WHERE key = 'p1'`)).toEqual([{ n: '0' }])
    const restore = project.edit('syncs/people.yaml', (text) => `${text}changes_retention: 0s\n`)
    await run()
    restore()
    expect(await project.rows('SELECT count(*) AS n FROM _millrace.changes')).toEqual([{ n: '0' }])
  })
})
