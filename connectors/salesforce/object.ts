import { isOptOutName, type DestinationField, type DestinationObject, type Json } from 'millrace'
import type { SalesforceApi } from './client.ts'
import type { DescribeSObjectResult, Field } from './describe.ts'
import { fieldType } from './field-type.ts'
import { heedsCase } from './find-records.ts'
import type { Parents } from './held-value.ts'
import { previewChanges } from './preview.ts'
import { readBack } from './read-back.ts'
import { recordLookup } from './record-lookup.ts'
import { relationshipFields } from './relationship.ts'
import { settleJobs } from './settle-jobs.ts'
import { writeChanges } from './write-changes.ts'
import type { BulkRules } from './writing.ts'

export type ObjectContext = {
  readonly api: SalesforceApi
  readonly bulk: BulkRules
  /** The described objects that this one's lookups point at. */
  readonly parents: Parents
}

/** An object that can be written, as it is described now. */
export function makeObject(object: DescribeSObjectResult, { api, bulk, parents }: ObjectContext): DestinationObject {
  const keys = object.fields.filter((field) => field.externalId || field.name === 'Id')
  const writable = object.fields.filter(
    (field) => field.name === 'Id' || (fieldType(field) !== null && (field.updateable || field.createable)),
  )
  const { createable, updateable, deletable } = object
  const writing = { api, object, parents, bulk }
  // A job that is not over may still write: what is held now says nothing of what will be.
  let isJobOpen = false
  const fields = {
    ...Object.fromEntries(writable.map((field) => [field.name, describeField(field)])),
    ...relationshipFields(object, parents),
  }
  const operations = [
    ...(createable && updateable && keys.some(({ name }) => name !== 'Id') ? (['upsert'] as const) : []),
    ...(updateable ? (['update'] as const) : []),
    ...(createable ? (['insert'] as const) : []),
    ...(updateable ? (['clear', 'set'] as const) : []),
    ...(deletable ? (['delete'] as const) : []),
  ]
  // Salesforce makes Ids itself.
  const ofThere = operations.filter((op) => op !== 'upsert' && op !== 'insert')
  return {
    name: object.name,
    docs: upsertDocs,
    // The same value again leaves the same record, found by its external id; an insert looks first.
    delivery: 'idempotent',
    match: Object.fromEntries(
      keys.map((field) => [
        field.name,
        {
          normalise: normaliseOf(field),
          // An external id need not be.
          ...(field.name === 'Id' ? { operations: ofThere } : !field.unique && { unique: false }),
        },
      ]),
    ),
    fields,
    recordLookup: recordLookup(object, fields),
    operations,
    // One job of the Bulk API is one batch within Salesforce, whose rows it does not write side by side; a request has 200 of them.
    batch: { rows: 10_000, bytes: 10_000_000, rowBytes: 5_000_000 },
    timeoutMs: 120_000,
    async write(changes, context) {
      const saveReceipt = (receipt: Json) => {
        isJobOpen = true
        return context.saveReceipt(receipt)
      }
      const results = await writeChanges(writing, changes, { ...context, saveReceipt })
      isJobOpen = false
      return results
    },
    settle: (receipt, context) => settleJobs(writing, receipt, context),
    readBack: async (changes, context) =>
      isJobOpen ? changes.map(() => undefined) : readBack(api, object, changes, context),
    preview: (changes, options) => previewChanges(writing, changes, options),
  }
}

/** Salesforce trims text. Ids have case. */
function normaliseOf(field: Field): 'exact' | 'trim' | 'lower' {
  if (field.name === 'Id') return 'exact'
  return heedsCase(field) ? 'trim' : 'lower'
}

function describeField(field: Field): DestinationField {
  const type = fieldType(field) ?? 'string'
  return {
    type,
    // A checkbox is never empty.
    nullable: field.nillable && type !== 'boolean',
    ...(type === 'string' && field.length > 0 && { maxLength: field.length }),
    ...(((type === 'boolean' && isOptOutName(field.name)) || ownConsent.has(field.name)) && { optOut: true }),
  }
}

/**
 * Salesforce's own, whose names are no opt-out's: OptIn or OptOut (or NotSeen, Seen) of ContactPointTypeConsent and its kin, and a
 * person's wish to be forgotten.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contactpointtypeconsent.htm
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_individual.htm
 */
const ownConsent: ReadonlySet<string> = new Set(['PrivacyConsentStatus', 'ShouldForget'])

const upsertDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm'
