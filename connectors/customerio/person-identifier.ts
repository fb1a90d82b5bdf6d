import type { DestinationField, Fields, FieldType } from 'millrace'
import { fitIdentifier } from './attribute-limits.ts'
import type { Identifiers } from './item.ts'

/** The person that a row of another object is about: mapped as `identifiers.id`, `.email` or `.cio_id`. */
export const personFields: { readonly [field: string]: FieldType | DestinationField } = {
  'identifiers.id': { type: 'string', maxLength: 150 },
  'identifiers.email': 'string',
  'identifiers.cio_id': 'string',
}

/** Customer.io takes one identifier: the first of id, email and cio_id that the row has. */
export function identifyRow(fields: Fields): { readonly identifiers: Identifiers } | { readonly refusal: string } {
  for (const name of ['id', 'email', 'cio_id']) {
    const value = fields[`identifiers.${name}`]
    if (value === undefined || value === null) continue
    const refusal = fitIdentifier(name, value)
    return refusal === undefined ? { identifiers: { [name]: String(value) } } : { refusal: `identifiers.${refusal}` }
  }
  return { refusal: 'the row names no person: identifiers.id, .email and .cio_id are empty' }
}
