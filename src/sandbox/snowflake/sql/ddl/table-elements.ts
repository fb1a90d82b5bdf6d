/** What stands in the parentheses of CREATE TABLE: columns, and constraints that are declared only. */
import { compilationError } from '../snowflake-error.ts'
import { type ColumnDefinition, readColumnDefinition, readReference } from './column-definition.ts'
import { readName } from '../read-name.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

/** Before AS SELECT a column may be a name alone. */
export type TableElements = { readonly columns: readonly ColumnDefinition[]; readonly names: readonly string[] | null }

export function readElements(reader: TokenReader, t: Translation): TableElements {
  const columns: ColumnDefinition[] = []
  const primary = new Set<string>()
  reader.expectSymbol('(')
  if (isNameOnly(reader)) {
    const names = reader.list(() => readName(reader).value)
    reader.expectSymbol(')')
    if (!reader.isWord('AS')) throw reader.unexpected()
    return { columns: [], names }
  }
  do {
    if (isConstraint(reader)) for (const name of readConstraint(reader)) primary.add(name)
    else columns.push(readColumnDefinition(reader, t))
  } while (reader.takeSymbol(','))
  reader.expectSymbol(')')
  return {
    columns: columns.map((column) => (primary.has(column.name) ? { ...column, nullable: false } : column)),
    names: null,
  }
}

const isNameOnly = (reader: TokenReader) => {
  const after = reader.ahead(1)
  return after.kind === 'symbol' && (after.value === ',' || after.value === ')')
}

const isConstraint = (reader: TokenReader) =>
  reader.isWord('CONSTRAINT') ||
  reader.isWord('PRIMARY', 'KEY') ||
  reader.isWord('FOREIGN', 'KEY') ||
  (reader.isWord('UNIQUE') && reader.ahead(1).value === '(')

/** The columns of a primary key, which are NOT NULL. Nothing else of a constraint is enforced. */
function readConstraint(reader: TokenReader): readonly string[] {
  if (reader.takeWord('CONSTRAINT')) readName(reader)
  const isPrimary = reader.takeWord('PRIMARY', 'KEY')
  const isForeign = !isPrimary && reader.takeWord('FOREIGN', 'KEY')
  if (!isPrimary && !isForeign) reader.expectWord('UNIQUE')
  const names = reader.listInParentheses(() => readName(reader).value)
  if (isForeign) {
    reader.expectWord('REFERENCES')
    readReference(reader)
  }
  while (['ENFORCED', 'RELY', 'NORELY'].some((word) => reader.takeWord(word)) || reader.takeWord('NOT', 'ENFORCED'))
    continue
  return isPrimary ? names : []
}

export function checkDistinct(names: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw compilationError('002025', '42S21', `duplicate column name '${name}'`)
    seen.add(name)
  }
}
