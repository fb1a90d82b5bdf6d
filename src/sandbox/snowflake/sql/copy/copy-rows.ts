/** The rows that a COPY puts into its table, once the files' columns are known. */
import { assign } from '../cast.ts'
import { compilationError, wrongValueCount } from '../snowflake-error.ts'
import { encoded } from '../names.ts'
import { openReader } from '../grammar.ts'
import { openTranslation } from '../rules.ts'
import { readAlias } from '../read-name.ts'
import { isSemi, readType, typeFromDuckDB, varcharType, variantType } from '../data-type.ts'
import { scopeOf, type RelationColumn, type ScopeRelation } from '../scope.ts'
import { quoteName, quoteText } from '../../../../duckdb/sql-text.ts'
import { typed } from '../typed.ts'
import type { Column, Copy, SqlContext } from '../statement.ts'
import type { Expression } from '../expression.ts'

/** What the session reads: DuckDB SQL that gives the files' rows. */
export type FileSource =
  /** Columns as the file has them; NULL columns are not there. */
  | {
      readonly format: 'parquet'
      readonly sql: string
      readonly columns: readonly { readonly name: string; readonly type: string }[]
    }
  /** One column with a JSON value a row. */
  | { readonly format: 'json'; readonly sql: string; readonly column: string }
  /** VARCHAR columns in the file's order. */
  | { readonly format: 'csv'; readonly sql: string; readonly columns: readonly string[] }

/** `select` gives exactly `columns`, typed for the table; INSERT INTO t (columns) select. */
export type CopyRows = { readonly sql: string; readonly columns: readonly Column[] }

export function copyRows(copy: Copy, source: FileSource, target: readonly Column[], context: SqlContext): CopyRows {
  if (copy.from.select !== null) return transformed(copy, copy.from.select, source, target, context)
  const how = copy.options['MATCH_BY_COLUMN_NAME'] ?? 'NONE'
  if (how !== 'NONE') return matched(source, target, context, how === 'CASE_SENSITIVE')
  if (source.format === 'csv') return byPosition(copy, source, target, context)
  const columns = listed(copy, target)
  const [only] = columns
  if (columns.length !== 1 || !only)
    throw compilationError(
      '001110',
      '42601',
      `${source.format.toUpperCase()} file format can produce one and only one column of type variant, object, or array. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation.`,
    )
  const t = openTranslation('', context)
  const row = rowRelation(source, null).columns[0]
  return {
    sql: `SELECT ${row ? assign(t, row, typedColumn(only)) : 'NULL'} AS ${encoded(only.name)} FROM ${source.sql} AS f`,
    columns,
  }
}

const typedColumn = (column: Column) => ({ name: column.name, type: readType(column.type) })

function listed(copy: Copy, target: readonly Column[]): readonly Column[] {
  if (copy.columns === null) return target
  return copy.columns.flatMap((name) => target.filter((column) => column.name === name))
}

function transformed(
  copy: Copy,
  select: NonNullable<Copy['from']['select']>,
  source: FileSource,
  target: readonly Column[],
  context: SqlContext,
): CopyRows {
  const t = openTranslation(select.items, context)
  const reader = openReader(select.items)
  const items: Expression[] = [
    ...reader.list(() => {
      const value = reader.readExpression()
      readAlias(reader)
      return value
    }),
  ]
  const columns = listed(copy, target)
  if (columns.length !== items.length && (copy.columns !== null || items.length > columns.length))
    throw wrongValueCount(columns.length, items.length)
  const scope = scopeOf([rowRelation(source, select.alias)])
  const used = columns.slice(0, items.length)
  const rows = used.map((column, index) => {
    const item = items[index]
    const value = item ? t.expression(item, scope) : typed('NULL', { kind: 'NULL' })
    // Of a staged file a text may go where a VARIANT is wanted only by PARSE_JSON, as everywhere.
    return `${assign(t, value, typedColumn(column))} AS ${encoded(column.name)}`
  })
  return { sql: `SELECT ${rows.join(', ')} FROM ${source.sql} AS f`, columns: used }
}

