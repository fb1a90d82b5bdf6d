/** `a, b, c and 297 more`: of a list that may be of any length, in a message. */
export function firstFew(names: readonly string[]): string {
  const rest = names.length - shown
  // In place of a single one its name is as short.
  if (rest <= 1) return names.join(', ')
  return `${names.slice(0, shown).join(', ')} and ${rest} more`
}

const shown = 5
