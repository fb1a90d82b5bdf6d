import type { SimulatorContext } from 'millrace/sandbox'
import { parseBody } from './field-value.ts'
import { createJob, findJob, removeJob, renderJob, saveJob, type Job } from './ingest-job.ts'
import { leaveUnprocessed, runJob } from './ingest-run.ts'
import { readJobState } from './job-body.ts'
import type { Stamp } from './org.ts'
import { invalidJob, invalidState, methodsOf, notFound, refuse } from './refusal.ts'

/** Bulk API 2.0 ingest. https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0_ingest.htm */
export async function answerIngest(
  context: SimulatorContext,
  request: Request,
  { parts, base, stamp }: { readonly parts: readonly string[]; readonly base: string; readonly stamp: Stamp },
): Promise<Response> {
  const [id, action, more] = parts
  const needs = methodsOf(request)
  if (id === undefined) {
    needs('POST')
    return Response.json(renderJob(createJob(context, parseBody(await request.text())), base))
  }
  if (more !== undefined) throw notFound()
  const job = findJob(context, id)
  if (action === 'batches') {
    needs('PUT')
    return upload(context, job, request)
  }
  if (action === 'successfulResults' || action === 'failedResults' || action === 'unprocessedrecords') {
    needs('GET')
    if (!isOver(job)) throw invalidState('Job results are only there once the job is in a final state')
    const text = action === 'unprocessedrecords' ? job.unprocessedRecords : job[action]
    return new Response(text, { headers: { 'content-type': 'text/csv;charset=UTF-8' } })
  }
  if (action !== undefined) throw notFound()
  needs('GET', 'PATCH', 'DELETE')
  if (request.method === 'DELETE') {
    if (job.state === 'Open' || job.state === 'InProgress') throw invalidState(`Deleting ${job.state} Job not allowed`)
    removeJob(context, job.id)
    return new Response(null, { status: 204 })
  }
  if (request.method === 'GET') return Response.json(renderJob(lookAt(context, job, stamp), base))
  return Response.json(renderJob(setState(context, job, await readState(request), stamp), base))
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/upload_job_data.htm */
async function upload(context: SimulatorContext, job: Job, request: Request): Promise<Response> {
  if (!/^text\/csv\b/i.test(request.headers.get('content-type') ?? ''))
    throw refuse(415, 'UNSUPPORTED_MEDIA_TYPE', `Content-Type ${request.headers.get('content-type')} is not text/csv`)
  if (job.state !== 'Open') throw invalidState('The job is not open for data uploads')
  if (job.content !== null)
    throw invalidState(
      `Found multiple contents for job: <${job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.`,
    )
  const bytes = await request.arrayBuffer()
  if (Math.ceil(bytes.byteLength / 3) * 4 > maxContentBytes)
    throw refuse(400, 'EXCEEDEDQUOTA', 'ExceededQuota : Max content size of 150 MB in base64 exceeded')
  saveJob(context, { ...job, content: Buffer.from(bytes).toString() })
  return new Response(null, { status: 201 })
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/close_job.htm */
function setState(context: SimulatorContext, job: Job, state: 'UploadComplete' | 'Aborted', stamp: Stamp): Job {
  if (isOver(job))
    throw invalidState(`${state === 'Aborted' ? 'Aborting' : 'Closing'} already ${job.state} Job not allowed`)
  if (state === 'Aborted') {
    const aborted: Job = { ...job, state, errorMessage: null }
    return saveJob(context, job.outcome === null ? leaveUnprocessed(aborted) : aborted)
  }
  if (job.state !== 'Open') throw invalidState('Closing already closed Job not allowed')
  if (job.content === null) throw invalidState('Job has no content')
  const closed = saveJob(context, { ...job, state })
  return context.fault('bulk_in_progress') ? closed : saveJob(context, runJob(context, closed, stamp))
}

/** A job is asked for at least twice before it is done, and as long as `bulk_in_progress` is on. */
function lookAt(context: SimulatorContext, job: Job, stamp: Stamp): Job {
  if (job.state !== 'UploadComplete' && job.state !== 'InProgress') return job
  const stays = context.fault('bulk_in_progress')
  if (stays || job.asked === 0) return saveJob(context, { ...job, state: 'InProgress', asked: job.asked + 1 })
  const run = job.outcome === null ? runJob(context, job, stamp) : job
  return saveJob(context, { ...run, state: run.outcome ?? 'JobComplete' })
}

async function readState(request: Request): Promise<'UploadComplete' | 'Aborted'> {
  const state = readJobState(await request.text())
  if (state !== 'UploadComplete' && state !== 'Aborted')
    throw invalidJob(`Invalid job state: ${typeof state === 'string' ? state : '?'}`)
  return state
}

const isOver = ({ state }: Job) => state === 'JobComplete' || state === 'Failed' || state === 'Aborted'

/** https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_bulkapi.htm */
const maxContentBytes = 150 * 1024 * 1024
