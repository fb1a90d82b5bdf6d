import { keptBefore, MillraceError, type JsonObject, type Scan, type ScanItem } from 'millrace'
import type { Reading } from './reading.ts'
import { isByStamp, positionById, positionByStamp, type Position } from './position.ts'
import { fetchQueryPage, type QueryPage } from './query.ts'
import { askerOf, fieldsOf, whereOf } from './readable.ts'
import { completeRows } from './complete-rows.ts'
import { watchPages } from './watch-pages.ts'

/** Where a scan is, also when it ends by an error. */
export type Progress = { after: Position | null }

/**
 * Pages by keyset: each is a query of its own, after the last row of the one before. A query locator would be one query for
 * all, but it dies within days and with the user's eleventh query; a keyset is as good after a kill as before.
 * Rows of one stamp are told apart by Id. A row that is written while we read gets a stamp past the upper bound: it leaves
 * this scan for the next one, and pushes no other row over a page's edge.
 */
export async function* readByRest(
  reading: Reading,
  scan: Scan,
  {
    progress,
    chunks,
    signal,
  }: {
    readonly progress: Progress
    /** null: one query, which says itself that it is too long. */
    readonly chunks: readonly (readonly string[])[] | null
    readonly signal: AbortSignal
  },
): AsyncGenerator<ScanItem> {
  const { api, host, stream } = reading
  const [fields = fieldsOf(stream, scan), ...others] = chunks ?? []
  let left = scan.limit ?? Infinity
  let altered = 0
  const watch = watchPages(`Reading ${stream.name}`, progress.after)
  while (left > 0) {
    const { after } = progress
    const size = Math.min(stream.pageSize, left)
    const order = isByStamp(stream, after) ? `${stream.cursor}, Id` : 'Id'
    const soql = `SELECT ${fields.join(', ')} FROM ${stream.name}${whereOf(stream, scan, after)} ORDER BY ${order} LIMIT ${size}`
    api.checkQuota()
    const page = await fetchQueryPage(api, { kind: 'queryAll', soql, signal, asker: askerOf(stream, scan) })
    if (page.rows > 0) {
      const last = positionAfter(reading, after, page)
      watch(last)
      const lines =
        others.length === 0
          ? page
          : await completeRows(reading, scan, { page, after, last, chunks: [fields, ...others], signal })
      altered += lines.altered
      progress.after = last
      yield { kind: 'lines', lines: lines.lines, rows: lines.rows, readAt: page.readAt }
      yield { kind: 'checkpoint', resume: last }
      left -= page.rows
    } else if (!page.done)
      throw new MillraceError('MR-3005', {
        message: `Reading ${stream.name} of Salesforce: an empty page that says there are more.`,
        kept: keptBefore,
        next: 'Run again; if it stays so, report it with the words above.',
      })
    // Wide rows come in smaller pages than asked for, and then it is not done: we go on after the last one.
    if (page.done && page.rows < size) break
  }
  if (altered > 0) host.warn(`${stream.name}: ${altered} characters that no warehouse can hold became U+FFFD`)
}

function positionAfter({ stream }: Reading, before: Position | null, { lastLine }: QueryPage): Position {
  const { name, cursor } = stream
  const last: JsonObject = JSON.parse(Buffer.from(lastLine ?? []).toString())
  const [id, at] = [last['Id'], cursor ? last[cursor] : null]
  if (typeof id !== 'string' || (cursor && typeof at !== 'string'))
    throw new MillraceError('MR-3005', {
      message: `Reading ${name} of Salesforce: a record without ${cursor ? `Id or ${cursor}` : 'Id'}.`,
      kept: keptBefore,
      next: 'Run again; if it stays so, report it with the words above.',
    })
  return isByStamp(stream, before) && typeof at === 'string' ? positionByStamp({ id, at }) : positionById(before, id)
}
