/** What a backfill would read: `backfill --dry-run` renders it, `--json` prints it as it stands. Nothing in here was written anywhere. */
export type BackfillPlan = {
  readonly sync: string
  readonly partitions: readonly PlannedPartition[]
  /** Of the command before its first part: signing in, and the description of each stream of the sync. */
  readonly requests_to_plan: number
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
  /** What its run asks beside its rows: signing in, descriptions of its stream. null: it is done. */
  readonly requests_besides: number | null
}

/** About what the command asks in all, in three parts. Rows that the vendor cannot count are taken for one request. */
export function sumRequests({ partitions, requests_to_plan }: BackfillPlan) {
  const left = partitions.filter(({ done }) => !done)
  const sum = (numberOf: (partition: PlannedPartition) => number) =>
    left.reduce((total, partition) => total + numberOf(partition), 0)
  return {
    requests_to_plan,
    requests_besides: sum((partition) => partition.requests_besides ?? 0),
    requests_estimate: sum((partition) => partition.requests_estimate ?? 1),
  }
}
