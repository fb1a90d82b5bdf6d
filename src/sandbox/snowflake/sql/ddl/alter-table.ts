/** ALTER TABLE. https://docs.snowflake.com/en/sql-reference/sql/alter-table */
import { changeColumn } from './change-column.ts'
import { commentSql } from './table-comment.ts'
import { completeName, writtenName, checkSchema, storedSql } from '../object-name.ts'
import {
  compilationError,
  invalidIdentifier,
  objectExists,
  objectMissing,
  snowflakeError,
  unsupported,
} from '../snowflake-error.ts'
import { ddl, done } from './statement-parts.ts'
import { duckdbType } from '../data-type.ts'
import { encoded, relationSql, shownName } from '../names.ts'
import { readColumnDefinition, shownColumn } from './column-definition.ts'
import { readName, readNamePath } from '../read-name.ts'
import { readOptions } from '../read-options.ts'
import type { Check, Column, Ddl, ObjectName } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export type Altered = {
  readonly name: ObjectName
  readonly relation: string
  readonly columns: readonly Column[]
}

/** What an ALTER does: DuckDB's statements, and the columns that there are then. */
export type Alteration = {
  readonly sql: readonly string[]
  readonly columns: readonly Column[]
  readonly checks?: readonly Check[]
}

export function readAlterTable(reader: TokenReader, t: Translation): Ddl {
  const ifExists = reader.takeWord('IF', 'EXISTS')
  const path = readNamePath(reader)
  const name = completeName(t.context, path)
  const columns = t.context.columnsOf(name)
  if (columns === null && !ifExists) {
    checkSchema(t.context, name)
    throw objectMissing(writtenName(path), 'Table')
  }
  const table: Altered = { name, relation: storedSql(t.context, name), columns: columns ?? [] }
  const common = { verb: 'alter', objectKind: 'table', name, ifExists, message: done } as const
  if (reader.takeWord('RENAME', 'TO')) return rename(reader, t, table, columns === null, common)
  const rest = readProperties(reader)
  if (rest) return ddl({ ...common, options: rest, comment: rest['COMMENT'] ?? null })
  if (columns === null) {
    while (!reader.atEnd && !reader.isSymbol(';')) reader.next()
    return ddl(common)
  }
  const { sql, columns: after, checks } = readAlteration(reader, t, table)
  return ddl({
    ...common,
    columns: after,
    checks: checks ?? [],
    temporary: t.context.isTemporary(name),
    sql: sql.length === 0 ? [] : [...sql, ...commentSql('TABLE', table.relation, after, { at: t.context.now })],
  })
}

