/** Model against snapshot: what is asked of the warehouse, and what it answers. */
import type { LogicalType } from '../model/logical-type.ts'
import type { TextRow } from '../model/text-row.ts'

export type SnapshotColumn = { readonly name: string; readonly type: LogicalType }

export type DiffRequest = {
  readonly sync: string
  /** The model as a query. */
  readonly model: string
  readonly key: readonly { readonly column: string; readonly normalise: 'exact' | 'trim' | 'lower' }[]
  readonly columns: readonly SnapshotColumn[]
  /** Columns that say opted out when true. */
  readonly optOuts: readonly string[]
  readonly mappingVersion: string
  /**
   * What another version of a row's mapping says: is it the same after all, and for which of `optOuts` is it not known to
   * have sent them? They are as good as new in its rows. @default another mapping, which has sent all of them
   */
  readonly readVersion?: (version: string) => { readonly isSame: boolean; readonly newOptOuts: readonly string[] }
  /** Only rows with an open intent or reject. */
  readonly retriesOnly: boolean
  /** Rows that the snapshot's table holds are nobody's: the run empties it first. @default false */
  readonly fromNothing?: boolean
  /** Rows that the destination accepted before this instant differ, too: they are to be sent again. @default none */
  readonly refreshBefore?: string | null
  /** What left the model comes first, as an opt-out. @default false */
  readonly removalsFirst?: boolean
  /** What left the model while that was ignored is removed now. @default false */
  readonly removesIgnored?: boolean
  /**
   * The columns that name the destination's record, first the one that finds it. Where the key is not among them, several rows may mean one record; where
   * one of them beside the key differs, a row means another record than before, and its opt-out is new. @default the key does
   */
  readonly record?: DiffRequest['key']
  /**
   * What else finds it, each by itself, in place of the first of `record`: rows that agree in one of these may be one record
   * there. None where all of its columns are empty. @default nothing
   */
  readonly otherNames?: readonly DiffRequest['key'][]
  /** Of `optOuts`, those whose off value may be sent. @default none */
  readonly optIns?: readonly string[]
}

export type DiffCounts = {
  readonly model_rows: number
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  readonly retry: number
  readonly invalid: number
  readonly removed: number
  /** Rows of the snapshot that the destination has accepted. */
  readonly accepted: number
  /** Samples of keys that are null or not unique. */
  readonly invalidSamples: readonly string[]
  /** Records that more than one row of the model means, of those that rows to be sent mean. */
  readonly sharedRecords: number
  /** Records that no row of the model means any more, since what found them is another value in the row that was accepted for them. */
  readonly leftBehind: number
}

export type Candidate = {
  readonly key: string
  readonly kind: 'added' | 'changed' | 'retry' | 'removed'
  /** The model's values as text; null for a removal. */
  readonly values: TextRow | null
  /** What the snapshot holds. */
  readonly previous: TextRow | null
  readonly previousState: 'accepted' | 'filtered' | 'removed' | 'ignored' | null
  readonly previousHash: string | null
  /** Columns that the snapshot knows, as far as its mapping was then. */
  readonly sameMapping: boolean
  readonly hasIntent: boolean
  readonly attempts: number
  /** Opted out now and not so in the snapshot. */
  readonly turnedOptOut: boolean
  /** The record that it was accepted for is meant by another row of the model: it left itself, or means another one now. @default false */
  readonly recordStays?: boolean
  /** Of `optIns`, those that turned off here, and say opted out in another row of the same record, by whichever name. @default none */
  readonly optedOutElsewhere?: readonly string[]
  /** Its time has come, whether anything else differs or not. @default false */
  readonly refresh?: boolean
  /** Of its open reject: the value that was refused, and how often for good. @default never */
  readonly refusal?: { readonly value: string | null; readonly times: number; readonly parked: boolean }
}
