/** Tables and views: what stands, what is missing, what has to be widened. */
import type { Database } from '../../duckdb/open-database.ts'
import { converted, duckdbType, logicalType, quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import { widen } from '../../model/logical-type.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Column, SchemaChange, Table } from '../../model/table.ts'
import type { SchemaPolicy } from '../port.ts'

export async function introspect(db: Database, schema: string, name: string): Promise<Table | null> {
  const rows = await db.rows(
    `SELECT column_name, data_type FROM duckdb_columns() WHERE lower(schema_name) = lower(${quoteText(schema)}) AND lower(table_name) = lower(${quoteText(name)}) AND NOT internal ORDER BY column_index`,
  )
  if (rows.length === 0) return null
  return {
    schema,
    name,
    columns: rows.map((row) => ({ name: row['column_name'] ?? '', type: logicalType(row['data_type'] ?? '') })),
  }
}

export async function describeQuery(db: Database, sql: string): Promise<readonly Column[]> {
  const rows = await db.rows(`DESCRIBE ${sql}`)
  return rows.map((row) => ({ name: row['column_name'] ?? '', type: logicalType(row['column_type'] ?? '') }))
}

export async function planTable(db: Database, table: Table, policy: SchemaPolicy): Promise<readonly SchemaChange[]> {
  const stored = await introspect(db, table.schema, table.name)
  const label = `${table.schema}.${table.name}`
  if (!stored) return [{ kind: 'table_created', table: label }]
  const changes: SchemaChange[] = []
  for (const column of table.columns) {
    const change = changeOf(stored, column, label)
    if (change) changes.push(await keepDigits(db, table, change))
  }
  if (policy === 'freeze' && changes.length > 0) throw frozen(label, changes)
  return policy === 'ignore' ? changes.filter((change) => change.kind !== 'column_added') : changes
}

/** Additive and idempotent; outside any transaction, as Snowflake commits on DDL. Columns never vanish. */
export async function ensureTable(db: Database, table: Table, policy: SchemaPolicy): Promise<readonly SchemaChange[]> {
  const changes = await planTable(db, table, policy)
  const target = relation(table.schema, table.name)
  for (const change of changes) {
    switch (change.kind) {
      case 'table_created': {
        const columns = table.columns.map((column) => `${quoteName(column.name)} ${duckdbType(column.type)}`)
        await db.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(table.schema)}`)
        await db.run(`CREATE TABLE IF NOT EXISTS ${target} (${columns.join(', ')})`)
        break
      }
      case 'column_added':
        await db.run(
          `ALTER TABLE ${target} ADD COLUMN IF NOT EXISTS ${quoteName(change.column)} ${duckdbType(change.type)}`,
        )
        break
      case 'column_widened':
        await db.run(
          `ALTER TABLE ${target} ALTER COLUMN ${quoteName(change.column)} TYPE ${duckdbType(change.to)} ` +
            `USING ${converted(quoteName(change.column), change.from, change.to)}`,
        )
        break
    }
  }
  return changes
}

export async function ensureView(db: Database, schema: string, name: string, sql: string): Promise<void> {
  await db.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`)
  await db.run(`CREATE OR REPLACE VIEW ${relation(schema, name)} AS ${sql}`)
}

function changeOf(stored: Table, column: Column, table: string): SchemaChange | undefined {
  const present = stored.columns.find((other) => other.name.toLowerCase() === column.name.toLowerCase())
  if (!present) return { kind: 'column_added', table, column: column.name, type: column.type }
  const to = widen(present.type, column.type)
  return to === present.type
    ? undefined
    : { kind: 'column_widened', table, column: column.name, from: present.type, to }
}

/** A stored number that no double holds keeps its digits: its column becomes text instead (promise 6). */
async function keepDigits(db: Database, table: Table, change: SchemaChange): Promise<SchemaChange> {
  if (change.kind !== 'column_widened' || change.to !== 'double') return change
  const column = quoteName(change.column)
  const [lossy] = await db.rows(
    `SELECT 1 AS yes FROM ${relation(table.schema, table.name)} ` +
      `WHERE TRY_CAST(CAST(${column} AS DOUBLE) AS ${duckdbType(change.from)}) IS DISTINCT FROM ${column} LIMIT 1`,
  )
  return lossy ? { ...change, to: 'string' } : change
}

function frozen(table: string, changes: readonly SchemaChange[]): MillraceError {
  const list = changes.map((change) =>
    change.kind === 'table_created' ? 'a new table' : `${change.column} (${change.kind})`,
  )
  return new MillraceError('MR-2201', {
    message: `The source has changed ${table}: ${list.join(', ')}; schema_changes is freeze.`,
    kept: 'Nothing was loaded into it.',
    next: 'Set schema_changes to evolve or ignore for this stream, or exclude the columns.',
  })
}
