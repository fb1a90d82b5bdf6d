/** Where a new table's columns and rows come from: AS SELECT, LIKE, CLONE. */
import { assign } from '../cast.ts'
import { compilationError, objectMissing } from '../snowflake-error.ts'
import { completeName, storedSql, writtenName } from '../object-name.ts'
import { duckdbType, readType, varcharType } from '../data-type.ts'
import { emptyEnvironment, type Relation } from '../scope.ts'
import { encoded } from '../names.ts'
import { readNamePath } from '../read-name.ts'
import { typed } from '../typed.ts'
import type { ColumnDefinition } from './column-definition.ts'
import type { TableElements } from './table-elements.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

/** `rows`: a DuckDB query whose columns are called and typed as the table's. */
export type TableSource = { readonly definitions: readonly ColumnDefinition[]; readonly rows: string | null }

export function readTableSource(reader: TokenReader, t: Translation, elements: TableElements): TableSource | null {
  if (reader.takeWord('LIKE')) return readLike(reader, t, false)
  if (reader.takeWord('CLONE')) return readLike(reader, t, true)
  if (!reader.takeWord('AS')) return null
  const query = reader.readQuery()
  reader.expectEnd()
  return rowsOf(t, t.query(query, emptyEnvironment), elements)
}

function rowsOf(t: Translation, relation: Relation, { columns, names }: TableElements): TableSource {
  const listed = names?.length ?? columns.length
  if (listed > 0 && listed !== relation.columns.length)
    throw compilationError(
      '002020',
      '21S01',
      `Invalid column definition list: expecting ${relation.columns.length} column(s) but got ${listed}`,
    )
  const definitions =
    columns.length > 0
      ? columns
      : relation.columns.map(({ name, type }, index) => ({
          name: names?.[index] ?? name,
          type: type.kind === 'INTERVAL' || type.kind === 'NULL' ? varcharType() : type,
          nullable: true,
          defaultSql: null,
        }))
  const own = t.alias()
  const items = definitions.map((column, index) => {
    const from = relation.columns[index]
    const value = from ? assign(t, typed(`${own}.${from.sql}`, from.type), column) : 'NULL'
    return `CAST(${value} AS ${duckdbType(column.type)}) AS ${encoded(column.name)}`
  })
  return { definitions, rows: `SELECT ${items.join(', ')} FROM (${relation.sql}) ${own}` }
}

function readLike(reader: TokenReader, t: Translation, withRows: boolean): TableSource {
  const path = readNamePath(reader)
  const name = completeName(t.context, path)
  const columns = t.context.columnsOf(name)
  if (columns === null) throw objectMissing(writtenName(path))
  t.addRead(name)
  const definitions = columns.map((column) => ({
    name: column.name,
    type: readType(column.type),
    nullable: column.nullable ?? true,
    defaultSql: column.default ?? null,
  }))
  const names = columns.map((column) => encoded(column.name))
  return { definitions, rows: withRows ? `SELECT ${names.join(', ')} FROM ${storedSql(t.context, name)}` : null }
}
