import type { Json, JsonObject } from './json.ts'

/**
 * How far a stream is complete (watermark) and the pass that is under way (scan). Stored as it stands in
 * `_millrace.cursors`; add fields, never change a meaning. All instants are ISO 8601 UTC by the vendor's clock.
 */
export type Cursor = {
  /** Everything that changed before this instant is in the warehouse. null: nothing is complete yet. */
  readonly watermark: string | null
  readonly scan: ScanState | null
  /** What later scans have to know of earlier ones. @default nothing */
  readonly marks?: CursorMarks
}

/** Of the form of a stored cursor: one that is larger was written by a newer millrace, which may mean something else by it. */
export const cursorVersion = 1

export type CursorMarks = {
  /** The upper bound of the last complete scan over a whole restatement window. */
  readonly restated_at?: string
  /** The upper bound of the last complete scan over everything. */
  readonly listed_at?: string
  /** Our clock at the last commit, of whichever scope of the stream it was. */
  readonly committed_at?: string
  /** The connector's own: the resume point of the last checkpoint of the last complete scan. */
  readonly last?: Json
  /**
   * What the last complete scan was to read, of the sync's options. Where none was complete yet, what the first rows were read by that this scope has
   * committed, trials among them. Fields that came since then stand in `loaded` as idle, with their columns.
   */
  readonly asked?: Asked
}

export type Asked = {
  readonly start: string | null
  readonly where: string | null
  /** Vendor field → how it is masked. */
  readonly masks: Masks
  /** Of a field history: how old and new values are masked, by the object's field that they are of. @default not known */
  readonly valueMasks?: Masks
  /** By child stream. @default not known */
  readonly children?: { readonly [stream: string]: Masks }
  /** By child stream, those that are left out for a while among them. @default not known */
  readonly childKeys?: { readonly [stream: string]: ChildKey }
  /** What it was loaded into, with its schema. @default not known */
  readonly table?: string
  /** The fields of the key. @default not known */
  readonly key?: readonly string[]
  /** The field of the version; null: the version was the time of the request. @default not known */
  readonly version?: string | null
  /** Which rows came as deleted: the field, and what it is then; null: none did. @default not known */
  readonly flag?: string | null
  /** Of what the rows are, as the stream says. @default not known */
  readonly source?: string | null
  /** The connection's account, where the rows are its. @default not known */
  readonly account?: string
  /** Of a stream that is a query. @default not known */
  readonly query?: string | null
  /** Of the stream's own options, those that decide what its rows mean. @default not known */
  readonly options?: JsonObject
  /** What its table has been loaded with. @default not known */
  readonly loaded?: LoadedFields
  /** By child stream. @default not known */
  readonly inside?: { readonly [stream: string]: LoadedFields }
  /** Of a field history: which of its object's fields were chosen. @default not known: rows of all fields were loaded */
  readonly history?: { readonly include: readonly string[] | null; readonly exclude: readonly string[] }
  /** What it read took the place of all that its table had. @default false */
  readonly replaced?: boolean
  /** A digest of the options by which rows and values are chosen, but for `start`. @default not known */
  readonly by?: string
}

export type LoadedFields = {
  /** Vendor field → its column in the table, of all that were ever loaded. */
  readonly columns: { readonly [field: string]: string }
  /** Those of them that the last scan did not load. */
  readonly idle: readonly string[]
}

/** By what rows that come inside others are known, and held: its fields, the one that names the parent, and how those are masked. */
export type ChildKey = { readonly key: readonly string[]; readonly parent: string; readonly masks: Masks }

export type Masks = { readonly [field: string]: string }

export type ScanState = {
  readonly id: string
  /** Exclusive. The vendor's now when the scan began, less the stream's lag; it becomes the watermark. */
  readonly upper_bound: string
  /** Our clock when the scan began: rows of a full pass with an older `_read_at` were not seen by it. */
  readonly started_at: string
  /** A pass over everything, whatever the watermark says. */
  readonly full: boolean
  /** When it began, rows stood, and no scan was known to have come to its end. @default false */
  readonly stands?: boolean
  /** It reads a whole restatement window. @default false */
  readonly restates?: boolean
  /** What it reads goes into a generation beside the table (full_refresh). @default false */
  readonly generation?: boolean
  /** A digest of the options by which it was begun: with others it is not gone on with. @default not known */
  readonly by?: string
  /** The connection's account, where the rows are its: with another it is not gone on with. @default not known */
  readonly account?: string
  /** What all its rows were read with, by each run that went on with it. @default not known */
  readonly throughout?: Throughout
  /** Rows read and committed so far, duplicates not counted: what is held against the vendor's own count. */
  readonly read: number
  readonly partitions: readonly PartitionState[]
}

/** Rows that a scan read before a field or a flag came are without it. */
export type Throughout = {
  /** The vendor's names. */
  readonly fields: readonly string[]
  /** By child stream. */
  readonly inside: { readonly [stream: string]: readonly string[] }
  /** Which rows came as deleted; null: none did, or not always the same. */
  readonly flag: string | null
}

export type PartitionState = {
  /** Inclusive; null: from the beginning. */
  readonly from: string | null
  readonly to: string
  /** The connector's own resume point, valid once all earlier batches are committed. */
  readonly resume: Json
  readonly done: boolean
}

export const emptyCursor: Cursor = { watermark: null, scan: null }

/** With a pass under way. */
export type CursorInScan = Cursor & { readonly scan: ScanState }

/** The cursor once a checkpoint's batches are in the same transaction. `rows`: of them, less what is read again. */
export function advance(cursor: CursorInScan, resume: Json, rows: number): CursorInScan {
  const partitions = cursor.scan.partitions.map((partition, index) =>
    index === 0 ? { ...partition, resume } : partition,
  )
  return { ...cursor, scan: { ...cursor.scan, read: Math.max(0, cursor.scan.read + rows), partitions } }
}

/** The cursor once the scan is complete: only now does the watermark move, and only to the scan's upper bound. */
export function complete({ scan, marks }: CursorInScan, asked?: Asked): Cursor {
  const last = scan.partitions.at(-1)?.resume ?? null
  return {
    watermark: scan.upper_bound,
    scan: null,
    marks: {
      ...marks,
      ...(scan.restates && { restated_at: scan.upper_bound }),
      ...(scan.full && { listed_at: scan.upper_bound }),
      last,
      ...(asked && { asked }),
    },
  }
}
