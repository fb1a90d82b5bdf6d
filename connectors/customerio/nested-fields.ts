import type { Fields } from 'millrace'
import type { Attributes } from './item.ts'
import { isObject } from './read-answer.ts'

/** What is mapped to `<root>` as a whole and to `<root>.<name>` one by one, as one object; the latter wins. */
export function gatherFields(
  fields: Fields,
  root: string,
): { readonly values: Attributes } | { readonly refusal: string } {
  const whole = fields[root] ?? {}
  if (!isObject(whole) || 'rawJSON' in whole) return { refusal: `${root} must be a JSON object` }
  const own = Object.entries(fields).flatMap(([name, value]) =>
    name.startsWith(`${root}.`) ? [[name.slice(root.length + 1), value] as const] : [],
  )
  return { values: { ...whole, ...Object.fromEntries(own) } }
}
