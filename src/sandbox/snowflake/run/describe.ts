/** DESCRIBE: https://docs.snowflake.com/en/sql-reference/sql/desc-table */
import { checkTable } from '../account/check-rights.ts'
import { shownName } from '../sql/names.ts'
import { objectMissing, unsupported } from '../sql/snowflake-error.ts'
import type { Describe } from '../sql/statement.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import type { RunContext } from './run-statement.ts'
import { findRelation } from './sql-context.ts'
import { tableOutcome } from './table-outcome.ts'

export function runDescribe(context: RunContext, { what, name }: Describe): Outcome {
  if (what !== 'table' && what !== 'view') throw unsupported(`DESCRIBE ${what.toUpperCase()}`)
  const found = findRelation(context, name)
  if (!found) throw objectMissing(shownName(name), what === 'view' ? 'View' : 'Table')
  checkTable(context, name, [])
  return tableOutcome(
    statementTypes.describe,
    [
      'name',
      'type',
      'kind',
      'null?',
      'default',
      'primary key',
      'unique key',
      'check',
      'expression',
      'comment',
      'policy name',
    ],
    found.columns.map((column) => [
      column.name,
      column.type,
      'COLUMN',
      column.nullable === false ? 'N' : 'Y',
      null,
      'N',
      'N',
      null,
      null,
      null,
      null,
    ]),
  )
}
