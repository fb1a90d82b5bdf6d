import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import type { Sent } from './field-value.ts'
import { readJobBody } from './job-body.ts'
import { integrationUserId } from './identity.ts'
import { findField, findObject } from './objects.ts'
import { recordId } from './record-id.ts'
import { invalidJob, notFound, refuse } from './refusal.ts'

export type Operation = 'insert' | 'update' | 'upsert' | 'delete'
export type JobState = 'Open' | 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted'

/** As the store keeps it. */
export type Job = {
  readonly id: string
  readonly operation: Operation
  readonly object: string
  readonly externalIdFieldName: string | null
  readonly lineEnding: 'LF' | 'CRLF'
  readonly state: JobState
  readonly createdDate: string
  readonly content: string | null
  /** How it will end once it is asked for again: its rows are written already. */
  readonly outcome: 'JobComplete' | 'Failed' | 'Aborted' | null
  readonly asked: number
  readonly processed: number
  readonly failed: number
  readonly errorMessage: string | null
  readonly successfulResults: string
  readonly failedResults: string
  readonly unprocessedRecords: string
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/create_job.htm */
export function createJob(context: SimulatorContext, body: Sent): Job {
  const text = readJobBody(body, jobKeys)
  const operation = operations.find((each) => each === text('operation'))
  if (text('operation') === 'hardDelete')
    throw refuse(
      400,
      'FEATURENOTENABLED',
      'FeatureNotEnabled : hardDelete operation requires special user profile permission, please contact your system administrator',
    )
  if (!operation) throw invalidJob(`Unable to read operation: ${text('operation') ?? 'none'}`)
  const name = text('object')
  if (!name) throw invalidJob('Object name is required')
  const object = findObject(name)
  if (!object || object.tooling || !object.writable) throw invalidJob(`Unable to find object: ${name}`)
  const externalId = text('externalIdFieldName')
  const match = externalId === null ? undefined : findField(object, externalId)
  if (operation === 'upsert' && externalId === null)
    throw invalidJob(`External ID was blank for ${object.name}. An External ID must be specified for upsert.`)
  if (operation === 'upsert' && !match?.externalId && match?.type !== 'id')
    throw invalidJob(
      `Field name provided, ${externalId} does not match an External ID, Salesforce Id, or indexed field for ${object.name}`,
    )
  if ((text('contentType') ?? 'CSV') !== 'CSV') throw invalidJob('contentType must be CSV')
  if ((text('columnDelimiter') ?? 'COMMA') !== 'COMMA') throw invalidJob('this sandbox reads COMMA only')
  const lineEnding = text('lineEnding') ?? 'LF'
  if (lineEnding !== 'LF' && lineEnding !== 'CRLF') throw invalidJob(`Invalid line ending: ${lineEnding}`)
  const job: Job = {
    id: recordId('750', context.store.next('ingest job')),
    operation,
    object: object.name,
    externalIdFieldName: operation === 'upsert' ? (match?.name ?? null) : null,
    lineEnding,
    state: 'Open',
    createdDate: context.now().toISOString(),
    content: null,
    outcome: null,
    asked: 0,
    processed: 0,
    failed: 0,
    errorMessage: null,
    successfulResults: '',
    failedResults: '',
    unprocessedRecords: '',
  }
  return saveJob(context, job)
}

export function saveJob(context: SimulatorContext, job: Job): Job {
  context.store.put(jobType, job.id, job)
  return job
}

export function findJob(context: SimulatorContext, id: string): Job {
  const job = context.store.get(jobType, id)
  if (!job) throw notFound()
  // Nobody else writes records of this type.
  return job as JsonObject & Job
}

export const removeJob = (context: SimulatorContext, id: string) => context.store.remove(jobType, id)

/** https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_info.htm */
export function renderJob(job: Job, base: string): { readonly [name: string]: Json } {
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: integrationUserId,
    createdDate: job.createdDate.replace('Z', '+0000'),
    systemModstamp: job.createdDate.replace('Z', '+0000'),
    state: job.state,
    ...(job.externalIdFieldName !== null && { externalIdFieldName: job.externalIdFieldName }),
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: 66,
    ...(job.state === 'Open' && { contentUrl: `${base.slice(1)}/jobs/ingest/${job.id}/batches` }),
    ...(job.state !== 'Open' && {
      jobType: 'V2Ingest',
      retries: 0,
      totalProcessingTime: job.processed,
      apiActiveProcessingTime: job.processed,
      apexProcessingTime: 0,
      numberRecordsProcessed: job.processed,
      numberRecordsFailed: job.failed,
    }),
    ...(job.state === 'Failed' && job.errorMessage !== null && { errorMessage: job.errorMessage }),
    lineEnding: job.lineEnding,
    columnDelimiter: 'COMMA',
  }
}

const jobType = 'ingest job'
const operations: readonly Operation[] = ['insert', 'update', 'upsert', 'delete']
const jobKeys = new Set([
  'operation',
  'object',
  'externalIdFieldName',
  'contentType',
  'columnDelimiter',
  'lineEnding',
  'assignmentRuleId',
])
