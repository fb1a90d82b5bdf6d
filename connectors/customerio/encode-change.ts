import type { Change, FieldValue } from 'millrace'
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
  const refusal = refuse(change, match)
  if (refusal !== undefined) return { refusal }
  const { [match]: _key, ...fields } = change.fields
  // Removals and updates never create a person: nobody matches, nothing happens.
  const attributes = change.op === 'upsert' ? fields : { ...fields, _update: true }
  const item: Item = { type: 'person', action: 'identify', identifiers: { [match]: change.key }, attributes }
  const bytes = Buffer.byteLength(JSON.stringify(item))
  return bytes > maxItemBytes
    ? { refusal: `the row is ${bytes} bytes as JSON; Customer.io takes ${maxItemBytes}` }
    : { item }
}

export const itemBytes = (change: Change): number => {
  const encoded = encodeChange(change, guessMatch(change))
  // A row that cannot be sent still needs a size: engines batch before they write.
  return Buffer.byteLength(JSON.stringify('item' in encoded ? encoded.item : change.fields))
}

/** Which field the key came from, where nobody says: the value is among the fields. */
export function guessMatch({ fields, key }: Change): string {
  return (
    identifiers.find(
      (name) =>
        String(fields[name] ?? '')
          .trim()
          .toLowerCase() === key.toLowerCase(),
    ) ?? 'id'
  )
}

function refuse(change: Change, match: string): string | undefined {
  if (!operations.includes(change.op)) return `Customer.io's person cannot be written with ${change.op}`
  if (match === 'cio_id' && change.op === 'upsert') return 'a person cannot be created by cio_id: use mode update'
  const names = Object.keys(change.fields).filter((name) => name !== match)
  if (names.length > maxAttributes) return `${names.length} attributes in one row; Customer.io takes ${maxAttributes}`
  const key = fitIdentifier(match, change.key)
  if (key !== undefined) return key
  for (const name of names) {
    const reason = fitAttribute(name, change.fields[name] ?? null)
    if (reason !== undefined) return reason
  }
  return undefined
}

const identifiers = ['id', 'email', 'cio_id'] as const
const operations: readonly Change['op'][] = ['upsert', 'update', 'clear', 'set']
const maxAttributes = 300
export const maxItemBytes = 32_000
