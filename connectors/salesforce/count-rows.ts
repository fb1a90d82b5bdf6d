import { MillraceError, type Scan } from 'millrace'
import { refuseUnfiltered } from './demanded-filter.ts'
import type { Position } from './position.ts'
import { fetchQueryPage, fitsUri } from './query.ts'
import { awaitQueryJob, createQueryJob } from './query-job.ts'
import type { Reading } from './reading.ts'
import { askerOf, whereOf } from './readable.ts'

/**
 * How many rows come after a position, recycle bin included. Where REST cannot count them, because the query is too long for
 * a URL or takes too long, a query job does, whose results nobody fetches.
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_count.htm
 */
export async function countRows(
  reading: Reading,
  scan: Scan,
  { after, signal }: { readonly after: Position | null; readonly signal: AbortSignal },
): Promise<number> {
  const { api, stream } = reading
  refuseUnfiltered(stream, scan)
  const conditions = `FROM ${stream.name}${whereOf(stream, scan, after)}`
  const soql = `SELECT COUNT() ${conditions}`
  const asJob = () => countByJob(reading, `SELECT Id ${conditions}`, signal)
  if (!fitsUri(api, 'queryAll', soql)) {
    const counted = await asJob()
    if (counted !== null) return counted
  }
  api.checkQuota()
  try {
    return (await fetchQueryPage(api, { kind: 'queryAll', soql, signal, asker: askerOf(stream, scan) })).totalSize
  } catch (error) {
    if (!isTooMuchForRest(error)) throw error
    const counted = await asJob()
    if (counted === null) throw error
    return counted
  }
}

/** What Salesforce says of a query that is too much for one request. */
export const isTooMuchForRest = (error: unknown): boolean =>
  error instanceof MillraceError &&
  /\b(QUERY_TIMEOUT|OPERATION_TOO_LARGE|QUERY_TOO_COMPLICATED|REQUEST_RUNNING_TOO_LONG)\b/.test(error.message)

/** null: there is no Bulk API for it. */
async function countByJob(
  { api, stream, bulk, host }: Reading,
  soql: string,
  signal: AbortSignal,
): Promise<number | null> {
  if (bulk.from === 'never') return null
  const info = await bulk.underWay(signal, async () => {
    const job = await createQueryJob({ api, signal }, soql)
    return 'unsupported' in job
      ? null
      : awaitQueryJob({ api, signal }, job.id, { name: stream.name, waitMs: bulk.waitMs, host })
  })
  return info?.state === 'JobComplete' ? (info.numberRecordsProcessed ?? null) : null
}
