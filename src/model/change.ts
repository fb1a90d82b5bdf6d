import type { Json } from './json.ts'
import type { MillraceError } from './millrace-error.ts'

/**
 * A number that a double cannot hold, as V8's own raw JSON value: `JSON.stringify` writes its digits as they are.
 * Made with `JSON.rawJSON(text)`; `.rawJSON` is the text.
 */
export type ExactNumber = { readonly rawJSON: string }

export type FieldValue = Json | ExactNumber

export type Fields = { readonly [field: string]: FieldValue }

export type Operation = 'upsert' | 'update' | 'insert' | 'clear' | 'set' | 'delete'

/** One row that a destination is asked to take. */
export type Change = {
  readonly op: Operation
  /** The value of the `match` field, normalised the way the object declares. */
  readonly key: string
  /** Destination field → value. The match field is among them. Dots in a name are part of it. */
  readonly fields: Fields
  /** Of the fields, those that may be written only where the record's are empty. @default none */
  readonly setIfEmpty?: readonly string[]
  /** It says of somebody that they are no more opted out. A request with such a change in it goes once: `repeatable: 'never'`. */
  readonly optsIn?: true
  /** What the destination last accepted, where that is known; null, too, where it names another record that another row stands for. */
  readonly previous: Fields | null
  /** An earlier sending of this row had no answer: what stands at the destination may be its, and not `previous`. */
  readonly unanswered?: true
  /** The same for every attempt to send this value of this key; it comes again when an old value does. */
  readonly idempotencyKey: string
}

/** What the destination said of one change. */
export type WriteResult =
  | { readonly outcome: 'ok' }
  /** An update or a removal of something that is not there. */
  | { readonly outcome: 'absent'; readonly message?: string }
  /**
   * `retryable`: the same row may be accepted later without anyone changing it. `maybeTaken`: the record may hold some of it
   * all the same, or come to; so the row is sent again whatever it says by then, removed where it leaves, and not parked.
   * @default it was not
   */
  | {
      readonly outcome: 'rejected'
      readonly code: string
      readonly message: string
      readonly retryable: boolean
      readonly maybeTaken?: true
    }
  /**
   * Sent, and no answer came; or not sent any more. `failure`: the error that kept it from one, where others of the same `write`
   * were taken, so that throwing it would deny them. The delivery ends with it as if it were thrown; of an MR-3004, which is about
   * its own request, it is only told.
   */
  | { readonly outcome: 'unknown'; readonly message?: string; readonly failure?: MillraceError }

/** Of a row that an error kept from its answer, where throwing it would deny what others of the same `write` were told. */
export const unheard = (failure: MillraceError): WriteResult => ({
  outcome: 'unknown',
  message: failure.message,
  failure,
})
