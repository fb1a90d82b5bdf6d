/** The table that a statement writes. */
import { completeName, knownColumns, storedSql } from '../object-name.ts'
import { encoded } from '../names.ts'
import { invalidIdentifier, type Place } from '../snowflake-error.ts'
import { readNamePath } from '../read-name.ts'
import { readType, type DataType } from '../data-type.ts'
import type { ObjectName } from '../statement.ts'
import type { ScopeRelation } from '../scope.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export type Target = {
  readonly name: ObjectName
  /** In DuckDB. */
  readonly sql: string
  readonly columns: readonly TargetColumn[]
}

export type TargetColumn = {
  readonly name: string
  readonly sql: string
  readonly type: DataType
  /** DuckDB SQL. */
  readonly defaultSql: string | null
}

export function readTarget(reader: TokenReader, t: Translation): Target {
  const path = readNamePath(reader)
  const name = completeName(t.context, path)
  return {
    name,
    sql: storedSql(t.context, name),
    columns: knownColumns(t.context, name, path).map((column) => ({
      name: column.name,
      sql: encoded(column.name),
      type: readType(column.type),
      defaultSql: column.default ?? null,
    })),
  }
}

export function targetColumn(target: Target, name: string, place: Place): TargetColumn {
  const column = target.columns.find((candidate) => candidate.name === name)
  if (!column) throw invalidIdentifier(name, place)
  return column
}

/** The target as a part of FROM. */
export const targetRelation = (target: Target, own: string, alias: string | null): ScopeRelation => ({
  alias,
  path: target.name,
  columns: target.columns.map((column) => ({ ...column, sql: `${own}.${column.sql}` })),
})
