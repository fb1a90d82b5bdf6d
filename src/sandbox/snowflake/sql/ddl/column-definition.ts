/** A column as CREATE TABLE and ADD COLUMN have it. */
import { assign } from '../cast.ts'
import { type DataType, duckdbType, showType, typeFromDuckDB, typeOf } from '../data-type.ts'
import { emptyScope } from '../scope.ts'
import { encoded } from '../names.ts'
import { readName, readNamePath, readTypeWords } from '../read-name.ts'
import { unsupported } from '../snowflake-error.ts'
import type { Column } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export type ColumnDefinition = {
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
  /** DuckDB SQL. */
  readonly defaultSql: string | null
}

export function readColumnDefinition(reader: TokenReader, t: Translation): ColumnDefinition {
  const { value: name } = readName(reader)
  const type = typeOf(readTypeWords(reader))
  let nullable = true
  let defaultSql: string | null = null
  for (;;) {
    if (reader.takeWord('NOT', 'NULL')) nullable = false
    else if (reader.takeWord('NULL')) nullable = true
    else if (reader.takeWord('DEFAULT'))
      defaultSql = assign(t, t.expression(reader.readExpression(), emptyScope()), { name, type })
    else if (reader.takeWord('COMMENT')) reader.expectString()
    else if (reader.takeWord('PRIMARY', 'KEY')) nullable = false
    else if (reader.takeWord('CONSTRAINT')) readName(reader)
    else if (reader.takeWord('COLLATE')) {
      if (!/^(utf8)?$/i.test(reader.expectString())) throw unsupported('COLLATE')
    } else if (reader.takeWord('REFERENCES')) readReference(reader)
    else if (reader.isWord('AUTOINCREMENT') || reader.isWord('IDENTITY')) throw unsupported(reader.token.value)
    else if (!reader.takeWord('UNIQUE') && !reader.takeWord('ENFORCED') && !reader.takeWord('NOT', 'ENFORCED')) break
  }
  return { name, type, nullable, defaultSql }
}

export function readReference(reader: TokenReader): void {
  readNamePath(reader)
  if (reader.isSymbol('(')) reader.listInParentheses(() => readName(reader))
}

export const definitionSql = ({ name, type, nullable, defaultSql }: ColumnDefinition): string =>
  `${encoded(name)} ${duckdbType(type)}${defaultSql === null ? '' : ` DEFAULT ${defaultSql}`}${nullable ? '' : ' NOT NULL'}`

export const shownColumn = ({ name, type, nullable, defaultSql }: ColumnDefinition): Column => ({
  name,
  type: showType(type),
  nullable,
  ...(defaultSql === null ? {} : { default: defaultSql }),
})

/** Whether DuckDB's type tells Snowflake's. */
export const isTold = (type: DataType): boolean => {
  const own = duckdbType(type)
  return showType(typeFromDuckDB(own)) === showType(type)
}
