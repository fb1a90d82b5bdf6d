import type { Property } from './describe.ts'
import { isLowerCase } from './encode-change.ts'
import { fieldType } from './property-value.ts'

export type Properties = ReadonlyMap<string, Property>
type Texts = { readonly [name: string]: string }

/** Does a record hold what was sent? HubSpot gives values back as text, in its own way of writing them, and those that are not set as null. */
export const holds = (
  held: { readonly [name: string]: unknown },
  { properties: sent }: { readonly properties: Texts },
  described: Properties,
): boolean =>
  Object.entries(sent).every(([name, value]) => {
    const text = String(held[name] ?? '')
    return (
      text === value || (text !== '' && value !== '' && isSame(name, described.get(name), { sent: value, held: text }))
    )
  })

function isSame(
  name: string,
  property: Property | undefined,
  { sent, held }: { readonly sent: string; readonly held: string },
): boolean {
  switch (property && fieldType(property)) {
    case 'timestamp':
      // Whole seconds come back without a fraction.
      return Date.parse(sent) === Date.parse(held)
    case 'number':
      return canonicalNumber(sent) === canonicalNumber(held)
    case 'json': {
      const options = sent.replace(/^;/, '').split(';')
      const kept = new Set(held.split(';'))
      // A leading semicolon adds to what is there.
      return options.every((each) => kept.has(each)) && (sent.startsWith(';') || kept.size === new Set(options).size)
    }
    default:
      return isLowerCase(name) && sent.trim().toLowerCase() === held.toLowerCase()
  }
}

/** The same text for the same number, all its digits considered. */
function canonicalNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return /\d/.test(text) ? '0' : text
  return `${sign === '-' ? '-' : ''}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}
