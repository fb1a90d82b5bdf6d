/** In the place of the cells of a part that is not whole JSON. */
export const brokenPart: readonly string[] = ['']

/**
 * Has the SDK hand over one row, `brokenPart`, where a part of a result is not whole JSON. By itself it throws then: into its
 * own log, and the stream waits for ever; or, where the part came before it was needed, past everybody, which ends the process.
 */
export function handOverBrokenParts(part: { getRows: () => unknown }): void {
  const { getRows } = part
  part.getRows = function () {
    try {
      return getRows.call(this)
    } catch {
      Object.assign(this, { _rowsetAsString: undefined, _rowset: [brokenPart] })
      return getRows.call(this)
    }
  }
}
