import type { WriteResult } from 'millrace'

/** Salesforce refused one row. https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm */
export function refuseRow(code: string, message: string): WriteResult {
  // Deleted since it was looked up.
  if (code === 'ENTITY_IS_DELETED') return { outcome: 'absent', message }
  return { outcome: 'rejected', code, message, retryable: passing.has(code) || isMissingParent(message) }
}

export const isLocked = (result: WriteResult | undefined): boolean =>
  result?.outcome === 'rejected' && result.code === 'UNABLE_TO_LOCK_ROW'

/** The record that a relationship names may be made by another sync. */
const isMissingParent = (message: string) => /^Foreign key external ID: .* not found/.test(message)

/** What passes without anybody changing the row. */
const passing: ReadonlySet<string> = new Set([
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
  'UNPROCESSED',
  // Until somebody has approved the record, a workflow is done with it, or its territories are assigned anew.
  'ENTITY_IS_LOCKED',
  'RECORD_IN_USE_BY_WORKFLOW',
  'TERRITORY_REALIGN_IN_PROGRESS',
  // Until the org is no more read-only.
  'INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE',
  // Until somebody makes room, or frees a licence.
  'STORAGE_LIMIT_EXCEEDED',
  'LICENSE_LIMIT_EXCEEDED',
])