/** $1 and what is in it. */
function rowRelation(source: FileSource, alias: string | null): ScopeRelation {
  const columns: RelationColumn[] = []
  if (source.format === 'csv')
    source.columns.forEach((name, index) =>
      columns.push({ name: `$${index + 1}`, sql: `f.${quoteName(name)}`, type: varcharType() }),
    )
  else if (source.format === 'json')
    columns.push({ name: '$1', sql: `f.${quoteName(source.column)}`, type: variantType })
  else {
    const fields = source.columns.map(({ name }) => `${quoteName(name)} := f.${quoteName(name)}`)
    columns.push({
      name: '$1',
      sql: fields.length === 0 ? `CAST('{}' AS JSON)` : `CAST(to_json(struct_pack(${fields.join(', ')})) AS JSON)`,
      type: variantType,
    })
    for (const { name, type } of source.columns)
      columns.push({ name: `$1:${name}`, sql: `f.${quoteName(name)}`, type: typeFromDuckDB(type) })
  }
  return { alias, path: null, columns }
}

function matched(source: FileSource, target: readonly Column[], context: SqlContext, caseSensitive: boolean): CopyRows {
  const t = openTranslation('', context)
  if (source.format === 'csv')
    throw compilationError('001111', '42601', 'MATCH_BY_COLUMN_NAME for CSV needs PARSE_HEADER = TRUE')
  const same = (a: string, b: string) => (caseSensitive ? a === b : a.toUpperCase() === b.toUpperCase())
  if (source.format === 'json') {
    const keys = (name: string) =>
      `list_filter(json_keys(f.${quoteName(source.column)}), lambda k: ${caseSensitive ? 'k' : 'upper(k)'} = ${quoteText(caseSensitive ? name : name.toUpperCase())})[1]`
    const rows = target.map(
      (column) =>
        `${assign(t, typed(`sf_key(f.${quoteName(source.column)}, ${keys(column.name)})`, variantType), typedColumn(column))} AS ${encoded(column.name)}`,
    )
    return { sql: `SELECT ${rows.join(', ')} FROM ${source.sql} AS f`, columns: target }
  }
  const columns = target.filter((column) => source.columns.some(({ name }) => same(name, column.name)))
  const rows = columns.map((column) => {
    const file = source.columns.find(({ name }) => same(name, column.name))
    const value = typed(`f.${quoteName(file?.name ?? '')}`, typeFromDuckDB(file?.type ?? 'VARCHAR'))
    const to = typedColumn(column)
    // A file's text becomes a VARIANT text; nothing of it is parsed.
    const sql =
      to.type.kind === 'VARIANT' && value.type.kind === 'VARCHAR' ? `to_json(${value.sql})` : assign(t, value, to)
    return `${sql} AS ${encoded(column.name)}`
  })
  return { sql: `SELECT ${rows.join(', ') || 'NULL'} FROM ${source.sql} AS f`, columns }
}

function byPosition(
  copy: Copy,
  source: Extract<FileSource, { format: 'csv' }>,
  target: readonly Column[],
  context: SqlContext,
): CopyRows {
  const t = openTranslation('', context)
  const columns = listed(copy, target)
  if (columns.length !== source.columns.length && copy.fileFormat['ERROR_ON_COLUMN_COUNT_MISMATCH'] !== 'FALSE')
    throw compilationError(
      '100080',
      '22000',
      `Number of columns in file (${source.columns.length}) does not match that of the corresponding table (${columns.length}), use file format option error_on_column_count_mismatch=false to ignore this error`,
    )
  const used = columns.slice(0, source.columns.length)
  const rows = used.map((column, index) => {
    const value = typed(`f.${quoteName(source.columns[index] ?? '')}`, varcharType())
    const to = typedColumn(column)
    const sql = isSemi(to.type) ? `sf_parse_json(${value.sql})` : assign(t, value, to)
    return `${sql} AS ${encoded(column.name)}`
  })
  return { sql: `SELECT ${rows.join(', ')} FROM ${source.sql} AS f`, columns: used }
}
