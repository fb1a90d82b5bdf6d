/** What a connection offers, as `connection discover` shows it and `--json` prints it. */
export type Discovered = DiscoveredStream | DiscoveredObject

export type DiscoveredStream = {
  readonly type: 'stream'
  readonly name: string
  readonly docs: string
  readonly key: readonly string[]
  readonly cursor: DiscoveredCursor
  /** What it lands by where the sync says nothing. */
  readonly mode: string
  /** Vendor field → type. */
  readonly fields: { readonly [field: string]: string }
  /** Vendor field → column of the table. */
  readonly columns: { readonly [field: string]: string }
  /** How a row that is gone at the vendor is found; none: only by what the vendor tells of it, or `reconcile`. */
  readonly deletes: readonly DeleteKind[]
  /** The field that says so, of `flagged` and `partly_flagged`. */
  readonly deleted_field: string | null
  /** Fields that the vendor computes: `formula_refresh` re-reads them. */
  readonly calculated: readonly string[]
  /** Can the vendor count its rows (`verify`)? */
  readonly counts: boolean
  /** The stream whose rows it comes inside. null: it is read by itself. */
  readonly inside: string | null
}

/** `flagged`: a field says so; `partly_flagged`: of some, and only `reconcile` finds the others. `told`: only by what the vendor tells; `reconcile` is refused. `unlisted`: a full pass does not see it. `replaced`: as a whole, or by days. `with_parent`: its parent's set lacks it. `never`: rows do not go. */
export type DeleteKind = 'flagged' | 'partly_flagged' | 'told' | 'unlisted' | 'replaced' | 'with_parent' | 'never'

export type DiscoveredCursor = {
  /** The field with the vendor's stamp of the last change. null: the time of the request stands for it. */
  readonly version: string | null
  /** Rows come in the order of their version (`cursor`), or in none. */
  readonly order: 'cursor' | 'none'
  /** The field by which a backfill cuts. null: it reads all in one pass. */
  readonly bounded_by: string | null
  readonly lag_seconds: number
  readonly overlap_seconds: number
  /** How old the last pass over everything may become; 0: every run is one. null: only the first run is. */
  readonly full_every_seconds: number | null
}

export type DiscoveredObject = {
  readonly type: 'object'
  readonly name: string
  readonly docs: string
  /** Fields that can find a record. */
  readonly key: readonly string[]
  readonly operations: readonly string[]
  readonly delivery: 'idempotent' | 'at_least_once'
  readonly fields: { readonly [field: string]: string }
  /** Fields that can be mapped with `opt_out` only. */
  readonly opt_outs: readonly string[]
}
