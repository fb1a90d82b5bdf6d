/**
 * Jobs at the vendor that earlier runs began and did not see the end of. Before anything is sent each is adopted or aborted
 * by the connector: a job that goes on in the dark would overwrite what is sent now (promise 5).
 */
import { join } from 'node:path'
import type { SettleContext } from '../connector/destination.ts'
import type { WriteResult } from '../model/change.ts'
import type { Json } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Session } from '../warehouse/port.ts'
import { answerOf } from './answer-of.ts'
import { canonicalJson } from './canonical-json.ts'
import { openLines, readChanges, type SpooledChange } from './change-spool.ts'
import type { ReverseContext } from './context.ts'
import { findLeaseLost } from './lease-lost.ts'
import { answersOf, dropDirectory, keysIn, type LeftJournal } from './left-journals.ts'
import { verifyOptOuts } from './read-back.ts'
import type { ReverseRequest } from './run-reverse.ts'

export type OpenJob = {
  readonly receipt: Json
  readonly runId: string
  /** What stands on this machine of the run that began it; null: it ran elsewhere, or its spool is gone. */
  readonly local: {
    readonly journal: LeftJournal
    readonly index: number
    /** Of these the journal had an answer that closed the intent: they are over. */
    readonly closed: ReadonlySet<string>
  } | null
}

/** Jobs whose rows nobody has answered for. Directories of dead runs that hold nothing else to do are cleared away. */
export async function openJobs(
  session: Session,
  sync: string,
  journals: readonly LeftJournal[],
): Promise<readonly OpenJob[]> {
  const jobs: OpenJob[] = []
  for (const journal of journals) {
    if (journal.receipts.length === 0) continue
    const [answered, closed] = [new Set<string>(), new Set<string>()]
    for (const segment of journal.segments)
      for await (const answers of answersOf(segment))
        for (const { key, status, state, unanswered } of answers) {
          if (status === 'unknown') continue
          answered.add(key)
          if (state !== null || unanswered !== true) closed.add(key)
        }
    for (const path of journal.takenBack)
      for (const { key } of await keysIn(path)) for (const keys of [answered, closed]) keys.delete(key)
    const { runId } = journal.header.fence
    for (const [index, { receipt, path }] of journal.receipts.entries())
      if (await holdsOther(path, answered)) jobs.push({ receipt, runId, local: { journal, index, closed } })
    if (!jobs.some(({ local }) => local?.journal === journal)) await dropDirectory(journal.directory)
  }
  for (const { runId, receipt } of await session.reverse.readReceipts(sync))
    if (!jobs.some((job) => canonicalJson(job.receipt) === canonicalJson(receipt)))
      jobs.push({ receipt, runId, local: null })
  return jobs
}

async function holdsOther(path: string, answered: ReadonlySet<string>): Promise<boolean> {
  for await (const changes of readChanges(path, Infinity))
    if (changes.some(({ key }) => !answered.has(key))) return true
  return false
}

export async function settleJobs(
  context: ReverseContext,
  request: ReverseRequest,
  jobs: readonly OpenJob[],
): Promise<void> {
  for (const job of jobs) {
    const changes = job.local ? await changesOf(job.local) : null
    const results = await settle(context, request, { job, changes })
    await context.warehouse.session(
      { runId: context.runId, purpose: `settle ${request.sync.name}` },
      async (session) => {
        if (job.local && changes) await commitAnswers(session, context, { local: job.local, changes, results })
        await session.reverse.clearReceipt({ sync: request.sync.name, receipt: job.receipt })
      },
    )
    context.emit({
      type: 'run.takeover',
      run_id: context.runId,
      from_run: job.runId,
      message: told(job, changes, results),
    })
  }
  for (const { local } of jobs) if (local) await dropDirectory(local.journal.directory)
}

async function settle(
  context: ReverseContext,
  { object, sync }: ReverseRequest,
  { job, changes }: { readonly job: OpenJob; readonly changes: readonly SpooledChange[] | null },
): Promise<readonly WriteResult[]> {
  if (!object.settle)
    throw new MillraceError('MR-1401', {
      message: `${sync.name}: run ${job.runId} began a job at the destination and did not see its end, and ${object.name} declares no settle any more by which it could be adopted or aborted.`,
      kept: 'Nothing was sent; the job stands on its intents.',
      next: [
        'Run it with the version of the connector that began the job, or',
        `see at the vendor that the job is over, and begin anew:  millrace sync state reset ${sync.name}`,
      ],
    })
  const lost = await findLeaseLost(context, object)
  if (lost) throw lost
  const settleContext: SettleContext = {
    ...context.callContext(context.signal),
    options: sync.options,
    match: sync.match,
    saveReceipt: () => Promise.resolve(),
    changes: changes?.map(({ change }) => change) ?? null,
  }
  const results = await object.settle(job.receipt, settleContext)
  if (!sync.verifyOptOuts || changes?.length !== results.length) return results
  return verifyOptOuts(changes, results, {
    object,
    context: settleContext,
    optOuts: sync.map.filter((mapping) => mapping.kind === 'opt_out'),
    warn: (message) => context.emit({ type: 'run.warning', run_id: context.runId, message }),
  })
}

/** In the name of the run that began the job, while its fence still stands; else its rows are sent again as they are now. */
async function commitAnswers(
  session: Session,
  context: ReverseContext,
  {
    local: { journal, index, closed },
    changes,
    results,
  }: {
    readonly local: NonNullable<OpenJob['local']>
    readonly changes: readonly SpooledChange[]
    readonly results: readonly WriteResult[]
  },
): Promise<void> {
  const { fence } = journal.header
  const now = await session.state.readFence(fence)
  const sequence = firstSequence + index
  if (now?.epoch !== fence.epoch || now.runId !== fence.runId) return
  // A snapshot that is lost is told once the jobs are over.
  if (!(await session.reverse.hasSnapshot(fence.sync))) return
  if (results.length !== changes.length || (await session.state.hasCommit(fence.runId, fence.stream, sequence))) return
  const sentAt = context.clock.now().toISOString()
  const path = join(journal.directory, `settled-${index}.ndjson`)
  const lines = await openLines(path, {
    doing: 'writing down what became of a job',
    kept: 'The job is over at the destination, and its rows keep their intents: the next run asks what became of them once more.',
  })
  try {
    for (const [at, change] of changes.entries()) {
      // Whoever was forgotten since would stand there again.
      if (closed.has(change.key)) continue
      const answer = answerOf(change, results[at], sentAt)
      if (answer) await lines.write(JSON.stringify(answer))
    }
  } finally {
    await lines.close()
  }
  await session.reverse.acknowledge({ ...journal.header, sequence, path, ledger: {} })
}

async function changesOf({ journal, index }: NonNullable<OpenJob['local']>): Promise<readonly SpooledChange[]> {
  const found: SpooledChange[] = []
  for await (const changes of readChanges(journal.receipts[index]?.path ?? '', Infinity)) found.push(...changes)
  return found
}

function told({ runId }: OpenJob, changes: readonly SpooledChange[] | null, results: readonly WriteResult[]): string {
  const known = changes !== null && results.length === changes.length
  const answered = known ? results.filter(({ outcome }) => outcome !== 'unknown').length : 0
  return known && answered > 0
    ? `the job that run ${runId} had begun is over: ${answered} of its ${changes.length} rows are answered`
    : `the job that run ${runId} had begun is over; its rows are sent again with the values that the model has now`
}

/** Above every segment of a journal. */
const firstSequence = 1_000_000
