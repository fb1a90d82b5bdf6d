import type { Change, DestinationObject, Json, JsonObject, WriteResult } from 'millrace'
import { topic, writable } from './attribute-limits.ts'
import type { TrackApi } from './client.ts'
import { sendBatch } from './send-batch.ts'
import { encodeChange, guessMatch, itemBytes, maxItemBytes } from './encode-change.ts'

/** https://docs.customer.io/integrations/api/track/#tag/track_v2 */
export function describePerson(track: TrackApi): DestinationObject {
  return {
    name: 'person',
    docs,
    delivery: 'idempotent',
    match: { id: { normalise: 'trim' }, email: { normalise: 'lower' }, cio_id: { normalise: 'exact' } },
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
    operations: ['upsert', 'update', 'clear', 'set'],
    batch: { rows: maxRows, bytes: maxItemsBytes, rowBytes: maxItemBytes },
    concurrency: 4,
    size: itemBytes,
    write: (changes, { match, signal }) => writePeople(track, changes, { match, signal }),
    preview: previewPeople,
  }
}

async function writePeople(
  track: TrackApi,
  changes: readonly Change[],
  { match, signal }: { readonly match: string; readonly signal: AbortSignal },
): Promise<readonly WriteResult[]> {
  const encoded = changes.map((change) => encodeChange(change, match))
  const items = encoded.flatMap((row) => ('item' in row ? [row.item] : []))
  const results = (items.length === 0 ? [] : await sendBatch(track, items, signal)).values()
  return encoded.map((row) => ('item' in row ? (results.next().value ?? unanswered) : refused(row.refusal)))
}

function previewPeople(changes: readonly Change[], { match }: JsonObject) {
  const items = changes.flatMap((change) => {
    const row = encodeChange(change, typeof match === 'string' ? match : guessMatch(change))
    return 'item' in row ? [row.item] : []
  })
  const body: Json = { batch: items }
  return items.length === 0 ? [] : [{ method: 'POST', path: '/api/v2/batch', body, docs }]
}

const refused = (message: string): WriteResult => ({ outcome: 'rejected', code: 'MR-5005', message, retryable: false })
const unanswered: WriteResult = { outcome: 'unknown', message: 'no result came back for this row' }

const docs = 'https://docs.customer.io/integrations/api/track/#operation/batch'
const maxRows = 1000
// A request must be smaller than 500 KB: what is left after {"batch":[…]} and a comma between items.
const maxItemsBytes = 500_000 - 1 - '{"batch":[]}'.length - maxRows
