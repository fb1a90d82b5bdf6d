import { readResume, z, type Json } from 'millrace'
import type { Readable } from './readable.ts'
import { instant, quote } from './soql.ts'

/**
 * The last row that was read: all rows before it are. `at` is its stamp where rows come by (stamp, Id); without it they come
 * by Id. A scan that began by stamp and goes on by Id, in a query job, reads by Id what is `beyond` where it was.
 */
export type Position = z.output<typeof filled>

/** @throws MillraceError MR-1401 where a stored one is not ours */
export const readPosition = (resume: Json): Position | null => readResume(filled, resume, 'Salesforce')

/** By Id, of which no row changes its place. */
export const beforeAll: Position = { id: '000000000000000AAA', at: null }

/** The condition for what comes after. */
export function afterPosition(stream: Pick<Readable, 'cursor'>, after: Position | null): string | null {
  if (!after) return null
  if (stream.cursor && after.at !== null) return afterRow(stream.cursor, { at: after.at, id: after.id })
  const byId = `Id > ${quote(after.id)}`
  return stream.cursor && after.beyond ? `${byId} AND ${afterRow(stream.cursor, after.beyond)}` : byId
}

/** From here on by Id, from the smallest. */
export const turnToId = (after: Position | null): Position | null =>
  after && after.at !== null ? { ...beforeAll, beyond: { id: after.id, at: after.at } } : after

export const positionById = (before: Position | null, id: string): Position => ({
  id,
  at: null,
  ...(before?.beyond && { beyond: before.beyond }),
})

/** By the stamp, unless the object has none or the scan has begun by Id. */
export const isByStamp = ({ cursor }: Pick<Readable, 'cursor'>, after: Position | null): boolean =>
  cursor !== null && (after === null || after.at !== null)

export const positionByStamp = (row: { readonly id: string; readonly at: string }): Position => ({
  id: row.id,
  at: instant(row.at),
})

const afterRow = (cursor: string, { at, id }: { readonly at: string; readonly id: string }) =>
  `(${cursor} > ${at} OR (${cursor} = ${at} AND Id > ${quote(id)}))`

const row = { id: z.string(), at: z.string() }
const filled = z.strictObject({ id: z.string(), at: z.string().nullable(), beyond: z.strictObject(row).optional() })
