import type { DestinationObject, MatchField } from 'millrace'
import type { HubspotApi } from './client.ts'
import type { Property } from './describe.ts'
import { associationField, changeBytes, isLowerCase, recordId } from './encode-change.ts'
import { isSearched } from './find-records.ts'
import { isEmailOf } from './object-type.ts'
import { previewRecords } from './preview.ts'
import { describeField } from './property-value.ts'
import { maxInputs } from './requests.ts'
import { batchDocs, requestTimeoutMs } from './send-batch.ts'
import { writeRecords } from './write-records.ts'

/** An object of the CRM, with the properties that it has now. */
export function makeObject(name: string, described: readonly Property[], api: HubspotApi): DestinationObject {
  const writable = described.filter((property) => !property.readOnly && property.name !== recordId)
  const object = { name, properties: new Map(writable.map((property) => [property.name, property])) }
  return {
    name,
    docs: batchDocs.upsert,
    // The same values again leave the same record; a create that nobody heard of is found by its key.
    delivery: 'idempotent',
    match: Object.fromEntries([...matchesOf(name, writable), [recordId, { normalise: 'trim', operations: ofThere }]]),
    fields: Object.fromEntries([
      ...writable.map((property) => [property.name, describeField(property)]),
      [recordId, { type: 'string', nullable: false }],
    ]),
    otherFields: [{ pattern: associationField, type: 'any' }],
    recordLookup: associationBy,
    operations: ['upsert', 'update', 'insert', 'clear', 'set'],
    batch: { rows: maxInputs, bytes: maxBytes },
    concurrency: 4,
    timeoutMs: requestTimeoutMs,
    size: changeBytes,
    write: (changes, context) => writeRecords(api, object, changes, context),
    preview: (changes, options) => previewRecords(object, changes, options),
  }
}

function matchesOf(name: string, writable: readonly Property[]) {
  return writable
    .filter((property) => property.unique || isEmailOf(name, property.name) || isSearched(name, property.name))
    .map((property): [string, MatchField] => [
      property.name,
      {
        normalise: isLowerCase(property.name) ? 'lower' : 'trim',
        ...(isSearched(name, property.name) && { unique: false, operations: ofThere }),
      },
    ])
}

/** HubSpot makes record ids itself, and does not hold domains unique. */
const ofThere = ['update', 'clear', 'set'] as const

/** `associations.company: { lookup: { object: company, by: account_ref, column: … } }` */
const associationBy: DestinationObject['recordLookup'] = ({ field, object, by }) =>
  field === `associations.${object}` ? (by === recordId ? field : `${field}.${by}`) : undefined

// HubSpot says nothing of bytes; this keeps a request within its time.
const maxBytes = 3_000_000
