/**
 * One JSON value, checked against the whole grammar and copied without insignificant whitespace, some bytes at a time: 400 to 500
 * MB/s where JSON.parse + JSON.stringify reach 120 (vendor pages are mostly indentation and short strings).
 * Two things are changed on the way, so that no later reader alters them in silence:
 * numbers that a double or a 64-bit integer would alter are quoted, digits as they came; a lone surrogate (`\uD800`) and
 * `\u0000`, which no warehouse can hold, become U+FFFD and are counted in `altered`.
 */
import * as byte from './json-byte.ts'
import { malformed, truncated } from './json-error.ts'
import { endOfNumber, isAltered } from './json-number.ts'

/** Of its own: V8 looks an imported name up each time, which takes a sixth of the speed. */
const {
  tab,
  newline,
  carriageReturn,
  space,
  quote,
  comma,
  dot,
  zero,
  nine,
  colon,
  capitalE,
  openBracket,
  backslash,
  closeBracket,
  letterE,
  letterU,
  openBrace,
  closeBrace,
} = byte

export type Copier = {
  readonly bytes: Uint8Array
  /** At least `outputSize(bytes.length)` long. */
  readonly out: Uint8Array
  /** `integer64`: whole numbers within 64 bits stay bare; `double`: only numbers that a double gives back digit for digit. */
  readonly reader: 'integer64' | 'double'
  position: number
  written: number
  altered: number
}

/** The most that `length` bytes of JSON can become: `1e999,` gains two quotes. */
export const outputSize = (length: number): number => length + (length >> 1) + 16

/** Copies the value at `position` (whitespace before it is skipped) and leaves `position` just behind it. */
export function copyValue(copier: Copier): void {
  const { bytes, out } = copier
  const end = bytes.length
  let i = copier.position
  let o = copier.written
  let state: number = wantsValue
  let depth = 0
  let stack = new Uint8Array(64)
  let c = 0
  const from = new DataView(bytes.buffer, bytes.byteOffset, end)
  const to = new DataView(out.buffer, out.byteOffset, out.length)
  const lastFour = end - 4
  for (;;) {
    while (i <= lastFour && from.getInt32(i) === fourSpaces) i += 4
    while (i < end && ((c = bytes[i] ?? 0) === space || c === newline || c === carriageReturn || c === tab)) i++
    if (i >= end) throw truncated(end)
    switch (c) {
      case quote: {
        if (state === wantsCommaOrEnd) throw malformed(bytes, i)
        out[o++] = c
        i++
        for (;;) {
          for (let four; i <= lastFour && arePlain((four = from.getInt32(i)));) {
            to.setInt32(o, four)
            i += 4
            o += 4
          }
          while (i < end && plain[(c = bytes[i] ?? 0)] === 1) {
            out[o++] = c
            i++
          }
          if (i >= end) throw truncated(end)
          if (c === quote) break
          if (c !== backslash) throw malformed(bytes, i)
          copier.position = i
          copier.written = o
          copyEscape(copier)
          i = copier.position
          o = copier.written
        }
        out[o++] = c
        i++
        if (state === wantsValue || state === wantsValueOrEnd) break
        while (i < end && ((c = bytes[i] ?? 0) === space || c === newline || c === carriageReturn || c === tab)) i++
        if (i >= end) throw truncated(end)
        if (c !== colon) throw malformed(bytes, i)
        out[o++] = c
        i++
        state = wantsValue
        continue
      }
      case comma:
        if (state !== wantsCommaOrEnd) throw malformed(bytes, i)
        out[o++] = c
        i++
        state = stack[depth] === openBrace ? wantsKey : wantsValue
        continue
      case openBrace:
      case openBracket:
        if (state !== wantsValue && state !== wantsValueOrEnd) throw malformed(bytes, i)
        if (++depth === stack.length) stack = doubled(stack)
        stack[depth] = c
        out[o++] = c
        i++
        state = c === openBrace ? wantsKeyOrEnd : wantsValueOrEnd
        continue
      case closeBrace:
      case closeBracket: {
        const opened = c === closeBrace ? openBrace : openBracket
        const empty = c === closeBrace ? wantsKeyOrEnd : wantsValueOrEnd
        if (stack[depth] !== opened || (state !== wantsCommaOrEnd && state !== empty)) throw malformed(bytes, i)
        depth--
        out[o++] = c
        i++
        break
      }
      default: {
        if (state !== wantsValue && state !== wantsValueOrEnd) throw malformed(bytes, i)
        const start = i
        if (c >= zero && c <= nine) {
          // The common number: a short integer. Copied as it is scanned, taken back where it proves to be another kind.
          while (i < end && (c = bytes[i] ?? 0) >= zero && c <= nine) {
            out[o++] = c
            i++
          }
          if (
            i - start <= 15 &&
            c !== dot &&
            c !== letterE &&
            c !== capitalE &&
            (bytes[start] !== zero || i - start === 1)
          )
            break
          o -= i - start
          i = start
          c = bytes[i] ?? 0
        }
        const word = words[c]
        if (word !== undefined) {
          for (let n = 0; n < word.length; n++) {
            if (i >= end) throw truncated(end)
            if (bytes[i] !== word[n]) throw malformed(bytes, i)
            out[o++] = word[n] ?? 0
            i++
          }
          break
        }
        i = endOfNumber(bytes, start)
        const quoted = isAltered(bytes, start, i, copier.reader)
        if (quoted) out[o++] = quote
        for (let n = start; n < i; n++) out[o++] = bytes[n] ?? 0
        if (quoted) out[o++] = quote
      }
    }
    if (depth === 0) break
    state = wantsCommaOrEnd
  }
  copier.position = i
  copier.written = o
}

