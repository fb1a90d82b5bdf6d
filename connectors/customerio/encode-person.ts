import type { Change, Fields } from 'millrace'
import { fitAttribute, fitIdentifier } from './attribute-limits.ts'
import { fitItems, type Encoded } from './item.ts'

export function encodePerson(change: Change, match: string): Encoded {
  const { [match]: _key, ...fields } = change.fields
  const identifiers = { [match]: change.key }
  if (change.op === 'delete') {
    const refusal = fitIdentifier(match, change.key)
    return refusal === undefined ? fitItems({ type: 'person', action: 'delete', identifiers }) : { refusal }
  }
  // Removals and updates never create a person: nobody matches, nothing happens.
  const attributes = change.op === 'upsert' ? fields : { ...fields, _update: true }
  const refusal = refuse(change, match, fields) ?? fitCount(Object.keys(attributes).length)
  return refusal === undefined ? fitItems({ type: 'person', action: 'identify', identifiers, attributes }) : { refusal }
}

/** Which field the key came from, where nobody says: the value is among the fields. */
export function guessMatch({ fields, key }: Change): string {
  const isKey = (name: string) =>
    String(fields[name] ?? '')
      .trim()
      .toLowerCase() === key.toLowerCase()
  return identifiers.find(isKey) ?? 'id'
}

function refuse({ op, key }: Change, match: string, fields: Fields): string | undefined {
  if (!operations.includes(op)) return `Customer.io's person cannot be written with ${op}`
  if (match === 'cio_id' && op === 'upsert') return 'a person cannot be created by cio_id: use mode update'
  const refusals = Object.entries(fields).map(([name, value]) => fitAttribute(name, value))
  return fitIdentifier(match, key) ?? refusals.find((refusal) => refusal !== undefined)
}

const fitCount = (count: number) =>
  count > maxAttributes ? `${count} attributes in one row; Customer.io takes ${maxAttributes}` : undefined

const identifiers = ['id', 'email', 'cio_id'] as const
const operations: readonly Change['op'][] = ['upsert', 'update', 'clear', 'set']
export const maxAttributes = 300
