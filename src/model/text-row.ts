/** A row of a result: every cell as exact text, by column. */
export type TextRow = { readonly [column: string]: string | null }

/** A row of these columns. */
export function textRow(names: readonly string[], cells: readonly (string | null)[]): TextRow {
  // As an assignment it would set the object's prototype.
  if (names.includes('__proto__')) return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? null]))
  const row: Record<string, string | null> = {}
  for (let index = 0; index < names.length; index++) row[names[index] ?? ''] = cells[index] ?? null
  return row
}
