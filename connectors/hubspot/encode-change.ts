import type { Change, FieldValue, Json } from 'millrace'
import { encodeValue, isExact } from './property-value.ts'
import type { Property } from './describe.ts'

/** A change in HubSpot's words. */
export type Row = {
  /** Of the change in its batch. */
  readonly index: number
  readonly op: Change['op']
  readonly key: string
  /** Without the match property. */
  readonly properties: { readonly [name: string]: string }
  readonly associations: readonly Association[]
  /** It says of somebody that they are no more opted out. */
  readonly optsIn?: true
}

/** Who the record belongs to: the other record's id, or the value of a property that finds it. */
export type Association = { readonly to: string; readonly property: string; readonly value: string }

/** The row that says this change, or why it may not be said. What is refused here is never sent. */
export function encodeChange(
  change: Change,
  index: number,
  { match, properties }: { readonly match: string; readonly properties: ReadonlyMap<string, Property> },
): Row | { readonly refusal: string } {
  const { op, key, fields, optsIn } = change
  if (match === recordId && !isRecordId(key)) return { refusal: `${key.slice(0, 40)} is not the id of a record` }
  const encoded: [string, string][] = []
  const associations: Association[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (name === match) continue
    const target = readAssociation(name)
    if (target) {
      const found = encodeTarget(target, value)
      if ('refusal' in found) return found
      associations.push(...found.associations)
      continue
    }
    const property = properties.get(name)
    if (!property) return { refusal: `there is no property ${name} that can be written` }
    const text = encodeValue(property, value)
    if ('refusal' in text) return text
    encoded.push([name, text.value])
  }
  return { index, op, key, properties: Object.fromEntries(encoded), associations, ...(optsIn && { optsIn }) }
}

/** Bytes of the change on the wire, at most: properties as text, with what stands around them. */
export function changeBytes({ key, fields }: Change): number {
  const json = JSON.stringify(fields)
  // Quotes around numbers and booleans, and the key twice more.
  return (
    Buffer.byteLength(json) + Object.keys(fields).length * 2 + Buffer.byteLength(JSON.stringify(key)) * 2 + frameBytes
  )
}

/** `associations.company` takes the other record's id, `associations.contact.email` a value that finds it. */
export const associationField = /^associations\.([a-z0-9_-]+)(?:\.([a-z0-9_]+))?$/i

function readAssociation(field: string): Omit<Association, 'value'> | undefined {
  const [, to, property = recordId] = associationField.exec(field) ?? []
  return to === undefined ? undefined : { to, property }
}

/** null associates with nobody, and takes nothing away. */
function encodeTarget(
  target: Omit<Association, 'value'>,
  value: FieldValue,
): { readonly associations: readonly Association[] } | { readonly refusal: string } {
  if (value === null || value === '') return { associations: [] }
  const texts = (Array.isArray(value) ? value : [value]).map(textOf)
  if (texts.some((text) => text === undefined))
    return { refusal: `associations.${target.to} takes a text, a number or a list of them` }
  const wrong = texts.find((text) => target.property === recordId && !isRecordId(text ?? ''))
  if (wrong !== undefined)
    return {
      refusal: `associations.${target.to}: ${wrong.slice(0, 40)} is not the id of a record; to find it by a property, map associations.${target.to}.<property>`,
    }
  const folded = texts.map((text) => (isLowerCase(target.property) ? (text ?? '').toLowerCase() : (text ?? '')))
  return { associations: [...new Set(folded)].map((text) => ({ ...target, value: text })) }
}

function textOf(value: Json | FieldValue): string | undefined {
  if (typeof value === 'string') return value.trim()
  return typeof value === 'number' ? String(value) : isExact(value) ? value.rawJSON : undefined
}

/** HubSpot keeps these in lower case. */
export const isLowerCase = (property: string) => property === 'email' || property === 'domain'
export const isRecordId = (text: string) => /^\d{1,19}$/.test(text)
export const recordId = 'hs_object_id'
const frameBytes = 160
