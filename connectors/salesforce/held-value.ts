import type { FieldValue } from 'millrace'
import type { DescribeSObjectResult } from './describe.ts'
import { fold } from './find-records.ts'
import { isEmpty, relationshipOf } from './relationship.ts'

/** The described objects that an object's lookups point at. */
export type Parents = ReadonlyMap<string, DescribeSObjectResult>

/** Does the record hold what was to be written? A field that was not read is taken for held. */
export function isHeld(
  { object, parents }: { readonly object: DescribeSObjectResult; readonly parents: Parents },
  [name, value]: readonly [string, FieldValue],
  record: { readonly [field: string]: FieldValue },
): boolean {
  if (!Object.hasOwn(record, name)) return true
  const held = record[name] ?? null
  if (isEmpty(value) || isEmpty(held)) return isEmpty(value) && isEmpty(held)
  const field = object.fields.find((each) => each.name === name)
  const [wanted, there] = [textOf(value), textOf(held)]
  if (field?.type === 'datetime') return Math.floor(Date.parse(wanted) / 1000) === Math.floor(Date.parse(there) / 1000)
  // Addresses are stored in lower case: https://help.salesforce.com/s/articleView?id=000384328
  if (field?.type === 'email') return wanted.toLowerCase() === there.toLowerCase()
  if (field?.type === 'multipicklist') return choicesOf(wanted) === choicesOf(there)
  if (field?.type === 'reference') return wanted.slice(0, 15) === there.slice(0, 15)
  const relationship = relationshipOf(object, name)
  if (!relationship) return wanted === there
  const parent = parents.get(relationship.lookup.referenceTo?.[0] ?? '')
  const target = parent?.fields.find((each) => each.name === relationship.target)
  return fold(wanted, target) === fold(there, target)
}

/** Salesforce trims text; `1200.0` and `1.2E3` are 1200. */
function textOf(value: FieldValue): string {
  if (typeof value === 'object' && value !== null && 'rawJSON' in value) return plain(String(value.rawJSON))
  if (typeof value === 'number') return plain(String(value))
  return typeof value === 'string' ? value.trim() : JSON.stringify(value)
}

/** They come back in the order of the picklist. */
const choicesOf = (text: string): string =>
  [...new Set(text.split(';').map((choice) => choice.trim()))].sort().join(';')

function plain(digits: string): string {
  if (/e/i.test(digits)) return String(Number(digits))
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}
