import { fieldsIn } from './gaql.ts'
import type { FieldInfo, Metadata } from './metadata.ts'
import type { AdsStream } from './streams.ts'

/**
 * Beside some views the fields of other resources split the rows, as segments do: with a campaign's a geographic_view, whose
 * name is of a country, has a row per country and campaign. Each of them goes into the key of a query that names it.
 * https://developers.google.com/google-ads/api/fields/v25/geographic_view
 */
export async function keyBySplits(
  stream: AdsStream,
  { metadata, signal }: { readonly metadata: Metadata; readonly signal: AbortSignal },
): Promise<AdsStream> {
  const resource = stream.isOwn ? (await metadata.find([stream.from], signal)).get(stream.from) : undefined
  if (!resource) return stream
  const named = new Set([...stream.fields, ...fieldsIn(stream.where ?? '')].map(resourceOf))
  const names = [...named].filter((other) => splitsRows(resource, other)).map(nameOf)
  return {
    ...stream,
    key: [...stream.key, ...names],
    fields: [...new Set([...stream.fields, ...names])],
  }
}

/** Would the fields of another resource split the rows of this one? */
export const splitsRows = (resource: FieldInfo, other: string): boolean =>
  other !== resource.name && resource.segments.has(other) && !resource.attributeResources.includes(other)

/** Are the rows split by it already? */
export const isSplitBy = ({ key }: AdsStream, other: string): boolean => key.includes(nameOf(other))

/** `campaign.status` → `campaign` */
export const resourceOf = (field: string): string => field.split('.')[0] ?? ''

const nameOf = (resource: string) => `${resource}.resource_name`
