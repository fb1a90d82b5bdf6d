import type { WriteResult } from 'millrace'
import { isObject, listOf, readDetail, textOf, type JsonBody } from './classify-failure.ts'
import type { Row } from './encode-change.ts'
import { foldKey, traceOf } from './requests.ts'
import { malformed } from './transport.ts'

/** What a batch's answer says of a row; nothing of a row that it does not name. */
export type RowAnswer = {
  readonly result: WriteResult
  readonly id: string | null
  /** Refused, and it is not said for which of several rows' reasons. */
  readonly isInDoubt?: true
}

export type SentRow = Row & { readonly id?: string }

/**
 * Row → what became of it. Only a row in `results` was taken, whatever the status says: a 200 with fewer results than
 * inputs happens, and so do errors that name nobody.
 * https://developers.hubspot.com/docs/api-reference/error-handling#multi-status-errors
 */
export function readBatch(
  body: JsonBody,
  { rows, match }: { readonly rows: readonly SentRow[]; readonly match: string },
  correlationId: string | null,
): ReadonlyMap<SentRow, RowAnswer> {
  if (!Array.isArray(body['results'])) throw malformed('answered a batch without a list of results')
  const answers = new Map<SentRow, RowAnswer>()
  for (const record of listOf(body['results'])) {
    const row = rowOfRecord(rows, record, match)
    const id = textOf(record['id'])
    if (row && id !== undefined)
      answers.set(row, { result: refuseStage(row, record, correlationId) ?? { outcome: 'ok' }, id })
  }
  const errors = listOf(body['errors'])
  const homeless = errors.filter((error) => {
    const named = rowsOfError(rows, error, match)
    for (const row of named) if (!answers.has(row)) answers.set(row, refused(error, correlationId))
    return named.length === 0
  })
  const [unnamed] = homeless
  const others = rows.filter((row) => !answers.has(row))
  // Nothing of them was taken; which of the errors is whose is not said.
  if (unnamed) for (const row of others) answers.set(row, refusedUnnamed(unnamed, others.length, correlationId))
  return answers
}

/**
 * HubSpot moves a lifecycle stage forward only, and takes the rest of the row without a word about it.
 * https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide#update-contacts
 */
function refuseStage({ properties }: SentRow, record: JsonBody, correlationId: string | null): WriteResult | undefined {
  const sent = properties[lifecycleStage]
  const kept = isObject(record['properties']) ? textOf(record['properties'][lifecycleStage]) : undefined
  if (!sent || kept === undefined || kept === sent) return undefined
  const message = `HubSpot kept the ${lifecycleStage} ${kept} and did not take ${sent}: a stage only moves forward, unless it is cleared first; the other properties of the row are written`
  // Retryable, and maybe taken: its opt-out is among what is written, and need not go once more by itself.
  return { ...rejectRow({ code: 'LIFECYCLE_STAGE_KEPT', message, correlationId }), retryable: true, maybeTaken: true }
}

const lifecycleStage = 'lifecyclestage'

/** By the trace id that the row was sent with; by id or key where it is not given back. */
function rowOfRecord(rows: readonly SentRow[], record: JsonBody, match: string): SentRow | undefined {
  const trace = textOf(record['objectWriteTraceId'])
  if (trace !== undefined) return rows.find((row) => traceOf(row) === trace)
  const properties = isObject(record['properties']) ? record['properties'] : {}
  const key = textOf(properties[match])
  return (
    rows.find((row) => row.id !== undefined && row.id === record['id']) ??
    (key === undefined ? undefined : rows.find((row) => foldKey(match, row.key) === foldKey(match, key)))
  )
}

function rowsOfError(rows: readonly SentRow[], error: JsonBody, match: string): readonly SentRow[] {
  const context = isObject(error['context']) ? error['context'] : {}
  const traces = textsOf(context['objectWriteTraceId'])
  if (traces.length > 0) return rows.filter((row) => traces.includes(traceOf(row)))
  const ids = [...textsOf(context['ids']), ...textsOf(context['id'])].map((id) => foldKey(match, id))
  return rows.filter((row) => ids.includes(row.id ?? foldKey(match, row.key)))
}

function refused(error: JsonBody, correlationId: string | null): RowAnswer {
  const { code, message } = readDetail(error)
  // Deleted between the look-up and the update.
  if (code === 'OBJECT_NOT_FOUND') return { result: { outcome: 'absent', message }, id: null }
  return { result: rejectRow({ code, message, correlationId }), id: null }
}

function refusedUnnamed(error: JsonBody, count: number, correlationId: string | null): RowAnswer {
  const { code, message } = readDetail(error)
  const said =
    count === 1 ? message : `one of ${count} rows that HubSpot did not take, without saying which: ${message}`
  const result = rejectRow({ code, message: said, correlationId })
  return count === 1 ? { result, id: null } : { result: { ...result, retryable: true }, id: null, isInDoubt: true }
}

export const rejectRow = (error: {
  readonly code: string
  readonly message: string
  readonly correlationId: string | null
}) =>
  ({
    outcome: 'rejected',
    code: error.code,
    message: error.correlationId === null ? error.message : `${error.message} (correlation id ${error.correlationId})`,
    retryable: passing.has(error.code),
  }) as const

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : typeof value === 'string' ? [value] : []

/** Pass by themselves. */
const passing: ReadonlySet<string> = new Set([
  'RATE_LIMITS',
  'INTERNAL_ERROR',
  'SERVICE_UNAVAILABLE',
  'LOCKED',
  'TIMEOUT',
])
