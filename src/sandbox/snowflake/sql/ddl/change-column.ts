/** ALTER COLUMN: what Snowflake lets a column become. https://docs.snowflake.com/en/sql-reference/sql/alter-table-column */
import { compilationError, invalidIdentifier, snowflakeError } from '../snowflake-error.ts'
import { type DataType, duckdbType, readType, showType, typeOf } from '../data-type.ts'
import { encoded } from '../names.ts'
import { readName, readTypeWords } from '../read-name.ts'
import type { Altered, Alteration } from './alter-table.ts'
import type { TokenReader } from '../token-reader.ts'

export function changeColumn(reader: TokenReader, table: Altered): Alteration {
  const inParentheses = reader.takeSymbol('(')
  let change: Alteration = { sql: [], columns: table.columns }
  do {
    reader.takeWord('COLUMN')
    const next = changeOne(reader, { ...table, columns: change.columns })
    change = {
      sql: [...change.sql, ...next.sql],
      columns: next.columns,
      checks: [...(change.checks ?? []), ...(next.checks ?? [])],
    }
  } while (reader.takeSymbol(','))
  if (inParentheses) reader.expectSymbol(')')
  return change
}

function changeOne(reader: TokenReader, table: Altered): Alteration {
  const place = reader.place(reader.token.start)
  const { value: name } = readName(reader)
  const column = table.columns.find((candidate) => candidate.name === name)
  if (!column) throw invalidIdentifier(name, place)
  const alter = `ALTER TABLE ${table.relation} ALTER COLUMN ${encoded(name)}`
  const changed = (part: { readonly type?: string; readonly nullable?: boolean }) =>
    table.columns.map((other) => (other === column ? { ...other, ...part } : other))
  if (reader.takeWord('DROP', 'NOT', 'NULL'))
    return { sql: [`${alter} DROP NOT NULL`], columns: changed({ nullable: true }) }
  if (reader.takeWord('SET', 'NOT', 'NULL') || reader.takeWord('NOT', 'NULL'))
    return {
      sql: [`${alter} SET NOT NULL`],
      columns: changed({ nullable: false }),
      checks: [
        {
          sql: `SELECT 1 FROM ${table.relation} WHERE ${encoded(name)} IS NULL LIMIT 1`,
          error: () =>
            snowflakeError(
              '002204',
              '22000',
              `SQL compilation error:\nColumn '${name}' contains null values. Not null constraint cannot be added.`,
            ),
        },
      ],
    }
  if (reader.takeWord('DROP', 'DEFAULT')) return { sql: [`${alter} DROP DEFAULT`], columns: table.columns }
  if (reader.takeWord('COMMENT')) {
    reader.expectString()
    return { sql: [], columns: table.columns }
  }
  if (!reader.takeWord('SET', 'DATA', 'TYPE')) reader.takeWord('TYPE')
  return changeType(typeOf(readTypeWords(reader)), readType(column.type), name, alter, changed)
}

function changeType(
  to: DataType,
  from: DataType,
  name: string,
  alter: string,
  changed: (part: { readonly type: string }) => Alteration['columns'],
): Alteration {
  if (!isWider(from, to))
    throw compilationError(
      '040052',
      '22000',
      `cannot change column ${name} from type ${showType(from)} to ${showType(to)}${from.kind === to.kind ? '' : ' because they have incompatible types.'}`,
    )
  const columns = changed({ type: showType(to) })
  return { sql: [`${alter} SET DATA TYPE ${duckdbType(to)}`], columns }
}

function isWider(from: DataType, to: DataType): boolean {
  if (from.kind === 'NUMBER' && to.kind === 'NUMBER') return from.scale === to.scale && from.precision <= to.precision
  if (from.kind === 'VARCHAR' && to.kind === 'VARCHAR') return from.length <= to.length
  return showType(from) === showType(to)
}
