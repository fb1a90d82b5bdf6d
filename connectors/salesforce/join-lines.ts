import { keptBefore, MillraceError } from 'millrace'

/** A record's line, as `cutPage` makes it, without the members that every part of the row has. */
export type LinePart = {
  readonly id: string
  /** null: the object has no stamp. */
  readonly stamp: string | null
  /** With all its members, for a row's first part. */
  readonly whole: Uint8Array
  /** `"A":1,"B":2`; empty where the part has no field of its own. */
  readonly own: Uint8Array
}

/** `shared`: the names of the members that come first in the query: Id, and the stamp. */
export function splitLines(lines: Uint8Array, shared: readonly string[]): readonly LinePart[] {
  const parts: LinePart[] = []
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(newline, start)
    const stop = end === -1 ? lines.length : end
    parts.push(splitLine(lines.subarray(start, stop), shared))
    start = stop + 1
  }
  return parts
}

/** The row's line, with its line break, of its parts in their order. */
export function joinParts(parts: readonly LinePart[]): Uint8Array {
  const [first, ...others] = parts
  if (!first) return new Uint8Array(0)
  const pieces: Uint8Array[] = [first.whole.subarray(0, -1)]
  for (const { own } of others) if (own.length > 0) pieces.push(comma, own)
  return Buffer.concat([...pieces, lineEnd])
}

function splitLine(line: Uint8Array, shared: readonly string[]): LinePart {
  // `attributes` comes first, which is no field.
  const end = endOfMembers(line, 1 + shared.length)
  const head: { readonly [name: string]: unknown } = JSON.parse(`${Buffer.from(line.subarray(0, end)).toString()}}`)
  const names = Object.keys(head)
  const [idName = '', stampName] = shared
  const [id, stamp] = [head[idName], stampName === undefined ? null : head[stampName]]
  if (names[0] !== 'attributes' || shared.some((name, index) => names[index + 1] !== name) || typeof id !== 'string')
    throw new MillraceError('MR-3005', {
      message: `Reading a page of Salesforce: a record’s fields are ${names.join(', ')}, and not in the order of the query.`,
      kept: keptBefore,
      next: 'Run again; if it stays so, report it with the words above.',
    })
  const rest = line[end] === commaByte ? line.subarray(end + 1, -1) : line.subarray(0, 0)
  return { id, stamp: typeof stamp === 'string' ? stamp : null, whole: line, own: rest }
}

/** Behind the object's first members: at the comma after them, or at its closing brace. */
function endOfMembers(line: Uint8Array, count: number): number {
  let depth = 0
  let isText = false
  let seen = 0
  for (let i = 0; i < line.length; i++) {
    const byte = line[i]
    if (isText) {
      if (byte === backslash) i++
      else if (byte === quote) isText = false
    } else if (byte === quote) isText = true
    else if (byte === openBrace || byte === openBracket) depth++
    else if (byte === closeBrace || byte === closeBracket) {
      if (--depth === 0) return i
    } else if (byte === commaByte && depth === 1 && ++seen === count) return i
  }
  return line.length
}

const newline = 0x0a
const quote = 0x22
const commaByte = 0x2c
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const comma = Buffer.from(',')
const lineEnd = Buffer.from('}\n')
