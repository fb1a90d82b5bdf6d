/** CREATE TABLE, also LIKE, CLONE and AS SELECT. https://docs.snowflake.com/en/sql-reference/sql/create-table */
import { assign } from '../cast.ts'
import { checkSchema, completeName, writtenName } from '../object-name.ts'
import {
  type ColumnDefinition,
  definitionSql,
  readColumnDefinition,
  readReference,
  shownColumn,
} from './column-definition.ts'
import { commentSql } from './table-comment.ts'
import { compilationError, objectExists, objectMissing, unsupported } from '../snowflake-error.ts'
import { ddl } from './statement-parts.ts'
import { duckdbType, readType, varcharType } from '../data-type.ts'
import { emptyEnvironment, type Relation } from '../scope.ts'
import { encoded, relationSql, shownName, shownPart, temporarySql } from '../names.ts'
import { readName, readNamePath } from '../read-name.ts'
import { readOptions } from '../read-options.ts'
import { targetSql } from '../dml/target.ts'
import { typed } from '../typed.ts'
import type { Ddl, ObjectName } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export type CreateWords = { readonly orReplace: boolean; readonly temporary: boolean; readonly transient: boolean }

export function readCreateTable(reader: TokenReader, t: Translation, words: CreateWords): Ddl {
  const before = reader.takeWord('IF', 'NOT', 'EXISTS')
  if (before && words.orReplace)
    throw compilationError('001049', '42601', 'options IF NOT EXISTS and OR REPLACE are incompatible.')
  const path = readNamePath(reader)
  const ifNotExists = before || reader.takeWord('IF', 'NOT', 'EXISTS')
  const name = completeName(t.context, path)
  const isTable = reader.isSymbol('(')
  const elements = isTable ? reader.listInParentheses(() => readElement(reader, t)) : []
  const listed = elements.filter((element) => element !== null)
  const primary = new Set(elements.length === listed.length ? [] : (primaryKeys.get(reader) ?? []))
  const own = {
    definitions: listed.map((column) => (primary.has(column.name) ? { ...column, nullable: false } : column)),
  }
  const options = readTableOptions(reader)
  const source = readSource(reader, t, own.definitions)
  if (!isTable && source === null) throw reader.unexpected()
  const late = readTableOptions(reader)
  checkSchema(t.context, name)
  const definitions = source?.definitions ?? own.definitions
  checkDuplicates(definitions)
  const shown = shownPart(name.name)
  const common = { verb: 'create', objectKind: 'table', name, ...words, ifNotExists, reads: t.reads } as const
  const columns = definitions.map(shownColumn)
  const there = t.context.columnsOf(name) !== null && (t.context.isTemporary?.(name) ?? false) === words.temporary
  if (there && ifNotExists) return ddl({ ...common, columns, message: `${shown} already exists, statement succeeded.` })
  if (there && !words.orReplace) throw objectExists(shownName(name))
  const comment = options['COMMENT'] ?? late['COMMENT'] ?? null
  const relation = words.temporary ? temporarySql(name) : relationSql(name)
  const creates = createSql(relation, words, definitions, source?.rows ?? null)
  return ddl({
    ...common,
    columns,
    comment,
    options: { ...options, ...late },
    sql: [...creates, ...commentSql('TABLE', relation, columns, { comment, transient: words.transient })],
    rowsFrom: source?.rows ? creates.length - 1 : null,
    message: `Table ${shown} successfully created.`,
  })
}

function createSql(
  relation: string,
  words: CreateWords,
  definitions: readonly ColumnDefinition[],
  rows: string | null,
): readonly string[] {
  const create = `CREATE ${words.orReplace ? 'OR REPLACE ' : ''}${words.temporary ? 'TEMP ' : ''}TABLE ${relation}`
  const table = `${create} (${definitions.map(definitionSql).join(', ')})`
  if (rows === null) return [table]
  return [table, `INSERT INTO ${relation} ${rows}`]
}

/** Out-of-line PRIMARY KEYs, by reader: their columns are NOT NULL. */
const primaryKeys = new WeakMap<TokenReader, readonly string[]>()

