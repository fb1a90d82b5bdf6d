import { MillraceError, type Host, type WriteContext, type WriteResult } from 'millrace'
import { keyOf } from './collection-request.ts'
import {
  abortJob,
  awaitJob,
  closeJob,
  createJob,
  getJob,
  getResults,
  resultsFiles,
  uploadRows,
  type ResultsFile,
} from './ingest-job.ts'
import { formatRows, readResults, resultKey } from './ingest-rows.ts'
import type { JobReceipt } from './job-receipt.ts'
import type { JobInfo } from './job-state.ts'
import { optsIn, type Row, type RowKind } from './row.ts'
import { refuseAll } from './write-collections.ts'
import type { Writing } from './writing.ts'

/** Rows of one kind and shape. */
export type IngestPart = { readonly kind: RowKind; readonly rows: readonly Row[] }

type Running = { readonly context: WriteContext; readonly results: WriteResult[] }
type Uploaded = IngestPart & { readonly id: string }

/**
 * Every part is a job. All are uploaded, then the receipt with their ids is saved, and only then is one after the other let
 * loose: a run that dies before has begun nothing, and what dies later leaves jobs that the next run can ask.
 * Gives back the parts that must go another way, for want of a Bulk API that takes them.
 */
export async function runJobs(
  writing: Writing,
  parts: readonly IngestPart[],
  { context, results }: Running,
): Promise<readonly IngestPart[]> {
  const uploaded: Uploaded[] = []
  const others: IngestPart[] = []
  for (const part of parts) {
    const id = await uploadPart(writing, part, context)
    if (id === null) others.push(part)
    else uploaded.push({ ...part, id })
  }
  if (uploaded.length === 0) return others
  const receipt: JobReceipt = { jobs: uploaded.map(({ id, kind }) => ({ id, kind })) }
  await context.saveReceipt({ jobs: receipt.jobs.map((job) => ({ ...job })) })
  for (const part of uploaded) if (!(await runJob(writing, part, { context, results }))) others.push(part)
  return others
}

/** Lets one job loose, waits for it and reads what became of its rows. false: it may not be, and nothing was written. */
async function runJob(writing: Writing, part: Uploaded, { context, results }: Running): Promise<boolean> {
  const found = await askJob(writing, part, context)
  for (const row of found ? part.rows : [])
    results[row.index] = found?.get(keyOfRow(writing, part.kind, row, context.match)) ?? {
      outcome: 'unknown',
      message: `job ${part.id} has no result for this row`,
    }
  return found !== null
}

async function askJob(
  writing: Writing,
  part: Uploaded,
  context: WriteContext,
): Promise<ReadonlyMap<string, WriteResult> | null> {
  const { id, kind } = part
  const calling = { api: writing.api, signal: context.signal }
  try {
    if (!(await letLoose(writing, part, context))) return null
    const info = await awaitJob(calling, id, { waitMs: writing.bulk.waitMs, onWait: sayWaiting(context.host) })
    if (!info) throw tooLong(writing, id)
    // Its header is not what the object has: no row got anywhere, and none will.
    if (info.state === 'Failed' && /^(InvalidBatch|ClientInputError)\b/.test(info.errorMessage ?? ''))
      throw refuseAll(writing.object.name, { code: 'InvalidBatch', message: info.errorMessage ?? '' })
    return await readJob(writing, { id, kind, info }, context)
  } catch (error) {
    // No reason to look for a bad row by sending halves, while the job may be on, or has written already.
    if (!isRefusal(error)) throw error
    throw new MillraceError('MR-3003', {
      message: error.message,
      kept: keptJob,
      next: 'Run again later.',
      cause: error,
    })
  }
}

/** false: Salesforce refuses it, and the job is as it was uploaded. */
async function letLoose({ api, object }: Writing, { id, rows }: Uploaded, { signal, host }: WriteContext) {
  try {
    await closeJob({ api, signal }, id)
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    // An attempt before the refused one, whose answer was lost, may have done it.
    const info = await getJob({ api, signal }, id)
    if (info && info.state !== 'Open') return true
    await dropJob({ api, signal }, id)
    sayByRequest(host, object.name, { rows, why: error.message })
    return false
  }
}

