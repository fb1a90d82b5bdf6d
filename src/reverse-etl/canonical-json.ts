import { hash } from 'node:crypto'
import { isExactNumber } from './exact-number.ts'

/** JSON with sorted keys: two payloads are the same exactly where these texts are. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return JSON.stringify(value ?? null)
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item)}`
    return `[${text}]`
  }
  // By UTF-16 units, as `<` compares.
  for (const name of Object.keys(value).sort()) {
    const item: unknown = Reflect.get(value, name)
    if (item !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(item)}`
  }
  return `{${text}}`
}

export const hashOf = (canonical: string): string => hash('sha256', canonical, 'hex')
