import type { DescribeSObjectResult, Field } from './describe.ts'

/**
 * An address or a location, made of its parts: the Bulk API does not give them as they are. The parts say all that the
 * whole says, so that it is the same JSON as that of a query over REST.
 * https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/compound_fields.htm
 */
export type Compound = { readonly name: string; readonly parts: readonly Part[] }

export type Part = { readonly key: string; readonly field: string; readonly isNumber: boolean }

/** What a query over REST gives as a JSON object, and a results page of the Bulk API not at all, or as some text. */
export const isCompound = ({ type }: Pick<Field, 'type'>): boolean => compoundTypes.has(type)

/** null: its parts do not say everything. The country of a custom address is a code in its part, and a name in the whole. */
export function compoundOf(object: Pick<DescribeSObjectResult, 'fields'>, field: Field): Compound | null {
  const own = object.fields.filter((part) => part.compoundFieldName === field.name && part.name !== field.name)
  const parts = (field.type === 'location' ? own.map(locationPart) : own.map((part) => addressPart(field, part)))
    .filter((part) => part !== null)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const needed = field.type === 'location' ? locationKeys : addressKeys
  const isWhole = parts.length === own.length && needed.every((key) => parts.some((part) => part.key === key))
  return isWhole ? { name: field.name, parts } : null
}

/** The whole's JSON text; null where all parts are empty. */
export function composeParts({ parts }: Compound, cellOf: (field: string) => string): string | null {
  const cells = parts.map(({ key, field, isNumber }) => ({ key, cell: cellOf(field), isNumber }))
  if (cells.every(({ cell }) => cell === '')) return null
  const members = cells.map(
    ({ key, cell, isNumber }) =>
      `${JSON.stringify(key)}:${cell === '' ? 'null' : isNumber && number.test(cell) ? numberText(cell) : JSON.stringify(cell)}`,
  )
  return `{${members.join(',')}}`
}

/**
 * As the same number comes out of a page of JSON: written like a double, and in quotes where
 * a double may not hold all its digits. Else a
 * row that goes by REST today and by a query job tomorrow would look changed.
 */
function numberText(cell: string): string {
  if (!/[.eE]/.test(cell)) return cell
  const digits = cell
    .replace(/[eE].*/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '')
  if (digits.length > 15) return JSON.stringify(cell)
  const value = Number(cell)
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

/** BillingCity → city. */
function addressPart(field: Field, part: Field): Part | null {
  const prefix = field.name.endsWith('Address') ? field.name.slice(0, -'Address'.length) : null
  if (prefix === null || !part.name.startsWith(prefix)) return null
  const rest = part.name.slice(prefix.length)
  return { key: rest.charAt(0).toLowerCase() + rest.slice(1), field: part.name, isNumber: part.type === 'double' }
}

/** Depot__Latitude__s → latitude. */
function locationPart(part: Field): Part | null {
  const key = /__(Latitude|Longitude)__s$/.exec(part.name)?.[1]
  return key ? { key: key.toLowerCase(), field: part.name, isNumber: true } : null
}

const compoundTypes: ReadonlySet<string> = new Set(['address', 'location', 'complexvalue', 'json'])
/** The codes of state and country are there where the org has picklists for them. */
const addressKeys = ['city', 'country', 'geocodeAccuracy', 'latitude', 'longitude', 'postalCode', 'state', 'street']
const locationKeys = ['latitude', 'longitude']
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
