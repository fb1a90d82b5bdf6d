import type { ObjectType } from './objects.ts'
import { refuse } from './refusal.ts'
import type { Condition, Query } from './soql-parser.ts'

/**
 * What SOQL leaves out for custom metadata, the metadata catalogue and big objects. The words are the vendor's where it gives
 * an example, and guesses of big objects.
 * https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/reference_objects_soql_limits.htm
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_limits.htm
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/big_object_querying.htm
 */
export function restrictQuery({ name, tooling, index }: ObjectType, query: Query): Query {
  if (!index && !tooling && !name.endsWith('__mdt')) return query
  if (query.count)
    throw refuse(
      400,
      'EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION',
      'The requested operation is not yet supported by this SObject storage type, contact salesforce.com support for more information.',
    )
  if (query.where && index && !fitsIndex(query.where, index))
    throw refuse(400, 'MALFORMED_QUERY', 'Only fields of the index may be filtered, in their order')
  if (query.where && splits(query.where, { tooling }))
    throw refuse(400, 'MALFORMED_QUERY', 'Disjunctions not supported')
  // It is ignored, and nobody is told.
  return { ...query, limit: null, offset: 0 }
}

function fitsIndex(condition: Condition, index: readonly string[]): boolean {
  const filtered = new Set(columnsOf(condition))
  const first = index.slice(0, filtered.size)
  return first.length === filtered.size && first.every((column) => filtered.has(column.toLowerCase()))
}

/** An OR over several columns, or any in the catalogue, and NOT. */
function splits(condition: Condition, { tooling }: Pick<ObjectType, 'tooling'>): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.parts.some((part) => splits(part, { tooling }))
    case 'or':
      return tooling || new Set(condition.parts.flatMap(columnsOf)).size > 1
    case 'not':
      return true
    case 'in':
    case 'compare':
      return false
  }
}

function columnsOf(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.parts.flatMap(columnsOf)
    case 'not':
      return columnsOf(condition.part)
    case 'in':
    case 'compare':
      return [condition.field.parts.join('.').toLowerCase()]
  }
}