function readElement(reader: TokenReader, t: Translation): ColumnDefinition | null {
  if (
    reader.isWord('CONSTRAINT') ||
    reader.isWord('PRIMARY', 'KEY') ||
    reader.isWord('FOREIGN', 'KEY') ||
    (reader.isWord('UNIQUE') && reader.ahead(1).value === '(')
  ) {
    if (reader.takeWord('CONSTRAINT')) readName(reader)
    const isPrimary = reader.takeWord('PRIMARY', 'KEY')
    const isForeign = !isPrimary && reader.takeWord('FOREIGN', 'KEY')
    if (!isPrimary && !isForeign) reader.expectWord('UNIQUE')
    const names = reader.listInParentheses(() => readName(reader).value)
    if (isPrimary) primaryKeys.set(reader, names)
    if (isForeign) {
      reader.expectWord('REFERENCES')
      readReference(reader)
    }
    while (
      reader.takeWord('NOT', 'ENFORCED') ||
      reader.takeWord('ENFORCED') ||
      reader.takeWord('RELY') ||
      reader.takeWord('NORELY')
    )
      continue
    return null
  }
  return readColumnDefinition(reader, t)
}

function readTableOptions(reader: TokenReader): Readonly<Record<string, string>> {
  const options: Record<string, string> = {}
  for (;;) {
    if (reader.takeWord('CLUSTER', 'BY')) reader.listInParentheses(() => reader.readExpression())
    else if (reader.takeWord('COPY', 'GRANTS')) continue
    else {
      const more = readOptions(reader)
      if (Object.keys(more).length === 0) return options
      Object.assign(options, more)
    }
  }
}

type Source = { readonly definitions: readonly ColumnDefinition[]; readonly rows: string | null }

function readSource(reader: TokenReader, t: Translation, listed: readonly ColumnDefinition[]): Source | null {
  if (reader.takeWord('LIKE')) return readLike(reader, t, false)
  if (reader.takeWord('CLONE')) return readLike(reader, t, true)
  if (!reader.takeWord('AS')) return null
  return rowsOf(t, t.query(reader.readQuery(), emptyEnvironment), listed)
}

function rowsOf(t: Translation, relation: Relation, listed: readonly ColumnDefinition[]): Source {
  if (listed.length > 0 && listed.length !== relation.columns.length)
    throw compilationError(
      '002020',
      '21S01',
      `Invalid column definition list: expecting ${relation.columns.length} column(s) but got ${listed.length}`,
    )
  const definitions =
    listed.length > 0
      ? listed
      : relation.columns.map(({ name, type }) => ({
          name,
          type: type.kind === 'INTERVAL' ? varcharType() : type,
          nullable: true,
          defaultSql: null,
        }))
  const own = t.alias()
  const items = definitions.map((column, index) => {
    const from = relation.columns[index]
    return `CAST(${from ? assign(t, typed(`${own}.${from.sql}`, from.type), column) : 'NULL'} AS ${duckdbType(column.type)})`
  })
  return { definitions, rows: `SELECT ${items.join(', ')} FROM (${relation.sql}) ${own}` }
}

function readLike(reader: TokenReader, t: Translation, withRows: boolean): Source {
  const path = readNamePath(reader)
  const name: ObjectName = completeName(t.context, path)
  const columns = t.context.columnsOf(name)
  if (columns === null) throw objectMissing(writtenName(path))
  t.addRead(name)
  const definitions = columns.map((column) => ({
    name: column.name,
    type: readType(column.type),
    nullable: column.nullable ?? true,
    defaultSql: null,
  }))
  const rows = withRows
    ? `SELECT ${columns.map((column) => encoded(column.name)).join(', ')} FROM ${targetSql(t, name)}`
    : null
  if (columns.length === 0) throw unsupported('a table without columns')
  return { definitions, rows }
}

function checkDuplicates(definitions: readonly ColumnDefinition[]): void {
  const seen = new Set<string>()
  for (const { name } of definitions) {
    if (seen.has(name)) throw compilationError('002025', '42S21', `duplicate column name '${name}'`)
    seen.add(name)
  }
}
