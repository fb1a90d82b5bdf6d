import { MillraceError, type Change, type WriteContext, type WriteResult } from 'millrace'
import type { VendorError } from './classify-failure.ts'
import type { SalesforceApi } from './client.ts'
import { checkMatch, updateRequest, upsertRequest, type CollectionRequest } from './collection-request.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { findRecords } from './find-records.ts'

type Row = { readonly index: number; readonly change: Change; readonly id: string | null }

/**
 * Upserts go by external id; everything that must not create looks the records up first and goes by Id.
 * A row that another transaction holds is tried once more at the end; after that it is the next run's.
 */
export async function writeChanges(
  api: SalesforceApi,
  object: DescribeSObjectResult,
  changes: readonly Change[],
  context: WriteContext,
): Promise<readonly WriteResult[]> {
  const { match, signal } = context
  checkMatch(match, changes)
  const results: WriteResult[] = []
  const isUpsert = ({ op }: Change) => op === 'upsert'
  const upserts = changes.flatMap((change, index): Row[] => (isUpsert(change) ? [{ index, change, id: null }] : []))
  const updates = await findTargets(api, object, changes, { context, results, isUpsert })
  const batches: readonly Batch[] = [
    {
      rows: upserts,
      request: (rows) =>
        upsertRequest(
          object.name,
          match,
          rows.map(({ change }) => change),
        ),
    },
    {
      rows: updates,
      request: (rows) =>
        updateRequest(
          object.name,
          match,
          rows.map(({ change, id }) => ({ change, id: id ?? '' })),
        ),
    },
  ]
  for (const batch of batches) await sendBatch(api, batch, { signal, results })
  for (const batch of batches)
    await sendBatch(
      api,
      { ...batch, rows: batch.rows.filter(({ index }) => isLocked(results[index])) },
      { signal, results },
    )
  return results
}

type Targets = {
  readonly context: WriteContext
  readonly results: WriteResult[]
  readonly isUpsert: (change: Change) => boolean
}

async function findTargets(
  api: SalesforceApi,
  object: DescribeSObjectResult,
  changes: readonly Change[],
  { context, results, isUpsert }: Targets,
): Promise<readonly Row[]> {
  const wanted = changes.flatMap((change, index) => {
    if (isUpsert(change)) return []
    // One malformed Id would fail the query for all.
    if (context.match !== 'Id' || /^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/.test(change.key)) return [{ index, change }]
    results[index] = {
      outcome: 'rejected',
      code: 'MALFORMED_ID',
      message: 'this is not a Salesforce Id',
      retryable: false,
    }
    return []
  })
  if (wanted.length === 0) return []
  const found = await findRecords(
    api,
    object,
    wanted.map(({ change }) => change),
    { match: context.match, signal: context.signal },
  )
  return wanted.flatMap(({ index, change }): Row[] => {
    const [id, ...others] = found.idsOf(change)
    if (id !== undefined && others.length === 0) return [{ index, change, id }]
    results[index] =
      id === undefined
        ? { outcome: 'absent' }
        : {
            outcome: 'rejected',
            code: 'DUPLICATE_EXTERNAL_ID',
            message: `${context.match} names ${others.length + 1} records`,
            retryable: false,
          }
    return []
  })
}

type Batch = { readonly rows: readonly Row[]; readonly request: (rows: readonly Row[]) => CollectionRequest }
type Sending = { readonly signal: AbortSignal; readonly results: WriteResult[] }

/**
 * A value that the vendor's parser does not take fails the whole request, before any row is touched: halves are sent
 * until the row is found. Once something was accepted, an error no longer fails the call: it would deny what was done.
 */
async function sendBatch(api: SalesforceApi, { rows, request }: Batch, { signal, results }: Sending): Promise<void> {
  const waiting: (readonly Row[])[] = rows.length > 0 ? [rows] : []
  for (let part = waiting.shift(); part; part = waiting.shift()) {
    const sent = part
    try {
      const outcome = await sendRows(api, request(sent), { count: sent.length, signal })
      if ('saved' in outcome)
        for (const [at, { index }] of sent.entries()) results[index] = readResult(outcome.saved[at])
      else if (sent.length === 1 && sent[0])
        results[sent[0].index] = {
          outcome: 'rejected',
          code: outcome.refused.code,
          message: outcome.refused.message,
          retryable: false,
        }
      else waiting.unshift(sent.slice(0, Math.ceil(sent.length / 2)), sent.slice(Math.ceil(sent.length / 2)))
    } catch (error) {
      if (!(error instanceof MillraceError) || !results.some((result) => result?.outcome === 'ok')) throw error
      for (const { index } of [...sent, ...waiting.flat()])
        results[index] = { outcome: 'unknown', message: error.message }
      return
    }
  }
}

type Outcome = { readonly saved: readonly SaveResult[] } | { readonly refused: VendorError }

function sendRows(
  api: SalesforceApi,
  { method, path, body, docs }: CollectionRequest,
  { count, signal }: { readonly count: number; readonly signal: AbortSignal },
): Promise<Outcome> {
  return api.call<Outcome>({
    method,
    path,
    body,
    docs,
    signal,
    timeoutMs: 110_000,
    read: (bytes) => {
      const saved: unknown = JSON.parse(Buffer.from(bytes).toString())
      if (isSaveResults(saved) && saved.length === count) return { saved }
      throw new MillraceError('MR-3005', {
        message: `Writing ${count} rows to Salesforce: the answer is not a list of as many results.`,
      })
    },
    recover: (refused) => (ofOneRow.has(refused.code) ? { value: { refused } } : undefined),
  })
}

type SaveResult = {
  readonly id?: string
  readonly success: boolean
  readonly errors: readonly {
    readonly statusCode?: string
    readonly message?: string
    readonly fields?: readonly string[]
  }[]
}

const isSaveResults = (answer: unknown): answer is readonly SaveResult[] =>
  Array.isArray(answer) &&
  answer.every(
    (result: unknown) =>
      typeof result === 'object' &&
      result !== null &&
      'success' in result &&
      'errors' in result &&
      Array.isArray(result.errors),
  )

function readResult(saved: SaveResult | undefined): WriteResult {
  if (saved?.success) return { outcome: 'ok' }
  const [error] = saved?.errors ?? []
  const code = error?.statusCode ?? 'UNKNOWN_EXCEPTION'
  // Deleted between the look-up and the update.
  if (code === 'ENTITY_IS_DELETED') return { outcome: 'absent', message: error?.message }
  return { outcome: 'rejected', code, message: error?.message ?? 'no reason given', retryable: retryable.has(code) }
}

const isLocked = (result: WriteResult | undefined) =>
  result?.outcome === 'rejected' && result.code === 'UNABLE_TO_LOCK_ROW'

/** What the vendor says of a request, but means of a value in it. */
const ofOneRow: ReadonlySet<string> = new Set(['JSON_PARSER_ERROR', 'MALFORMED_ID', 'INVALID_TYPE_ON_FIELD_IN_RECORD'])
/** https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm : pass by themselves. */
const retryable: ReadonlySet<string> = new Set([
  'UNABLE_TO_LOCK_ROW',
  'SERVER_UNAVAILABLE',
  'REQUEST_LIMIT_EXCEEDED',
  'REQUEST_RUNNING_TOO_LONG',
  'QUERY_TIMEOUT',
  'UNKNOWN_EXCEPTION',
  'ALL_OR_NONE_OPERATION_ROLLED_BACK',
  'PROCESSING_HALTED',
  'TOO_MANY_APEX_REQUESTS',
  'LIMIT_EXCEEDED',
])
