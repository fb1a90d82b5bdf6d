import { metaColumns } from './table.ts'

/**
 * The vendor's field names as column names: lower snake_case, always resolved the same way.
 * `LastModifiedDate` → `last_modified_date`, `MRR__c` → `mrr__c`, `2fa` → `_2fa`. Two fields that fall on one name get
 * `_2`, `_3` … in the order of the vendor's names, so that the answer does not depend on the order they came in. So does a
 * field that falls on one of `ours`, the table's own columns beside those that every table has.
 * @param standing field → column, as they were named before: they stay, and whatever is new gives way
 */
export function columnNames(
  fields: readonly string[],
  ours: readonly string[] = [],
  standing: { readonly [field: string]: string } = {},
): ReadonlyMap<string, string> {
  const taken = new Set<string>([...reserved, ...ours])
  const kept = Object.entries(standing).filter(([, name]) => !taken.has(name))
  const names = new Map(kept.filter(([field]) => fields.includes(field)))
  // A column of a field that is gone holds what it held.
  for (const [, name] of kept) taken.add(name)
  // Fields that already are their own column name keep it; the others give way.
  const order = fields
    .filter((field) => !names.has(field))
    .sort((a, b) => Number(toSnake(a) !== a) - Number(toSnake(b) !== b) || (a < b ? -1 : 1))
  for (const field of order) {
    const name = giveWay(toSnake(field), taken)
    taken.add(name)
    names.set(field, name)
  }
  return names
}

export function toSnake(field: string): string {
  const snake = field
    .normalize('NFKC')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]/gu, '_')
  const safe = snake === '' ? '_' : snake
  return /^\d/.test(safe) ? `_${safe}` : safe
}

/** A name that is not among `taken`: itself, or with `_2`, `_3` … */
export function giveWay(name: string, taken: ReadonlySet<string>): string {
  let free = name
  for (let n = 2; taken.has(free); n++) free = `${name}_${n}`
  return free
}

/** The view of a table with its amounts as decimals. */
export const decimalsName = (table: string): string => `${table}_decimal`

/** The view of a table's field history. */
export const fieldHistoryName = (table: string): string => `${table}_field_history`

/** The view of whole records over it: intervals, as a table of mode `scd2` has them. */
export const recordHistoryName = (table: string): string => `${table}_history_scd2`

/** Ours, and DuckDB's own number of a row, which a column of that name would hide. */
const reserved = [...metaColumns.map(({ name }) => name), 'rowid']
