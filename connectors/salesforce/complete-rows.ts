import type { Scan } from 'millrace'
import { allPages } from './all-pages.ts'
import { rowsReadAgain, sharedFields } from './field-chunks.ts'
import { joinParts, splitLines, type LinePart } from './join-lines.ts'
import { isByStamp, type Position } from './position.ts'
import { fetchQueryPage, type QueryPage } from './query.ts'
import type { Reading } from './reading.ts'
import { askerOf, wantedOf, whereOf } from './readable.ts'
import { and, instant, quote } from './soql.ts'
import { watchPages } from './watch-pages.ts'

type Completed = { readonly lines: Uint8Array; readonly rows: number; readonly altered: number }

type WidePage = {
  /** Of the first part. */
  readonly page: QueryPage
  readonly after: Position | null
  readonly last: Position
  readonly chunks: readonly (readonly string[])[]
  readonly signal: AbortSignal
}

/**
 * The other fields of a page's rows, joined to it by Id. A row that was written in between has another stamp in one part
 * than in the other, or is missing there: it is read again, until all its parts are of one state.
 * Of an object without a stamp nobody can tell.
 */
export async function completeRows(
  { api, host, stream }: Reading,
  scan: Scan,
  { page, after, last, chunks, signal }: WidePage,
): Promise<Completed> {
  const shared = sharedFields(stream)
  let altered = page.altered
  const fetchPart = async (soql: string) => {
    api.checkQuota()
    const part = await fetchQueryPage(api, { kind: 'queryAll', soql, signal, asker: askerOf(stream, scan) })
    altered += part.altered
    return part
  }
  const first = splitLines(page.lines, shared)
  const order = isByStamp(stream, last) ? `${stream.cursor}, Id` : 'Id'
  const others: ReadonlyMap<string, LinePart>[] = []
  for (const fields of chunks.slice(1)) {
    const found = new Map<string, LinePart>()
    const watch = watchPages(`Reading ${stream.name}`, after)
    for (let from = after; ;) {
      const soql = `SELECT ${fields.join(', ')} FROM ${stream.name}${whereOf(stream, scan, from, upTo(stream.cursor, last))} ORDER BY ${order} LIMIT ${stream.pageSize}`
      const part = await fetchPart(soql)
      const rows = splitLines(part.lines, shared)
      for (const row of rows) found.set(row.id, row)
      const end = rows.at(-1)
      // A page may be cut short where rows are wide.
      if (!end || (part.done && rows.length < stream.pageSize) || end.id === last.id) break
      from = last.at !== null && end.stamp !== null ? { id: end.id, at: instant(end.stamp) } : { ...last, id: end.id }
      watch(from)
    }
    others.push(found)
  }

  const lines: Uint8Array[] = []
  const torn: string[] = []
  for (const row of first) {
    const parts = [row, ...others.map((found) => found.get(row.id))]
    if (isOneState(parts)) lines.push(joinParts(parts))
    else torn.push(row.id)
  }
  for (let round = 0; torn.length > 0 && round < rounds; round++) {
    const again = torn.splice(0)
    for (let from = 0; from < again.length; from += rowsReadAgain) {
      const ids = again.slice(from, from + rowsReadAgain)
      const where = and([...wantedOf(stream, scan), `Id IN (${ids.map(quote).join(', ')})`])
      const found: ReadonlyMap<string, LinePart>[] = []
      for (const fields of chunks) {
        const rows = new Map<string, LinePart>()
        for await (const part of allPages(`SELECT ${fields.join(', ')} FROM ${stream.name}${where}`, fetchPart))
          for (const row of splitLines(part.lines, shared)) rows.set(row.id, row)
        found.push(rows)
      }
      for (const id of ids) {
        const parts = found.map((rows) => rows.get(id))
        // Gone, or no more what the sync wants: the next scan says so, where anybody does.
        if (parts.every((part) => part === undefined)) continue
        if (isOneState(parts)) lines.push(joinParts(parts))
        else torn.push(id)
      }
    }
  }
  if (torn.length > 0)
    host.warn(
      `${stream.name}: ${torn.length} rows were written again and again while their ${chunks.length} parts were read (${torn.slice(0, 3).join(', ')}); the next run brings them`,
    )
  return { lines: Buffer.concat(lines), rows: lines.length, altered }
}

function isOneState(parts: readonly (LinePart | undefined)[]): parts is readonly LinePart[] {
  return parts.every((part) => part !== undefined && part.stamp === parts[0]?.stamp)
}

/** Up to the page's last row. */
function upTo(cursor: string | null, last: Position): string {
  if (cursor === null || last.at === null) return `Id <= ${quote(last.id)}`
  return `(${cursor} < ${last.at} OR (${cursor} = ${last.at} AND Id <= ${quote(last.id)}))`
}

const rounds = 3
