import type { Change, DestinationObject, Json, JsonObject, RequestPreview, WriteResult } from 'millrace'
import type { TrackApi } from './client.ts'
import { sizeOf, type Encoded } from './item.ts'
import { sendBatch } from './send-batch.ts'

/** What a change says, of the record that `match` finds. */
export type Encode = (change: Change, match: string) => Encoded

/** How rows are sized, sent and shown. Nobody says the options before a size; then no request may be longer for them. */
export const sendAs = (
  track: TrackApi,
  encodeFor: (options: JsonObject | null) => Encode,
  prefix = '',
): Pick<DestinationObject, 'size' | 'write' | 'preview'> => ({
  size: (change) => sizeOf(change, encodeFor(null)(change, guessMatch(change, prefix))),
  async write(changes, { match, options, signal }) {
    const encode = encodeFor(options)
    return writeRows(track, { changes, rows: changes.map((change) => encode(change, match)) }, signal)
  },
  preview: (changes, options) => {
    const encode = encodeFor(options)
    const { match } = options
    return previewRows(
      changes.map((change) => encode(change, typeof match === 'string' ? match : guessMatch(change, prefix))),
    )
  },
})

/** Which field the key came from, where nobody says: the value is among the fields. */
function guessMatch({ fields, key }: Change, prefix: string): string {
  const isKey = (name: string) =>
    String(fields[name] ?? '')
      .trim()
      .toLowerCase() === key.toLowerCase()
  return identifiers.map((name) => prefix + name).find(isKey) ?? `${prefix}id`
}

/** One request for all rows that may be sent; one result per row, in order. */
async function writeRows(
  track: TrackApi,
  { changes, rows }: { readonly changes: readonly Change[]; readonly rows: readonly Encoded[] },
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const items = rows.flatMap((row) => ('items' in row ? row.items : []))
  // A batch of one row that is refused whole is a rejected row, of however many items.
  const isOneRow = rows.filter((row) => 'items' in row).length === 1
  const optsIn = changes.some((change) => change.optsIn === true)
  const results = items.length === 0 ? [] : await sendBatch(track, { items, isOneRow, optsIn }, signal)
  let at = 0
  return rows.map((row) => {
    if (!('items' in row)) return reject(row.refusal)
    const own = results.slice(at, (at += row.items.length))
    const failed = own.find(({ outcome }) => outcome !== 'ok')
    // Its opt-out was taken, and the row beside it was not.
    if (failed?.outcome === 'rejected' && own.some(({ outcome }) => outcome === 'ok'))
      return { ...failed, maybeTaken: true }
    return failed ?? own[0] ?? unanswered
  })
}

function previewRows(rows: readonly Encoded[]): readonly RequestPreview[] {
  // JSON.stringify writes an exact number as its digits, also where it is inside.
  const batch = rows.flatMap((row) => ('items' in row ? row.items : [])) as unknown as Json
  return rows.some((row) => 'items' in row)
    ? [{ method: 'POST', path: '/api/v2/batch', body: { batch }, docs: batchDocs }]
    : []
}

const identifiers = ['id', 'email', 'cio_id']
const reject = (message: string): WriteResult => ({ outcome: 'rejected', code: 'MR-5005', message, retryable: false })
const unanswered: WriteResult = { outcome: 'unknown', message: 'no result came back for this row' }

export const batchDocs = 'https://docs.customer.io/integrations/api/track/#operation/batch'
