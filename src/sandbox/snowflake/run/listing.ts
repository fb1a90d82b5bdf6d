/** Rows that the simulator makes itself, all of text. */
import type { Outcome } from './query-store.ts'
import { resultOf } from './result-set.ts'
import { text } from './row-type.ts'

export type Listing = { readonly names: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }

/** A column's name, and what it shows of each item. */
export type Cells<T> = { readonly [name: string]: (item: T) => string | null }

export const listingOf = <T>(items: readonly T[], cells: Cells<T>): Listing => ({
  names: Object.keys(cells),
  rows: items.map((item) => Object.values(cells).map((cell) => cell(item))),
})

export const listingOutcome = (statementTypeId: number, { names, rows }: Listing): Outcome => ({
  statementTypeId,
  result: resultOf(names.map(text), rows),
})

/** What has no rows answers with one: `status`. */
export const statusOutcome = (statementTypeId: number, status = 'Statement executed successfully.'): Outcome =>
  listingOutcome(statementTypeId, { names: ['status'], rows: [[status]] })
