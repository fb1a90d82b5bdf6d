import { MillraceError, type LogicalType } from 'millrace'
import type { SalesforceApi } from './client.ts'

/** What describe says of an object, as far as it is used here. */
export type Described = {
  readonly name: string
  readonly queryable: boolean
  readonly fields: readonly DescribedField[]
}

export type DescribedField = {
  readonly name: string
  readonly type: string
  readonly length: number
  readonly precision: number
  readonly scale: number
  readonly nillable: boolean
  readonly filterable: boolean
  readonly createable: boolean
  readonly updateable: boolean
  readonly externalId: boolean
  readonly idLookup: boolean
  readonly caseSensitive: boolean
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm */
export async function describeObject(api: SalesforceApi, name: string, signal: AbortSignal): Promise<Described> {
  const answer = await api.json({ path: `/sobjects/${encodeURIComponent(name)}/describe`, docs: describeDocs, signal })
  if (typeof answer === 'object' && answer !== null && 'fields' in answer && Array.isArray(answer['fields']))
    return answer as unknown as Described // the vendor's own format, versioned by the URL
  throw new MillraceError('MR-3005', { message: `Describing ${name} at Salesforce: the answer has no fields.` })
}

/** Every object that can be queried. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_describeGlobal.htm */
export async function listObjects(api: SalesforceApi, signal: AbortSignal): Promise<readonly string[]> {
  const answer = await api.json({ path: '/sobjects', docs: describeDocs, signal })
  const listed = typeof answer === 'object' && answer !== null && 'sobjects' in answer ? answer['sobjects'] : undefined
  if (!Array.isArray(listed))
    throw new MillraceError('MR-3005', { message: 'Listing the objects of Salesforce: the answer has no sobjects.' })
  return listed.flatMap((item: { readonly name: string; readonly queryable: boolean }) =>
    item.queryable ? [item.name] : [],
  )
}

/** The column of a field; undefined: its bytes cannot be had by a query (base64). */
export function columnType(field: DescribedField): LogicalType | undefined {
  switch (field.type) {
    case 'base64':
      return undefined
    case 'boolean':
      return 'boolean'
    case 'int':
    case 'long':
      return 'integer'
    case 'double':
    case 'currency':
    case 'percent':
      // Computed values may have more digits than the field declares.
      return `decimal(38,${Math.max(field.scale, field.type === 'double' ? 8 : 6)})`
    case 'date':
      return 'date'
    case 'datetime':
      return 'timestamp'
    case 'address':
    case 'location':
    case 'complexvalue':
      return 'json'
    default:
      return 'string'
  }
}

/** What tells that a row has changed: the first of these that can be filtered. */
export const cursorField = (described: Described): string | undefined =>
  ['SystemModstamp', 'LastModifiedDate', 'CreatedDate', 'LoginTime'].find((name) =>
    described.fields.some((field) => field.name === name && field.filterable),
  )

const describeDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm'