function readAlteration(reader: TokenReader, t: Translation, table: Altered): Alteration {
  if (reader.takeWord('ADD')) {
    if (['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'FOREIGN'].includes(reader.token.value))
      return skipConstraint(reader, table)
    reader.takeWord('COLUMN')
    return addColumns(reader, t, table)
  }
  if (reader.takeWord('DROP')) {
    if (reader.isWord('PRIMARY') || reader.isWord('CONSTRAINT') || reader.isWord('UNIQUE'))
      return skipConstraint(reader, table)
    reader.takeWord('COLUMN')
    return dropColumns(reader, table)
  }
  if (reader.takeWord('RENAME', 'COLUMN')) return renameColumn(reader, table)
  if (reader.takeWord('ALTER') || reader.takeWord('MODIFY')) return changeColumn(reader, table)
  if (reader.isWord('SWAP')) throw unsupported('ALTER TABLE … SWAP WITH')
  throw reader.unexpected()
}

/** Constraints are declared and not enforced. */
function skipConstraint(reader: TokenReader, table: Altered): Alteration {
  while (!reader.atEnd && !reader.isSymbol(';')) reader.next()
  return { sql: [], columns: table.columns }
}

function addColumns(reader: TokenReader, t: Translation, table: Altered): Alteration {
  const sql: string[] = []
  const checks: Check[] = []
  const columns = [...table.columns]
  let ifNotExists = reader.takeWord('IF', 'NOT', 'EXISTS')
  do {
    if (columns.length > table.columns.length) {
      reader.takeWord('COLUMN')
      ifNotExists = reader.takeWord('IF', 'NOT', 'EXISTS') || ifNotExists
    }
    const column = readColumnDefinition(reader, t)
    if (columns.some(({ name }) => name === column.name)) {
      if (ifNotExists) continue
      throw compilationError('001430', '42601', `column '${column.name}' already exists`)
    }
    const own = encoded(column.name)
    sql.push(
      `ALTER TABLE ${table.relation} ADD COLUMN ${own} ${duckdbType(column.type)}${column.defaultSql === null ? '' : ` DEFAULT ${column.defaultSql}`}`,
    )
    if (!column.nullable) {
      sql.push(`ALTER TABLE ${table.relation} ALTER COLUMN ${own} SET NOT NULL`)
      if (column.defaultSql === null) checks.push(emptyTable(table, column.name))
    }
    columns.push(shownColumn(column))
  } while (reader.takeSymbol(','))
  return { sql, columns, checks }
}

const emptyTable = (table: Altered, column: string): Check => ({
  sql: `SELECT 1 FROM ${table.relation} LIMIT 1`,
  error: () =>
    snowflakeError(
      '002203',
      '22000',
      `SQL compilation error:\nNon-nullable column '${column}' cannot be added to non-empty table '${table.name.name}' unless it has a non-null default value.`,
    ),
})

function dropColumns(reader: TokenReader, table: Altered): Alteration {
  const ifExists = reader.takeWord('IF', 'EXISTS')
  const place = reader.place(reader.token.start)
  const names = reader.list(() => {
    reader.takeWord('COLUMN')
    return readName(reader).value
  })
  const known = names.filter((name) => table.columns.some((column) => column.name === name))
  const missing = names.find((name) => !known.includes(name))
  if (missing !== undefined && !ifExists) throw invalidIdentifier(missing, place)
  const columns = table.columns.filter(({ name }) => !known.includes(name))
  if (columns.length === 0) throw compilationError('002031', '42601', 'Cannot drop the only column in a table')
  return { sql: known.map((name) => `ALTER TABLE ${table.relation} DROP COLUMN ${encoded(name)}`), columns }
}

function renameColumn(reader: TokenReader, table: Altered): Alteration {
  const place = reader.place(reader.token.start)
  const from = readName(reader).value
  reader.expectWord('TO')
  const to = readName(reader).value
  if (!table.columns.some(({ name }) => name === from)) throw invalidIdentifier(from, place)
  if (table.columns.some(({ name }) => name === to))
    throw compilationError('001430', '42601', `column '${to}' already exists`)
  return {
    sql: [`ALTER TABLE ${table.relation} RENAME COLUMN ${encoded(from)} TO ${encoded(to)}`],
    columns: table.columns.map((column) => (column.name === from ? { ...column, name: to } : column)),
  }
}

function rename(
  reader: TokenReader,
  t: Translation,
  table: Altered,
  isGone: boolean,
  common: Parameters<typeof ddl>[0],
): Ddl {
  const path = readNamePath(reader)
  const renamedTo = completeName(t.context, path)
  if (isGone) return ddl({ ...common, renamedTo })
  if (t.context.columnsOf(renamedTo) !== null) throw objectExists(shownName(renamedTo))
  checkSchema(t.context, renamedTo)
  const isTemporary = t.context.isTemporary(table.name)
  const to = relationSql(renamedTo, isTemporary)
  const isHere = isTemporary || (renamedTo.schema === table.name.schema && renamedTo.database === table.name.database)
  const last = to.slice(to.lastIndexOf('."') + 1)
  // DuckDB renames within a schema only; into another one the table is made anew.
  const sql = isHere
    ? [`ALTER TABLE ${table.relation} RENAME TO ${last}`]
    : [
        `CREATE TABLE ${to} AS SELECT * FROM ${table.relation}`,
        ...commentSql('TABLE', to, table.columns, { at: t.context.now }),
        `DROP TABLE ${table.relation}`,
      ]
  return ddl({ ...common, renamedTo, columns: table.columns, temporary: isTemporary, sql })
}

function readProperties(reader: TokenReader): Readonly<Record<string, string>> | null {
  if (reader.takeWord('CLUSTER', 'BY')) {
    reader.listInParentheses(() => reader.readExpression())
    return {}
  }
  if (reader.takeWord('DROP', 'CLUSTERING', 'KEY')) return {}
  if (reader.takeWord('UNSET')) return Object.fromEntries(reader.list(() => [readName(reader).value, '']))
  return reader.takeWord('SET') ? readOptions(reader) : null
}
