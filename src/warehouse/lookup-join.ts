import type { Column } from '../model/table.ts'

/** One lookup of a map: the other model's column beside our rows, and how many rows it came from. */
export type LookupJoin = {
  /** The other model as a query. */
  readonly query: string
  readonly by: readonly { readonly ours: Column; readonly theirs: Column }[]
  readonly column: string
  /** Names of what it adds: the value; and null (our key is null), 0, 1, or 2 for several. */
  readonly value: string
  readonly matches: string
}
