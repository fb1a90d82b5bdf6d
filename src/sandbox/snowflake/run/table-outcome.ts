import type { Outcome } from './query-store.ts'
import { resultOf } from './result-set.ts'
import { textColumn } from './row-type.ts'

/** Rows that the simulator makes itself, all of text. */
export const tableOutcome = (
  statementTypeId: number,
  names: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): Outcome => ({
  statementTypeId,
  result: resultOf(
    names.map((name) => textColumn(name).description),
    rows,
  ),
})
