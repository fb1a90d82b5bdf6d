import type { DestinationObject } from 'millrace'
import { topic, writable } from './attribute-limits.ts'
import type { AppApi, TrackApi } from './client.ts'
import { encodePerson } from './encode-person.ts'
import { batchLimits, maxItemBytes } from './item.ts'
import { readBackPeople } from './read-back-people.ts'
import { verifyPeople } from './verify-people.ts'
import { sendAs } from './write-rows.ts'

/** With `app`, what was taken is read back where Customer.io may have dropped it without a word. */
export function describePerson(
  track: TrackApi,
  { app, settleSeconds }: { readonly app: AppApi | null; readonly settleSeconds: number },
): DestinationObject {
  const sent = sendAs(track, () => encodePerson)
  return {
    name: 'person',
    docs: 'https://docs.customer.io/integrations/api/track/#tag/track_v2',
    delivery: 'idempotent',
    match: {
      id: { normalise: 'trim' },
      email: { normalise: 'lower' },
      cio_id: { normalise: 'exact', operations: ofThere },
    },
    fields: {
      id: { type: 'string', nullable: false, maxLength: 150 },
      email: 'string',
      cio_id: { type: 'string', nullable: false },
      unsubscribed: { type: 'boolean', nullable: false, optOut: true },
      created_at: 'unix_seconds',
    },
    otherFields: [
      { pattern: topic, type: 'boolean', optOut: true },
      { pattern: writable, type: 'any' },
    ],
    operations: ['upsert', ...ofThere],
    // An opt-out may go beside the whole row: two items.
    batch: { ...batchLimits, rowBytes: 2 * maxItemBytes },
    concurrency: 4,
    ...sent,
    ...(app && {
      async write(changes, context) {
        return verifyPeople(app, changes, await sent.write(changes, context), { ...context, settleSeconds })
      },
      readBack: (changes, { match, signal }) => readBackPeople(app, changes, { match, signal }),
    }),
  }
}

/** Customer.io makes cio_ids itself. */
const ofThere = ['update', 'clear', 'set', 'delete'] as const
