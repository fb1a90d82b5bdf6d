import { MillraceError, type Json, type SettleContext, type WriteResult } from 'millrace'
import { keyOf } from './collection-request.ts'
import { findRecords } from './find-records.ts'
import { isOver } from './await-job.ts'
import { awaitJob, getJob } from './ingest-job.ts'
import { readReceipt } from './job-receipt.ts'
import type { JobInfo } from './job-state.ts'
import { isLocked } from './row-refusal.ts'
import { kindOf, type RowKind } from './row.ts'
import { dropJob, isRefusal, keyOfRow, readJob, sayWaiting } from './write-jobs.ts'
import type { Writing } from './writing.ts'

/**
 * Ends the jobs of a run that is dead: one that was never let loose is aborted, one that is on is waited for, and aborted
 * where it takes too long. Then their results are read.
 */
export async function settleJobs(
  writing: Writing,
  receipt: Json,
  context: SettleContext,
): Promise<readonly WriteResult[]> {
  const { changes } = context
  const found = new Map<string, WriteResult>()
  for (const { id, kind } of readReceipt(receipt).jobs) {
    const info = await endJob(writing, id, context).catch((error: unknown) => {
      throw isRefusal(error) ? hidden(writing, id, error) : error
    })
    if (!info || !changes) continue
    try {
      for (const [key, result] of await readJob(writing, { id, kind, info }, context))
        found.set(`${kind} ${key}`, result)
    } catch (error) {
      // It is over, and says nothing that can be understood: its rows go again.
      if (!(error instanceof MillraceError) || error.code !== 'MR-3005') throw error
      context.host.warn(`${writing.object.name}: job ${id} of an earlier run is over: ${error.message}`)
    }
  }
  if (!changes) return []
  const ids = await findIds(writing, found, context)
  return changes.map((change, index): WriteResult => {
    const row = { index, change, id: ids(keyOf(change, context.match)) }
    const resultAs = (kind: RowKind) => found.get(`${kind} ${keyOfRow(writing, kind, row, context.match)}`)
    const kind = kindOf(change)
    // An upsert of a record that is there may have gone as an update.
    const result = resultAs(kind) ?? (kind === 'upsert' ? resultAs('update') : undefined)
    // An aborted job's row was not written, and a row of a request beside the jobs has no answer: both go again. So does one
    // that was locked: the dead run may have sent it once more.
    return result && !isUnprocessed(result) && !isLocked(result)
      ? result
      : { outcome: 'unknown', message: 'no result of an earlier run' }
  })
}

/** The job, and nothing of it happens any more. null: Salesforce has forgotten it, or it never began, and may not be aborted. */
async function endJob({ api, object, bulk }: Writing, id: string, context: SettleContext): Promise<JobInfo | null> {
  const calling = { api, signal: context.signal }
  const first = await getJob(calling, id)
  if (!first || isOver(first)) return first
  if (first.state !== 'Open') {
    const ended = await awaitJob(calling, id, { waitMs: bulk.waitMs, onWait: sayWaiting(context.host) })
    if (ended) return ended
  }
  const isAborted = await dropJob(calling, id)
  if (!isAborted && (await getJob(calling, id))?.state === 'Open') return null
  const last = await awaitJob(calling, id, { waitMs: abortWaitMs, onWait: () => undefined })
  if (last || !(await getJob(calling, id))) return last
  throw new MillraceError('MR-3007', {
    message: `Settling a job of an earlier run at Salesforce: ${object.name}: job ${id} neither ends nor can be aborted.`,
    kept: 'Nothing was sent.',
    next: 'See Setup, Bulk Data Load Jobs; run again when it is over.',
  })
}

/** Sent beside a job that may be on, the same rows would come to hold what it has of them. */
const hidden = ({ object }: Writing, id: string, error: MillraceError) =>
  new MillraceError('MR-3004', {
    message: `Settling a job of an earlier run at Salesforce: ${object.name}: nobody may ask by these keys how job ${id} stands: ${error.message}`,
    kept: 'Nothing was sent: the job may still write.',
    next: [
      'Sign in as the user who began it, or as one who may see it.',
      'Or see in Setup, Bulk Data Load Jobs, that it is over, and begin anew:  millrace sync state reset NAME',
    ],
    cause: error,
  })

/** Rows that went by Id are named by it in the results; what was deleted is not found, and nothing is missing. */
async function findIds(
  { api, object }: Writing,
  found: ReadonlyMap<string, WriteResult>,
  { changes, match, signal }: SettleContext,
): Promise<(key: string) => string | null> {
  const isAsked = [...found.keys()].some((key) => key.startsWith('update ') || key.startsWith('delete '))
  const named = (changes ?? []).filter((change) => kindOf(change) !== 'insert')
  if (named.length === 0 || !isAsked) return () => null
  if (match === 'Id') return (key) => key
  const records = await findRecords(api, object, named, { match, signal })
  const byKey = new Map(named.map((change) => [keyOf(change, match), records(change)[0]]))
  return (key) => {
    const record = byKey.get(key)
    return record ? String(record['Id']) : null
  }
}

const isUnprocessed = (result: WriteResult) => result.outcome === 'rejected' && result.code === 'UNPROCESSED'

const abortWaitMs = 60_000
