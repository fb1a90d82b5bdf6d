import type { Json, JsonObject } from 'millrace'
import { isJsonObject } from './json-object.ts'

/** A number that a double cannot hold is kept as its digits, so that the store shows what was sent. */
export function parseBody(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text, keepDigits)
    return isJsonObject(value) ? value : undefined
  } catch {
    // The caller answers 400 for whatever is not a JSON object.
    return undefined
  }
}

// V8 gives the context; TypeScript's library does not know of it yet.
function keepDigits(_name: string, value: Json, context?: { readonly source?: string }): Json {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined) return value
  const digits = source.replace(/e.*$/i, '').replace(/[^\d]/g, '').replace(/^0+/, '')
  return digits.length > 15 ? source : value
}
