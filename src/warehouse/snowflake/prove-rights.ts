/** Every right that a run needs, tried in a schema that is made for it and dropped again: what `doctor` shows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asMillraceError, MillraceErrors } from '../../model/millrace-error.ts'
import type { SnowflakeClient } from './client/open-client.ts'

export type ProvenRight = {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  /** What to do about it; empty where it is ok. */
  readonly fix: readonly string[]
}

export type RightsRequest = {
  /** Opens a session: what it throws is the first finding, and the last. */
  readonly open: () => Promise<SnowflakeClient>
  /** Of the schema that is made. Lower-case letters and digits: it stands in a name. */
  readonly id: string
}

/**
 * What depends on a step that failed is left out: one cause is one finding. Where the role makes no schemas, `_MILLRACE` is
 * tried instead, which `millrace grants snowflake --per-schema` has an administrator make.
 */
export async function* proveRights({ open, id }: RightsRequest): AsyncGenerator<ProvenRight> {
  let client: SnowflakeClient | undefined
  const signedIn = await prove('snowflake: sign-in', async () => {
    client = await open()
    return describeSession(client)
  })
  yield signedIn
  if (client === undefined) return
  try {
    yield* proveInSession(client, id)
  } finally {
    await client.close()
  }
}

async function* proveInSession(client: SnowflakeClient, id: string): AsyncGenerator<ProvenRight> {
  const runs = await prove('snowflake: warehouse runs', async () => {
    const [row] = await client.rows(
      'SELECT CURRENT_WAREHOUSE() AS WAREHOUSE, COUNT(*) AS N FROM TABLE(GENERATOR(ROWCOUNT => 10))',
    )
    return `${row?.['warehouse'] ?? 'no warehouse'} answers`
  })
  yield runs
  if (!runs.ok) return
  const own = `MILLRACE_DOCTOR_${id.toUpperCase()}`
  const makesSchemas = await prove('snowflake: create schema', async () => {
    await client.run(`CREATE SCHEMA ${quoted(own)}`)
    return 'a schema can be made'
  })
  const schema = makesSchemas.ok ? own : await ownSchemaOf(client)
  yield makesSchemas.ok || schema === null
    ? makesSchemas
    : {
        ...makesSchemas,
        ok: true,
        detail: `no schema can be made; ${schema} is there, as \`grants --per-schema\` has it`,
        fix: [],
      }
  if (schema === null) return
  try {
    yield* proveInSchema(client, { schema, table: `DOCTOR_${id.toUpperCase()}` })
  } finally {
    if (makesSchemas.ok) yield await prove('snowflake: drop schema', () => dropped(client, `SCHEMA ${quoted(own)}`))
  }
}

async function* proveInSchema(
  client: SnowflakeClient,
  { schema, table }: { readonly schema: string; readonly table: string },
): AsyncGenerator<ProvenRight> {
  const name = `${quoted(schema)}.${quoted(table)}`
  const made = await prove('snowflake: create table', async () => {
    await client.run(`CREATE TRANSIENT TABLE ${name} (ID NUMBER(19,0), NAME VARCHAR)`)
    return 'a table can be made'
  })
  yield made
  if (!made.ok) return
  const stage = `@${quoted(schema)}.%${quoted(table)}`
  yield await prove('snowflake: put and copy', () => stagedRow(client, name, stage))
  yield await prove('snowflake: transaction', () => changedRows(client, name))
  yield await prove('snowflake: create view', async () => {
    const view = `${quoted(schema)}.${quoted(`${table}_VIEW`)}`
    await client.run(`CREATE OR REPLACE VIEW ${view} AS SELECT ID FROM ${name}`)
    return dropped(client, `VIEW ${view}`, 'a view can be made')
  })
  yield await prove('snowflake: drop table', () => dropped(client, `TABLE ${name}`))
}

async function stagedRow(client: SnowflakeClient, name: string, stage: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-doctor-'))
  try {
    const file = join(directory, 'doctor.json')
    writeFileSync(file, '{"ID":1,"NAME":"one"}\n')
    await client.put([file], `${stage}/doctor`)
    await client.run(
      `COPY INTO ${name} FROM ${stage}/doctor FILE_FORMAT = (TYPE = JSON) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE PURGE = TRUE`,
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return `${await countRows(client, name)} row went through the table's stage`
}

async function changedRows(client: SnowflakeClient, name: string): Promise<string> {
  await client.run('BEGIN TRANSACTION')
  try {
    await client.run(`INSERT INTO ${name} SELECT 2, 'two'`)
    await client.run(`UPDATE ${name} SET NAME = 'zwei' WHERE ID = 2`)
    await client.run(`DELETE FROM ${name} WHERE ID = 1`)
    await client.run('COMMIT')
  } catch (error) {
    await client.run('ROLLBACK')
    throw error
  }
  return 'rows can be inserted, updated and deleted in one'
}

async function describeSession(client: SnowflakeClient): Promise<string> {
  const [row] = await client.rows(
    'SELECT CURRENT_USER() AS "user", CURRENT_ROLE() AS "role", CURRENT_DATABASE() AS "database", CURRENT_VERSION() AS "version"',
  )
  return `${row?.['user'] ?? ''} as ${row?.['role'] ?? 'no role'} in ${row?.['database'] ?? 'no database'}, Snowflake ${row?.['version'] ?? ''}`
}

async function ownSchemaOf(client: SnowflakeClient): Promise<string | null> {
  const [row] = await client.rows(
    `SELECT SCHEMA_NAME AS "schema" FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME = '_MILLRACE'`,
  )
  return row?.['schema'] ?? null
}

async function countRows(client: SnowflakeClient, name: string): Promise<string> {
  const [row] = await client.rows(`SELECT COUNT(*) AS "n" FROM ${name}`)
  return row?.['n'] ?? '0'
}

async function dropped(client: SnowflakeClient, what: string, detail = 'it is gone again'): Promise<string> {
  await client.run(`DROP ${what}`)
  return detail
}

async function prove(name: string, work: () => Promise<string>): Promise<ProvenRight> {
  try {
    return { name, ok: true, detail: await work(), fix: [] }
  } catch (error) {
    const errors = error instanceof MillraceErrors ? error.errors : [asMillraceError(error, name)]
    return {
      name,
      ok: false,
      detail: errors.map(({ message }) => message).join('; '),
      fix: errors.flatMap(({ next }) => next),
    }
  }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
