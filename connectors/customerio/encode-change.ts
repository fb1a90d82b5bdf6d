import type { Change, Fields, FieldValue } from 'millrace'
import { fitAttribute, fitIdentifier } from './attribute-limits.ts'

/** One operation of a v2 batch. https://docs.customer.io/integrations/api/track/#operation/batch */
export type Item = {
  readonly type: 'person'
  readonly action: 'identify'
  readonly identifiers: { readonly [name: string]: string }
  readonly attributes: { readonly [name: string]: FieldValue }
}

export type Encoded = { readonly item: Item } | { readonly refusal: string }

/** The item that says this change, or why it may not be said. What is refused here is never sent. */
export function encodeChange(change: Change, match: string): Encoded {
  const { [match]: _key, ...fields } = change.fields
  // Removals and updates never create a person: nobody matches, nothing happens.
  const attributes = change.op === 'upsert' ? fields : { ...fields, _update: true }
  const refusal = refuse(change, match, fields) ?? fitCount(Object.keys(attributes).length)
  if (refusal !== undefined) return { refusal }
  const item: Item = { type: 'person', action: 'identify', identifiers: { [match]: change.key }, attributes }
  const bytes = Buffer.byteLength(JSON.stringify(item))
  return bytes > maxItemBytes
    ? { refusal: `the row is ${bytes} bytes as JSON; Customer.io takes ${maxItemBytes}` }
    : { item }
}

/** Bytes of the change's item. A row that cannot be sent needs a size too: engines batch before they write. */
export function itemBytes(change: Change): number {
  const encoded = encodeChange(change, guessMatch(change))
  return Buffer.byteLength(JSON.stringify('item' in encoded ? encoded.item : change.fields))
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
const maxAttributes = 300
export const maxItemBytes = 32_000
