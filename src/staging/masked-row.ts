import { quoteText } from '../duckdb/sql-text.ts'
import type { StagedColumn } from './stage-chunk.ts'

/** A raw row as JSON text by vendor field, personal data starred out: what may be kept of a reject. */
export function maskedRow(columns: readonly StagedColumn[], pii: readonly string[]): string {
  const cells = columns.map(
    (column, index) =>
      `${quoteText(column.field)}, ${pii.includes(column.field) ? `CASE WHEN r${index} IS NULL THEN NULL ELSE '***' END` : `left(CAST(r${index} AS VARCHAR), 500)`}`,
  )
  return `json_object(${cells.join(', ')}, '_line', left(_malformed, 200))`
}
