import type { DestinationObject } from 'millrace'
import { topic, writable } from './attribute-limits.ts'
import type { AppApi, TrackApi } from './client.ts'
import { encodePerson, guessMatch } from './encode-person.ts'
import { batchLimits, maxItemBytes, sizeOf } from './item.ts'
import { readBackPeople } from './read-back-people.ts'
import { verifyPeople } from './verify-people.ts'
import { previewRows, writeRows } from './write-rows.ts'

/** With `app`, what was taken is read back where Customer.io may have dropped it without a word. */
export function describePerson(
  track: TrackApi,
  { app, settleSeconds }: { readonly app: AppApi | null; readonly settleSeconds: number },
): DestinationObject {
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
    size: (change) => sizeOf(change, encodePerson(change, guessMatch(change))),
    async write(changes, { match, signal }) {
      const rows = changes.map((change) => encodePerson(change, match))
      const results = await writeRows(track, { changes, rows }, signal)
      return app ? verifyPeople(app, changes, results, { match, signal, settleSeconds }) : results
    },
    preview: (changes, { match }) =>
      previewRows(
        changes.map((change) => encodePerson(change, typeof match === 'string' ? match : guessMatch(change))),
      ),
    ...(app && {
      readBack: (changes, { match, signal }) => readBackPeople(app, changes, { match, signal }),
    }),
  }
}

/** Customer.io makes cio_ids itself. */
const ofThere = ['update', 'clear', 'set', 'delete'] as const
