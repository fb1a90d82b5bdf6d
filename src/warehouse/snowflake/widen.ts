/**
 * Another type for a column that stands. Snowflake changes it in place only for more digits of a number; else a column beside
 * is filled and takes its name. https://docs.snowflake.com/en/sql-reference/sql/alter-table-column
 */
import { randomBytes } from 'node:crypto'
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
  const mark = randomBytes(4).toString('hex')
  const [old, wide] = [helperOf(to.name, 'old', mark), helperOf(to.name, 'wide', mark)].map(dialect.quote)
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

/**
 * With a mark of its own: of several that widen or mend at once each takes or drops what it knows, and never a column of the
 * same name that another has just made and not filled yet.
 */
const helperOf = (name: string, kind: 'old' | 'wide', mark: string): string => `${name}__millrace_${kind}_${mark}`

const helperName = /^(.*)__millrace_(old|wide)_\w+$/s
const numberOf = (type: LogicalType) => (type === 'integer' ? { precision: 19, scale: 0 } : decimalOf(type))
