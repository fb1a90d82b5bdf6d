/** What a stream of a project's own names and is of, held against what it has: each wrong word would load rows wrongly, or none. */
import { didYouMean } from '../model/did-you-mean.ts'
import { decimalOf, type LogicalType } from '../model/logical-type.ts'
import type { Stream } from './contract.ts'
import { textOf } from './text-of.ts'

type Described = Pick<Stream, 'key' | 'columns' | 'version' | 'deletedWhen'> & Partial<Pick<Stream, 'children'>>

/** What is wrong with it, whose members are of the right form; null: nothing. */
export function streamFlaw({ key, columns, version, deletedWhen, children = [] }: Described): string | null {
  // What names a field has to name one that there is; else rows would have no key, or no version, and nobody would know.
  const named = { key, version: [version], 'deletedWhen.column': [deletedWhen?.column] }
  for (const [what, fields] of Object.entries(named))
    for (const field of fields)
      if (field !== undefined && !Object.hasOwn(columns, field)) return `\`${what}\` names ${field}, which is no column`
  for (const child of children)
    for (const field of [...child.key, child.parent])
      if (!Object.hasOwn(child.columns, field)) return `${child.name} names ${field}, which is no column of it`
  return columnsFlaw([{ columns }, ...children]) ?? deletionFlaw(deletedWhen, columns)
}

function columnsFlaw(tables: readonly Pick<Stream, 'columns'>[]): string | null {
  for (const { columns } of tables)
    for (const [field, type] of Object.entries(columns)) {
      const flaw = typeFlaw(type)
      if (flaw !== null) return `the column ${field} has the type ${textOf(type)}, ${flaw}`
    }
  return null
}

function typeFlaw(type: LogicalType): string | null {
  const decimal = typeof type === 'string' ? decimalOf(type) : undefined
  if (decimal) {
    const { precision, scale } = decimal
    return precision >= 1 && precision <= 38 && scale <= precision
      ? null
      : 'and a decimal has at most 38 digits, of which at most all are behind the point'
  }
  if (plainTypes.some((each) => each === type)) return null
  const meant = sqlNames.get(textOf(type).toLowerCase()) ?? didYouMean(textOf(type), plainTypes)
  return `which is none of ${plainTypes.join(', ')}, decimal(38,2)${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

function deletionFlaw(deletedWhen: Stream['deletedWhen'], columns: Stream['columns']): string | null {
  if (!deletedWhen) return null
  const { column, is } = deletedWhen
  const type = columns[column]
  const needed = neededTypes[is]
  return needed.some((each) => each === type)
    ? null
    : `\`deletedWhen\` says that ${column} is ${is}, which needs a column of the type ${needed.join(' or ')}, and it has ${textOf(type)}`
}

const neededTypes = { set: ['timestamp', 'date'], true: ['boolean'] } as const

const plainTypes = ['string', 'integer', 'double', 'boolean', 'date', 'timestamp', 'json', 'binary'] as const

/** As other tools call them. */
const sqlNames: ReadonlyMap<string, string> = new Map([
  ['text', 'string'],
  ['varchar', 'string'],
  ['number', 'decimal(38,2), or double'],
  ['numeric', 'decimal(38,2)'],
  ['float', 'double'],
  ['bigint', 'integer'],
  ['datetime', 'timestamp'],
  ['object', 'json'],
  ['array', 'json'],
])
