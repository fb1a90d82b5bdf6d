import type { WriteResult } from 'millrace'
import type { TrackApi } from './client.ts'
import type { Item } from './encode-change.ts'
import { malformed } from './read-answer.ts'
import { readRowErrors, type RowErrors } from './read-row-errors.ts'

/**
 * Sends the items and says what became of each, in order. A batch that is refused as a whole is sent again without the
 * rows that the answer names, or in halves where it names none, until the row that is to blame stands alone.
 */
export async function deliverItems(
  track: TrackApi,
  items: readonly Item[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  if (items.length === 0) return []
  const { accepted, errors } = await sendBatch(track, items, signal)
  if (!accepted && errors.size === 0) return deliverHalves(track, items, signal)
  const others = accepted ? [] : items.filter((_, index) => !errors.has(index))
  const results = (await deliverItems(track, others, signal)).values()
  return items.map((_, index) => errors.get(index) ?? results.next().value ?? ok)
}

async function deliverHalves(
  track: TrackApi,
  items: readonly Item[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const middle = Math.ceil(items.length / 2)
  const left = await deliverItems(track, items.slice(0, middle), signal)
  return [...left, ...(await deliverItems(track, items.slice(middle), signal))]
}

/** 200: all taken. 207: all but the rows that it names. 400: none. */
function sendBatch(track: TrackApi, items: readonly Item[], signal: AbortSignal) {
  return track.call<{ readonly accepted: boolean; readonly errors: RowErrors }>({
    label: 'POST /api/v2/batch',
    // Under 500 KB a request, 32 KB an item.
    docs: 'https://docs.customer.io/integrations/api/track/#operation/batch',
    signal,
    send: (client) => client.batch([...items]),
    refusals: wholeBatchRefused,
    read: ({ status, body }) => {
      const accepted = !wholeBatchRefused.includes(status)
      const surprise = Object.keys(body).find((name) => name !== 'errors')
      if (accepted && surprise !== undefined) throw malformed(`answered a batch with "${surprise.slice(0, 40)}"`)
      const errors = readRowErrors(body, { rows: items.length, accepted })
      if (accepted && errors === undefined) throw malformed('refused rows of a batch without saying which')
      return { accepted, errors: errors ?? new Map() }
    },
  })
}

const ok: WriteResult = { outcome: 'ok' }
const wholeBatchRefused: readonly number[] = [400, 413, 422]
