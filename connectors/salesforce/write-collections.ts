import { MillraceError, unheard, type WriteResult } from 'millrace'
import type { VendorError } from './classify-failure.ts'
import type { SalesforceApi } from './client.ts'
import { collectionRequest } from './collection-request.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { relationshipOf } from './relationship.ts'
import { refuseRow } from './row-refusal.ts'
import { optsIn, type Row, type RowKind } from './row.ts'

export type Sending = {
  readonly api: SalesforceApi
  readonly object: DescribeSObjectResult
  readonly match: string
  readonly signal: AbortSignal
  /** What becomes of each change, by its place. */
  readonly results: WriteResult[]
}

/**
 * Rows of one kind, up to two hundred a request. A value that the vendor's parser does not take fails the whole request,
 * before any row is touched: halves are sent until the row is found. Once something was accepted, an error no longer fails
 * the call, since it would deny what was done: a request that was refused goes in halves too, as the engine would send it,
 * and any other error is given back, and nothing more should go.
 */
export async function sendCollections(
  { api, object, match, signal, results }: Sending,
  kind: RowKind,
  rows: readonly Row[],
  requestRows = maxRows,
): Promise<MillraceError | undefined> {
  const waiting = [...cutRequests(rows, requestRows)]
  for (let part = waiting.shift(); part; part = waiting.shift()) {
    const sent = part
    try {
      const outcome = await sendRequest(api, { object, match, kind, rows: sent }, signal)
      if ('saved' in outcome)
        for (const [at, { index }] of sent.entries()) results[index] = readResult(outcome.saved[at])
      else waiting.unshift(...divideRefused(sent, outcome.refused, results))
    } catch (error) {
      const failure = failureBehind(results, error)
      if (failure.code === 'MR-3004') waiting.unshift(...divideRefused(sent, failure, results))
      else {
        for (const { index } of sent) results[index] = unheard(failure)
        return failure
      }
    }
  }
  return undefined
}

/** The halves; a row that stands alone is the one that is refused. */
function divideRefused(
  rows: readonly Row[],
  { code, message }: VendorError,
  results: WriteResult[],
): readonly (readonly Row[])[] {
  const [first] = rows
  const middle = Math.ceil(rows.length / 2)
  if (rows.length > 1) return [rows.slice(0, middle), rows.slice(middle)]
  if (first) results[first.index] = { outcome: 'rejected', code, message, retryable: false }
  return []
}

/** @throws the error itself, while nothing was sent that it would deny */
export function failureBehind(results: readonly WriteResult[], error: unknown): MillraceError {
  const mayBeDone = ({ outcome }: WriteResult) => outcome === 'ok' || outcome === 'unknown'
  if (error instanceof MillraceError && results.some((result) => result && mayBeDone(result))) return error
  throw error
}

/** Rows of one parent stand together: writing them locks it. Otherwise in the order they have. */
export function orderByParent(object: DescribeSObjectResult, rows: readonly Row[]): readonly Row[] {
  const name = parentField(object, rows)
  if (name === undefined) return rows
  const parentOf = ({ change }: Row) => JSON.stringify(change.fields[name] ?? null)
  const keyed = rows.map((row) => ({ row, parent: parentOf(row) }))
  return keyed
    .toSorted((left, right) => (left.parent < right.parent ? -1 : left.parent > right.parent ? 1 : 0))
    .map(({ row }) => row)
}

/** The first lookup that points at a record that is locked with its children: an owner is not. */
function parentField(object: DescribeSObjectResult, rows: readonly Row[]): string | undefined {
  const [first] = rows
  return Object.keys(first?.change.fields ?? {}).find((name) => {
    const lookup =
      relationshipOf(object, name)?.lookup ??
      object.fields.find((field) => field.name === name && field.type === 'reference')
    return lookup !== undefined && !(lookup.referenceTo ?? []).some((each) => each === 'User' || each === 'Group')
  })
}

export function* cutRequests(rows: readonly Row[], most: number): Generator<readonly Row[]> {
  let part: Row[] = []
  let bytes = 0
  for (const row of rows) {
    const size = JSON.stringify(row.change.fields).length
    if (part.length >= most || (part.length > 0 && bytes + size > maxBytes)) {
      yield part
      part = []
      bytes = 0
    }
    part.push(row)
    bytes += size
  }
  if (part.length > 0) yield part
}

type Outcome = { readonly saved: readonly SaveResult[] } | { readonly refused: VendorError }
type Request = {
  readonly object: DescribeSObjectResult
  readonly match: string
  readonly kind: RowKind
  readonly rows: readonly Row[]
}

async function sendRequest(api: SalesforceApi, request: Request, signal: AbortSignal): Promise<Outcome> {
  const { object, match, kind, rows } = request
  const { method, path, body, docs } = collectionRequest(object, match, { kind, rows })
  const outcome = await api.call<Outcome>({
    method,
    path,
    ...(body !== null && { body, headers: noAssignment }),
    docs,
    signal,
    timeoutMs: 110_000,
    // A second insert would make twins, or blame rows for their own.
    repeatable: rows.some(optsIn) ? 'never' : kind !== 'insert',
    read: (bytes) => {
      const saved: unknown = JSON.parse(Buffer.from(bytes).toString())
      if (isSaveResults(saved) && saved.length === rows.length) return { saved }
      throw new MillraceError('MR-3005', {
        message: `Writing ${rows.length} rows to Salesforce: the answer is not a list of as many results.`,
      })
    },
    recover: (refused) =>
      ofOneRow.has(refused.code) || ofAllRows.has(refused.code) ? { value: { refused } } : undefined,
  })
  if ('refused' in outcome && ofAllRows.has(outcome.refused.code)) throw refuseAll(object.name, outcome.refused)
  return outcome
}

/** What no row of this sync can get past. */
export const refuseAll = (object: string, { code, message }: VendorError) =>
  new MillraceError('MR-1209', {
    message: `Writing to Salesforce: ${object}: ${message} (${code}).`,
    kept: 'Nothing of this request was written.',
    next: 'Correct the sync’s map; or the user may not see the field or the object.',
  })

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
  if (saved?.success === true) return { outcome: 'ok' }
  const [error] = saved?.errors ?? []
  return refuseRow(error?.statusCode ?? 'UNKNOWN_EXCEPTION', error?.message ?? 'no reason given')
}

/**
 * Without it REST runs the org's active assignment rules, which a job does not: leads, cases and accounts would go to others.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_autoassign.htm
 */
const noAssignment = { 'Sforce-Auto-Assign': 'FALSE' }
const maxRows = 200
/** Only keeps a request within its time. */
const maxBytes = 5_000_000
/** What the vendor says of a request, but means of a value in it. */
const ofOneRow: ReadonlySet<string> = new Set(['JSON_PARSER_ERROR', 'MALFORMED_ID', 'INVALID_TYPE_ON_FIELD_IN_RECORD'])
/** What it means of the names in it, which are the same in all rows. */
const ofAllRows: ReadonlySet<string> = new Set([
  'INVALID_FIELD',
  'INVALID_TYPE',
  'INVALID_TYPE_FOR_OPERATION',
  'INVALID_FIELD_FOR_INSERT_UPDATE',
])
