import type { Change, Json, RequestPreview, WriteResult } from 'millrace'
import type { TrackApi } from './client.ts'
import type { Encoded } from './item.ts'
import { sendBatch } from './send-batch.ts'

/** One request for all rows that may be sent; one result per row, in order. */
export async function writeRows(
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

export function previewRows(rows: readonly Encoded[]): readonly RequestPreview[] {
  // JSON.stringify writes an exact number as its digits, also where it is inside.
  const batch = rows.flatMap((row) => ('items' in row ? row.items : [])) as unknown as Json
  return rows.some((row) => 'items' in row)
    ? [{ method: 'POST', path: '/api/v2/batch', body: { batch }, docs: batchDocs }]
    : []
}

const reject = (message: string): WriteResult => ({ outcome: 'rejected', code: 'MR-5005', message, retryable: false })
const unanswered: WriteResult = { outcome: 'unknown', message: 'no result came back for this row' }

export const batchDocs = 'https://docs.customer.io/integrations/api/track/#operation/batch'
