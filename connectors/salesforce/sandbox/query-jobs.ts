import type { SimulatorContext } from 'millrace/sandbox'
import { parseBody } from './field-value.ts'
import { readJobState } from './job-body.ts'
import {
  createQueryJob,
  failureText,
  findQueryJob,
  removeQueryJob,
  renderQueryJob,
  saveQueryJob,
  type QueryJob,
} from './query-job.ts'
import { invalidJob, invalidState, methodsOf, notFound, refuse, SalesforceRefusal } from './refusal.ts'
import { renderCsv } from './render-csv.ts'
import { parseSoql } from './soql-parser.ts'
import { runQuery, type Found } from './soql-run.ts'

type Asked = { readonly parts: readonly string[]; readonly url: URL; readonly user: string }

/** Bulk API 2.0 query. https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm */
export function createQueryJobsEndpoint(context: SimulatorContext) {
  /** As the rows were when the job ran: they live as long as the process. */
  const results = new Map<string, Found>()

  return async (request: Request, { parts, url, user }: Asked): Promise<Response> => {
    const [id, action, more] = parts
    const needs = methodsOf(request)
    if (id === undefined) {
      needs('POST')
      return Response.json(renderQueryJob(createQueryJob(context, parseBody(await request.text()), user)))
    }
    if (more !== undefined || (action !== undefined && action !== 'results')) throw notFound()
    const job = findQueryJob(context, id, user)
    if (action === 'results') {
      needs('GET')
      return answerResults(job, url)
    }
    needs('GET', 'PATCH', 'DELETE')
    if (request.method === 'DELETE') {
      if (job.state === 'UploadComplete' || job.state === 'InProgress')
        throw invalidState(`Deleting ${job.state} Job not allowed`)
      results.delete(id)
      removeQueryJob(context, id)
      return new Response(null, { status: 204 })
    }
    if (request.method === 'PATCH') return Response.json(renderQueryJob(abort(job, await request.text())))
    return Response.json(renderQueryJob(lookAt(job)))
  }

  /** Asked for the first time it is in progress, then it is done, unless a fault says otherwise. */
  function lookAt(job: QueryJob): QueryJob {
    if (job.state !== 'UploadComplete' && job.state !== 'InProgress') return job
    if (job.asked === 0 || context.fault('bulk_query_in_progress'))
      return saveQueryJob(context, { ...job, state: 'InProgress', asked: job.asked + 1 })
    const fails = context.fault('bulk_query_fails')
    if (fails)
      return saveQueryJob(context, {
        ...job,
        state: 'Failed',
        errorMessage: String(fails['message'] ?? 'InternalServerError : Retried more than fifteen times'),
      })
    if (context.fault('bulk_query_aborted')) return saveQueryJob(context, { ...job, state: 'Aborted' })
    try {
      const found = runQuery(context.store, parseSoql(job.soql), {
        deleted: job.operation === 'queryAll' && !context.fault('purge_deleted'),
      })
      results.set(job.id, found)
      return saveQueryJob(context, { ...job, state: 'JobComplete', rows: found.rows.length })
    } catch (error) {
      if (!(error instanceof SalesforceRefusal)) throw error
      return saveQueryJob(context, { ...job, state: 'Failed', errorMessage: failureText(error) })
    }
  }

  function abort(job: QueryJob, text: string): QueryJob {
    if (readJobState(text) !== 'Aborted') throw invalidJob('a query job can only be Aborted')
    if (job.state !== 'UploadComplete' && job.state !== 'InProgress')
      throw invalidState(`Aborting already ${job.state} Job not allowed`)
    return saveQueryJob(context, { ...job, state: 'Aborted' })
  }

  /** https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm */
  function answerResults(job: QueryJob, url: URL): Response {
    for (const name of url.searchParams.keys())
      if (name !== 'locator' && name !== 'maxRecords')
        throw refuse(400, 'INVALID_QUERY_PARAMETER', `Unknown parameter ${name}`)
    const size = readSize(url.searchParams.get('maxRecords'))
    const from = readLocator(url.searchParams.get('locator'))
    const expired = context.fault('bulk_results_expire')
    if (expired) results.delete(job.id)
    const found = results.get(job.id)
    // How the vendor says that there are none: not done yet, failed, or a week ago.
    if (job.state !== 'JobComplete' || !found) return new Response(null, { status: 204 })
    if (from > found.rows.length) throw invalidLocator()
    const start = context.fault('repeat_page') ? Math.max(0, from - size) : from
    const rows = found.rows.slice(start, start + size)
    const told = rows.length
    const kept = context.fault('half_results') ? rows.slice(0, Math.ceil(told / 2)) : rows
    // A page and nobody says so: only the job's own count tells.
    const skips = context.fault('skip_page') ? size : 0
    const next = from + size + skips
    return new Response(renderCsv(context.store, { ...found, rows: kept }), {
      headers: {
        'content-type': 'text/csv;charset=UTF-8',
        'sforce-numberofrecords': String(told),
        'sforce-locator': next < found.rows.length ? Buffer.from(String(next)).toString('base64url') : 'null',
      },
    })
  }
}

function readSize(text: string | null): number {
  if (text === null) return defaultPage
  const size = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (size < 1) throw refuse(400, 'INVALID_QUERY_PARAMETER', `maxRecords is not a number of records: ${text}`)
  return Math.min(size, largestPage)
}

function readLocator(text: string | null): number {
  if (text === null) return 0
  const offset = Buffer.from(text, 'base64url').toString()
  if (!/^\d{1,12}$/.test(offset)) throw invalidLocator()
  return Number(offset)
}

const invalidLocator = () => refuse(400, 'INVALIDLOCATOR', 'InvalidLocator : the locator is not one of this job')

const defaultPage = 250_000
const largestPage = 1_000_000
