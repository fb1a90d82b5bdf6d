import { columnNames } from './read-rows.ts'
import type { Executed } from './statement.ts'

export type ColumnDescription = {
  readonly name: string
  /** In Snowflake's words: `NUMBER`, `VARCHAR`, `TIMESTAMP_NTZ`. */
  readonly type: string
  /** Of a number. */
  readonly precision: number | null
  /** Of a number; of a timestamp or time the digits of its fraction. */
  readonly scale: number | null
}

export function describeColumns(statement: Executed): readonly ColumnDescription[] {
  const columns = statement.getColumns() ?? []
  const names = columnNames(columns)
  return columns.map((column, index) => ({
    name: names[index] ?? '',
    type: typeWords[column.getType()] ?? column.getType().toUpperCase(),
    precision: numberOrNull(column.getPrecision()),
    scale: numberOrNull(column.getScale()),
  }))
}

/** Its types say that there is always one. */
const numberOrNull = (value: number | null | undefined) => value ?? null

/** What the wire calls otherwise than SQL does. */
const typeWords: { readonly [wire: string]: string } = { fixed: 'NUMBER', real: 'FLOAT', text: 'VARCHAR' }
