/** VALUES (…), (…) as a table with the columns COLUMN1, COLUMN2, … */
import { coerce } from './cast.ts'
import { commonType, type DataType, isAlike, nullType, showType } from './data-type.ts'
import { compilationError } from './snowflake-error.ts'
import { emptyScope, type Environment, type Relation } from './scope.ts'
import type { Expression } from './expression.ts'
import type { Translation } from './translation.ts'
import type { Typed } from './typed.ts'

export function translateValues(
  t: Translation,
  rows: readonly (readonly Expression[])[],
  environment: Environment,
): Relation {
  const scope = emptyScope(environment)
  const width = rows[0]?.length ?? 0
  const types: DataType[] = Array.from({ length: width }, () => nullType)
  const cells: Typed[][] = []
  for (const row of rows) {
    if (row.length !== width)
      throw compilationError(
        '001038',
        '42601',
        `Invalid number of columns in VALUES clause, expected ${width}, got ${row.length}`,
      )
    cells.push(
      row.map((expression, index) => {
        const cell = t.expression(expression, scope)
        types[index] = widened(types[index] ?? nullType, cell.type)
        return cell
      }),
    )
  }
  const texts = cells.map(
    (row) => `(${row.map((cell, index) => cellSql(t, cell, types[index] ?? nullType)).join(', ')})`,
  )
  const alias = t.alias()
  const columns = types.map((type, index) => ({
    name: `COLUMN${index + 1}`,
    sql: `"COLUMN${index + 1}"`,
    type,
  }))
  const names = columns.map(({ sql }) => sql).join(', ')
  // Of one type all the way down: DuckDB looks at every row itself otherwise.
  return { sql: `SELECT * FROM (VALUES ${texts.join(', ')}) ${alias}(${names})`, columns }
}

function widened(type: DataType, other: DataType): DataType {
  if (type === other) return type
  const common = commonType(type, other)
  if (common === null)
    throw compilationError(
      '002016',
      '22000',
      `Can not convert parameter of type [${showType(other)}] into expected type [${showType(type)}]`,
    )
  return common
}

const cellSql = (t: Translation, cell: Typed, type: DataType) =>
  isAlike(cell.type, type) ? cell.sql : coerce(t, cell, type).sql
