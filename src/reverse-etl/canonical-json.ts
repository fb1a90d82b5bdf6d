import { createHash } from 'node:crypto'
import { isExactNumber } from './exact-number.ts'

/** JSON with sorted keys: two payloads are the same exactly where these texts are. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null && !isExactNumber(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`)
      .join(',')}}`
  }
  return JSON.stringify(value ?? null)
}

export const hashOf = (canonical: string): string => createHash('sha256').update(canonical).digest('hex')
