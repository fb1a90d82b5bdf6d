import type { DestinationObject } from 'millrace'
import { writableOfObject } from './attribute-limits.ts'
import type { TrackApi } from './client.ts'
import { encodeObject } from './encode-object.ts'
import { batchLimits } from './item.ts'
import { objectOptions, readObjectType } from './object-options.ts'
import { sendAs } from './write-rows.ts'

/** What people belong to: companies, courses. Its type is made in Customer.io first. */
export function describeCustomObject(track: TrackApi): DestinationObject {
  return {
    name: 'object',
    docs: 'https://docs.customer.io/journeys/objects-data/objects/create/',
    delivery: 'idempotent',
    match: { object_id: { normalise: 'trim' } },
    fields: { object_id: { type: 'string', nullable: false, maxLength: 150 }, created_at: 'unix_seconds' },
    otherFields: [{ pattern: writableOfObject, type: 'any' }],
    // No update, clear or set: Customer.io has no way to say "only if it is there" of an object.
    operations: ['upsert', 'delete'],
    options: objectOptions,
    batch: batchLimits,
    concurrency: 4,
    ...sendAs(track, (options) => {
      const type = readObjectType(options)
      return (change) => encodeObject(change, type)
    }),
  }
}
