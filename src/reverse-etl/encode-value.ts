/**
 * The one encoder that defines equality (design section 7): a model's value, given as exact text, becomes the value that a
 * destination's field takes. Decimals lose trailing zeros, instants are UTC, −0 is 0, NaN and Infinity are refused, and a
 * boolean is only ever a boolean.
 */
import type { FieldType } from '../connector/contract.ts'
import type { FieldValue } from '../model/change.ts'
import type { LogicalType } from '../model/logical-type.ts'
import { exactNumber, parseExact, plainNumber } from './exact-number.ts'

export type Encoded =
  { readonly ok: true; readonly value: FieldValue } | { readonly ok: false; readonly reason: string }

export type FieldKind = FieldType | 'any'

/** Raised when the same value would be encoded otherwise: then every snapshot row is encoded again and compared. */
export const encoderVersion = 1

export function encodeValue(text: string | null, type: LogicalType, field: FieldKind): Encoded {
  if (text === null) return { ok: true, value: null }
  switch (field) {
    case 'string':
      return ok(asText(text, type))
    case 'number':
      return encodeNumber(text)
    case 'boolean':
      return type === 'boolean' ? ok(text === 'true') : no(`a ${type} is not a boolean`)
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(text) ? ok(text) : no(`${shorten(text)} is not a date`)
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
  const isNumber = type === 'integer' || type === 'double' || type.startsWith('decimal')
  switch (field) {
    case 'number':
      return isNumber
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

function asText(text: string, type: LogicalType): string {
  if (type.startsWith('decimal') || type === 'double') return plainNumber(text)
  if (type === 'timestamp') return instantText(text) ?? text
  return text.toWellFormed()
}

function encodeNumber(text: string): Encoded {
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return no(`${shorten(text)} is not a number that can be sent`)
  return ok(exactNumber(plainNumber(text)))
}

function encodeAny(text: string, type: LogicalType): Encoded {
  if (type === 'boolean') return ok(text === 'true')
  if (type === 'json') return encodeJson(text)
  if (type === 'integer' || type === 'double' || type.startsWith('decimal')) return encodeNumber(text)
  return ok(asText(text, type))
}

function encodeJson(text: string): Encoded {
  try {
    return ok(parseExact(text))
  } catch {
    return no(`${shorten(text)} is not JSON`)
  }
}

function encodeInstant(text: string): Encoded {
  const instant = instantText(text)
  return instant === undefined ? no(`${shorten(text)} is not an instant`) : ok(instant)
}

function encodeSeconds(text: string, type: LogicalType): Encoded {
  if (type === 'integer') return encodeNumber(text)
  const instant = instantText(text)
  return instant === undefined ? no(`${shorten(text)} is not an instant`) : ok(Math.floor(Date.parse(instant) / 1000))
}

/** `2026-11-20 09:55:00.120000` → `2026-11-20T09:55:00.12Z`: microseconds where there are any. */
function instantText(text: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?)?/.exec(text)
  if (!match) return undefined
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  return `${match[1]}T${match[2] ?? '00:00:00'}${fraction ? `.${fraction}` : ''}Z`
}

const ok = (value: FieldValue): Encoded => ({ ok: true, value })
const no = (reason: string): Encoded => ({ ok: false, reason })
const shorten = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text)
