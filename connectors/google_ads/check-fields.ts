import { MillraceError } from 'millrace'
import { fieldsIn } from './gaql.ts'
import type { FieldInfo, Metadata } from './metadata.ts'
import { isSplitBy, resourceOf, splitsRows } from './split-rows.ts'
import { docsOf, type AdsStream } from './streams.ts'

/**
 * Holds a stream's fields against the vendor's metadata, before a row is read. Fields of ours that this API version does
 * not have are left out and named; in a query that a user wrote they are an error.
 * https://developers.google.com/google-ads/api/docs/concepts/field-service#metadata
 */
export async function checkFields(
  stream: AdsStream,
  {
    metadata,
    warn,
    signal,
  }: { readonly metadata: Metadata; readonly warn: (text: string) => void; readonly signal: AbortSignal },
): Promise<readonly FieldInfo[]> {
  const found = await metadata.find([stream.from, ...stream.fields], signal)
  const resource = found.get(stream.from)
  if (resource?.category !== 'RESOURCE') throw await unknownResource(stream, { metadata, signal })
  const infos: FieldInfo[] = []
  for (const field of stream.fields) {
    const info = found.get(field)
    if (info && isWith(resource, info)) infos.push(info)
    else if (stream.isOwn || stream.key.includes(field))
      throw info
        ? refusal(stream, `${field} cannot be selected from ${stream.from}`, seeDocs(stream))
        : await unknownField(stream, field, { metadata, signal })
    else warn(`${stream.name}: this version of the API has no ${field}, so its column stays as it is.`)
  }
  if (stream.isOwn && stream.where !== undefined)
    await checkConditions(stream, { where: stream.where, doing: 'WHERE', metadata, signal })
  const metrics = infos.filter(({ category }) => category === 'METRIC')
  const segments = infos.filter(({ category }) => category === 'SEGMENT')
  for (const metric of metrics)
    for (const segment of segments)
      if (!metric.selectableWith.has(segment.name))
        throw refusal(stream, `${metric.name} and ${segment.name} cannot be selected together`, seeDocs(stream))
  return infos
}

/** Conditions of a query, or those that a sync puts beside it. `doing`: what holds them, in words. */
export async function checkConditions(
  stream: AdsStream,
  { where, doing, metadata, signal }: Asking & { readonly where: string; readonly doing: 'WHERE' | 'where' },
): Promise<void> {
  const fields = fieldsIn(where)
  const found = await metadata.find([stream.from, ...fields], signal)
  const resource = found.get(stream.from)
  for (const field of fields) {
    const info = found.get(field)
    if (!info) throw await unknownField(stream, field, { metadata, signal })
    // https://developers.google.com/google-ads/api/docs/query/structure#where
    if (!resource || !isWith(resource, info))
      throw refusal(stream, `${doing} cannot be on ${field} where FROM is ${stream.from}`, seeDocs(stream))
    if (info.category === 'SEGMENT' && !stream.fields.includes(field))
      throw refusal(
        stream,
        `${doing} is on ${field}, which has to be selected then, too`,
        doing === 'WHERE' ? `Add ${field} to SELECT.` : `Write a query of your own that selects ${field}.`,
      )
    const other = resourceOf(field)
    if (splitsRows(resource, other) && !isSplitBy(stream, other))
      throw refusal(
        stream,
        `${doing} is on ${field}, and ${other} splits the rows of ${stream.from}`,
        'Put the condition into a query of your own.',
      )
  }
}

function isWith(resource: FieldInfo, field: FieldInfo): boolean {
  if (!field.isSelectable) return false
  if (field.category === 'METRIC') return resource.metrics.has(field.name)
  if (field.category === 'SEGMENT') return resource.segments.has(field.name)
  const of = resourceOf(field.name)
  return of === resource.name || resource.attributeResources.includes(of) || splitsRows(resource, of)
}

type Asking = { readonly metadata: Metadata; readonly signal: AbortSignal }

async function unknownResource(stream: AdsStream, { metadata, signal }: Asking): Promise<MillraceError> {
  const near = nearest(stream.from, await metadata.resources(signal))
  return refusal(stream, `there is no resource ${stream.from}${didYouMean(near)}`, 'Check FROM.')
}

async function unknownField(stream: AdsStream, field: string, { metadata, signal }: Asking): Promise<MillraceError> {
  const of = resourceOf(field)
  const near = /^\w+$/.test(of) ? nearest(field, await metadata.namesOf(of, signal)) : undefined
  return refusal(stream, `there is no field ${field}${didYouMean(near)}`, seeDocs(stream))
}

const didYouMean = (near: string | undefined) => (near === undefined ? '' : `; did you mean ${near}?`)

function nearest(field: string, names: readonly string[]): string | undefined {
  const [best] = names.map((name) => ({ name, far: distance(field, name) })).sort((a, b) => a.far - b.far)
  return best && best.far <= Math.max(2, field.length / 4) ? best.name : undefined
}

/** Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      )
    row = next
  }
  return row[b.length] ?? 0
}

const seeDocs = (stream: AdsStream) => `${docsOf(stream)} lists what goes with it.`

const refusal = (stream: AdsStream, what: string, next: string) =>
  new MillraceError('MR-1208', {
    message: `Google Ads, stream ${stream.name}: ${what}${what.endsWith('?') ? '' : '.'}`,
    kept: 'Nothing was read or changed.',
    next,
  })
