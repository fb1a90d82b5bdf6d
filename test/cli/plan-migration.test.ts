/** A type that Snowflake cannot widen in place: `sync plan` says what a run would do, and `freeze` holds there, too. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnowflakeProject, type SnowflakeProject } from '../faults/snowflake-project.ts'
import { millrace, resultOf } from '../faults/millrace-process.ts'
import { startMillrace } from './command.ts'

let project: SnowflakeProject

beforeAll(async () => {
  project = await makeSnowflakeProject()
  const loaded = await run()
  expect(resultOf(loaded).exit_code, JSON.stringify(loaded)).toBe(0)
  // As if the vendor had sent only true and false in it so far.
  await project.admin(
    'ALTER TABLE MILLRACE.STRIPE.CUSTOMERS DROP COLUMN BALANCE',
    'ALTER TABLE MILLRACE.STRIPE.CUSTOMERS ADD COLUMN BALANCE BOOLEAN',
  )
}, 120_000)
afterAll(() => project.close())

const migration = {
  kind: 'column_widened',
  table: 'stripe.customers',
  column: 'balance',
  from: 'boolean',
  to: 'string',
  migrate: true,
}

test('the plan tells the migration, what it does and what others see meanwhile; nothing is changed', async () => {
  const { lines } = await millrace(['sync', 'plan', 'stripe'], project)
  expect(lines[0]).toMatchObject({ type: 'plan', streams: [{ schema_changes: [migration] }] })
  const { stdout } = await startMillrace(project.directory, ['sync', 'plan', 'stripe'], project.env).ended
  expect(stdout).toContain(
    ' schema   stripe.customers: column balance migrated, boolean → string\n          The warehouse cannot',
  )
  expect(stdout).toMatch(/every row of the column anew[\s\S]*a load or a model that names the column fails/)
  expect(await columns()).toContainEqual({ column_name: 'BALANCE', data_type: 'BOOLEAN' })
})

test('a frozen stream refuses it and changes nothing; one that evolves is migrated once, and keeps its rows', async () => {
  project.sync((text) => `${text}schema_changes: freeze\n`)
  const before = await columns()
  const frozen = await run()
  expect(frozen.lines).toContainEqual(expect.objectContaining({ type: 'error', code: 'MR-2201' }))
  expect(await columns()).toEqual(before)
  project.sync((text) => text.replace('schema_changes: freeze', 'schema_changes: evolve'))
  const count = () => project.rows('SELECT COUNT(*) AS n FROM MILLRACE.STRIPE.CUSTOMERS')
  const rows = await count()
  const done = await run()
  expect(done.lines).toContainEqual(expect.objectContaining({ type: 'schema.changed', change: migration }))
  expect(await count()).toEqual(rows)
  expect(await columns()).toContainEqual({ column_name: 'BALANCE', data_type: 'TEXT' })
  const { lines } = await millrace(['sync', 'plan', 'stripe'], project)
  expect(lines[0]).toMatchObject({ streams: [{ schema_changes: [] }] })
})

const run = () => millrace(['sync', 'run', 'stripe'], project)

const columns = () =>
  project.rows(
    "SELECT column_name, data_type FROM MILLRACE.INFORMATION_SCHEMA.COLUMNS WHERE table_schema = 'STRIPE' AND table_name = 'CUSTOMERS' ORDER BY 1",
  )
