/**
 * A row of the API is nested and in camelCase (`{"metrics":{"costMicros":"1"}}`), and has more than was asked for. This
 * makes a flat one of it under the names of GAQL (`{"metrics.cost_micros":"1"}`), by bytes: nothing is parsed, so digits
 * stay as they came. Lines are `cutPage`'s: valid, without whitespace between values, each ended by a newline.
 */

export type FlatColumn = {
  /** The GAQL field. */
  readonly field: string
  /** A second column with the micros as a decimal. */
  readonly decimal?: string
}

export type Shape = { readonly root: Node; readonly rowBytes: number }

type Node = { readonly key: Uint8Array; readonly children: Node[]; leaf: Leaf | null }
type Leaf = { readonly prefix: Uint8Array; readonly decimal: Uint8Array | null }

export function shapeOf(columns: readonly FlatColumn[]): Shape {
  const root: Node = { key: new Uint8Array(0), children: [], leaf: null }
  let rowBytes = 4
  for (const { field, decimal } of columns) {
    let node = root
    for (const part of field.split('.')) {
      const key = Buffer.from(`"${toCamelCase(part)}"`)
      let child = node.children.find((each) => isSame(each.key, key, 0, key.length))
      if (!child) node.children.push((child = { key, children: [], leaf: null }))
      node = child
    }
    node.leaf = { prefix: prefixOf(field), decimal: decimal === undefined ? null : prefixOf(decimal) }
    rowBytes += node.leaf.prefix.length + (node.leaf.decimal ? node.leaf.decimal.length + decimalBytes : 0)
  }
  return { root, rowBytes }
}

/** As protobuf names its fields in JSON: `video_quartile_p25_rate` → `videoQuartileP25Rate`. */
const toCamelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

export function flattenLines(lines: Uint8Array, rows: number, { root, rowBytes }: Shape): Uint8Array {
  const cut: Cut = { bytes: lines, at: 0, out: new Uint8Array(lines.length + rows * rowBytes), written: 0 }
  while (cut.at < lines.length) {
    cut.out[cut.written++] = openBrace
    flattenObject(cut, root)
    // Instead of the last comma.
    if (cut.out[cut.written - 1] === comma) cut.written--
    cut.out[cut.written++] = closeBrace
    cut.out[cut.written++] = newline
    while (cut.at < lines.length && lines[cut.at] !== openBrace) cut.at++
  }
  // Copied out: what waits for the disk holds on to no more than it is.
  return cut.out.slice(0, cut.written)
}

type Cut = { readonly bytes: Uint8Array; at: number; readonly out: Uint8Array; written: number }

/** From an opening brace to after the closing one. */
function flattenObject(cut: Cut, node: Node): void {
  const { bytes } = cut
  cut.at++
  // Keys come in the same order in every row: the one after the last is the next one.
  let guess = 0
  while (bytes[cut.at] === quote) {
    const keyAt = cut.at
    const keyEnd = endOfString(bytes, keyAt)
    let child: Node | null = null
    for (let tried = 0; tried < node.children.length && !child; tried++) {
      const index = (guess + tried) % node.children.length
      const each = node.children[index]
      if (!each || !isSame(each.key, bytes, keyAt, keyEnd)) continue
      child = each
      guess = index + 1
    }
    cut.at = keyEnd + 1
    if (child && !child.leaf && bytes[cut.at] === openBrace) flattenObject(cut, child)
    else {
      const from = cut.at
      cut.at = endOfValue(bytes, from)
      if (child?.leaf) writeLeaf(cut, child.leaf, from)
    }
    if (bytes[cut.at] === comma) cut.at++
  }
  cut.at++
}

function writeLeaf(cut: Cut, { prefix, decimal }: Leaf, from: number): void {
  copy(cut, prefix, 0, prefix.length)
  copy(cut, cut.bytes, from, cut.at)
  cut.out[cut.written++] = comma
  if (decimal) writeDecimal(cut, decimal, from)
}

/** `"-1234567"` → `"-1.234567"`. What is no integer is left out. */
function writeDecimal(cut: Cut, prefix: Uint8Array, from: number): void {
  const { bytes, out } = cut
  let at = bytes[from] === quote ? from + 1 : from
  const end = bytes[from] === quote ? cut.at - 1 : cut.at
  const isNegative = bytes[at] === minus
  if (isNegative) at++
  if (at >= end || end - at > 20) return
  for (let each = at; each < end; each++) if ((bytes[each] ?? 0) < zero || (bytes[each] ?? 0) > nine) return
  copy(cut, prefix, 0, prefix.length)
  out[cut.written++] = quote
  if (isNegative) out[cut.written++] = minus
  const point = end - 6
  if (point <= at) out[cut.written++] = zero
  else copy(cut, bytes, at, point)
  out[cut.written++] = dot
  for (let pad = point; pad < at; pad++) out[cut.written++] = zero
  copy(cut, bytes, Math.max(at, point), end)
  out[cut.written++] = quote
  out[cut.written++] = comma
}

function copy(cut: Cut, from: Uint8Array, start: number, end: number): void {
  const { out } = cut
  if (end - start > 64) {
    out.set(from.subarray(start, end), cut.written)
    cut.written += end - start
    return
  }
  for (let at = start; at < end; at++) out[cut.written++] = from[at] ?? 0
}

function isSame(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false
  for (let at = 0; at < key.length; at++) if (key[at] !== bytes[start + at]) return false
  return true
}

/** The place after the closing quote. */
function endOfString(bytes: Uint8Array, open: number): number {
  for (let at = open + 1; at < bytes.length; at++) {
    if (bytes[at] === backslash) at++
    else if (bytes[at] === quote) return at + 1
  }
  return bytes.length
}

function endOfValue(bytes: Uint8Array, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at++) {
    const c = bytes[at]
    if (c === quote) {
      at = endOfString(bytes, at) - 1
      if (depth === 0) return at + 1
    } else if (c === openBrace || c === openBracket) depth++
    else if (c === closeBrace || c === closeBracket) {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (depth === 0 && c === comma) return at
  }
  return bytes.length
}

const prefixOf = (field: string) => Buffer.from(`${JSON.stringify(field)}:`)

/** Quotes, sign, point, comma and twenty digits. */
const decimalBytes = 32

const newline = 0x0a
const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const dot = 0x2e
const zero = 0x30
const nine = 0x39
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
