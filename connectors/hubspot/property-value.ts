/**
 * HubSpot takes every value as text. https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide
 * In here: which values a property takes, and how they are written.
 */
import { isOptOutName, type DestinationField, type FieldType, type FieldValue } from 'millrace'
import type { Property } from './describe.ts'

export type EncodedValue = { readonly value: string } | { readonly refusal: string }

/** HubSpot's own opt-outs (`hs_email_optout`) are read-only, and no properties to write: see the object `subscription`. */
export function describeField(property: Property): DestinationField {
  const type = fieldType(property)
  return {
    type,
    ...(type === 'string' && { maxLength: maxChars }),
    ...(type === 'boolean' && isOptOutName(property.name) && { optOut: true, nullable: false }),
  }
}

/** The empty text takes a value away. */
export function encodeValue(property: Property, value: FieldValue): EncodedValue {
  const { name } = property
  const type = fieldType(property)
  if (value === null)
    return isOptOutName(name) && type === 'boolean' ? no(`${name} must be true or false, and was null`) : ok('')
  if (type === 'boolean') return typeof value === 'boolean' ? ok(String(value)) : no(`${name} must be true or false`)
  if (type === 'number') return encodeNumber(name, value)
  const text = textOf(value)
  if (text === undefined) return no(`${name} takes text, and was ${Array.isArray(value) ? 'a list' : 'an object'}`)
  if (type === 'timestamp') return encodeInstant(name, text)
  if (text.length > maxChars) return no(`${name} is ${text.length} characters; HubSpot takes ${maxChars}`)
  if (!text.isWellFormed()) return no(`${name} holds half of a character (a lone surrogate)`)
  return checkOptions(property, text)
}

function checkOptions({ name, options, fieldType }: Property, text: string): EncodedValue {
  if (options === null || text === '') return ok(text)
  // A leading semicolon adds to what is there.
  const chosen = fieldType === 'checkbox' ? text.replace(/^;/, '').split(';') : [text]
  const unknown = chosen.find((each) => !options.includes(each))
  if (unknown === undefined) return ok(text)
  const shown = options.slice(0, maxOptions).join(', ')
  return no(
    `${name}: ${unknown.slice(0, 60)} is not one of its options (${shown}${options.length > maxOptions ? ', …' : ''})`,
  )
}

function encodeNumber(name: string, value: FieldValue): EncodedValue {
  if (typeof value === 'number') return Number.isFinite(value) ? ok(String(value)) : no(`${name} is not a number`)
  // Digits as they are: HubSpot's numbers travel as text.
  return isExact(value) ? ok(value.rawJSON) : no(`${name} takes a number`)
}

/** HubSpot keeps milliseconds: what is finer is cut off. */
function encodeInstant(name: string, text: string): EncodedValue {
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(Date.parse(text))) return no(`${name} takes an instant`)
  return ok(new Date(text).toISOString())
}

function textOf(value: FieldValue): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (isExact(value)) return value.rawJSON
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value.join(';') : undefined
}

export const isExact = (value: FieldValue): value is { readonly rawJSON: string } =>
  typeof value === 'object' && value !== null && 'rawJSON' in value && typeof value.rawJSON === 'string'

export function fieldType({ type, fieldType }: Property): FieldType {
  switch (type) {
    case 'number':
      return 'number'
    case 'bool':
      return 'boolean'
    case 'date':
      return 'date'
    case 'datetime':
      return 'timestamp'
    case 'enumeration':
      if (fieldType === 'booleancheckbox') return 'boolean'
      // Several options: a list, or a text with semicolons.
      return fieldType === 'checkbox' ? 'json' : 'string'
    default:
      return 'string'
  }
}

const ok = (value: string): EncodedValue => ({ value })
const no = (refusal: string): EncodedValue => ({ refusal })
// https://knowledge.hubspot.com/properties/property-field-types-in-hubspot
const maxChars = 65_536
const maxOptions = 12
