/** What a backfill would read: `backfill --dry-run` renders it, `--json` prints it as it stands. Nothing in here was written anywhere. */
export type BackfillPlan = {
  readonly sync: string
  readonly partitions: readonly PlannedPartition[]
  /** Of the command before its first part: signing in, and the description of each stream of the sync. */
  readonly requests_to_plan: number
  /** What the run of each part asks beside its rows: signing in, descriptions. */
  readonly requests_besides: number
}

export type PlannedPartition = {
  readonly stream: string
  /** Of the cursor scope in `_millrace.cursors`. */
  readonly partition: string
  /** Inclusive. null: the stream cannot be cut by time, and is read as a whole. */
  readonly from: string | null
  /** Exclusive. */
  readonly to: string
  /** The vendor's name of the one field that is read, for rows that stand. null: whole rows. */
  readonly column: string | null
  /** The vendor's field that the bounds are about. */
  readonly bounded_by: string | null
  readonly done: boolean
  /** null: the vendor cannot count, or it is done. */
  readonly counted: number | null
  /** Of the pages, and of the count that the run makes, too. */
  readonly requests_estimate: number | null
}
