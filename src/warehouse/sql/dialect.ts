/**
 * What the two warehouses write differently. Everything else in this folder is SQL that both of them read alike: names
 * through `quote` or as plain words, helper columns with a `#` as they stand, `is distinct from`, `qualify`, `max_by`.
 */
import type { LogicalType } from '../../model/logical-type.ts'

export type Dialect = {
  /** A name of ours, or of a vendor's, as an identifier. */
  readonly quote: (name: string) => string
  /** A text as a literal. */
  readonly text: (value: string) => string
  readonly type: (type: LogicalType) => string
  /** A value of one type as one of another, exactly; used where a stored column is wider than what comes. */
  readonly converted: (sql: string, from: LogicalType, to: LogicalType) => string
  /** A value of a model, of any type that the warehouse has, as one of ours: an instant with an offset is the same one in UTC. */
  readonly cast: (sql: string, type: LogicalType) => string
  /** The instant, in UTC, as a timestamp. */
  readonly now: string
  /** A value as exact text, the same on every warehouse: binary as base64. */
  readonly asText: (sql: string, type: LogicalType) => string
  /** The value of such a text. */
  readonly fromText: (sql: string, type: LogicalType) => string
  /** JSON text as a JSON value. */
  readonly json: (text: string) => string
  /** A text as a JSON value; null where it is none. */
  readonly triedJson: (text: string) => string
  /** The member of a JSON value that has this name, or place (from 0), as text; null where there is none. */
  readonly jsonMember: (json: string, step: string | number) => string
  /** A JSON value of a text, a number, or whatever a JSON column holds, as it would be read by a person. */
  readonly jsonText: (sql: string) => string
  /** Texts, of which some may be null, as one JSON list in a text. */
  readonly textList: (texts: readonly string[]) => string
  /** A JSON value: the pairs whose value is not null. Values are texts, or what `jsonPair` gives. */
  readonly jsonObject: (pairs: readonly { readonly name: string; readonly value: string }[]) => string
  /** Two texts, of which either may be null, as a JSON list. */
  readonly jsonPair: (first: string, second: string) => string
  /** The nth (from 0) text of a list of texts that `Engine.loadLines` has read. */
  readonly item: (list: string, index: number) => string
  /** The greatest of those that are not null. */
  readonly latest: (first: string, ...others: readonly string[]) => string
  /** Does the whole text match? */
  readonly matches: (text: string, pattern: string) => string
  /** In hex, as staging masks. */
  readonly sha256: (text: string) => string
  readonly countDistinct: (columns: readonly string[]) => string
  /** Would a stored number lose digits as a double? */
  readonly losesDigits: (column: string, type: LogicalType) => string
  /** What tells a row of the target `t` from others of its key. */
  readonly rowId: (mode: RowMode) => string
  /** Is the target's `t` the row whose id another relation has as `rid`? */
  readonly isRow: (key: readonly string[], other: string, mode: RowMode) => string
  /** Rows of a target that a key of the source (`s`) has, with their `rid`: of each key the first in this order. */
  readonly newestRows: (of: {
    readonly target: string
    readonly source: string
    readonly key: readonly string[]
    readonly order: string
  }) => string
  /** The last value that is not null. */
  readonly lastKnown: (column: string, over: string) => string
  /** A decimal that can be multiplied by a thousandth and loses nothing. */
  readonly factor: LogicalType
}

/** One row a key, or one an interval. */
export type RowMode = 'rows' | 'intervals'

/** Names of our own beside a vendor's columns: no column name can hold this sign. */
export const rid = '"#rid"'
