/** In the place of the cells of a part that is not whole. */
export const brokenPart: readonly string[] = ['']

/**
 * Has the SDK hand over one row, `brokenPart`, where a part of a result is not whole JSON, or is no list of rows: empty, or
 * `null`. By itself it throws then: into its own log, and the stream waits for ever; or, where the part came before it was needed,
 * past everybody, which ends the process.
 */
export function handOverBrokenParts(part: { getRows: () => unknown }): void {
  const { getRows } = part
  part.getRows = function () {
    const rows = rowsOf(() => getRows.call(this))
    if (rows !== null) return rows
    Object.assign(this, { _rows: undefined, _rowsetAsString: undefined, _rowset: [brokenPart] })
    return getRows.call(this)
  }
}

function rowsOf(getRows: () => unknown): unknown {
  try {
    const rows: unknown = getRows()
    return Array.isArray(rows) && rows.every(hasCells) ? rows : null
  } catch {
    return null
  }
}

const hasCells = (row: unknown): boolean => row instanceof Object && 'values' in row && Array.isArray(row.values)
