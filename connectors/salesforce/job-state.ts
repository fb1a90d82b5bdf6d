import { MillraceError, z } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { recordId } from './record-id.ts'

/**
 * A job of the Bulk API 2.0, to write or to query, as it says of itself.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_info.htm
 */
export type JobInfo = z.output<typeof jobInfo>

export type Calling = { readonly api: SalesforceApi; readonly signal: AbortSignal }

/** Of one kind of job; `docs` is the vendor's page about what is done. */
type JobPlace = { readonly path: string; readonly docs: string }

/** null: there is no such job any more; Salesforce keeps them for seven days. */
export const getJobAt = ({ api, signal }: Calling, { path, docs }: JobPlace): Promise<JobInfo | null> =>
  api.call<JobInfo | null>({
    method: 'GET',
    path,
    docs,
    signal,
    read: parseJob,
    recover: ({ code }) => (code === 'NOT_FOUND' ? { value: null } : undefined),
  })

/** A job that is over, or no more there, stays as it is: what it is now, the next question tells. */
export const setJobState = (
  { api, signal }: Calling,
  { path, docs, state }: JobPlace & { readonly state: 'UploadComplete' | 'Aborted' },
): Promise<null> =>
  api.call<null>({
    method: 'PATCH',
    path,
    body: JSON.stringify({ state }),
    docs,
    signal,
    read: () => null,
    recover: ({ code }) => (/^INVALID_?JOB_?STATE$/.test(code) || code === 'NOT_FOUND' ? { value: null } : undefined),
  })

export function parseJob(bytes: Uint8Array): JobInfo {
  const parsed = jobInfo.safeParse(JSON.parse(Buffer.from(bytes).toString()))
  if (parsed.success) return parsed.data
  throw new MillraceError('MR-3005', { message: 'Reading a job of Salesforce: it has no id or no known state.' })
}

const jobInfo = z.object({
  id: z.string().regex(recordId),
  state: z.enum(['Open', 'UploadComplete', 'InProgress', 'JobComplete', 'Failed', 'Aborted']),
  numberRecordsProcessed: z.number().optional(),
  numberRecordsFailed: z.number().optional(),
  errorMessage: z.string().nullish(),
})
