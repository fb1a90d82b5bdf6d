/** What stands in the database, by INFORMATION_SCHEMA: https://docs.snowflake.com/en/sql-reference/info-schema */
import type { Table } from '../../model/table.ts'
import type { TextRow } from '../../model/text-row.ts'
import { snowflakeDialect as dialect } from './dialect.ts'
import { logicalName, storedName } from './names.ts'
import { logicalType } from './column-type.ts'

export type Rows = (sql: string) => Promise<readonly TextRow[]>

export async function introspectTable(rows: Rows, schema: string, name: string): Promise<Table | null> {
  const found = await rows(
    `SELECT column_name, data_type, numeric_precision, numeric_scale FROM INFORMATION_SCHEMA.COLUMNS ` +
      `WHERE ${isIn(schema)} AND table_name = ${dialect.text(storedName(name))} ORDER BY ordinal_position`,
  )
  if (found.length === 0) return null
  const columns = found.map((row) => ({
    name: logicalName(row['column_name'] ?? ''),
    type: logicalType(row['data_type'] ?? '', numberOf(row['numeric_precision']), numberOf(row['numeric_scale'])),
  }))
  return { schema, name, columns }
}

export async function tablesIn(rows: Rows, schema: string, prefix: string): Promise<readonly string[]> {
  const found = await rows(
    `SELECT table_name FROM INFORMATION_SCHEMA.TABLES WHERE ${isIn(schema)} AND STARTSWITH(table_name, ${dialect.text(storedName(prefix))}) ORDER BY table_name`,
  )
  return found.map((row) => logicalName(row['table_name'] ?? ''))
}

export type Relation = Pick<Table, 'schema' | 'name'>

export type StandingView = {
  readonly definition: string
  /** What was made or altered after the view, of all whose names stand somewhere in its text. */
  readonly changed: readonly Relation[]
}

/** Each view of a schema, by its logical name: one statement, whatever there is. */
export async function viewsIn(rows: Rows, schema: string): Promise<ReadonlyMap<string, StandingView>> {
  const stands = (part: string) => `CONTAINS(UPPER(v.view_definition), UPPER(t.${part}))`
  const found = await rows(
    `SELECT v.table_name, v.view_definition, t.table_schema AS changed_schema, t.table_name AS changed_name ` +
      `FROM INFORMATION_SCHEMA.VIEWS AS v LEFT JOIN INFORMATION_SCHEMA.TABLES AS t ` +
      `ON t.last_ddl >= v.created AND ${stands('table_schema')} AND ${stands('table_name')} ` +
      `AND NOT (t.table_schema = v.table_schema AND t.table_name = v.table_name) WHERE v.${isIn(schema)}`,
  )
  const views = new Map<string, { readonly definition: string; readonly changed: Relation[] }>()
  for (const row of found) {
    const name = logicalName(row['table_name'] ?? '')
    const view = views.get(name) ?? { definition: row['view_definition'] ?? '', changed: [] }
    const [changedSchema, changedName] = [row['changed_schema'], row['changed_name']]
    if (changedSchema && changedName) view.changed.push({ schema: changedSchema, name: changedName })
    views.set(name, view)
  }
  return views
}

const isIn = (schema: string): string => `table_schema = ${dialect.text(storedName(schema))}`

const numberOf = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : Number(text)
