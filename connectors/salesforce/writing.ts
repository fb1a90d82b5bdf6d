import type { SalesforceApi } from './client.ts'
import type { DescribeSObjectResult } from './describe.ts'
import type { Parents } from './held-value.ts'

/** What is written with, and to. */
export type Writing = {
  readonly api: SalesforceApi
  readonly object: DescribeSObjectResult
  readonly parents: Parents
  readonly bulk: BulkRules
}

export type BulkRules = {
  /** So many rows of one kind go as a job of the Bulk API. */
  readonly fromRows: number
  /** How long a job is waited for. */
  readonly waitMs: number
}
