/** The state of a sync as rows of text, out of the warehouse and back into it. */
import type { Database } from '../../duckdb/open-database.ts'
import { duckdbType, names, quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import type { LogicalType } from '../../model/logical-type.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Column } from '../../model/table.ts'
import type { StateReplacement, StateRow, StateTable, StateTableName } from '../state-upkeep.ts'
import { dropGenerations } from './generation-table.ts'
import { snapshotTable, stateSchema } from './state-schema.ts'
import { endFences, lockSeededRow } from './state-tables.ts'
import { ensureTable, introspect } from './tables.ts'
import { transaction } from './transaction.ts'

export async function hasState(db: Database, sync: string): Promise<boolean> {
  if (await introspect(db, stateSchema, snapshotTable(sync))) return true
  for (const name of ['snapshots', 'intents', 'rejects', 'cursors'] as const) {
    const [row] = await db.rows(`SELECT count(*) AS n FROM _millrace.${name} WHERE sync = ${quoteText(sync)}`)
    if (row?.['n'] !== '0') return true
  }
  return false
}

export async function stateTablesOfSync(db: Database, sync: string): Promise<readonly StateTable[]> {
  const found: StateTable[] = []
  for (const name of tableNames) {
    const table = await introspect(db, stateSchema, storedName(sync, name))
    if (table) found.push({ name, columns: table.columns.filter((column) => column.name !== 'sync') })
  }
  return found
}

export async function* stateRows(db: Database, sync: string, table: StateTable): AsyncIterable<readonly StateRow[]> {
  const cells = table.columns.map(({ name, type }, index) => `${asText(quoteName(name), type)} AS c${index}`)
  const sql = `SELECT ${cells.join(', ')} FROM ${relation(stateSchema, storedName(sync, table.name))} ${ofSync(sync, table.name)}`
  for await (const rows of db.stream(sql))
    yield rows.map((row) => table.columns.map((_, index) => row[`c${index}`] ?? null))
}

/** All or nothing: a row that does not fit, or one too few, and everything is as it was. */
export async function replaceState(db: Database, { sync, path, tables, rows }: StateReplacement): Promise<void> {
  await transaction(db, async () => {
    await lockSeededRow(db)
    await endFences(db, sync, 'import')
    await dropGenerations(db, sync)
    for (const table of await stateTablesOfSync(db, sync))
      await db.run(`DELETE FROM ${relation(stateSchema, storedName(sync, table.name))} ${ofSync(sync, table.name)}`)
    for (const table of tables) {
      await prepareTable(db, sync, table)
      const inserted = await insertRows(db, { sync, path, table })
      if (inserted !== (rows[table.name] ?? 0))
        throw new MillraceError('MR-1004', {
          message: `${path}: it says ${rows[table.name] ?? 0} rows of ${table.name}, and ${inserted} were read.`,
          kept: 'The state is as it was.',
        })
    }
  })
}

/** The snapshot's table has the columns that its rows need; those of the others are the same for every sync. */
async function prepareTable(db: Database, sync: string, { name, columns }: StateTable): Promise<void> {
  const target = { schema: stateSchema, name: storedName(sync, name), columns }
  if (name === 'snapshot') await ensureTable(db, target, 'evolve')
  const stored = await introspect(db, stateSchema, target.name)
  const unknown = columns.filter((column) => !stored?.columns.some((other) => other.name === column.name))
  if (unknown.length === 0) return
  throw new MillraceError('MR-1004', {
    message: `The rows of ${name} have columns that this millrace does not know: ${unknown.map((column) => column.name).join(', ')}.`,
    kept: 'The state is as it was.',
    next: 'A newer millrace has written the file: update this one.',
  })
}

async function insertRows(
  db: Database,
  { sync, path, table }: { readonly sync: string; readonly path: string; readonly table: StateTable },
): Promise<number> {
  const target = relation(stateSchema, storedName(sync, table.name))
  const columns = [...(table.name === 'snapshot' ? [] : ['sync']), ...table.columns.map((column) => column.name)]
  const cells = [
    ...(table.name === 'snapshot' ? [] : [quoteText(sync)]),
    ...table.columns.map((column, index) => fromText(column, `json_extract_string(json, '$[${index + 1}]')`)),
  ]
  try {
    const inserted = await db.run(
      `INSERT INTO ${target} (${names(columns)}) SELECT ${cells.join(', ')} ` +
        `FROM read_ndjson_objects(${quoteText(path)}, maximum_object_size = ${maxLine}) ` +
        `WHERE json_type(json) = 'ARRAY' AND json_extract_string(json, '$[0]') = ${quoteText(table.name)}`,
    )
    return inserted.rowsChanged
  } catch (error) {
    throw new MillraceError('MR-1004', {
      message: `${path}: a row of ${table.name} does not fit: ${error instanceof Error ? error.message : String(error)}`,
      kept: 'The state is as it was.',
      cause: error,
    })
  }
}

const storedName = (sync: string, name: StateTableName) => (name === 'snapshot' ? snapshotTable(sync) : name)

const ofSync = (sync: string, name: StateTableName) => (name === 'snapshot' ? '' : `WHERE sync = ${quoteText(sync)}`)

const asText = (sql: string, type: LogicalType) => (type === 'binary' ? `to_base64(${sql})` : `CAST(${sql} AS VARCHAR)`)

const fromText = ({ type }: Column, text: string) =>
  type === 'binary' ? `from_base64(${text})` : `CAST(${text} AS ${duckdbType(type)})`

const tableNames = ['snapshots', 'snapshot', 'intents', 'rejects', 'cursors'] as const
const maxLine = 64 << 20
