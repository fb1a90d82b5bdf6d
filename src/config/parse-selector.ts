/** What one word of SELECT means. */
export type Selector =
  | { readonly kind: 'sync' | 'tag' | 'source' | 'destination'; readonly name: string; readonly withNeeded: boolean }
  | { readonly kind: 'state'; readonly name: string; readonly withNeeded: boolean }

/** undefined: `prefix:` is not one that there is. */
export function parseSelector(word: string): Selector | undefined {
  const withNeeded = word.startsWith('+')
  const rest = withNeeded ? word.slice(1) : word
  const colon = rest.indexOf(':')
  if (colon === -1) return { kind: 'sync', name: rest, withNeeded }
  const kind = kinds.find((prefix) => prefix === rest.slice(0, colon))
  return kind && { kind, name: rest.slice(colon + 1), withNeeded }
}

export const selectorForms = 'a sync, `tag:x`, `source:x`, `destination:x`, or one of these with `+` in front'

const kinds = ['tag', 'source', 'destination', 'state'] as const
