/** Names and types as the grammar has them. */
import type { Name } from './expression.ts'
import type { TypeWords } from './data-type.ts'
import type { TokenReader } from './token-reader.ts'

export function readName(reader: TokenReader): Name {
  const token = reader.token
  if (token.kind === 'quoted') return { value: reader.next().value, quoted: true }
  if (token.kind !== 'word' || reserved.has(token.value)) throw reader.unexpected()
  return { value: reader.next().value, quoted: false }
}

/** Up to three names with dots; `DB..NAME` leaves the schema out. */
export function readNamePath(reader: TokenReader, start: Name = readName(reader)): readonly Name[] {
  const parts = [start]
  while (reader.isSymbol('.')) {
    reader.next()
    if (reader.isSymbol('.')) {
      reader.next()
      parts.push({ value: 'PUBLIC', quoted: false })
    }
    parts.push(readNameAfterDot(reader))
  }
  return parts
}

/** After a dot a reserved word is a name too. */
export function readNameAfterDot(reader: TokenReader): Name {
  const token = reader.token
  if (token.kind === 'word') return { value: reader.next().value, quoted: false }
  return readName(reader)
}

/** An alias, with AS or without; without, no word that goes on with the query. */
export function readAlias(reader: TokenReader): string | null {
  if (reader.takeWord('AS')) return readName(reader).value
  const token = reader.token
  if (token.kind === 'quoted') return reader.next().value
  if (token.kind !== 'word' || reserved.has(token.value) || reader.isAnyWord(goesOn)) return null
  return reader.next().value
}

export function readTypeWords(reader: TokenReader): TypeWords {
  if (reader.token.kind !== 'word') throw reader.unexpected()
  let name = reader.next().value
  if (name === 'DOUBLE' && reader.takeWord('PRECISION')) name = 'DOUBLE PRECISION'
  if ((name === 'CHAR' || name === 'NCHAR') && reader.takeWord('VARYING')) name += ' VARYING'
  if (name === 'TIMESTAMP') {
    if (reader.takeWord('WITH', 'LOCAL', 'TIME', 'ZONE')) name = 'TIMESTAMP_LTZ'
    else if (reader.takeWord('WITH', 'TIME', 'ZONE')) name = 'TIMESTAMP_TZ'
    else if (reader.takeWord('WITHOUT', 'TIME', 'ZONE')) name = 'TIMESTAMP_NTZ'
  }
  const args = reader.isSymbol('(') ? reader.listInParentheses(() => reader.expectInteger()) : []
  return { name, args }
}

/** https://docs.snowflake.com/en/sql-reference/reserved-keywords */
export const reserved: ReadonlySet<string> = new Set(
  `ALL ALTER AND ANY AS BETWEEN BY CASE CAST CHECK COLUMN CONNECT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME
  CURRENT_TIMESTAMP CURRENT_USER DELETE DISTINCT DROP ELSE EXISTS FALSE FOLLOWING FOR FROM FULL GRANT GROUP HAVING ILIKE IN
  INCREMENT INNER INSERT INTERSECT INTO IS JOIN LATERAL LEFT LIKE LOCALTIME LOCALTIMESTAMP MINUS NATURAL NOT NULL OF ON OR
  ORDER QUALIFY REGEXP REVOKE RIGHT RLIKE ROW ROWS SAMPLE SELECT SET SOME START TABLE TABLESAMPLE THEN TO TRIGGER TRUE
  TRY_CAST UNION UNIQUE UPDATE USING VALUES WHEN WHENEVER WHERE WITH`.split(/\s+/),
)

const goesOn: ReadonlySet<string> = new Set(
  `LIMIT OFFSET FETCH EXCEPT PIVOT UNPIVOT WINDOW ASOF MATCH_RECOGNIZE AT BEFORE CHANGES`.split(/\s+/),
)
