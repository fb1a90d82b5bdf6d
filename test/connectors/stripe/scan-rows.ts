import type { JsonObject, ScanItem } from 'millrace'
import { parseLines } from '../parse-lines.ts'

/** The rows of a stream (or of a child of it) as the last batch that has them leaves them: by id. */
export function rowsOf(items: readonly ScanItem[], child?: string): ReadonlyMap<string, JsonObject> {
  const rows = new Map<string, JsonObject>()
  for (const item of items) {
    if (item.kind === 'checkpoint' || item.child?.stream !== child) continue
    if (item.kind === 'tombstones') for (const { id } of item.keys) rows.delete(String(id))
    if (item.kind === 'lines') for (const row of parseLines(item.lines)) rows.set(String(row.id), row)
  }
  return rows
}

export const tombstonesOf = (items: readonly ScanItem[]): readonly string[] =>
  items.flatMap((item) => (item.kind === 'tombstones' ? item.keys.map(({ id }) => String(id)) : []))
