import type { Json, JsonObject } from 'millrace'
import type { Row } from './run-query.ts'

/** A row as REST has it: nested, in camelCase, without what is empty. */
export function nest(row: Row): JsonObject {
  const whole: Nested = {}
  for (const [field, value] of Object.entries(row)) {
    if (value === null || (Array.isArray(value) && value.length === 0)) continue
    const parts = field.split('.').map(toCamelCase)
    const last = parts.pop() ?? ''
    let at = whole
    for (const part of parts) {
      const next = at[part]
      const inner: Nested = isNested(next) ? next : {}
      at[part] = inner
      at = inner
    }
    at[last] = value
  }
  return whole
}

type Nested = { [name: string]: Json | Nested }

const isNested = (value: Json | Nested | undefined): value is Nested =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const toCamelCase = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Two spaces and a newline at the end, as the vendor writes it. */
export const sendJson = (body: JsonObject, requestId: string): Response =>
  new Response(`${JSON.stringify(body, null, 2)}\n`, {
    status: 200,
    headers: { 'content-type': 'application/json; charset=UTF-8', 'request-id': requestId },
  })
