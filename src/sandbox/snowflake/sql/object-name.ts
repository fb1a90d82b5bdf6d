/** Names completed with the session's database and schema. */
import { noCurrentDatabase, noCurrentSchema, objectMissing } from './snowflake-error.ts'
import { relationSql, shownPart } from './names.ts'
import type { Name } from './expression.ts'
import type { Column, ObjectName, SqlContext } from './statement.ts'

/** Of a table, a view, a stage: DB.SCHEMA.NAME. */
export function completeName(context: SqlContext, parts: readonly Name[]): ObjectName {
  const [name, schema, database] = parts.toReversed().map(({ value }) => value)
  const inDatabase = database ?? context.database
  if (inDatabase === null || inDatabase === undefined) throw noCurrentDatabase()
  const inSchema = schema ?? context.schema
  if (inSchema === null || inSchema === undefined) throw noCurrentSchema()
  return { database: inDatabase, schema: inSchema, name: name ?? '' }
}

/** Of a schema: DB.NAME. */
export function completeSchema(context: SqlContext, parts: readonly Name[]): ObjectName {
  const [name, database] = parts.toReversed().map(({ value }) => value)
  const inDatabase = database ?? context.database
  if (inDatabase === null || inDatabase === undefined) throw noCurrentDatabase()
  return { database: inDatabase, schema: name ?? '', name: name ?? '' }
}

export const writtenName = (parts: readonly Name[]): string => parts.map(({ value }) => shownPart(value)).join('.')

/** A table in DuckDB: the session's temporary one, or everybody's. */
export const storedSql = (context: SqlContext, name: ObjectName): string => relationSql(name, context.isTemporary(name))

/** Of a table or view; where it is not there, of its schema, if the statement names one that is not. */
export function knownColumns(
  context: SqlContext,
  name: ObjectName,
  written: readonly Name[],
  kind?: 'Table' | 'View',
): readonly Column[] {
  const columns = context.columnsOf(name)
  if (columns !== null) return columns
  if (written.length > 1) checkSchema(context, name)
  throw objectMissing(writtenName(written), kind)
}

/** That a table's schema is there. */
export function checkSchema(context: SqlContext, name: ObjectName): void {
  const schema = { database: name.database ?? '', schema: name.schema ?? '' }
  if (!context.hasSchema(schema))
    throw objectMissing([schema.database, schema.schema].map(shownPart).join('.'), 'Schema')
}
