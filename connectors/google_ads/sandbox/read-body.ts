import type { Json } from 'millrace'
import { refuseJson, type Refusal } from './refusal.ts'

export type Body = { readonly [name: string]: Json }
type Kind = 'string' | 'integer' | 'boolean' | { readonly [name: string]: Kind }

/** The JSON of a request against the fields of its message, in camelCase or as the proto has them. */
export function readBody(text: string, kinds: { readonly [name: string]: Kind }): Body | Refusal {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return refuseJson('Invalid JSON payload received. Unexpected token.')
  }
  return readMessage(body, kinds, '')
}

function readMessage(message: unknown, kinds: { readonly [name: string]: Kind }, path: string): Body | Refusal {
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return refuseJson(`Invalid JSON payload received. Expected an object${path && ` at '${path}'`}.`)
  const read: { [name: string]: Json } = {}
  for (const [given, value] of Object.entries(message)) {
    const name = given.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const kind = kinds[name]
    if (kind === undefined)
      return refuseJson(
        `Invalid JSON payload received. Unknown name "${given}"${path && ` at '${path}'`}: Cannot find field.`,
      )
    if (typeof kind === 'object') {
      const inner = readMessage(value, kind, `${path}${given}`)
      if ('status' in inner && 'error' in inner) return inner
      read[name] = inner
    } else if (isOf(kind, value)) read[name] = value
    else return refuseJson(`Invalid value at '${path}${given}' (TYPE_${kind.toUpperCase()}), ${JSON.stringify(value)}`)
  }
  return read
}

const isOf = (kind: 'string' | 'integer' | 'boolean', value: unknown): value is string | number | boolean =>
  kind === 'integer' ? Number.isInteger(value) : typeof value === kind
