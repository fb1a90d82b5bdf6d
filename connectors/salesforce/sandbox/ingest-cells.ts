import type { Json } from 'millrace'
import { readValue, SentNumber, type Sent } from './field-value.ts'
import { isDecimal, type Field } from './field.ts'
import { findField, type ObjectType } from './objects.ts'
import { SalesforceRefusal } from './refusal.ts'
import { lookupField, lookupTarget, type Lookup, type Row } from './row.ts'
import { failed, type SaveResult } from './save-rows.ts'

/** What a column of the CSV fills. */
export type Column =
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'lookup'; readonly field: Field; readonly object: ObjectType; readonly match: Field }

/**
 * `Name`, `Account.External_Id__c`, or `Account:What.External_Id__c` where the lookup may point at several objects.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/relationship_fields_in_a_header_row__2_0.htm
 */
export function readColumns(
  object: ObjectType,
  header: readonly string[],
): { readonly columns: readonly Column[] } | { readonly unknown: string } {
  const columns: Column[] = []
  const seen = new Set<string>()
  for (const name of header) {
    const column = readColumn(object, name)
    if (!column || seen.has(name.toLowerCase())) return { unknown: name }
    seen.add(name.toLowerCase())
    columns.push(column)
  }
  return { columns }
}

function readColumn(object: ObjectType, name: string): Column | undefined {
  const [, type = null, relationship = '', target = ''] = /^(?:(\w+):)?(\w+)\.(\w+)$/.exec(name) ?? []
  if (!relationship) {
    const field = findField(object, name)
    return field && { kind: 'field', field }
  }
  const field = lookupField(object, relationship)
  const found = field && lookupTarget(field, type, target)
  return field && found && { kind: 'lookup', field, ...found }
}

/** A row, or why it is none. An empty cell says nothing of its field; `#N/A` empties it. */
export function readCells(object: ObjectType, columns: readonly Column[], cells: readonly string[]): Row | SaveResult {
  const values = new Map<Field, Json>()
  const lookups = new Map<Field, Lookup>()
  let id: string | null = null
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? ''
    if (cell === '') continue
    try {
      if (column.kind === 'lookup')
        lookups.set(column.field, {
          object: column.object,
          match: column.match,
          // Taken for a value, and not found.
          value: readValue(column.match, asSent(column.match, cell === '#N/A' ? '#n/a' : cell)),
        })
      else if (column.field.type === 'id') id = cell
      else values.set(column.field, readValue(column.field, cell === '#N/A' ? null : asSent(column.field, cell)))
    } catch (error) {
      if (!(error instanceof SalesforceRefusal)) throw error
      const { name } = column.field
      return failed('INVALID_TYPE_ON_FIELD_IN_RECORD', `${name}: value not of required type: ${cell}`, [name])
    }
  }
  return { object, id, values, lookups }
}

function asSent(field: Field, cell: string): Sent {
  if (field.type === 'boolean') return /^(true|1)$/i.test(cell) ? true : /^(false|0)$/i.test(cell) ? false : cell
  if (field.type === 'int' || isDecimal(field.type))
    return /^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(cell) ? new SentNumber(cell) : cell
  return cell
}
