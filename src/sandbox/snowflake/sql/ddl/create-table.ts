/** CREATE TABLE, also LIKE, CLONE and AS SELECT. https://docs.snowflake.com/en/sql-reference/sql/create-table */
import { checkDistinct, readElements } from './table-elements.ts'
import { checkSchema, completeName } from '../object-name.ts'
import { type ColumnDefinition, definitionSql, shownColumn } from './column-definition.ts'
import { commentSql } from './table-comment.ts'
import { objectExists } from '../snowflake-error.ts'
import { ddl } from './statement-parts.ts'
import { encoded, relationSql, shownName, shownPart } from '../names.ts'
import { readNamePath } from '../read-name.ts'
import { readOptions } from '../read-options.ts'
import { readTableSource } from './table-source.ts'
import type { Ddl } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export type CreateWords = { readonly orReplace: boolean; readonly temporary: boolean; readonly transient: boolean }

export function readCreateTable(reader: TokenReader, t: Translation, words: CreateWords): Ddl {
  const before = reader.takeWord('IF', 'NOT', 'EXISTS')
  const path = readNamePath(reader)
  const ifNotExists = before || reader.takeWord('IF', 'NOT', 'EXISTS')
  const name = completeName(t.context, path)
  const isListed = reader.isSymbol('(')
  const elements = isListed ? readElements(reader, t) : { columns: [], names: null }
  const early = readTableOptions(reader)
  const source = readTableSource(reader, t, elements)
  if (!isListed && source === null) throw reader.unexpected()
  const options = { ...early, ...readTableOptions(reader) }
  checkSchema(t.context, name)
  const definitions = source?.definitions ?? elements.columns
  checkDistinct(definitions.map((column) => column.name))
  const shown = shownPart(name.name)
  const columns = definitions.map(shownColumn)
  const comment = options['COMMENT'] ?? null
  const common = {
    verb: 'create',
    objectKind: 'table',
    name,
    ...words,
    ifNotExists,
    reads: t.reads,
    columns,
    comment,
    options,
  } as const
  const there = t.context.columnsOf(name) !== null && t.context.isTemporary(name) === words.temporary
  if (there && ifNotExists) return ddl({ ...common, message: `${shown} already exists, statement succeeded.` })
  if (there && !words.orReplace) throw objectExists(shownName(name))
  const relation = relationSql(name, words.temporary)
  const rows = source?.rows ?? null
  const readsItself = there && t.reads.some((read) => shownName(read) === shownName(name))
  return ddl({
    ...common,
    sql: [
      ...createSql(relation, words, definitions, { rows, readsItself }),
      ...commentSql('TABLE', relation, columns, { comment, transient: words.transient, at: t.context.now }),
    ],
    rowsFrom: rows === null || readsItself ? null : 1,
    message: `Table ${shown} successfully created.`,
  })
}

/** In one statement where the rows are read from the table that is replaced. */
function createSql(
  relation: string,
  words: CreateWords,
  definitions: readonly ColumnDefinition[],
  { rows, readsItself }: { readonly rows: string | null; readonly readsItself: boolean },
): readonly string[] {
  const create = `CREATE ${words.orReplace ? 'OR REPLACE ' : ''}${words.temporary ? 'TEMP ' : ''}TABLE ${relation}`
  const table = `${create} (${definitions.map(definitionSql).join(', ')})`
  if (rows === null) return [table]
  if (!readsItself) return [table, `INSERT INTO ${relation} ${rows}`]
  const alter = ({ name }: ColumnDefinition) => `ALTER TABLE ${relation} ALTER COLUMN ${encoded(name)} SET`
  return [
    `${create} AS ${rows}`,
    ...definitions.flatMap((column) =>
      column.defaultSql === null ? [] : [`${alter(column)} DEFAULT ${column.defaultSql}`],
    ),
    ...definitions.flatMap((column) => (column.nullable ? [] : [`${alter(column)} NOT NULL`])),
  ]
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
