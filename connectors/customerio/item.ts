import type { Change, FieldValue } from 'millrace'

/** One operation of a v2 batch. https://docs.customer.io/integrations/api/track/#operation/batch */
export type Item = {
  readonly type: 'person' | 'object'
  readonly action: 'identify' | 'event' | 'delete' | 'suppress' | 'add_relationships' | 'delete_relationships'
  readonly identifiers: Identifiers
  readonly id?: string
  readonly name?: string
  /** Of events alone: with one, a person's change that is older than their last edit would be a 200, and dropped. */
  readonly timestamp?: FieldValue
  readonly attributes?: Attributes
  readonly cio_relationships?: readonly {
    readonly identifiers: Identifiers
    readonly relationship_attributes?: Attributes
  }[]
}

export type Identifiers = { readonly [name: string]: string }
export type Attributes = { readonly [name: string]: FieldValue }

/** The items that say a change (mostly one), or why it may not be said. What is refused here is never sent. */
export type Encoded = { readonly items: readonly Item[] } | { readonly refusal: string }

/** The items, or why they are too much for Customer.io. */
export function fitItems(...items: readonly Item[]): Encoded {
  const large = items.map(bytesOf).find((bytes) => bytes > maxItemBytes)
  return large === undefined
    ? { items }
    : { refusal: `the row is ${large} bytes as JSON; Customer.io takes ${maxItemBytes}` }
}

/** Bytes of a change in a batch. A row that cannot be sent needs a size too: engines batch before they write. */
export function sizeOf(change: Change, encoded: Encoded): number {
  if (!('items' in encoded)) return bytesOf(change.fields)
  return encoded.items.reduce((bytes, item) => bytes + bytesOf(item), 0) + Math.max(0, encoded.items.length - 1)
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

export const maxItemBytes = 32_000
const maxRows = 1000

/** What an object of this connector declares as its `batch`. */
export const batchLimits = {
  rows: maxRows,
  // A request must be smaller than 500 KB: what is left after {"batch":[…]} and a comma between items.
  bytes: 500_000 - 1 - '{"batch":[]}'.length - maxRows,
  rowBytes: maxItemBytes,
} as const
