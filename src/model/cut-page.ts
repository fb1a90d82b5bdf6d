import { isUtf8 } from 'node:buffer'
import { copyValue, outputSize, type Copier } from './compact-json.ts'
import { malformed, notJson, text, truncated } from './json-error.ts'
import type { Json } from './json.ts'

export type CutPage = {
  /** One record a line, each ended by a newline, without insignificant whitespace. */
  readonly lines: Uint8Array
  readonly rows: number
  /** The page with its list emptied. Numbers that a double cannot hold are strings in it: a cursor keeps its digits. */
  readonly envelope: Json
  /** The last record, without its newline: where a next page that begins after it starts. */
  readonly lastLine: Uint8Array | null
  /** Lone surrogates and NUL characters in the records that became U+FFFD. */
  readonly altered: number
}

export type CutOptions = {
  /** Where the list is: `data`, `result.items`, or `''` for a page that is the list itself. */
  readonly records: string
}

/**
 * Cuts a page of JSON into one-line records in one pass over its bytes, without parsing them: digits stay as they came
 * (see compact-json.ts for what is quoted and replaced). `null` in place of the list is an empty list.
 * @throws MillraceError MR-3005 with the byte, where it is not JSON, ends too early, or has no list there
 */
export function cutPage(bytes: Uint8Array, options: CutOptions): CutPage {
  // One quick native pass; after it, strings can be copied byte for byte.
  if (!isUtf8(bytes)) throw notJson('its bytes are not UTF-8')
  const cut: Cut = {
    bytes,
    out: borrowScratch(outputSize(bytes.length)),
    reader: 'integer64',
    position: hasByteOrderMark(bytes) ? 3 : 0,
    written: 0,
    altered: 0,
    list: null,
  }
  const origin = cut.position
  findList(cut, options.records === '' ? [] : options.records.split('.'), options)
  if (peek(cut) !== -1) throw malformed(bytes, cut.position)
  if (!cut.list) throw notJson(`it has no list at “${options.records}”`)
  const { start, end, rows, lastLineAt, written, altered } = cut.list
  // Copied out: the scratch is the next page's, and lines that wait for the disk hold on to no more than they are.
  const lines = Buffer.allocUnsafeSlow(written)
  lines.set(cut.out.subarray(0, written))
  return {
    lines,
    rows,
    envelope: parseExact(Buffer.concat([bytes.subarray(origin, start), bytes.subarray(end)])),
    lastLine: rows === 0 ? null : lines.subarray(lastLineAt, written - 1),
    altered,
  }
}

/** Parses JSON; numbers that a double would alter come as strings of their digits. */
export function parseExact(bytes: Uint8Array): Json {
  const copier: Copier = {
    bytes,
    out: Buffer.allocUnsafe(outputSize(bytes.length)),
    reader: 'double',
    position: hasByteOrderMark(bytes) ? 3 : 0,
    written: 0,
    altered: 0,
  }
  copyValue(copier)
  if (peek(copier) !== -1) throw malformed(bytes, copier.position)
  const json: Json = JSON.parse(text(copier.out, 0, copier.written))
  return json
}

/** Where pages are cut, one at a time; kept, since fresh memory of a page's size costs as much as cutting it. */
function borrowScratch(size: number): Uint8Array {
  if (size > keptScratchBytes) return Buffer.allocUnsafeSlow(size)
  if (scratch.length < size) scratch = Buffer.allocUnsafeSlow(Math.min(keptScratchBytes, size * 2))
  return scratch
}

let scratch: Uint8Array = new Uint8Array(0)
const keptScratchBytes = 16 * 1024 * 1024

type Cut = Copier & {
  list: { start: number; end: number; rows: number; lastLineAt: number; written: number; altered: number } | null
}

/** Walks down the path; everything beside it is checked too, and its copy thrown away. */
function findList(cut: Cut, path: readonly string[], options: CutOptions): void {
  const [name, ...rest] = path
  const first = peek(cut)
  if (name === undefined) return cutList(cut, options)
  if (first !== openBrace) return skipValue(cut)
  cut.position++
  if (peek(cut) === closeBrace) {
    cut.position++
    return
  }
  for (;;) {
    if (peek(cut) !== quote) throw unexpected(cut)
    const isOnPath = readKey(cut) === name
    if (peek(cut) !== colon) throw unexpected(cut)
    cut.position++
    if (isOnPath) findList(cut, rest, options)
    else skipValue(cut)
    const next = peek(cut)
    if (next !== comma && next !== closeBrace) throw unexpected(cut)
    cut.position++
    if (next === closeBrace) return
  }
}

function cutList(cut: Cut, options: CutOptions): void {
  if (cut.list) throw notJson(`“${options.records}” is there twice, the second time at byte ${cut.position}`)
  const first = peek(cut)
  if (first !== openBracket) {
    if (first !== letterN) throw notJson(`what is at “${options.records}” (byte ${cut.position}) is not a list`)
    skipValue(cut)
    cut.list = { start: cut.position, end: cut.position, rows: 0, lastLineAt: 0, written: 0, altered: 0 }
    return
  }
  const start = ++cut.position
  let rows = 0
  let lastLineAt = 0
  cut.written = 0
  cut.altered = 0
  for (let next = peek(cut); next !== closeBracket; next = peek(cut)) {
    if (rows > 0) {
      if (next !== comma) throw unexpected(cut)
      cut.position++
      next = peek(cut)
    }
    if (next !== openBrace)
      throw next === -1
        ? truncated(cut.position)
        : notJson(`record ${rows + 1} (byte ${cut.position}) is not an object`)
    lastLineAt = cut.written
    copyValue(cut)
    cut.out[cut.written++] = newline
    rows++
  }
  const end = cut.position++
  cut.list = { start, end, rows, lastLineAt, written: cut.written, altered: cut.altered }
}

function readKey(cut: Cut): string {
  const from = cut.written
  copyValue(cut)
  const key: unknown = JSON.parse(text(cut.out, from, cut.written))
  cut.written = from
  return String(key)
}

function skipValue(cut: Cut): void {
  const from = cut.written
  copyValue(cut)
  cut.written = from
}

/** Skips whitespace and looks at what follows; -1 at the end. */
function peek(copier: Copier): number {
  const { bytes } = copier
  let c = bytes[copier.position]
  while (c === 0x20 || c === newline || c === 0x0d || c === 0x09) c = bytes[++copier.position]
  return c ?? -1
}

const unexpected = (cut: Cut) =>
  cut.position >= cut.bytes.length ? truncated(cut.bytes.length) : malformed(cut.bytes, cut.position)

const hasByteOrderMark = (bytes: Uint8Array) => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

const newline = 0x0a
const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const letterN = 0x6e
const openBrace = 0x7b
const closeBrace = 0x7d
