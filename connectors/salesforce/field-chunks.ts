import type { Scan } from 'millrace'
import type { SalesforceApi } from './client.ts'
import type { Position } from './position.ts'
import { headerBytes, maxUriBytes } from './query.ts'
import { fieldsOf, whereOf, type Readable } from './readable.ts'
import { encodeSoql } from './soql.ts'

/**
 * The fields of a scan in as many queries as a URL's length demands; one, mostly. Each has what `shared` names, too. null: not
 * even one field fits beside the conditions.
 */
export function chunkFields(
  api: Pick<SalesforceApi, 'basePath'>,
  stream: Readable,
  scan: Scan,
): readonly (readonly string[])[] | null {
  const fields = fieldsOf(stream, scan)
  const room = roomFor(api, stream, scan)
  if (bytesOf(fields) <= room) return [fields]
  const shared = sharedFields(stream)
  // The other queries of a page have its end in their conditions, or the Ids of rows that are read again.
  const smaller = room - bytesOf(shared) - moreConditions
  const chunks: string[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const field of fields.filter((name) => !shared.includes(name))) {
    const own = bytesOf([field])
    if (own > smaller) return null
    if (bytes + own > smaller) {
      chunks.push([...shared])
      bytes = 0
    }
    chunks.at(-1)?.push(field)
    bytes += own
  }
  return chunks.length === 0 ? null : chunks
}

/** What joins the parts of a row, and tells that they are of one state of it. */
export const sharedFields = ({ cursor }: Pick<Readable, 'cursor'>): readonly string[] => [
  'Id',
  ...(cursor ? [cursor] : []),
]

function roomFor(api: Pick<SalesforceApi, 'basePath'>, stream: Readable, scan: Scan): number {
  const rest = `SELECT  FROM ${stream.name}${whereOf(stream, scan, longestPosition)} ORDER BY ${stream.cursor ?? ''}, Id LIMIT ${stream.pageSize}`
  return maxUriBytes - headerBytes - `${api.basePath}/queryAll?q=`.length - encodeSoql(rest).length
}

const bytesOf = (fields: readonly string[]) => fields.reduce((sum, field) => sum + encodeSoql(`${field}, `).length, 0)

const longestPosition: Position = {
  id: 'x'.repeat(18),
  at: null,
  beyond: { id: 'x'.repeat(18), at: '2000-01-01T00:00:00.000Z' },
}
/** Ids of this many rows fit beside the fields. */
export const rowsReadAgain = 50
const moreConditions = rowsReadAgain * encodeSoql(", '000000000000000000'").length
