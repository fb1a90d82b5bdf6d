/** Records, held against what JSON can hold: it makes `null` or `{}` of the rest without a word. */
import type { Stream } from './contract.ts'
import { isPlain } from './member-forms.ts'
import { textOf } from './text-of.ts'

/** Where a value stands in another, as `.tags[0]`, and what it is. */
type Flaw = { readonly at: string; readonly is: string }

export function recordsFlaw(records: readonly unknown[], columns: Stream['columns']): string | null {
  if (!Array.isArray(records)) return 'the `records` of a batch are no list'
  for (const record of records) {
    if (typeof record !== 'object' || record === null) return `a record is ${textOf(record)}`
    if (Array.isArray(record) || !isKept(record)) return `a record is ${wordFor(record)}, and no plain object`
    const cells = record as { readonly [field: string]: unknown } // it is an object
    for (const field in cells) {
      const flaw = cellFlaw(cells[field], { record, type: columns[field] })
      if (flaw) return `${field}${flaw.at} is ${flaw.is}, which no column can hold`
    }
  }
  return null
}

/** A number that is none goes as text into a cell of its own, where the cast refuses it; JSON would take the text. */
function cellFlaw(
  cell: unknown,
  { record, type }: { readonly record: object; readonly type: string | undefined },
): Flaw | null {
  return typeof cell === 'number' && type !== 'json' ? null : flawIn(cell, [record])
}

/** @param around what the value stands in */
function flawIn(value: unknown, around: object[]): Flaw | null {
  switch (typeof value) {
    case 'object':
      return value === null ? null : flawInObject(value, around)
    case 'number':
      return Number.isFinite(value) ? null : { at: '', is: String(value) }
    case 'function':
    case 'symbol':
      return { at: '', is: wordFor(value) }
    default:
      return null
  }
}

function flawInObject(value: object, around: object[]): Flaw | null {
  if (around.includes(value)) return { at: '', is: 'what it stands in (a circle)' }
  if (!isKept(value)) return { at: '', is: wordFor(value) }
  if (writesItself(value)) return null
  around.push(value)
  const flaw = Array.isArray(value) ? flawInList(value, around) : flawInMembers(value, around)
  around.pop()
  return flaw
}

function flawInList(list: readonly unknown[], around: object[]): Flaw | null {
  for (const [index, each] of list.entries()) {
    const flaw = flawIn(each, around)
    if (flaw) return { at: `[${index}]${flaw.at}`, is: flaw.is }
  }
  return null
}

function flawInMembers(value: object, around: object[]): Flaw | null {
  const members = value as { readonly [name: string]: unknown } // it is an object
  for (const name in members) {
    const flaw = flawIn(members[name], around)
    if (flaw) return { at: `.${name}${flaw.at}`, is: flaw.is }
  }
  return null
}

/** Lists, plain objects and what has words of its own for JSON. Of a Map, a Set or a class its members alone would stay, or none. */
function isKept(value: object): boolean {
  if (Array.isArray(value)) return true
  if (value instanceof Date) return !Number.isNaN(value.getTime())
  return isPlain(value) || writesItself(value)
}

const writesItself = (value: object): boolean => 'toJSON' in value && typeof value.toJSON === 'function'

function wordFor(value: unknown): string {
  if (value instanceof Date) return 'an invalid Date'
  const word = Object(value) === value && typeof value === 'object' ? (value?.constructor.name ?? '') : typeof value
  return `${/^[AEIOU]/i.test(word) ? 'an' : 'a'} ${word || 'value without a name'}`
}
