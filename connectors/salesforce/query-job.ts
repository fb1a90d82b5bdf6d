import { keptBefore, MillraceError, type Host } from 'millrace'
import { awaitOver } from './await-job.ts'
import type { VendorError } from './classify-failure.ts'
import { getJobAt, parseJob, setJobState, type Calling, type JobInfo } from './job-state.ts'

/**
 * `createdAt` is our clock just before the job was asked for: its rows are at least as new as that, however late they come.
 * `unsupported`: the object, the query, the user or the day has no Bulk API.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_create_job.htm
 */
export async function createQueryJob(
  { api, signal }: Calling,
  soql: string,
): Promise<{ readonly id: string; readonly createdAt: Date } | { readonly unsupported: VendorError }> {
  if (soql.length > maxSoqlLength)
    return { unsupported: { code: 'QUERY_TOO_LONG', message: `a query takes ${maxSoqlLength} characters` } }
  api.checkQuota()
  return await api.call<{ readonly id: string; readonly createdAt: Date } | { readonly unsupported: VendorError }>({
    method: 'POST',
    path: '/jobs/query',
    body: JSON.stringify({
      operation: 'queryAll',
      query: soql,
      contentType: 'CSV',
      columnDelimiter: 'COMMA',
      lineEnding: 'LF',
    }),
    docs: `${base}query_create_job.htm`,
    signal,
    timeoutMs: 120_000,
    read: (bytes, createdAt) => ({ id: parseJob(bytes).id, createdAt }),
    recover: (error) => (isOfEveryCall.test(error.code) ? undefined : { value: { unsupported: error } }),
  })
}

/** The job when it is over; null where it is no more there. It is aborted where it takes longer than `waitMs`. @throws MillraceError MR-3007 */
export async function awaitQueryJob(
  calling: Calling,
  id: string,
  { name, waitMs, host }: { readonly name: string; readonly waitMs: number; readonly host: Pick<Host, 'warn'> },
): Promise<JobInfo | null> {
  let isThere = true
  const ask = async () => {
    const info = await getQueryJob(calling, id)
    isThere = info !== null
    return info
  }
  const info = await awaitOver(ask, {
    waitMs,
    onWait: ({ state, numberRecordsProcessed = 0 }, waitedMs) =>
      host.warn(
        `${name}: query job ${id} of Salesforce is ${state} since ${Math.round(waitedMs / 60_000)} minutes; it has ${numberRecordsProcessed} rows`,
      ),
    signal: calling.signal,
    kept: keptBefore,
  })
  if (info || !isThere) return info
  await abortQueryJob(calling, id)
  throw new MillraceError('MR-3007', {
    message: `Reading ${name} of Salesforce: query job ${id} is not over after ${Math.round(waitMs / 1000)} s.`,
    kept: `${keptBefore} The job was aborted.`,
    next: 'Run again later; `bulk_wait_seconds` of the connection says how long a run waits.',
  })
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_one_job.htm */
const getQueryJob = (calling: Calling, id: string): Promise<JobInfo | null> =>
  getJobAt(calling, { path: `/jobs/query/${id}`, docs: `${base}query_get_one_job.htm` })

/** https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_abort_job.htm */
const abortQueryJob = (calling: Calling, id: string): Promise<null> =>
  setJobState(calling, { path: `/jobs/query/${id}`, docs: `${base}query_abort_job.htm`, state: 'Aborted' })

/** Of no use to anybody any more. Where it cannot be deleted, Salesforce does it after seven days. https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_delete_job.htm */
export async function deleteQueryJob({ api, signal }: Calling, id: string): Promise<void> {
  try {
    await api.call<null>({
      method: 'DELETE',
      path: `/jobs/query/${id}`,
      docs: `${base}query_delete_job.htm`,
      signal,
      timeoutMs: 10_000,
      repeatable: false,
      read: () => null,
      recover: () => ({ value: null }),
    })
  } catch (error) {
    if (signal.aborted || !(error instanceof MillraceError)) throw error
  }
}

/** Codes that say nothing of the job: any other call would meet them, too. */
const isOfEveryCall =
  /^(REQUEST_LIMIT_EXCEEDED|INVALID_SESSION_ID|INVALID_AUTH_HEADER|INVALID_LOGIN|SERVER_UNAVAILABLE|SERVICE_UNAVAILABLE|UNABLE_TO_LOCK_ROW|REQUEST_RUNNING_TOO_LONG|UNKNOWN_EXCEPTION|NOT_FOUND|ERROR_HTTP_\d+)$/
const base = 'https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/'
/** https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_soslsoql.htm */
const maxSoqlLength = 100_000
