import type { Host } from 'millrace'
import type { SalesforceApi } from './client.ts'
import type { UnderWay } from './limit-jobs.ts'
import type { Readable } from './readable.ts'

/** When and how query jobs are used. */
export type BulkQueries = {
  readonly from: number | 'never'
  readonly pageRows: number
  readonly waitMs: number
  /** How many jobs may come to nothing, one after the other. */
  readonly tries: number
  readonly underWay: UnderWay
}

export type Reading = {
  readonly api: SalesforceApi
  readonly host: Host
  readonly stream: Readable
  readonly bulk: BulkQueries
}
