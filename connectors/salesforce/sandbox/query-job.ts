import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { countQueryJob, dailyQueryJobs, maxQueryJobs } from './daily.ts'
import type { Sent } from './field-value.ts'
import { readJobBody } from './job-body.ts'
import { findObject, type ObjectType } from './objects.ts'
import { recordId } from './record-id.ts'
import { invalidJob, notFound, refuse, type SalesforceRefusal } from './refusal.ts'
import { parseSoql, type Query } from './soql-parser.ts'

export type QueryJobState = 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted'

/** As the store keeps it; its rows live with the process, as long as nobody lets them expire. */
export type QueryJob = {
  readonly id: string
  readonly operation: 'query' | 'queryAll'
  readonly object: string
  readonly soql: string
  readonly createdById: string
  readonly createdDate: string
  readonly state: QueryJobState
  readonly asked: number
  readonly rows: number
  readonly errorMessage: string | null
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_create_job.htm */
export function createQueryJob(context: SimulatorContext, body: Sent, createdById: string): QueryJob {
  const text = readJobBody(body, jobKeys)
  const operation = text('operation')
  if (operation !== 'query' && operation !== 'queryAll')
    throw invalidJob(`Unable to read operation: ${operation ?? 'none'}`)
  const soql = text('query')
  if (!soql) throw invalidJob('A query string has to be specified')
  if ((text('contentType') ?? 'CSV') !== 'CSV') throw invalidJob('contentType must be CSV')
  if ((text('columnDelimiter') ?? 'COMMA') !== 'COMMA') throw invalidJob('this sandbox writes COMMA only')
  if ((text('lineEnding') ?? 'LF') !== 'LF') throw invalidJob('this sandbox ends lines with LF only')
  if (soql.length > maxSoqlLength)
    throw refuse(400, 'MALFORMED_QUERY', `SOQL statements cannot be longer than ${maxSoqlLength} characters`)
  if (context.fault('no_bulk'))
    throw refuse(400, 'FEATURENOTENABLED', 'FeatureNotEnabled : Async API not enabled for the user')
  if (context.fault('query_job_limit') || dailyQueryJobs(context) >= maxQueryJobs)
    throw refuse(
      400,
      'LIMIT_EXCEEDED',
      `ExceededQuota : Your org has exceeded the limit of ${maxQueryJobs} query jobs in 24 hours`,
    )
  const query = parseSoql(soql)
  const object = refuseUnsupported(query)
  countQueryJob(context)
  return saveQueryJob(context, {
    id: recordId('750', 5_000_000 + context.store.next('query job')),
    operation,
    object: object.name,
    soql,
    createdById,
    createdDate: context.now().toISOString(),
    state: 'UploadComplete',
    asked: 0,
    rows: 0,
    errorMessage: null,
  })
}

/** What SOQL has and a query job has not. */
function refuseUnsupported(query: Query): ObjectType {
  if (query.count || query.offset > 0)
    throw refuse(400, 'API_ERROR', 'Aggregate queries, GROUP BY and OFFSET are not supported in Bulk Query')
  const object = findObject(query.from)
  if (!object || object.tooling) throw refuse(400, 'API_ERROR', `Unable to find object: ${query.from}`)
  if (!object.bulk) throw refuse(400, 'INVALIDENTITY', `Entity '${object.name}' is not supported by the Bulk API.`)
  const types = new Map(object.fields.map((field) => [field.name.toLowerCase(), field.type]))
  if (query.fields.some(({ parts }) => types.get(parts.join('.').toLowerCase()) === 'address'))
    throw refuse(400, 'FUNCTIONALITY_NOT_ENABLED', 'Selecting compound data not supported in Bulk Query')
  return object
}

export function saveQueryJob(context: SimulatorContext, job: QueryJob): QueryJob {
  context.store.put(jobType, job.id, job)
  return job
}

/** Another user's jobs are nobody else's business. */
export function findQueryJob(context: SimulatorContext, id: string, user: string): QueryJob {
  const record = context.store.get(jobType, id)
  if (!record) throw notFound()
  // Nobody else writes records of this type.
  const job = record as JsonObject & QueryJob
  if (job.createdById !== user)
    throw refuse(403, 'INSUFFICIENT_ACCESS', 'You do not have access to the job of another user')
  return job
}

export const removeQueryJob = (context: SimulatorContext, id: string) => context.store.remove(jobType, id)

/** https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_one_job.htm */
export function renderQueryJob(job: QueryJob): { readonly [name: string]: Json } {
  const over = job.state === 'JobComplete' || job.state === 'Failed'
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.createdById,
    createdDate: job.createdDate.replace('Z', '+0000'),
    systemModstamp: job.createdDate.replace('Z', '+0000'),
    state: job.state,
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: 66,
    ...(over && {
      jobType: 'V2Query',
      numberRecordsProcessed: job.rows,
      retries: 0,
      totalProcessingTime: job.rows,
      isPkChunkingSupported: true,
    }),
    ...(job.state === 'Failed' && { errorMessage: job.errorMessage }),
    lineEnding: 'LF',
    columnDelimiter: 'COMMA',
  }
}

/** Why a query that was taken does not run: the job says it, not the request that made it. */
export const failureText = (error: SalesforceRefusal): string =>
  `InvalidBatch : Failed to process query: ${error.error.errorCode}: ${error.error.message.trim()}`

const jobType = 'query job'
const jobKeys = new Set(['operation', 'query', 'contentType', 'columnDelimiter', 'lineEnding'])
const maxSoqlLength = 100_000
