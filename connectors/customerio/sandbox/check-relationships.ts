import { checkRelationshipAttributes } from './check-attributes.ts'
import { invalid, isRecord, required, type ItemError } from './item-error.ts'

/** undefined: none were sent; null: they are the point of the operation, and missing. */
export function checkRelationships(
  relationships: unknown,
  checkIdentifiers: (field: string, identifiers: unknown) => ItemError | undefined,
): ItemError | undefined {
  if (relationships === undefined) return undefined
  if (relationships === null) return required(field)
  if (!Array.isArray(relationships)) return invalid(field, `${field} must be an array`)
  for (const [index, relationship] of relationships.entries()) {
    const at = `${field}[${index}]`
    if (!isRecord(relationship)) return invalid(at, 'a relationship must be an object')
    const unknown = Object.keys(relationship).find((name) => !keys.includes(name))
    if (unknown !== undefined) return invalid(`${at}.${unknown}`, `unknown field ${unknown}`)
    const error =
      checkIdentifiers(`${at}.identifiers`, relationship['identifiers']) ??
      checkRelationshipAttributes(`${at}.relationship_attributes`, relationship['relationship_attributes'])
    if (error) return error
  }
  return undefined
}

const field = 'cio_relationships'
const keys: readonly string[] = ['identifiers', 'relationship_attributes']
