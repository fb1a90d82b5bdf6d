import type { DestinationObject } from 'millrace'
import type { TrackApi } from './client.ts'
import { encodeRelationship } from './encode-relationship.ts'
import { batchLimits, maxItemBytes } from './item.ts'
import { objectOptions, readObjectType } from './object-options.ts'
import { personFields } from './person-identifier.ts'
import { sendAs } from './write-rows.ts'

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
    ...sendAs(
      track,
      (options) => {
        const objectType = readObjectType(options)
        return (change, match) => encodeRelationship(change, { match, objectType })
      },
      'identifiers.',
    ),
  }
}
