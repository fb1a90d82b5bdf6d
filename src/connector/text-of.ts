/** What came in place of what was promised, for the words of an error. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    // A big integer, or a circle.
    return typeof value === 'bigint' ? String(value) : 'an object'
  }
}
