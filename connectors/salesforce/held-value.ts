import type { FieldValue } from 'millrace'
import type { DescribeSObjectResult } from './describe.ts'
import { isEmpty } from './relationship.ts'

/** Does the record hold what was to be written? A field that was not read is taken for held. */
export function isHeld(
  object: DescribeSObjectResult,
  name: string,
  value: FieldValue,
  record: { readonly [field: string]: FieldValue },
): boolean {
  if (!Object.hasOwn(record, name)) return true
  const held = record[name] ?? null
  if (isEmpty(value) || isEmpty(held)) return isEmpty(value) && isEmpty(held)
  const field = object.fields.find((each) => each.name === name)
  const [wanted, there] = [textOf(value), textOf(held)]
  if (field?.type === 'datetime') return Math.floor(Date.parse(wanted) / 1000) === Math.floor(Date.parse(there) / 1000)
  if (field?.type === 'reference') return wanted.slice(0, 15) === there.slice(0, 15)
  return wanted === there
}

/** Salesforce trims text; `1200.0` and `1.2E3` are 1200. */
function textOf(value: FieldValue): string {
  if (typeof value === 'object' && value !== null && 'rawJSON' in value) return plain(String(value.rawJSON))
  if (typeof value === 'number') return plain(String(value))
  return typeof value === 'string' ? value.trim() : JSON.stringify(value)
}

function plain(digits: string): string {
  if (/e/i.test(digits)) return String(Number(digits))
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}
