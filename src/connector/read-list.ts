import { parseExact } from '../model/cut-page.ts'
import type { Json } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Scan, ScanItem, Stream } from './contract.ts'
import type { ListDeclaration, Paging } from './list-declaration.ts'
import type { Context } from './context.ts'
import type { Page, Query } from './host.ts'
import { foreignResume } from './resume-point.ts'
import { valueAt } from './value-at.ts'
import { watchForCircle } from './watch-for-circle.ts'

/**
 * Reads a list endpoint page by page: a batch of lines, then a checkpoint whose resume point is the paging state itself.
 * Memory is two pages, whatever the length: a cursor that goes in a circle is found by Brent's method, not by a list of
 * all cursors.
 * @throws MillraceError MR-3005 where the vendor pages in a circle, or answers the same page twice
 */
export async function* readList(
  stream: Pick<Stream, 'name' | 'docs' | 'key' | 'enumerates'>,
  list: ListDeclaration,
  scan: Scan,
  { http, signal }: Context,
): AsyncGenerator<ScanItem> {
  if (scan.where !== null) throw noWhere(stream.name)
  const options = { signal, docs: stream.docs, records: list.records }
  const query: Query = { ...list.query, ...boundsOf(stream, list, scan) }
  const ask = (at: Place | null): Promise<Page> =>
    at?.kind === 'link'
      ? http.page(at.at, options)
      : http.page(list.path, { ...options, query: { ...query, ...pageQuery(list.page, at) } })
  const isNew = watchForCircle()
  let place: Place | null = readPlace(scan.resume, list.page, stream.name)
  let left = scan.limit ?? Infinity
  let before: Uint8Array | null = null
  let coming: Promise<Page> | null = ask(place)
  try {
    while (coming) {
      const page: Page = await coming
      if (page.rows > 0 && stream.key.length > 0 && before && Buffer.compare(before, page.lines) === 0)
        throw samePage(stream, list)
      before = page.lines
      const rows = Math.min(page.rows, left)
      left -= page.rows
      place = left > 0 ? nextPlace(list.page, page, place, stream) : null
      if (place && !isNew(JSON.stringify(place.at))) throw circle(stream, list, place)
      // The vendor works on the next page while this one is written down.
      coming = place && ask(place)
      coming?.catch(() => undefined)
      const lines = rows < page.rows ? firstLines(page.lines, rows) : page.lines
      if (page.rows > 0) yield { kind: 'lines', lines, rows, readAt: page.readAt }
      if (place) yield { kind: 'checkpoint', resume: { kind: place.kind, at: place.at } }
    }
  } finally {
    // A reader that stops here leaves no request behind it.
    await coming?.catch(() => undefined)
  }
}

/** Where the next page begins: a cursor, a key, a page number, an offset or a URL. */
type Place =
  | { readonly kind: 'cursor' | 'after' | 'page' | 'offset'; readonly at: string | number }
  | { readonly kind: 'link'; readonly at: string }

function nextPlace(
  paging: Paging,
  page: Page,
  place: Place | null,
  stream: Pick<Stream, 'name' | 'docs'>,
): Place | null {
  switch (paging.kind) {
    case 'none':
      return null
    case 'cursor': {
      const next = valueAt(page.envelope, paging.next)
      return isPlace(next) ? { kind: 'cursor', at: next } : nothingAt(next, paging.next, stream)
    }
    case 'link': {
      const next = valueAt(page.envelope, paging.next)
      return typeof next === 'string' && next !== '' ? { kind: 'link', at: next } : nothingAt(next, paging.next, stream)
    }
    case 'after': {
      if (page.rows === 0 || (paging.more && valueAt(page.envelope, paging.more) === false)) return null
      const last = valueAt(parseExact(lastLine(page.lines)), paging.field)
      if (isPlace(last)) return { kind: 'after', at: last }
      throw odd(stream, `its last record has no “${paging.field}” to go on from`)
    }
    case 'page':
      return page.rows === 0 ? null : { kind: 'page', at: Number(place?.at ?? paging.first ?? 1) + 1 }
    case 'offset':
      return page.rows === 0 ? null : { kind: 'offset', at: Number(place?.at ?? 0) + page.rows }
  }
}

