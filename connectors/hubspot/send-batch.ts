import { MillraceError, unheard, type WriteResult } from 'millrace'
import { isOfRequest } from './classify-failure.ts'
import type { HubspotApi } from './client.ts'
import { pathOf } from './object-type.ts'
import { readBatch, rejectRow, type RowAnswer, type SentRow } from './read-batch.ts'
import { createBody, updateBody, upsertBody } from './requests.ts'
import type { Properties } from './same-value.ts'
import { settleRows } from './settle-rows.ts'

export type Batch = {
  readonly object: string
  readonly match: string
  readonly kind: 'upsert' | 'create' | 'update'
  readonly rows: readonly SentRow[]
  /** Of the object: what they hold is compared by their types. */
  readonly properties: Properties
  /** One of them opts somebody in. */
  readonly optsIn: boolean
}

/**
 * One request; what became of each row. Rows that were refused without a word about which is meant go once more one by one. Rows that the answer does not name are looked up: those that hold what was sent
 * are there, of the others nothing is known. A batch that is refused whole throws, and the engine sends its halves.
 */
export async function sendBatch(
  api: HubspotApi,
  batch: Batch,
  signal: AbortSignal,
): Promise<ReadonlyMap<SentRow, RowAnswer>> {
  const answers = new Map(await askBatch(api, batch, signal))
  if (!batch.optsIn) await askEach(api, batch, { signal, answers })
  const unnamed = batch.rows.filter((row) => !answers.has(row))
  if (unnamed.length === 0) return answers
  const settled = await settleRows(api, { ...batch, rows: unnamed }, signal)
  return new Map([...answers, ...unnamed.map((row) => [row, settled.get(row) ?? unanswered] as const)])
}

/** Each gets its own answer: else a row that is refused for good would be taken for one that may pass, and never let its opt-out go alone. */
async function askEach(
  api: HubspotApi,
  batch: Batch,
  { signal, answers }: { readonly signal: AbortSignal; readonly answers: Map<SentRow, RowAnswer> },
): Promise<void> {
  for (const row of batch.rows) {
    if (!answers.get(row)?.isInDoubt) continue
    try {
      const own = (await askBatch(api, { ...batch, rows: [row] }, signal)).get(row)
      if (own) answers.set(row, own)
      else answers.delete(row)
    } catch (error) {
      // Of this one nothing is known any more; the others stay as they were refused.
      if (!(error instanceof MillraceError)) throw error
      answers.set(row, { result: unheard(error), id: null })
      return
    }
  }
}

async function askBatch(api: HubspotApi, batch: Batch, signal: AbortSignal): Promise<ReadonlyMap<SentRow, RowAnswer>> {
  const { object, match, kind, rows, optsIn } = batch
  const type = pathOf(object)
  const [only] = rows
  try {
    return await api.call<ReadonlyMap<SentRow, RowAnswer>>({
      label: `POST /crm/v3/objects/${type}/batch/${kind}`,
      docs: batchDocs[kind],
      signal,
      // A second create is a second record where the key is not unique.
      repeatable: optsIn ? 'never' : kind !== 'create',
      timeoutMs: requestTimeoutMs,
      send: (sdk) => {
        if (kind === 'upsert') return sdk.batch.upsert(type, upsertBody(match, rows))
        if (kind === 'create') return sdk.batch.create(type, createBody(match, rows))
        return sdk.batch.update(type, updateBody(rows.map((row) => ({ ...row, id: row.id ?? '' }))))
      },
      read: (body, correlationId) => readBatch(body, { rows, match }, correlationId),
      recover: (error) => {
        if (wholeErrors.test(error.message)) throw refuseMatch(batch, error.message)
        if (rows.length !== 1 || !only || !isOfRequest(error)) return undefined
        return { value: new Map([[only, { result: rejectRow(error), id: null }]]) }
      },
    })
  } catch (error) {
    // Whether a create had an effect is seen by looking.
    if (kind !== 'create' || signal.aborted || !(error instanceof MillraceError) || !lost.includes(error.code))
      throw error
    const settled = await settleRows(api, batch, signal)
    const lostRow: RowAnswer = { result: { outcome: 'unknown', message: error.message }, id: null }
    return new Map(rows.map((row) => [row, settled.get(row) ?? lostRow]))
  }
}

/** The mapping's fault and no row's: halves would be refused as well. */
const refuseMatch = ({ object, match }: Batch, message: string) =>
  new MillraceError('MR-1209', {
    message: `Writing to HubSpot: ${object} records cannot be found by ${match}: ${message}`,
    kept: 'Nothing of this batch was written.',
    next: 'Match a property with unique values, or hs_object_id with mode: update.',
  })

const unanswered: RowAnswer = {
  result: {
    outcome: 'unknown',
    message: 'HubSpot answered, and named this row neither among its results nor among its errors',
  } satisfies WriteResult,
  id: null,
}

export const batchDocs = {
  upsert:
    'https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-upsert',
  create:
    'https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-create',
  update:
    'https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-update',
} as const
const wholeErrors = /non-unique .* property|infer object type/i
/** No answer, one that cannot be used, or an error after the fact. */
export const lost: readonly string[] = ['MR-3002', 'MR-3003', 'MR-3005', 'MR-3007']
export const requestTimeoutMs = 60_000
