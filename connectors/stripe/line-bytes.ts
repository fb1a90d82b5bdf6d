/**
 * Reads and extends one-line JSON objects without parsing them. Lines are `cutPage`'s: valid, without whitespace between
 * values, each ended by a newline.
 */

/** The bytes of a top-level value. */
export function findValue(line: Uint8Array, key: string): Uint8Array | undefined {
  const wanted = Buffer.from(`"${key}":`)
  let at = 1
  while (at < line.length && line[at] === quote) {
    const valueAt = endOfString(line, at) + 1
    const end = endOfValue(line, valueAt)
    if (wanted.length === valueAt - at && wanted.equals(line.subarray(at, valueAt))) return line.subarray(valueAt, end)
    at = end + 1
  }
  return undefined
}

/** A top-level value that is text or a number, as text. */
export function findText(line: Uint8Array, key: string): string | undefined {
  const value = findValue(line, key)
  const parsed: unknown = value && JSON.parse(Buffer.from(value).toString())
  return typeof parsed === 'string' || typeof parsed === 'number' ? String(parsed) : undefined
}

/** Each line without its newline. */
export function* eachLine(lines: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < lines.length;) {
    const end = lines.indexOf(newline, at)
    const stop = end === -1 ? lines.length : end
    if (stop > at) yield lines.subarray(at, stop)
    at = stop + 1
  }
}

/** Adds fields to the end of every line. */
export function extendLines(lines: Uint8Array, rows: number, fields: { readonly [name: string]: string }): Uint8Array {
  const tail = Buffer.from(`,${JSON.stringify(fields).slice(1)}\n`)
  const out = Buffer.allocUnsafe(lines.length + rows * tail.length)
  let written = 0
  for (const line of eachLine(lines)) {
    out.set(line.subarray(0, -1), written)
    out.set(tail, written + line.length - 1)
    written += line.length - 1 + tail.length
  }
  return out.subarray(0, written)
}

/** The place after the closing quote. */
function endOfString(line: Uint8Array, open: number): number {
  for (let at = line.indexOf(quote, open + 1); at !== -1; at = line.indexOf(quote, at + 1)) {
    let backslashes = 0
    while (line[at - 1 - backslashes] === backslash) backslashes++
    if (backslashes % 2 === 0) return at + 1
  }
  return line.length
}

function endOfValue(line: Uint8Array, start: number): number {
  if (line[start] === quote) return endOfString(line, start)
  let depth = 0
  for (let at = start; at < line.length; at++) {
    const c = line[at]
    if (c === quote) at = endOfString(line, at) - 1
    else if (c === openBrace || c === openBracket) depth++
    else if (depth > 0 && (c === closeBrace || c === closeBracket)) {
      depth--
      if (depth === 0) return at + 1
    } else if (depth === 0 && (c === comma || c === closeBrace)) return at
  }
  return line.length
}

const newline = 0x0a
const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
