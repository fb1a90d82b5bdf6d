import type { Outcome } from './query-store.ts'
import { resultOf } from './result-set.ts'
import { textColumn } from './row-type.ts'

/** What has no rows answers with one: `status`. */
export const statusOutcome = (statementTypeId: number, status = 'Statement executed successfully.'): Outcome => ({
  statementTypeId,
  result: resultOf([textColumn('status').description], [[status]]),
})
