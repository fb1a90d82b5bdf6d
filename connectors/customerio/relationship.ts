import type { DestinationObject } from 'millrace'
import type { TrackApi } from './client.ts'
import { encodeRelationship, guessPerson } from './encode-relationship.ts'
import { batchLimits, maxItemBytes, sizeOf } from './item.ts'
import { objectOptions, readObjectType } from './object-options.ts'
import { personFields } from './person-identifier.ts'
import { previewRows, writeRows } from './write-rows.ts'

/** That a person belongs to an object. Both are there already. */
export function describeRelationship(track: TrackApi): DestinationObject {
  return {
    name: 'relationship',
    docs: 'https://docs.customer.io/journeys/objects-data/objects/relationships/',
    delivery: 'idempotent',
    match: {
      'identifiers.id': { normalise: 'trim' },
      'identifiers.email': { normalise: 'lower' },
      'identifiers.cio_id': { normalise: 'exact' },
    },
    fields: {
      ...personFields,
      object_id: { type: 'string', nullable: false, maxLength: 150 },
      relationship_attributes: 'json',
    },
    // With the person, who is `match`. Not more: whatever stands here must be mapped.
    identity: ['object_id'],
    otherFields: [{ pattern: /^relationship_attributes\..+$/s, type: 'any' }],
    operations: ['upsert', 'delete'],
    options: objectOptions,
    // Who moves leaves where they were: two items.
    batch: { ...batchLimits, rowBytes: 2 * maxItemBytes },
    concurrency: 4,
    size: (change) =>
      sizeOf(change, encodeRelationship(change, { match: guessPerson(change), objectType: longestType })),
    async write(changes, { match, options, signal }) {
      const objectType = readObjectType(options)
      return writeRows(
        track,
        { changes, rows: changes.map((change) => encodeRelationship(change, { match, objectType })) },
        signal,
      )
    },
    preview: (changes, options) => {
      const objectType = readObjectType(options)
      const { match } = options
      return previewRows(
        changes.map((change) =>
          encodeRelationship(change, { match: typeof match === 'string' ? match : guessPerson(change), objectType }),
        ),
      )
    },
  }
}

const longestType = '9'.repeat(10)
