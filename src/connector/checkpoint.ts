/** What a stream says between its batches: up to here it is read. */
import type { Json } from '../model/json.ts'

export type Checkpoint = {
  readonly kind: 'checkpoint'
  readonly resume: Json
  /** Report days of which every row has come since the checkpoint before: what is stored of them and did not come is gone. */
  readonly windows?: readonly ReadWindow[]
  /**
   * More rows of the report days before it are to come: a commit waits for the checkpoint that names their window, so that they are replaced, and held
   * against what they were, in one. @default false
   */
  readonly daysOpen?: true
  /** So many of the rows that came are read again from here, and do not count as read. @default 0 */
  readonly again?: number
  /**
   * Of a scan that is `whole`: what it has read of so far, as accounts. Rows of no other are taken for gone, or replaced. The
   * last one that comes counts, also of a scan that is gone on with at its end. @default all rows
   */
  readonly wholeOf?: WholeOf
}

/** `field`: of the key, or of `windowOf`. `values`: as text. */
export type WholeOf = { readonly field: string; readonly values: readonly string[] }

export type ReadWindow = {
  /** Days of the field `boundedBy` (`2026-11-20`), both inclusive. */
  readonly from: string
  readonly to: string
  /** The fields of `windowOf`, with their values as text: the account. @default without `windowOf`, all rows of these days */
  readonly of?: { readonly [field: string]: string }
}
