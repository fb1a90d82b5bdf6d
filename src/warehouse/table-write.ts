/** What one commit of ETL does to one table: the staged rows, how they land, and what goes with them. */
import type { EtlLedger } from '../model/ledger.ts'
import type { Table } from '../model/table.ts'

export type TableWrite = {
  /** The stream (or child stream) that the counts belong to. */
  readonly stream: string
  readonly table: Table
  /** Column names; empty: plain append. */
  readonly key: readonly string[]
  readonly staged: readonly StagedFile[]
  /**
   * `generation`: the rows fill a table beside this one, which takes its place in the commit that says `isLast`.
   * `scd2`: a change ends the row's interval and begins another.
   */
  readonly mode: 'merge' | 'generation' | 'scd2'
  /** Of a generation: the scan that it is of. What another scan left is dropped first. */
  readonly scanId?: string
  /** Of a generation: it is whole. @default false */
  readonly isLast?: boolean
  /**
   * Only rows that are stored at the same version take what is staged, and only in the staged columns; the others count as
   * filtered: their own read brings them whole. @default false
   */
  readonly onlyStanding?: boolean
  /**
   * Of `onlyStanding`, where the vendor keeps no stamp and the version is the time of the request: rows that were stored
   * before take the columns too, and keep their `_version` and `_read_at`, since the rest of them is no newer for it.
   * @default false
   */
  readonly unstamped?: boolean
  /** Report days that were read whole. @default none */
  readonly windows?: readonly WindowSet[]
  /**
   * Raise `_read_at` of unchanged rows too: a full pass must know what it saw. Raised whatever this says while another scope
   * of the stream has a scan under way (promise 9): what that one read before must not come over what was seen since.
   */
  readonly touchUnchanged: boolean
  /** At the end of a full pass: rows that it did not see are deleted. */
  readonly sweep: Sweep | null
  readonly syncedAt: string
}

/**
 * What is stored of these days and was last read before `readBefore` is removed, and counts as replaced. Where the totals of
 * a day that stood before are others afterwards, both go to `_millrace.restatements`. The windows of a write are of the same
 * columns.
 */
export type WindowSet = {
  /** A date column. */
  readonly column: string
  /** Days (`2026-11-20`), both inclusive. */
  readonly from: string
  readonly to: string
  /** Other columns that the window is of, as text: one account. */
  readonly of: { readonly [column: string]: string }
  /** Our clock, ISO. */
  readonly readBefore: string
}

export type Sweep =
  /** Rows that were read before this instant (our clock) are gone. Of a generation it says whose rows are replaced. */
  | {
      readonly kind: 'unseen'
      readonly readBefore: string
      readonly maxShrink: ShrinkLimit
      /** @default all of them */
      readonly of?: RowsOf
    }
  /** A pass over everything found nothing, of a source that does not list all it has: nothing is taken for gone, and so much must not be. */
  | {
      readonly kind: 'empty'
      readonly maxShrink: ShrinkLimit
      /** @default all of them */
      readonly of?: RowsOf
    }
  /** Children of the staged parents that are not among the staged rows are gone; and those that were read before `readBefore`. */
  | {
      readonly kind: 'children'
      readonly parentColumn: string
      readonly parents: readonly ParentSet[]
      /** When a pass over all parents, which ends here, began (our clock). null: it goes on, or does not list all. */
      readonly readBefore: string | null
      /** Of these alone, by `readBefore`. @default all of them, or those that `byParent` means */
      readonly of?: RowsOf
      /** And those whose parent, in the first write of the commit, stands no more, nor was refused. @default as `of` says */
      readonly byParent?: ParentHash
      /** So are those of parents that the first write of the commit brings flagged as deleted. @default none is */
      readonly flags?: ParentHash
    }

/** Rows that have one of these values, as text, in the column of a field: those of some accounts. '' stands for null, too. */
export type RowsOf = { readonly field: string; readonly column: string; readonly values: readonly string[] }

/** `isHashed`: the children name the SHA-256 of their parent's key (of several columns the last). */
export type ParentHash = { readonly isHashed: boolean }

export type ParentSet = { readonly parent: string; readonly readAt: string }

export type ShrinkLimit = { readonly rows: number } | { readonly fraction: number } | null

/** What staging made of one chunk: typed, checked, deduped rows as Parquet, and what was counted on the way. */
export type StagedFile = {
  /** null: no good row. */
  readonly path: string | null
  /** Rows that carry only their key and `_deleted_at`. */
  readonly tombstones: string | null
  readonly rejects: string | null
  readonly counts: Pick<EtlLedger, 'read' | 'derived' | 'duplicates' | 'filtered' | 'rejected'>
}

export type WriteCounts = { readonly stream: string; readonly ledger: EtlLedger }
