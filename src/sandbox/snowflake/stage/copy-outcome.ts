import type { Outcome } from '../run/query-store.ts'
import { statementTypes } from '../run/record-query.ts'
import { resultOf } from '../run/result-set.ts'
import { number, textColumn } from '../run/row-type.ts'
import { statusOutcome } from '../run/status-outcome.ts'

export type CopiedFile = {
  readonly file: string
  readonly status: 'LOADED' | 'LOAD_FAILED'
  readonly rowsParsed: number
  readonly rowsLoaded: number
  readonly errors: number
  readonly firstError: string | null
}

/** https://docs.snowflake.com/en/sql-reference/sql/copy-into-table#output */
export function copyOutcome(
  files: readonly CopiedFile[],
  { prefix, bytes }: { readonly prefix: string; readonly bytes: number },
): Outcome {
  if (files.length === 0) return statusOutcome(statementTypes.copy, 'Copy executed with 0 files processed.')
  const inserted = files.reduce((sum, { rowsLoaded }) => sum + rowsLoaded, 0)
  const text = (name: string) => textColumn(name).description
  const count = (name: string) => number(name, 38, 0).description
  return {
    statementTypeId: statementTypes.copy,
    changed: { inserted, updated: 0, deleted: 0 },
    bytesScanned: bytes,
    result: resultOf(
      [
        text('file'),
        text('status'),
        count('rows_parsed'),
        count('rows_loaded'),
        count('error_limit'),
        count('errors_seen'),
        text('first_error'),
        count('first_error_line'),
        count('first_error_character'),
        text('first_error_column_name'),
      ],
      files.map(({ file, status, rowsParsed, rowsLoaded, errors, firstError }) => [
        prefix + file,
        status,
        String(rowsParsed),
        String(rowsLoaded),
        '1',
        String(errors),
        firstError,
        firstError === null ? null : '1',
        firstError === null ? null : '1',
        null,
      ]),
      { numRowsInserted: inserted, numRowsUpdated: 0, numRowsDeleted: 0, numDmlDuplicates: 0 },
    ),
  }
}
