import type { Json } from 'millrace'
import { plainDecimal, wholeDigits } from './decimal.ts'
import { isDecimal, isText, type Field } from './field.ts'
import { readId } from './record-id.ts'
import { malformedBody, rowError, type RowError } from './refusal.ts'

/** A number of a request body, digits as they were sent. A class, for a sent object may have a key of this name too. */
export class SentNumber {
  readonly digits: string

  constructor(digits: string) {
    this.digits = digits
  }
}
export type Sent = string | boolean | null | SentNumber | readonly Sent[] | { readonly [name: string]: Sent }

/** Parses a body without losing a digit of its numbers. */
export function parseBody(text: string): Sent {
  try {
    const parsed: Sent = JSON.parse(text, (_key, value: Sent | number, context?: { readonly source?: string }) =>
      typeof value === 'number' ? new SentNumber(context?.source ?? String(value)) : value,
    )
    return parsed
  } catch (error) {
    throw malformedBody(`${error instanceof Error ? error.message : 'not JSON'} at [line:1, column:1]`)
  }
}

export const isSentNumber = (value: Sent | undefined): value is SentNumber => value instanceof SentNumber

/**
 * A value as the body's parser takes it. A value of the wrong JSON type fails the whole request, as at the vendor.
 */
export function readValue(field: Field, value: Sent): Json {
  if (value === null) return null
  if (field.type === 'boolean') return typeof value === 'boolean' ? value : wrongType('boolean', value)
  if (field.type === 'int') {
    const digits = isSentNumber(value) ? plainDecimal(value.digits) : undefined
    return digits !== undefined && !digits.includes('.') && wholeDigits(digits) <= 9
      ? Number(digits)
      : wrongType('int', value)
  }
  if (isDecimal(field.type)) {
    const digits = isSentNumber(value) ? plainDecimal(value.digits) : undefined
    return digits ?? wrongType(field.type, value)
  }
  if (typeof value !== 'string')
    return wrongType(field.type === 'datetime' ? 'datetime' : field.type === 'date' ? 'date' : 'string', value)
  if (field.type === 'date') return /^\d{4}-\d\d-\d\d$/.test(value) && isDay(value) ? value : wrongType('date', value)
  if (field.type === 'datetime') {
    const known =
      /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))
    return known ? new Date(value).toISOString() : wrongType('datetime', value)
  }
  // Salesforce trims text, and has no empty text.
  return value.trim() === '' ? null : value.trim()
}

/** What the database refuses of one row. */
export function checkValue(field: Field, value: Json): RowError | undefined {
  const row = (errorCode: string, message: string) => rowError(errorCode, message, [field.name])
  if (value === null)
    return field.type === 'boolean'
      ? row('INVALID_TYPE_ON_FIELD_IN_RECORD', `${field.name}: value not of required type: null`)
      : undefined
  if (field.type === 'reference' || field.type === 'id') {
    if (readId(String(value)) === undefined)
      return row('MALFORMED_ID', `${field.name}: id value of incorrect type: ${String(value)}`)
    return undefined
  }
  if (isText(field.type) && typeof value === 'string') {
    if (field.restricted && !field.picklist?.includes(value))
      return row(
        'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
        `${field.name}: bad value for restricted picklist field: ${value}`,
      )
    if (value.length > field.length)
      return row('STRING_TOO_LONG', `${field.name}: data value too large: ${value} (max length=${field.length})`)
    if (field.type === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value))
      return row('INVALID_EMAIL_ADDRESS', `${field.name}: invalid email address: ${value}`)
  }
  if (isDecimal(field.type) && typeof value === 'string' && wholeDigits(value) > field.precision - field.scale)
    return row('NUMBER_OUTSIDE_VALID_RANGE', `${field.name}: value outside of valid range on numeric field: ${value}`)
  return undefined
}

/**
 * As it is stored: Ids with 18 characters, addresses in lower case, and decimals as they came: what a field says of them holds for
 * the pages of the org alone. https://help.salesforce.com/s/articleView?id=000387302 https://help.salesforce.com/s/articleView?id=000384328
 */
export function storedValue({ type }: Field, value: Json): Json {
  if (typeof value !== 'string') return value
  if (type === 'reference') return readId(value) ?? value
  return type === 'email' ? value.toLowerCase() : value
}

function wrongType(type: string, value: Sent): never {
  const token =
    typeof value === 'string'
      ? 'VALUE_STRING'
      : isSentNumber(value)
        ? /[.eE]/.test(value.digits)
          ? 'VALUE_NUMBER_FLOAT'
          : 'VALUE_NUMBER_INT'
        : typeof value === 'boolean'
          ? `VALUE_${String(value).toUpperCase()}`
          : Array.isArray(value)
            ? 'START_ARRAY'
            : 'START_OBJECT'
  const shown =
    typeof value === 'string' || typeof value === 'boolean'
      ? String(value)
      : isSentNumber(value)
        ? value.digits
        : Array.isArray(value)
          ? '['
          : '{'
  throw malformedBody(
    `Cannot deserialize instance of ${type} from ${token} value ${shown} or request may be missing a required field at [line:1, column:1]`,
  )
}

const isDay = (text: string) => new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)
