import type { Outcome } from '../run/query-store.ts'
import { statementTypes } from '../run/record-query.ts'
import { resultOf } from '../run/result-set.ts'
import { number, text } from '../run/row-type.ts'
import { statusOutcome } from '../run/listing.ts'

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
  return {
    statementTypeId: statementTypes.copy,
    changed: { inserted, updated: 0, deleted: 0 },
    bytesScanned: bytes,
    result: resultOf(
      [
        text('file'),
        text('status'),
        number('rows_parsed'),
        number('rows_loaded'),
        number('error_limit'),
        number('errors_seen'),
        text('first_error'),
        number('first_error_line'),
        number('first_error_character'),
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
