import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import type { Given } from './parameters.ts'
import { refuseParameter, refuseTooMuchOnPage, type Refusal } from './refusal.ts'

type Paged = {
  readonly url: URL
  readonly given: Given
  /** Where each stands: its cursor goes on after it, whether it is still there or not. */
  readonly cursorOf: (index: number) => string
  /** The index of the first after a cursor; undefined: no such cursor. */
  readonly indexAfter: (cursor: string) => number | undefined
}

/**
 * A page of an edge. The link to the next one holds the access token, as at the vendor.
 * https://developers.facebook.com/docs/graph-api/results
 */
export function makePage<T>(
  { fault }: SimulatorContext,
  { url, given, cursorOf, indexAfter }: Paged,
  { items, describe }: { readonly items: readonly T[]; readonly describe: (item: T) => JsonObject },
): JsonObject | Refusal {
  const limit = Number(given['limit'] ?? 25)
  if (limit < 1 || limit > 5_000) return refuseParameter('Param limit must be between 1 and 5000')
  const { limit: most, rows, message } = fault('too_much_page') ?? {}
  const isMeant = typeof rows !== 'number' || items.length > rows
  if (typeof most === 'number' && limit > most && isMeant) return refuseTooMuchOnPage(message)
  const from = typeof given['after'] === 'string' ? indexAfter(given['after']) : 0
  if (from === undefined) return refuseParameter('Invalid cursors values: after')
  const page = items.slice(from, from + limit)
  const to = from + page.length
  if (page.length === 0) return { data: [] }
  const cursors = { before: cursorOf(from), after: cursorOf(to - 1) }
  const next = new URL(url)
  next.searchParams.set('limit', String(limit))
  next.searchParams.set('after', cursors.after)
  return { data: page.map(describe), paging: { cursors, ...(to < items.length && { next: next.href }) } }
}

export const toCursor = (text: string): string => Buffer.from(`cursor ${text}`).toString('base64url')

export function fromCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString()
  return text.startsWith('cursor ') ? text.slice('cursor '.length) : undefined
}
