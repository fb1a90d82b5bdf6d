import { quoteText } from '../duckdb/sql-text.ts'
import { stars } from '../model/mask.ts'
import { malformed, rawName, type StagedColumn } from './staged-column.ts'

/** A raw row as JSON text by vendor field, personal data starred out: what may be kept of a reject. */
export function maskedRow(columns: readonly StagedColumn[], pii: readonly string[]): string {
  const cells = columns.map(
    (column, index) =>
      `${quoteText(column.field)}, ${pii.includes(column.field) ? `CASE WHEN ${rawName(index)} IS NULL THEN NULL ELSE ${quoteText(stars)} END` : `left(CAST(${rawName(index)} AS VARCHAR), 500)`}`,
  )
  // Nobody can tell what in a line that does not parse is personal.
  const line =
    pii.length > 0 ? `CASE WHEN ${malformed} IS NOT NULL THEN ${quoteText(stars)} END` : `left(${malformed}, 200)`
  return `json_object(${cells.join(', ')}, '_line', ${line})`
}
