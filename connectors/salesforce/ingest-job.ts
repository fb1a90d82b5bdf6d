import { MillraceError } from 'millrace'
import { awaitOver } from './await-job.ts'
import type { VendorError } from './classify-failure.ts'
import { getJobAt, parseJob, setJobState, type Calling, type JobInfo } from './job-state.ts'
import type { RowKind } from './row.ts'

export type NewJob = { readonly object: string; readonly kind: RowKind; readonly match: string }

/** `unsupported`: the object, the user or the day has no Bulk API; requests will do, or say better what is wrong. https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/create_job.htm */
export async function createJob(
  { api, signal }: Calling,
  job: NewJob,
): Promise<{ readonly id: string } | { readonly unsupported: VendorError }> {
  return api.call<{ readonly id: string } | { readonly unsupported: VendorError }>({
    method: 'POST',
    path: '/jobs/ingest',
    body: JSON.stringify(jobBody(job)),
    docs: `${base}create_job.htm`,
    signal,
    read: (bytes) => ({ id: parseJob(bytes).id }),
    recover: (error) => (noJob.test(error.code) ? { value: { unsupported: error } } : undefined),
  })
}

export const jobBody = ({ object, kind, match }: NewJob) => ({
  operation: kind,
  object,
  ...(kind === 'upsert' && { externalIdFieldName: match }),
  contentType: 'CSV',
  columnDelimiter: 'COMMA',
  lineEnding: 'LF',
})

/** All rows at once: a job takes one upload only. https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/upload_job_data.htm */
export const uploadRows = (
  { api, signal }: Calling,
  id: string,
  { csv, repeatable }: { readonly csv: string; readonly repeatable: false | 'never' },
): Promise<null> =>
  api.call({
    method: 'PUT',
    path: `/jobs/ingest/${id}/batches`,
    body: csv,
    headers: { 'content-type': 'text/csv' },
    docs: `${base}upload_job_data.htm`,
    signal,
    timeoutMs: 110_000,
    // After a lost answer nobody knows what it holds: the job is thrown away, and another takes its place.
    repeatable,
    read: () => null,
  })

/** From here on Salesforce writes. Said twice is said once. https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/close_job.htm */
export const closeJob = (calling: Calling, id: string) => setState(calling, id, 'UploadComplete')

/** A job that is over stays as it is. */
export const abortJob = (calling: Calling, id: string) => setState(calling, id, 'Aborted')

/** null: there is no such job any more. */
export const getJob = (calling: Calling, id: string): Promise<JobInfo | null> =>
  getJobAt(calling, { path: `/jobs/ingest/${id}`, docs: `${base}get_job_info.htm` })

/** The job when it is over; null where it is not over in time, or no more there. */
export const awaitJob = (
  calling: Calling,
  id: string,
  wait: { readonly waitMs: number; readonly onWait: (info: JobInfo, waitedMs: number) => void },
): Promise<JobInfo | null> =>
  awaitOver(() => getJob(calling, id), {
    ...wait,
    signal: calling.signal,
    kept: 'The job goes on; its receipt is kept, and the next run takes its results over.',
  })

/** CSV: `successfulResults`, `failedResults` or `unprocessedrecords`. https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_failed_results.htm */
export const getResults = ({ api, signal }: Calling, id: string, file: ResultsFile): Promise<string> =>
  api.call({
    method: 'GET',
    path: `/jobs/ingest/${id}/${file}`,
    headers: { accept: 'text/csv' },
    docs: `${base}${docsOf[file]}`,
    signal,
    timeoutMs: 110_000,
    read: (bytes) => {
      const text = Buffer.from(bytes).toString()
      // An HTML page as 200, or an answer that was cut.
      if (text === '' || (/^["A-Za-z]/.test(text) && /["\n]$/.test(text))) return text
      throw new MillraceError('MR-3005', { message: `Reading ${file} of a Salesforce job: it is not CSV.` })
    },
  })

export type ResultsFile = (typeof resultsFiles)[number]
export const resultsFiles = ['successfulResults', 'failedResults', 'unprocessedrecords'] as const

const setState = (calling: Calling, id: string, state: 'UploadComplete' | 'Aborted') =>
  setJobState(calling, { path: `/jobs/ingest/${id}`, docs: `${base}close_job.htm`, state })

const base = 'https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/'
const docsOf = {
  successfulResults: 'get_job_successful_results.htm',
  failedResults: 'get_job_failed_results.htm',
  unprocessedrecords: 'get_job_unprocessed_results.htm',
} as const satisfies Record<ResultsFile, string>
/** What is wrong with this job, and not with who asks or how often. */
const noJob = /^(INVALID_?(JOB|ENTITY|OPERATION|TYPE|BATCH)|FEATURE|EXCEEDED|CLIENT|API_DISABLED)/
