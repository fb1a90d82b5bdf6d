import type { DestinationField, DestinationObject, FieldType } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { describeObject, type DescribedField } from './describe.ts'
import { maxRows, previewWrite, sizeOfRecord } from './collection-requests.ts'
import { writeCollections } from './write-collections.ts'

/** Any object that can be written, with the fields that describe gives today. */
export async function describeDestination(
  api: SalesforceApi,
  name: string,
  signal: AbortSignal,
): Promise<DestinationObject> {
  const described = await describeObject(api, name, signal)
  const keys = described.fields.filter((field) => field.externalId || field.name === 'Id')
  const writable = described.fields.filter((field) => field.createable || field.updateable || keys.includes(field))
  return {
    name,
    docs: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm',
    delivery: 'idempotent',
    match: Object.fromEntries(
      keys.map((field) => [field.name, { normalise: field.name === 'Id' || field.caseSensitive ? 'trim' : 'lower' }]),
    ),
    fields: Object.fromEntries(writable.map((field) => [field.name, destinationField(field)])),
    operations: ['upsert', 'update', 'clear', 'set'],
    batch: { rows: maxRows, bytes: 5_000_000 },
    concurrency: 2,
    timeoutMs: 120_000,
    size: sizeOfRecord,
    write: (changes, { signal: stop, match }) => writeCollections(api, changes, { object: name, match, signal: stop }),
    preview: (changes, options) =>
      previewWrite(changes, { object: name, match: String(options['match'] ?? keys[0]?.name ?? 'Id') }),
  }
}

function destinationField(field: DescribedField): DestinationField {
  const type = fieldType(field)
  return {
    type,
    nullable: field.nillable,
    ...(type === 'string' && field.length > 0 ? { maxLength: field.length } : {}),
    optOut: type === 'boolean' && /OptedOut|Opt_?Out|DoNotCall/i.test(field.name),
  }
}

function fieldType({ type }: DescribedField): FieldType {
  switch (type) {
    case 'boolean':
      return 'boolean'
    case 'int':
    case 'long':
    case 'double':
    case 'currency':
    case 'percent':
      return 'number'
    case 'date':
      return 'date'
    case 'datetime':
      return 'timestamp'
    default:
      return 'string'
  }
}
