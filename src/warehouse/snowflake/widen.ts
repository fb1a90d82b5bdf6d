/**
 * Another type for a column that stands. Snowflake changes it in place only for more digits of a number; else a column beside
 * is filled and takes its name. https://docs.snowflake.com/en/sql-reference/sql/alter-table-column
 */
import { decimalOf, type LogicalType } from '../../model/logical-type.ts'
import type { Column, Table } from '../../model/table.ts'
import { snowflakeDialect as dialect } from './dialect.ts'

/** Can it be changed in place? Else it is a migration of the whole column. */
export function isInPlace(from: LogicalType, to: LogicalType): boolean {
  const [was, becomes] = [numberOf(from), numberOf(to)]
  return was !== undefined && becomes !== undefined && was.scale === becomes.scale && was.precision <= becomes.precision
}

/**
 * Each step commits. The old column is renamed first: whoever loads into it meanwhile fails, and nothing of theirs is left
 * behind in it.
 */
export function wideningSteps(target: string, from: Column, to: Column): readonly string[] {
  const column = dialect.quote(to.name)
  if (isInPlace(from.type, to.type))
    return [`ALTER TABLE ${target} ALTER COLUMN ${column} SET DATA TYPE ${dialect.type(to.type)}`]
  const [old, wide] = [helperOf(to.name, 'old', from.type), helperOf(to.name, 'wide', to.type)].map(dialect.quote)
  return [
    `ALTER TABLE ${target} ADD COLUMN ${wide} ${dialect.type(to.type)}`,
    `ALTER TABLE ${target} RENAME COLUMN ${column} TO ${old}`,
    `UPDATE ${target} SET ${wide} = ${dialect.converted(old ?? '', from.type, to.type)}`,
    `ALTER TABLE ${target} RENAME COLUMN ${wide} TO ${column}`,
    `ALTER TABLE ${target} DROP COLUMN ${old}`,
  ]
}

/** What makes good that a widening was interrupted: the column is wide, or what it was. */
export function mendingSteps(target: string, table: Table | null): readonly string[] {
  const columns = table?.columns.map(({ name }) => name) ?? []
  const drop = (name: string) => `ALTER TABLE ${target} DROP COLUMN ${dialect.quote(name)}`
  return columns.flatMap((helper) => {
    const [, name = '', kind] = helperName.exec(helper) ?? []
    if (kind === undefined) return []
    if (kind === 'wide' || columns.includes(name)) return [drop(helper)]
    return [`ALTER TABLE ${target} RENAME COLUMN ${dialect.quote(helper)} TO ${dialect.quote(name)}`]
  })
}

/** With the type, which no column has twice: who mends late what was done meanwhile finds nothing of a later widening. */
const helperOf = (name: string, kind: 'old' | 'wide', type: LogicalType): string =>
  `${name}__millrace_${kind}_${type.replaceAll(/\W+/g, '_')}`

const helperName = /^(.*)__millrace_(old|wide)_\w+$/s
const numberOf = (type: LogicalType) => (type === 'integer' ? { precision: 19, scale: 0 } : decimalOf(type))
