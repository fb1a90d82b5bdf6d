import { bad, type AppRefusal } from './app-refusal.ts'

/** What a parameter takes: text, a whole number (with its most), true or false, or one of these. */
export type Kind = 'text' | 'integer' | 'boolean' | { readonly most: number } | readonly string[]

export type Spec = { readonly [name: string]: Kind }

export type Checked = { readonly [name: string]: string | number | boolean }

/** Parameters that the description does not name are refused: at the vendor they are ignored, here a typing error is seen. */
export function checkQuery(query: URLSearchParams, spec: Spec): Checked | AppRefusal {
  const checked: { [name: string]: string | number | boolean } = {}
  for (const [name, text] of query) {
    const kind = Object.hasOwn(spec, name) ? spec[name] : undefined
    if (kind === undefined) return bad(`unknown parameter ${name}`)
    const value = readValue(name, text, kind)
    if (typeof value === 'object') return value
    checked[name] = value
  }
  return checked
}

function readValue(name: string, text: string, kind: Kind): string | number | boolean | AppRefusal {
  if (kind === 'text') return text
  if (kind === 'boolean')
    return text === 'true' || text === 'false' ? text === 'true' : bad(`${name} must be a boolean`)
  if (kind === 'integer') return /^\d{1,15}$/.test(text) ? Number(text) : bad(`${name} must be an integer`)
  if ('most' in kind) {
    const number = readValue(name, text, 'integer')
    if (typeof number !== 'number') return number
    return number >= 1 && number <= kind.most ? number : bad(`${name} must be from 1 to ${kind.most}`)
  }
  return kind.includes(text) ? text : bad(`${name} must be one of ${kind.join(', ')}`)
}

export const idOf = (text: string): number | AppRefusal =>
  /^[1-9]\d{0,15}$/.test(text) ? Number(text) : bad('the id must be an integer')
