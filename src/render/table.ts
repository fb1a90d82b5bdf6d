import { displayWidth, padToWidth } from './display-width.ts'
import { makePaint } from './paint.ts'
import { printable } from './printable.ts'

export type TableColumn = { readonly header: string; readonly align?: 'left' | 'right' }

/** An aligned table with a header, two spaces between columns, and a line break at its end. No rows: only the header. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  { color = false }: { readonly color?: boolean } = {},
): string {
  const paint = makePaint(color)
  const cells = rows.map((row) => columns.map((_, index) => printable(row[index] ?? '')))
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.header), ...cells.map((row) => displayWidth(row[index] ?? ''))),
  )
  const line = (texts: readonly string[]) =>
    ` ${texts.map((text, index) => padToWidth(text, widths[index] ?? 0, columns[index]?.align)).join('  ')}`.trimEnd()
  const header = paint('dim', line(columns.map((column) => column.header)))
  return [header, ...cells.map(line)].map((text) => `${text}\n`).join('')
}
