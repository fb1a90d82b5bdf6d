/**
 * The one encoder that defines equality (design section 7): a model's value, given as exact text, becomes the value that a
 * destination's field takes. Decimals lose trailing zeros, instants are UTC, −0 is 0, NaN and Infinity are refused, and a
 * boolean is only ever a boolean.
 */
import type { FieldType } from '../connector/destination.ts'
import type { FieldValue } from '../model/change.ts'
import { isNumber, type LogicalType } from '../model/logical-type.ts'
import { canonicalJson } from './canonical-json.ts'
import { exactNumber, isExactNumber, parseExact, plainNumber } from './exact-number.ts'
import { said, saidOf, type RefusalWords } from './refusal-words.ts'

export type Encoded = { readonly ok: true; readonly value: FieldValue } | ({ readonly ok: false } & RefusalWords)

export type FieldKind = FieldType | 'any'

/** Raised when the same value would be encoded otherwise: then every snapshot row is encoded again and compared. */
export const encoderVersion = 1

export function encodeValue(text: string | null, type: LogicalType, field: FieldKind): Encoded {
  if (text === null) return { ok: true, value: null }
  switch (field) {
    case 'string':
      return encodeText(text, type)
    case 'number':
      return encodeNumber(text)
    case 'boolean':
      return type === 'boolean' ? ok(text === 'true') : no(said(`a ${type} is not a boolean`))
    case 'date':
      return encodeDate(text)
    case 'timestamp':
      return encodeInstant(text)
    case 'unix_seconds':
      return encodeSeconds(text, type)
    case 'json':
    case 'any':
      return encodeAny(text, type)
  }
}

/** Can a column of this type fill this field at all? Asked once, before any row. */
export function canEncode(type: LogicalType, field: FieldKind): boolean {
  switch (field) {
    case 'number':
      return isNumber(type)
    case 'boolean':
      return type === 'boolean'
    case 'date':
      return type === 'date' || type === 'string'
    case 'timestamp':
      return type === 'timestamp' || type === 'date'
    case 'unix_seconds':
      return type === 'timestamp' || type === 'date' || type === 'integer'
    case 'string':
    case 'json':
    case 'any':
      return type !== 'binary'
  }
}

/** Can a value that stands in the sync itself be sent to this field as it is? */
export function takes(field: FieldKind, value: FieldValue): boolean {
  if (value === null || field === 'any' || field === 'json') return true
  if (field === 'boolean') return typeof value === 'boolean'
  if (field === 'number' || field === 'unix_seconds') return typeof value === 'number' || isExactNumber(value)
  return typeof value === 'string'
}

function encodeText(text: string, type: LogicalType): Encoded {
  if (isNumber(type)) return number.test(text) ? ok(plainNumber(text)) : isNot(text, 'a number that can be sent')
  if (type === 'timestamp') return encodeInstant(text)
  if (type === 'date') return encodeDate(text)
  if (type === 'json') {
    const json = encodeJson(text)
    return json.ok ? ok(canonicalJson(json.value)) : json
  }
  return ok(text.toWellFormed())
}

function encodeNumber(text: string): Encoded {
  return number.test(text) ? ok(exactNumber(plainNumber(text))) : isNot(text, 'a number that can be sent')
}

function encodeAny(text: string, type: LogicalType): Encoded {
  if (type === 'boolean') return ok(text === 'true')
  if (type === 'json') return encodeJson(text)
  return isNumber(type) ? encodeNumber(text) : encodeText(text, type)
}

/** One text for each number; what is none stays as it is. */
export const plainText = (text: string): string => (number.test(text) ? plainNumber(text) : text)

/** Infinity, and years before 1 or after 9999, are in the warehouse and nowhere else. */
function encodeDate(text: string): Encoded {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? ok(text) : isNot(text, 'a date that can be sent')
}

function encodeJson(text: string): Encoded {
  try {
    const value = parseExact(text)
    return text.length > 2 * maxLevels && isDeeper(value, maxLevels) ? tooDeep : ok(value)
  } catch (error) {
    // What keeps digits goes down by calls: a stack that is full is no wrong sign.
    if (error instanceof RangeError) return tooDeep
    return isNot(text, 'JSON')
  }
}

function isDeeper(value: FieldValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return false
  return levels === 0 || Object.values(value).some((part: FieldValue) => isDeeper(part, levels - 1))
}

function encodeInstant(text: string): Encoded {
  const instant = instantText(text)
  return instant === undefined ? isNot(text, 'an instant that can be sent') : ok(instant)
}

function encodeSeconds(text: string, type: LogicalType): Encoded {
  if (type === 'integer') return encodeNumber(text)
  const instant = instantText(text)
  return instant === undefined ? isNot(text, 'an instant that can be sent') : ok(Math.floor(Date.parse(instant) / 1000))
}

/** `2026-11-20 09:55:00.120000` → `2026-11-20T09:55:00.12Z`: microseconds where there are any. */
function instantText(text: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?)?(?:Z|\+00(?::?00)?)?$/.exec(text)
  if (!match) return undefined
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  return `${match[1]}T${match[2] ?? '00:00:00'}${fraction ? `.${fraction}` : ''}Z`
}

/** DuckDB writes a DECIMAL(4,4) without the zero before its point. */
const number = /^-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/
const ok = (value: FieldValue): Encoded => ({ ok: true, value })
/** Whatever goes over a value, here and in connectors, does so by calls. */
const maxLevels = 500
const no = (words: RefusalWords): Encoded => ({ ok: false, ...words })
const tooDeep = no(said(`it is nested more than ${maxLevels} levels deep`))
const isNot = (text: string, what: string): Encoded => no(saidOf(shorten(text), `is not ${what}`))
const shorten = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text)
