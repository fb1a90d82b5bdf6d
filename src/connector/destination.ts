/** What a destination takes, and how it answers: a result per row. */
import type { z } from 'zod'
import type { Change, Fields, WriteResult } from '../model/change.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { Context } from './context.ts'

export type FieldType =
  | 'string'
  /** Any JSON number; exact. */
  | 'number'
  | 'boolean'
  /** `2026-11-22`. */
  | 'date'
  /** ISO 8601 UTC text. */
  | 'timestamp'
  /** Whole seconds since 1970, as a number. */
  | 'unix_seconds'
  /** Any JSON. */
  | 'json'

export type DestinationField = {
  readonly type: FieldType
  /** May be set to null. @default true */
  readonly nullable?: boolean
  /** Characters (code points) of a text; more is a reject, MR-5005. @default no limit */
  readonly maxLength?: number
  /** This field says how a person may be contacted: it can only be mapped with `opt_out`. */
  readonly optOut?: boolean
}

export type MatchField = {
  readonly normalise: 'exact' | 'trim' | 'lower'
  /**
   * No two records have the same value. An opt-in is withheld then while another row with that value says opted out, by whichever
   * field the sync matches. @default true
   */
  readonly unique?: boolean
  /** What can be done with a record that is found by it: none can be made by an id that the vendor makes. @default all that the object takes */
  readonly operations?: readonly Change['op'][]
}

export type DestinationObject = {
  readonly name: string
  readonly docs: string
  /**
   * `idempotent`: sending the same change again leaves the same state, which `destinationKit` tries; `at_least_once`: it may be
   * there twice. What `connection discover` tells: the engine sends again what had no answer, either way.
   */
  readonly delivery: 'idempotent' | 'at_least_once'
  /** The fields that can find a record, and how the vendor compares them. */
  readonly match: { readonly [field: string]: MatchField }
  readonly fields: { readonly [field: string]: FieldType | DestinationField }
  /**
   * The fields that together name what is written, `match` among them; a change of nothing else has nothing to say. Where one
   * beside `match` moves, `write` ends what `previous` names. @default [match]
   */
  readonly identity?: readonly string[]
  /** What other field names may be mapped: a pattern and the type of what it takes. @default none */
  readonly otherFields?: readonly {
    readonly pattern: RegExp
    readonly type: FieldType | 'any'
    readonly optOut?: boolean
  }[]
  readonly operations: readonly Change['op'][]
  /**
   * The field in which a record of another object is named by a value of its field `by`: what
   * `<field>: { lookup: { object, by, column } }` in a map fills. undefined: it cannot be named so. @default no lookups
   */
  readonly recordLookup?: (lookup: {
    readonly field: string
    readonly object: string
    readonly by: string
  }) => string | undefined
  /** Can it write a field only where it is empty (`set_if_empty`)? Then a change says which: `setIfEmpty`. @default no */
  readonly setIfEmpty?: true
  /** The most that one request may hold. `bytes` counts what `size` says of a change; a change past `rowBytes` is a reject, MR-5005. @default `rowBytes` is `bytes` */
  readonly batch: { readonly rows: number; readonly bytes: number; readonly rowBytes?: number }
  /** Requests in flight at once. @default 1 */
  readonly concurrency?: number
  /** How long one request may take; a takeover waits at least so long beside the lease. @default 30_000 */
  readonly timeoutMs?: number
  /** Encoded bytes of one change. @default its JSON length */
  readonly size?: (change: Change) => number
  /** What a sync may say in `options`; a sync that says anything else is refused. @default nothing */
  readonly options?: z.ZodObject
  /** One result per change, in order. Throws only when the whole request failed. No two changes of one call name the same record. */
  readonly write: (changes: readonly Change[], context: WriteContext) => Promise<readonly WriteResult[]>
  /** The requests by which `write` would change something, exactly. Those that only look something up or read back are not among them. */
  readonly preview: (changes: readonly Change[], options: JsonObject) => readonly RequestPreview[]
  /**
   * After a restart, before anything is sent: adopt the job behind a saved receipt (wait for it and read what became of its
   * rows), or abort it. When it returns, nothing more of that job happens. It may be asked twice. One result per change of
   * `context.changes`, in order; `unknown` is sent again. Throws where the job can neither be read nor stopped: then nothing is sent.
   */
  readonly settle?: (receipt: Json, context: SettleContext) => Promise<readonly WriteResult[]>
  /**
   * What the vendor holds now, one per change, in order: destination field → value, at least the fields of the change that
   * it can tell; null: no such record; undefined: it cannot tell, and an
   * opt-out does not count as seen. Settles what was sent and not answered, and verifies opt-outs.
   */
  readonly readBack?: (changes: readonly Change[], context: WriteContext) => Promise<readonly ReadBack[]>
}

export type ReadBack = Fields | null | undefined

export type WriteContext = Context & {
  readonly options: JsonObject
  /** The sync's `match` field. */
  readonly match: string
  /** Commits the vendor's job id before it is waited for, and best before the job begins. At most one a call of `write`: the last one stands. */
  readonly saveReceipt: (receipt: Json) => Promise<void>
}

export type SettleContext = WriteContext & {
  /** The changes of the `write` that saved the receipt, in its order; null: another machine sent them, and only the job must end. */
  readonly changes: readonly Change[] | null
}

export type RequestPreview = {
  readonly method: string
  readonly path: string
  readonly body: Json
  readonly docs: string
}
