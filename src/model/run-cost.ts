/** What the statements of one run took in the warehouse, as far as whoever asks may see it. null: it may not be seen, or not yet. */
export type RunCost = CostFigures & {
  /** The same by what the statements were for (`commit charges`), the longest first. */
  readonly by_purpose: readonly (CostFigures & { readonly purpose: string })[]
  /** What cannot be seen, is not known yet or not whole: a sentence each. */
  readonly notes: readonly string[]
}

export type CostFigures = {
  readonly statements: number | null
  readonly execution_seconds: number | null
  readonly bytes_scanned: number | null
  readonly cloud_services_credits: number | null
  /** Of the compute that ran them. Without the time in which it stood idle. */
  readonly compute_credits: number | null
}