/** What became of a job's rows, by the value that finds each; what is refused to be told of them is not there. */
export async function readJob(
  { api, object }: Writing,
  { id, kind, info }: { readonly id: string; readonly kind: RowKind; readonly info: JobInfo },
  { match, signal, host }: Pick<WriteContext, 'match' | 'signal' | 'host'>,
): Promise<ReadonlyMap<string, WriteResult>> {
  const message = info.errorMessage ?? ''
  if (info.state !== 'JobComplete')
    host.warn(
      `${object.name}: Salesforce ended job ${id} as ${info.state}${message ? ` (${message})` : ''}; what it had not come to goes again with the next run`,
    )
  const column = kind === 'update' || kind === 'delete' ? 'Id' : match
  const found = new Map<string, WriteResult>()
  const refused = new Map<ResultsFile, string>()
  for (const file of resultsFiles)
    try {
      for (const { key, result } of readResults(file, await getResults({ api, signal }, id, file), column))
        found.set(resultKey(object, column, key), result)
    } catch (error) {
      // As somebody else's, or by a right that was taken away: the job is over all the same, and asking again would not help.
      if (!isRefusal(error)) throw error
      refused.set(file, error.message)
    }
  const [said] = refused.values()
  if (said !== undefined)
    host.warn(
      `${object.name}: job ${id} is over, and Salesforce does not tell its ${[...refused.keys()].join(', ')}; what became of the rows in them is not known: ${said}`,
    )
  return found
}

/** The value by which the results name a row. */
export const keyOfRow = ({ object }: Pick<Writing, 'object'>, kind: RowKind, row: Row, match: string): string =>
  kind === 'update' || kind === 'delete'
    ? resultKey(object, 'Id', row.id ?? '')
    : resultKey(object, match, keyOf(row.change, match))

/** A job with its rows, not yet let loose. null: there is no Bulk API that takes them. */
async function uploadPart(
  { api, object }: Writing,
  part: IngestPart,
  { match, signal, host }: WriteContext,
): Promise<string | null> {
  const csv = formatRows(object, match, part)
  const mostTries = part.rows.some(optsIn) ? 1 : uploadTries
  const goByRequest = (why: string) => {
    sayByRequest(host, object.name, { rows: part.rows, why })
    return null
  }
  for (let tries = 1; ; tries++) {
    let id: string | null = null
    try {
      const created = await createJob({ api, signal }, { object: object.name, kind: part.kind, match })
      if ('unsupported' in created) return goByRequest(created.unsupported.message)
      id = created.id
      await uploadRows({ api, signal }, id, { csv, repeatable: mostTries === 1 ? 'never' : false })
      return id
    } catch (error) {
      const isAgain = id !== null && tries < mostTries && !signal.aborted && mayPass(error)
      if (!isRefusal(error) && !isAgain) throw error
      if (id !== null) await dropJob({ api, signal }, id)
      if (isRefusal(error)) return goByRequest(error.message)
    }
  }
}

const sayByRequest = (
  host: Pick<Host, 'warn'>,
  object: string,
  { rows, why }: { readonly rows: readonly Row[]; readonly why: string },
) => host.warn(`${object}: no Bulk API (${why}); ${rows.length} rows go 200 a request`)

/** Never let loose it writes nothing, and Salesforce forgets it after seven days. false: it may not be aborted. */
export async function dropJob(
  calling: { readonly api: Writing['api']; readonly signal: AbortSignal },
  id: string,
): Promise<boolean> {
  try {
    await abortJob(calling, id)
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    return false
  }
}

/** Of the job, and of none of its rows, which nobody reads before it is let loose. */
export const isRefusal = (error: unknown): error is MillraceError =>
  error instanceof MillraceError && error.code === 'MR-3004'
const mayPass = (error: unknown): boolean => error instanceof MillraceError && error.retry === 'later'

export const sayWaiting =
  (host: Pick<Host, 'warn'>) =>
  ({ id, state, numberRecordsProcessed = 0 }: JobInfo, waitedMs: number): void =>
    host.warn(
      `Salesforce: job ${id} is ${state} since ${Math.round(waitedMs / 60_000)} minutes; ${numberRecordsProcessed} rows are processed`,
    )

const tooLong = ({ object, bulk }: Writing, id: string) =>
  new MillraceError('MR-3007', {
    message: `Writing to Salesforce: ${object.name}: job ${id} is not over after ${Math.round(bulk.waitMs / 1000)} s.`,
    kept: keptJob,
    next: 'Run again later; `bulk_wait_seconds` of the connection says how long a run waits.',
  })

const uploadTries = 3
const keptJob =
  'The job goes on at Salesforce; its receipt is kept, and the next run takes its results over before it sends anything.'