function pageQuery(paging: Paging, place: Place | null): Query {
  if (paging.kind === 'none' || paging.kind === 'link') return {}
  const size: Query = paging.size ? { [paging.size.param]: paging.size.value } : {}
  if (place) return { ...size, [paging.param]: place.at }
  if (paging.kind === 'page') return { ...size, [paging.param]: paging.first ?? 1 }
  return paging.kind === 'offset' ? { ...size, [paging.param]: 0 } : size
}

/**
 * A pass whose unseen rows are deleted has no upper bound: a row that is edited meanwhile has a newer stamp, and is there all the
 * same.
 */
const hasUpperBound = ({ enumerates }: Pick<Stream, 'enumerates'>, { full, from }: Scan): boolean =>
  !(full && from === null && enumerates === true)

/** Those of a scan that a list takes, or what counts it. */
export const boundsOf = (
  stream: Pick<Stream, 'enumerates'>,
  { since, until, sinceFormat = 'iso' }: Pick<ListDeclaration, 'since' | 'until' | 'sinceFormat'>,
  scan: Scan,
): Query => ({
  ...(since && scan.from ? { [since]: bound(scan.from, sinceFormat, Math.floor) } : {}),
  ...(until && hasUpperBound(stream, scan) ? { [until]: bound(scan.to, sinceFormat, Math.ceil) } : {}),
})

/** An instant in the vendor's form; unix seconds are rounded outwards. */
const bound = (instant: string, format: 'iso' | 'unix', round: (seconds: number) => number): string | number =>
  format === 'iso' ? instant : round(Date.parse(instant) / 1000)

function readPlace(resume: Json, { kind }: Paging, name: string): Place | null {
  if (resume === null) return null
  const at = valueAt(resume, 'at')
  if (valueAt(resume, 'kind') === kind) {
    if (kind === 'link' && typeof at === 'string') return { kind, at }
    if (kind !== 'link' && kind !== 'none' && isPlace(at)) return { kind, at }
  }
  throw foreignResume(resume, name)
}

function firstLines(lines: Uint8Array, count: number): Uint8Array {
  let end = 0
  for (let n = 0; n < count; n++) end = lines.indexOf(newline, end) + 1
  return lines.subarray(0, end)
}

const lastLine = (lines: Uint8Array) =>
  lines.subarray(lines.lastIndexOf(newline, lines.length - 2) + 1, lines.length - 1)

const isPlace = (value: Json | undefined): value is string | number =>
  (typeof value === 'string' && value !== '') || typeof value === 'number'

/** The end, where the vendor says so by null, an empty text, false or silence. */
function nothingAt(next: Json | undefined, path: string, stream: Pick<Stream, 'name' | 'docs'>): null {
  if (next === undefined || next === null || next === '' || next === false) return null
  throw odd(stream, `what it has at “${path}” is not a place to go on from: ${JSON.stringify(next).slice(0, 100)}`)
}

const odd = (stream: Pick<Stream, 'name' | 'docs'>, what: string) =>
  new MillraceError('MR-3005', {
    message: `Reading ${stream.name}: ${what}.`,
    kept: 'What was committed stays; the scan resumes at its last checkpoint.',
    next: `Compare with ${stream.docs}`,
  })

const circle = (stream: Pick<Stream, 'name' | 'docs'>, list: ListDeclaration, place: Place) =>
  odd(stream, `${list.path} pages in a circle: ${place.kind} ${JSON.stringify(place.at)} came a second time`)

const samePage = (stream: Pick<Stream, 'name' | 'docs'>, list: ListDeclaration) =>
  odd(stream, `${list.path} answered the same page twice in a row, so it does not understand its paging parameter`)

const noWhere = (name: string) =>
  new MillraceError('MR-1201', {
    message: `The stream ${name} is read from a list that takes no \`where\`.`,
    next: 'Take `where` out, and filter in a model.',
  })

const newline = 0x0a
