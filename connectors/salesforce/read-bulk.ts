import { rm } from 'node:fs/promises'
import { keptBefore, MillraceError, type Scan, type ScanItem } from 'millrace'
import type { Compound } from './compound.ts'
import { positionById, turnToId } from './position.ts'
import type { Calling } from './job-state.ts'
import { awaitQueryJob, createQueryJob, deleteQueryJob } from './query-job.ts'
import type { Progress } from './read-rest.ts'
import type { Reading } from './reading.ts'
import { fieldsOf, whereOf } from './readable.ts'
import { fetchResultsPage } from './results-page.ts'

/** Why the rest has to go another way; null: everything was read. */
export type BulkOutcome = string | null

/**
 * Pages of query jobs as files, by Id: a checkpoint after each page is the Id of its last row, and a run that goes on asks for
 * what comes after it in a job of its own, since results and their locators die. Rows are as new as their job, not as
 * their page. A job that fails is tried once more, without its order if it took too long.
 */
export async function* readByBulk(
  reading: Reading,
  scan: Scan,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): AsyncGenerator<ScanItem, BulkOutcome> {
  const { stream, host, bulk } = reading
  const query = columnsOf(reading, scan)
  if (typeof query === 'string') return query
  progress.after = turnToId(progress.after)
  let isOrdered = true
  for (let failures = 0; ;) {
    const before = progress.after
    const soql = `SELECT ${query.columns.join(', ')} FROM ${stream.name}${whereOf(stream, scan, before)}${isOrdered ? ' ORDER BY Id' : ''}`
    const job = yield* readJob(reading, { soql, isOrdered, ...query, progress, signal })
    if (job === null) return null
    if (job.isFinal) return job.why
    // A job that got somewhere has shown that they can.
    failures = progress.after === before ? failures + 1 : 1
    if (failures >= bulk.tries) return job.why
    host.warn(`${stream.name}: a query job of Salesforce came to nothing (${job.why}); another one is begun`)
    if (/TIMEOUT|TIMED? ?OUT|retried/i.test(job.why)) isOrdered = false
  }
}

type JobRequest = {
  readonly soql: string
  /** By Id: only then a page's last row says how far the scan is. */
  readonly isOrdered: boolean
  readonly columns: readonly string[]
  readonly compounds: readonly Compound[]
  readonly progress: Progress
  readonly signal: AbortSignal
}

type JobProblem = { readonly why: string; readonly isFinal: boolean }

async function* readJob(
  { api, host, stream, bulk }: Reading,
  { soql, isOrdered, columns, compounds, progress, signal }: JobRequest,
): AsyncGenerator<ScanItem, JobProblem | null> {
  const calling: Calling = { api, signal }
  const { name } = stream
  const begun = await bulk.underWay(signal, async () => {
    const created = await createQueryJob(calling, soql)
    if ('unsupported' in created) return created
    return { ...created, info: await awaitQueryJob(calling, created.id, { name, waitMs: bulk.waitMs, host }) }
  })
  if ('unsupported' in begun) return { why: begun.unsupported.message, isFinal: true }
  const { id, createdAt, info } = begun
  if (!info) return { why: `job ${id} is no more there`, isFinal: false }
  if (info.state !== 'JobComplete')
    return { why: `job ${id} is ${info.state}${info.errorMessage ? `: ${info.errorMessage}` : ''}`, isFinal: false }

  const start = progress.after
  const seen = new Set<string>()
  let rows = 0
  for (let locator: string | null = null; ;) {
    const page = await fetchResultsPage(calling, id, {
      name,
      locator,
      maxRecords: bulk.pageRows,
      columns,
      compounds,
      host,
    })
    if (!page) return { why: `the results of job ${id} are no more there`, isFinal: false }
    if (page.rows === 0) await rm(page.path, { force: true })
    else {
      if (seen.has(page.firstId)) throw twice(name, id)
      seen.add(page.firstId)
      rows += page.rows
      yield { kind: 'file', path: page.path, format: 'csv', rows: page.rows, readAt: createdAt }
      if (isOrdered) {
        progress.after = positionById(progress.after, page.lastId)
        yield { kind: 'checkpoint', resume: progress.after }
      }
    }
    if (page.locator === null) break
    if (seen.has(page.locator)) throw twice(name, id)
    seen.add(page.locator)
    locator = page.locator
  }
  if (info.numberRecordsProcessed !== undefined && info.numberRecordsProcessed !== rows) {
    // Nobody knows where they are missing: the next run reads the job's part again.
    progress.after = start
    yield { kind: 'checkpoint', resume: start, again: rows }
    throw new MillraceError('MR-3005', {
      message: `Reading ${name} of Salesforce: query job ${id} has ${info.numberRecordsProcessed} rows, and its pages brought ${rows}.`,
      kept: 'What came is committed; the next run reads this part again.',
      next: afterBadPages(name),
    })
  }
  await deleteQueryJob(calling, id)
  return null
}

/** What the job is asked for, and what is made of it. Words: why there can be no job. */
function columnsOf(
  { stream }: Reading,
  scan: Scan,
): { readonly columns: readonly string[]; readonly compounds: readonly Compound[] } | string {
  const compounds: Compound[] = []
  const columns = new Set<string>()
  for (const field of fieldsOf(stream, scan)) {
    if (!stream.compounds.has(field)) {
      columns.add(field)
      continue
    }
    const compound = stream.compounds.get(field)
    if (!compound) return `the Bulk API does not read ${field}, and its parts do not say all of it`
    compounds.push(compound)
    for (const part of compound.parts) columns.add(part.field)
  }
  return { columns: [...columns], compounds }
}

const twice = (name: string, id: string) =>
  new MillraceError('MR-3005', {
    message: `Reading ${name} of Salesforce: query job ${id} brought one page twice.`,
    kept: keptBefore,
    next: afterBadPages(name),
  })

/** Salesforce's pages, and not the user's doing. */
const afterBadPages = (name: string): readonly string[] => [
  `Run again: what is missing of ${name} is asked for in another job.`,
  'If it happens again, `bulk_query_from: never` in the connection reads by REST, without jobs.',
]