/** At a backslash: checks and copies one escape (a surrogate pair is one). */
function copyEscape(copier: Copier): void {
  const { bytes, out } = copier
  const i = copier.position
  const letter = bytes[i + 1]
  if (letter === undefined) throw truncated(bytes.length)
  if (letter !== letterU) {
    if (shortEscapes[letter] !== 1) throw malformed(bytes, i + 1)
    copy(copier, 2)
    return
  }
  const unit = hexUnit(bytes, i + 2)
  if (unit >= 0xd800 && unit <= 0xdbff && bytes[i + 6] === backslash && bytes[i + 7] === letterU) {
    const next = hexUnit(bytes, i + 8)
    if (next >= 0xdc00 && next <= 0xdfff) {
      copy(copier, 12)
      return
    }
  }
  if (unit !== 0 && (unit < 0xd800 || unit > 0xdfff)) {
    copy(copier, 6)
    return
  }
  for (const byte of replacement) out[copier.written++] = byte
  copier.position += 6
  copier.altered++
}

function copy(copier: Copier, count: number): void {
  for (let n = 0; n < count; n++) copier.out[copier.written++] = copier.bytes[copier.position++] ?? 0
}

function hexUnit(bytes: Uint8Array, from: number): number {
  let unit = 0
  for (let i = from; i < from + 4; i++) {
    const byte = bytes[i]
    if (byte === undefined) throw truncated(bytes.length)
    const digit = hexDigits.indexOf(byte | 0x20)
    if (digit < 0 || (byte < 0x30 && digit >= 0)) throw malformed(bytes, i)
    unit = unit * 16 + digit
  }
  return unit
}

function doubled(stack: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(stack.length * 2)
  larger.set(stack)
  return larger
}

const replacement = [0xef, 0xbf, 0xbd]
const hexDigits = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

const wantsValue = 0
const wantsValueOrEnd = 1
const wantsKey = 2
const wantsKeyOrEnd = 3
const wantsCommaOrEnd = 4

const fourSpaces = 0x20202020

/**
 * Four bytes of a string that are copied as they are. Says no of some that are: those are looked at one by one. The first of
 * each pair borrows where a byte is small enough: https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
 */
function arePlain(four: number): boolean {
  const noQuote = four ^ 0x22222222
  const noBackslash = four ^ 0x5c5c5c5c
  const small =
    ((four - fourSpaces) & ~four) | ((noQuote - 0x01010101) & ~noQuote) | ((noBackslash - 0x01010101) & ~noBackslash)
  return (small & -0x7f7f7f80) === 0
}

/** Bytes of a string that are copied as they are. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= space && byte !== quote && byte !== backslash ? 1 : 0,
)
const shortEscapes = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
)
const words: readonly (readonly number[] | undefined)[] = Array.from({ length: 256 }, (_, byte) =>
  ['true', 'false', 'null']
    .map((word) => Array.from(word, (letter) => letter.charCodeAt(0)))
    .find((word) => word[0] === byte),
)
