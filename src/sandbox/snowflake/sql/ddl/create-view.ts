/** CREATE VIEW. https://docs.snowflake.com/en/sql-reference/sql/create-view */
import { checkDistinct } from './table-elements.ts'
import { checkSchema, completeName } from '../object-name.ts'
import { commentSql } from './table-comment.ts'
import { objectExists } from '../snowflake-error.ts'
import { ddl } from './statement-parts.ts'
import { emptyEnvironment } from '../scope.ts'
import { readName, readNamePath } from '../read-name.ts'
import { readOptions } from '../read-options.ts'
import { relationSql, shownName, shownPart } from '../names.ts'
import { renamed } from '../rename-columns.ts'
import { showType, varcharType } from '../data-type.ts'
import { ofView } from '../rules.ts'
import type { CreateWords } from './create-table.ts'
import type { Ddl } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readCreateView(reader: TokenReader, outer: Translation, words: CreateWords): Ddl {
  const ifNotExists = reader.takeWord('IF', 'NOT', 'EXISTS')
  const path = readNamePath(reader)
  const name = completeName(outer.context, path)
  const t = ofView(outer, name)
  const names = reader.isSymbol('(') ? reader.listInParentheses(() => readViewColumn(reader)) : null
  const options = readViewOptions(reader)
  reader.expectWord('AS')
  const query = reader.readQuery()
  reader.expectEnd()
  const relation = renamed(t, t.query(query, emptyEnvironment), names, name.name)
  checkSchema(t.context, name)
  const shown = shownPart(name.name)
  const columns = relation.columns.map(({ name: column, type }) => ({
    name: column,
    type: showType(type.kind === 'NULL' ? varcharType() : type),
    nullable: true,
  }))
  checkDistinct(columns.map((column) => column.name))
  const comment = options['COMMENT'] ?? null
  const common = {
    verb: 'create',
    objectKind: 'view',
    name,
    ...words,
    ifNotExists,
    reads: t.reads,
    columns,
    comment,
    text: t.sql.trim(),
  } as const
  const there = t.context.columnsOf(name) !== null
  if (there && ifNotExists) return ddl({ ...common, message: `${shown} already exists, statement succeeded.` })
  if (there && !words.orReplace) throw objectExists(shownName(name))
  const own = relationSql(name)
  return ddl({
    ...common,
    sql: [
      `CREATE ${words.orReplace ? 'OR REPLACE ' : ''}VIEW ${own} AS ${relation.sql}`,
      ...commentSql('VIEW', own, columns, { comment, text: t.sql.trim(), at: outer.context.now }),
    ],
    message: `View ${shown} successfully created.`,
  })
}

function readViewColumn(reader: TokenReader): string {
  const { value } = readName(reader)
  if (reader.takeWord('COMMENT')) reader.expectString()
  return value
}

function readViewOptions(reader: TokenReader): Readonly<Record<string, string>> {
  const options: Record<string, string> = {}
  for (;;) {
    if (reader.takeWord('COPY', 'GRANTS')) continue
    const more = readOptions(reader)
    if (Object.keys(more).length === 0) return options
    Object.assign(options, more)
  }
}
