import type { DestinationObject } from 'millrace'
import type { TrackApi } from './client.ts'
import { encodeEvent } from './encode-event.ts'
import { batchLimits } from './item.ts'
import { personFields } from './person-identifier.ts'
import { sendAs } from './write-rows.ts'

/** What a person did. It happens once: a row that changes or leaves afterwards changes nothing at Customer.io. */
export function describeEvent(track: TrackApi): DestinationObject {
  return {
    name: 'event',
    docs: 'https://docs.customer.io/integrations/api/track/#operation/entity',
    delivery: 'idempotent',
    match: { event_id: { normalise: 'exact' } },
    fields: {
      event_id: { type: 'string', nullable: false },
      name: { type: 'string', nullable: false },
      timestamp: 'unix_seconds',
      ...personFields,
      attributes: 'json',
    },
    otherFields: [{ pattern: /^attributes\..+$/s, type: 'any' }],
    operations: ['insert'],
    batch: batchLimits,
    concurrency: 4,
    ...sendAs(track, () => encodeEvent),
  }
}
