/**
 * Another type for a column that stands. Snowflake changes it in place only for more digits of a number; else a column beside
 * is filled and takes its name. https://docs.snowflake.com/en/sql-reference/sql/alter-table-column
 */
import { decimalOf, type LogicalType } from '../../model/logical-type.ts'
import type { Column } from '../../model/table.ts'
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
  const [old, wide] = [oldName(to.name), wideName(to.name)].map(dialect.quote)
  return [
    `ALTER TABLE ${target} ADD COLUMN ${wide} ${dialect.type(to.type)}`,
    `ALTER TABLE ${target} RENAME COLUMN ${column} TO ${old}`,
    `UPDATE ${target} SET ${wide} = ${dialect.converted(old ?? '', from.type, to.type)}`,
    `ALTER TABLE ${target} RENAME COLUMN ${wide} TO ${column}`,
    `ALTER TABLE ${target} DROP COLUMN ${old}`,
  ]
}

/** What makes good that a widening was interrupted: the column is wide, or what it was. */
export function mendingSteps(target: string, columns: readonly string[]): readonly string[] {
  const drop = (name: string) => `ALTER TABLE ${target} DROP COLUMN ${dialect.quote(name)}`
  return columns.filter(isHelper).flatMap((helper) => {
    const name = helper.replace(/__millrace_(old|wide)$/, '')
    if (columns.includes(name)) return [drop(helper)]
    return helper === oldName(name)
      ? [`ALTER TABLE ${target} RENAME COLUMN ${dialect.quote(helper)} TO ${dialect.quote(name)}`]
      : [drop(helper)]
  })
}

const isHelper = (name: string): boolean => /__millrace_(old|wide)$/.test(name)
const oldName = (name: string): string => `${name}__millrace_old`
const wideName = (name: string): string => `${name}__millrace_wide`
const numberOf = (type: LogicalType) => (type === 'integer' ? { precision: 19, scale: 0 } : decimalOf(type))
