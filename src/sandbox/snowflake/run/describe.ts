/** DESCRIBE: https://docs.snowflake.com/en/sql-reference/sql/desc-table */
import { checkTable } from '../account/check-rights.ts'
import { shownName } from '../sql/names.ts'
import { objectMissing } from '../sql/snowflake-error.ts'
import type { Describe } from '../sql/statement.ts'
import { listingOf, listingOutcome } from './listing.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import type { RunContext } from './run-statement.ts'
import { findRelation } from './sql-context.ts'

export function runDescribe(context: RunContext, { what, name }: Describe): Outcome {
  const found = findRelation(context, name)
  if (!found) throw objectMissing(shownName(name), what)
  checkTable(context, name, [])
  const none = () => null
  return listingOutcome(
    statementTypes.describe,
    listingOf(found.columns, {
      name: (column) => column.name,
      type: (column) => column.type,
      kind: () => 'COLUMN',
      'null?': (column) => (column.nullable === false ? 'N' : 'Y'),
      default: none,
      'primary key': () => 'N',
      'unique key': () => 'N',
      check: none,
      expression: none,
      comment: none,
      'policy name': none,
    }),
  )
}
