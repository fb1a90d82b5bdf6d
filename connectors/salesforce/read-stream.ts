import { MillraceError, z, type Json, type JsonObject, type Scan, type ScanItem } from 'millrace'
import type { SalesforceApi } from './client.ts'
import type { Host } from 'millrace'
import { fetchQueryPage, type QueryPage } from './query.ts'
import { and, instant, quote } from './soql.ts'

/** What the queries of a stream are made of. */
export type Readable = {
  readonly name: string
  /** Filterable stamp that rows are ordered by. null: by Id alone, and always all of them. */
  readonly cursor: string | null
  /** For `start`. null: the object does not say when a row was made. */
  readonly createdField: string | null
  /** Fields that every scan reads, asked for or not. */
  readonly always: readonly string[]
  readonly pageSize: number
}

/**
 * Pages by keyset: each is a query of its own, after the last row of the one before. A query locator would be one query for
 * all, but it dies within days and with the user's eleventh query; a keyset is as good after a kill as before.
 * Rows of one stamp are told apart by Id. A row that is written while we read gets a stamp past the upper bound: it leaves
 * this scan for the next one, and pushes no other row over a page's edge.
 */
export async function* readStream(
  api: SalesforceApi,
  stream: Readable,
  scan: Scan,
  context: { readonly signal: AbortSignal; readonly host: Host },
): AsyncGenerator<ScanItem> {
  const fields = [...new Set([...stream.always, ...scan.fields])].join(', ')
  let after = position.parse(scan.resume ?? null)
  let left = scan.limit ?? Infinity
  let altered = 0
  while (left > 0) {
    const size = Math.min(stream.pageSize, left)
    const where = and([...bounds(stream, scan), keyset(stream, after)])
    const order = stream.cursor ? `${stream.cursor}, Id` : 'Id'
    const soql = `SELECT ${fields} FROM ${stream.name}${where} ORDER BY ${order} LIMIT ${size}`
    const page = await fetchQueryPage(api, { kind: 'queryAll', soql, signal: context.signal })
    altered += page.altered
    if (page.rows > 0) {
      after = positionAfter(stream, page)
      yield { kind: 'lines', lines: page.lines, rows: page.rows, readAt: page.readAt }
      yield { kind: 'checkpoint', resume: after }
      left -= page.rows
    } else if (!page.done)
      throw new MillraceError('MR-3005', {
        message: `Reading ${stream.name} of Salesforce: an empty page that says there are more.`,
      })
    // Wide rows come in smaller pages than asked for, and then it is not done: we go on after the last one.
    if (page.done && page.rows < size) break
  }
  if (altered > 0) context.host.warn(`${stream.name}: ${altered} characters that no warehouse can hold became U+FFFD`)
}

/** The same bounds, recycle bin included. https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_count.htm */
export async function countStream(
  api: SalesforceApi,
  stream: Readable,
  scan: Scan,
  signal: AbortSignal,
): Promise<number> {
  const soql = `SELECT COUNT() FROM ${stream.name}${and(bounds(stream, scan))}`
  const { totalSize } = await fetchQueryPage(api, { kind: 'queryAll', soql, signal })
  return scan.limit === null ? totalSize : Math.min(totalSize, scan.limit)
}

function bounds({ cursor, createdField }: Readable, scan: Scan): readonly (string | null)[] {
  return [
    cursor && scan.from !== null ? `${cursor} >= ${instant(scan.from)}` : null,
    cursor ? `${cursor} < ${instant(scan.to)}` : null,
    createdField && scan.start !== null ? `${createdField} >= ${instant(scan.start)}` : null,
    scan.where ? `(${scan.where})` : null,
  ]
}

function keyset({ cursor }: Readable, after: Position | null): string | null {
  if (!after) return null
  if (!cursor || after.at === null) return `Id > ${quote(after.id)}`
  return `(${cursor} > ${after.at} OR (${cursor} = ${after.at} AND Id > ${quote(after.id)}))`
}

function positionAfter({ name, cursor }: Readable, { lastLine }: QueryPage): Position {
  const last: JsonObject = JSON.parse(Buffer.from(lastLine ?? []).toString())
  const [id, at] = [last['Id'], cursor ? last[cursor] : null]
  if (typeof id !== 'string' || (cursor && typeof at !== 'string'))
    throw new MillraceError('MR-3005', {
      message: `Reading ${name} of Salesforce: a record without ${cursor ? `Id or ${cursor}` : 'Id'}.`,
    })
  return { id, at: typeof at === 'string' ? instant(at) : null }
}

/** The last row that was read: all rows before it are. */
type Position = { readonly id: string; readonly at: string | null }
const position: z.ZodType<Position | null, Json> = z
  .strictObject({ id: z.string(), at: z.string().nullable() })
  .nullable()
