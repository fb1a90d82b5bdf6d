import { displayWidth, padToWidth } from './display-width.ts'
import { makePaint } from './paint.ts'
import { printable } from './printable.ts'

/** Its header alone, where it is no column of numbers. */
export type TableColumn = string | { readonly header: string; readonly align?: 'left' | 'right' }

/** An aligned table with a header, two spaces between columns, and a line break at its end. No rows: only the header. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { color = false }: { readonly color?: boolean } = {},
): string {
  const paint = makePaint(color)
  const cells = rows.map((row) => columns.map((_, index) => printable(row[index] ?? '')))
  const headers = columns.map((column) => (typeof column === 'string' ? column : column.header))
  const aligns = columns.map((column) => (typeof column === 'string' ? 'left' : column.align))
  // More arguments than some 120,000 are no call.
  const widths = headers.map((header, index) =>
    cells.reduce((width, row) => Math.max(width, displayWidth(row[index] ?? '')), displayWidth(header)),
  )
  const line = (texts: readonly string[]) =>
    ` ${texts.map((text, index) => padToWidth(text, widths[index] ?? 0, aligns[index])).join('  ')}`.trimEnd()
  return [paint('dim', line(headers)), ...cells.map(line)].map((text) => `${text}\n`).join('')
}
