import type { ObjectType, Property } from './properties.ts'
import { invalidProperty, type VendorError } from './refusal.ts'

/** The value as it is kept, or why it is not. The empty text takes a value away: null. */
export function checkValue(
  type: ObjectType,
  name: string,
  value: string,
): { readonly kept: string | null } | VendorError {
  const property = type.properties.get(name)
  if (!property) return invalidProperty(name, 'PROPERTY_DOESNT_EXIST', `Property "${name}" does not exist`)
  if (property.readOnly)
    return invalidProperty(name, 'READ_ONLY_VALUE', `"${name}" is a read only property; its value cannot be set.`)
  if (value === '') return { kept: null }
  if (value.length > maxChars)
    return invalidProperty(name, 'VALUE_TOO_LONG', `${name} is longer than the maximum of ${maxChars} characters`)
  return checkType(property, value)
}

function checkType(property: Property, value: string): { readonly kept: string } | VendorError {
  const { name, options } = property
  const refuse = (error: string, message: string) => invalidProperty(name, error, message)
  switch (property.type) {
    case 'number':
      return number.test(value) ? { kept: value } : refuse('INVALID_INTEGER', `${value} was not a valid number.`)
    case 'date':
      return isDay(value) ? { kept: value } : refuse('INVALID_DATE', `${value} was not a valid date.`)
    case 'datetime':
      return isInstant(value)
        ? { kept: keepInstant(new Date(/^\d+$/.test(value) ? Number(value) : value)) }
        : refuse('INVALID_DATE', `${value} was not a valid date time.`)
    case 'bool':
    case 'enumeration': {
      if (property.externalOptions)
        return /^\d+$/.test(value) ? { kept: value } : refuse('INVALID_OPTION', `${value} is not an owner`)
      const chosen = property.fieldType === 'checkbox' ? value.split(';').filter((each) => each !== '') : [value]
      const unknown = chosen.find((each) => !options.includes(each))
      const allowed = options.map((each) => `label: "${each}"\nvalue: "${each}"`).join(', ')
      return unknown === undefined
        ? { kept: chosen.join(';') }
        : refuse('INVALID_OPTION', `${unknown} was not one of the allowed options: [${allowed}]`)
    }
    default:
      if (name === 'email')
        return email.test(value)
          ? { kept: value.toLowerCase() }
          : refuse('INVALID_EMAIL', `Email address ${value} is invalid`)
      return { kept: name === 'domain' ? value.toLowerCase() : value }
  }
}

/** A day, or the milliseconds of its midnight. */
const isDay = (value: string) =>
  /^-?\d+$/.test(value)
    ? Number(value) % 86_400_000 === 0
    : /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))
const isInstant = (value: string) =>
  /^\d+$/.test(value) || (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/.test(value) && !Number.isNaN(Date.parse(value)))

/** Whole seconds have no fraction. */
const keepInstant = (at: Date) => at.toISOString().replace('.000Z', 'Z')

const number = /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
export const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const maxChars = 65_536
