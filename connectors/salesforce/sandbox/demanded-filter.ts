import type { ObjectType } from './objects.ts'
import { refuse } from './refusal.ts'
import type { Condition, Query } from './soql-parser.ts'

/** Objects that only answer for some records. https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocumentlink.htm */
export function refuseUnfiltered(object: ObjectType, query: Query): void {
  const { demands } = object
  if (demands === null || (query.where && names(query.where, demands))) return
  throw refuse(
    400,
    'MALFORMED_QUERY',
    `Implementation restriction: ${object.name} requires a filter by a single Id on ${demands.join(' or ')} using the equals operator or multiple Id's using the IN operator.`,
  )
}

function names(condition: Condition, fields: readonly string[]): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.parts.some((part) => names(part, fields))
    case 'or':
    case 'not':
      return false
    case 'in':
      return !condition.negated && isOne(condition.field.parts, fields)
    case 'compare':
      return condition.operator === '=' && isOne(condition.field.parts, fields)
  }
}

const isOne = (parts: readonly string[], fields: readonly string[]) =>
  fields.some((field) => field.toLowerCase() === parts.join('.').toLowerCase())
