import type { DestinationField, DestinationObject, FieldType } from 'millrace'
import type { SalesforceApi } from './client.ts'
import type { DescribeSObjectResult, Field } from './describe.ts'
import { previewChanges } from './preview.ts'
import { writeChanges } from './write-changes.ts'

/** An object that can be written, as it is described now. */
export function makeObject(object: DescribeSObjectResult, api: SalesforceApi): DestinationObject {
  const keys = object.fields.filter((field) => field.externalId || field.name === 'Id')
  const writable = object.fields.filter(
    (field) => field.name === 'Id' || (fieldType(field) !== null && (field.updateable || field.createable)),
  )
  return {
    name: object.name,
    docs: upsertDocs,
    // The same value again leaves the same record, found by its external id.
    delivery: 'idempotent',
    match: Object.fromEntries(keys.map((field) => [field.name, { normalise: normaliseOf(field) }])),
    fields: Object.fromEntries(writable.map((field) => [field.name, describeField(field)])),
    operations: ['upsert', 'update', 'clear', 'set'],
    // Two hundred rows are the vendor's limit; bytes only keep one request within its time.
    batch: { rows: 200, bytes: 5_000_000 },
    timeoutMs: 120_000,
    write: (changes, context) => writeChanges(api, object, changes, context),
    preview: (changes, options) => previewChanges(api, object, changes, options),
  }
}

/** Salesforce finds external ids without case unless the field is told otherwise, and trims text. Ids have case. */
function normaliseOf(field: Field): 'exact' | 'trim' | 'lower' {
  if (field.name === 'Id') return 'exact'
  return field.caseSensitive ? 'trim' : 'lower'
}

function describeField(field: Field): DestinationField {
  const type = fieldType(field) ?? 'string'
  return {
    type,
    // A checkbox is never empty.
    nullable: field.nillable && type !== 'boolean',
    ...(type === 'string' && field.length > 0 && { maxLength: field.length }),
    ...(type === 'boolean' && isOptOut(field.name) && { optOut: true }),
  }
}

/** null: cannot be written (compound fields are written by their parts). */
function fieldType(field: Field): FieldType | null {
  switch (field.type) {
    case 'int':
    case 'long':
    case 'double':
    case 'currency':
    case 'percent':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'date':
      return 'date'
    case 'datetime':
      return 'timestamp'
    case 'address':
    case 'location':
    case 'complexvalue':
    case 'base64':
      return null
    default:
      return 'string'
  }
}

/** HasOptedOutOfEmail, HasOptedOutOfFax, DoNotCall, and what orgs call their own: Sms_Opt_Out__c, Unsubscribed__c. */
const isOptOut = (name: string) => /opt(ed)?_?out|do_?not_?(call|e?mail|contact|text|sms|fax)|unsubscribed?/i.test(name)

const upsertDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm'
