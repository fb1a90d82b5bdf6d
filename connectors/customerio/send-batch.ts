import type { WriteResult } from 'millrace'
import { batchRefusals } from './classify-failure.ts'
import type { TrackApi } from './client.ts'
import type { Item } from './item.ts'
import { malformed, type Answer } from './read-answer.ts'
import { readRowErrors } from './read-row-errors.ts'

/**
 * One request; what became of each item, in order. 200: all taken; 207: all but those that it names. A batch that is
 * refused as a whole throws, and the engine sends its halves; a single row that is refused is a rejected one.
 */
export async function sendBatch(
  track: TrackApi,
  {
    items,
    isOneRow,
    optsIn,
  }: { readonly items: readonly Item[]; readonly isOneRow: boolean; readonly optsIn: boolean },
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const errors = await track.call({
    label: 'POST /api/v2/batch',
    // Under 500 KB a request, 32 KB an item.
    docs: 'https://docs.customer.io/integrations/api/track/#operation/batch',
    signal,
    repeatable: optsIn ? 'never' : true,
    send: (client) => client.batch([...items]),
    isAnswer: (status) => isOneRow && batchRefusals.includes(status),
    read: (answer) => readBatchAnswer(answer, items.length),
  })
  return items.map((_, index) => errors.get(index) ?? { outcome: 'ok' })
}

function readBatchAnswer({ status, body }: Answer, items: number): ReadonlyMap<number, WriteResult> {
  const isWhole = batchRefusals.includes(status)
  const surprise = Object.keys(body).find((name) => name !== 'errors')
  if (!isWhole && surprise !== undefined) throw malformed(`answered a batch with "${surprise.slice(0, 40)}"`)
  return readRowErrors(status, body, { items, isWhole })
}
