/** plan → diff → guard → intend → map → deliver → acknowledge, for one sync. */
import { join } from 'node:path'
import type { ReverseSync } from '../config/project.ts'
import type { DestinationObject } from '../connector/destination.ts'
import { reverseImbalance, type ReverseLedger } from '../model/ledger.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { JsonObject } from '../model/json.ts'
import type { Answer, DiffCounts, Session, SnapshotMeta } from '../warehouse/port.ts'
import { takeAsBaseline } from './baseline.ts'
import { canonicalJson } from './canonical-json.ts'
import { checkSnapshot, otherDestination, type Destination, type Permission } from './check-snapshot.ts'
import { compareModel, type Comparison, type Personal } from './compare.ts'
import { copyFirstLines, readLines } from './change-spool.ts'
import type { ReverseContext } from './context.ts'
import { deliver } from './deliver.ts'
import { encoderVersion } from './encode-value.ts'
import { checkGuards, guardCounts, guardError } from './guards.ts'
import { Journal, type JournalHeader } from './journal.ts'
import { findLeaseLost } from './lease-lost.ts'
import { dropDirectory, leftJournals } from './left-journals.ts'
import { resolveMapping, type ResolvedMapping } from './mapping.ts'
import { personalFields } from './personal-values.ts'
import { rejectsByReason, type RejectsByReason } from './rejects-by-reason.ts'
import { recoverJournals } from './recover.ts'
import { optOutFields } from './opt-out-alone.ts'
import { openJobs, settleJobs, type OpenJob } from './settle-jobs.ts'
import { ledgerOf, stoppedLedger } from './reverse-ledger.ts'
import { unansweredRows } from './unanswered.ts'
import { baselineWarning, warningsOf } from './warnings.ts'

export type ReverseRequest = {
  readonly sync: ReverseSync
  readonly object: DestinationObject
  /** The vendor's name for the account: the snapshot remembers it. */
  readonly account: string
  /** The model as a query; its views stand. */
  readonly model: string
  readonly personal: Personal
  readonly permission: Permission
  readonly limit: number | null
  readonly rejectedOnly: boolean
}

export type ReverseOutcome = { readonly ledger: ReverseLedger; readonly error?: MillraceError }

export async function runReverse(context: ReverseContext, request: ReverseRequest): Promise<ReverseOutcome> {
  const directory = join(context.spoolDir, context.runId)
  let keepsJournal = false
  try {
    let prepared = await recoverAndPrepare(context, request, directory)
    if (prepared.kind === 'jobs') {
      await settleJobs(context, request, prepared.jobs)
      prepared = await recoverAndPrepare(context, request, directory)
    }
    if (prepared.kind === 'jobs') throw unsettled(request)
    if (prepared.kind === 'stopped') return prepared.outcome
    keepsJournal = true
    const { outcome, isSettled } = await send(context, request, { prepared, directory })
    keepsJournal = !isSettled
    return outcome
  } finally {
    // Answers that could not be committed (a full disk, a warehouse file held by a shell) are the next run's to commit.
    if (!keepsJournal) await dropDirectory(directory)
  }
}

/** What earlier runs left comes first: their answers, then their jobs at the vendor, for which the session has to end. */
async function recoverAndPrepare(
  context: ReverseContext,
  request: ReverseRequest,
  directory: string,
): Promise<Prepared | Stopped | { readonly kind: 'jobs'; readonly jobs: readonly OpenJob[] }> {
  return context.warehouse.session(
    { runId: context.runId, purpose: `diff ${request.sync.name}`, signal: context.signal },
    async (session) => {
      // Whoever was frozen until now may come behind a reset: what it intended would stand in a state that was forgotten.
      await refuseWithoutLease(context, request)
      const stored = await session.reverse.readMeta(request.sync.name)
      // Before anything is touched: a run may be on there, under a lease of another name. Nor does another account know of the jobs.
      const problem = stored && otherDestination(request.sync, { stored, wanted: destinationOf(request) })
      if (problem) throw problem
      const left = await leftJournals(context.spoolDir, context.runId)
      await recoverJournals(session, left, context)
      const jobs = await openJobs(session, request.sync.name, left)
      return jobs.length > 0 ? { kind: 'jobs', jobs } : prepare(context, request, { session, directory, stored })
    },
  )
}

async function refuseWithoutLease(context: ReverseContext, { object }: ReverseRequest): Promise<void> {
  const lost = await findLeaseLost(context, object)
  if (lost) throw lost
}

type Stopped = { readonly kind: 'stopped'; readonly outcome: ReverseOutcome }

type Prepared = {
  readonly kind: 'ready'
  readonly mapping: ResolvedMapping
  readonly comparison: Comparison
  readonly header: JournalHeader
  /** What a guard holds: everything but the opt-outs waits. */
  readonly held: MillraceError | undefined
  readonly rejects: RejectsByReason
}

async function prepare(
  context: ReverseContext,
  request: ReverseRequest,
  {
    session,
    directory,
    stored,
  }: { readonly session: Session; readonly directory: string; readonly stored: SnapshotMeta | null },
): Promise<Prepared | Stopped> {
  const { sync, object } = request
  const mapping = resolveMapping(sync, object, await session.describe(request.model), request.personal.columns)
  const meta = snapshotMeta(request, mapping)
  const standing = await session.reverse.hasSnapshot(sync.name)
  const problem = checkSnapshot(sync, { stored, wanted: meta, standing }, request.permission)
  if (problem) throw problem
  const { previous, ...fence } = await session.state.takeFence(
    { sync: sync.name, stream: object.name, partition: '' },
    context.runId,
  )
  // Nor one that was frozen since: who comes behind it from here on has the fence.
  await refuseWithoutLease(context, request)
  // Rows that nobody says are of this destination: a baseline or a reset died before its end. Or a row that says so of a lost
  // table: beside an empty one it would let the next run send everything, should this one end early.
  if ((stored !== null) !== standing) await session.reverse.emptySnapshot(fence)
  await session.reverse.ensureSnapshot(sync.name, mapping.columns)
  context.emit({ type: 'fence.taken', run_id: context.runId, scope: `${sync.name} ${object.name}`, epoch: fence.epoch })
  const open = await session.reverse.takeIntentsOver(fence)
  if (open > 0)
    context.emit({
      type: 'run.takeover',
      run_id: context.runId,
      from_run: previous?.runId ?? '',
      message: `${open} rows intended by an earlier run and unanswered will be sent again, with the values that the model has now, or removed where they have left it`,
    })

  const comparison = await compareModel(session, {
    ...request,
    mapping,
    directory,
    retriesOnly: request.rejectedOnly,
    now: context.clock.now(),
  })
  const { diff, counts } = comparison
  const header = { fence, account: request.account, columns: mapping.columns, mappingVersion: mapping.version }
  for (const message of warningsOf(sync, mapping, { ...diff, ...counts }))
    context.emit({ type: 'run.warning', run_id: context.runId, message })
  context.emit({
    type: 'diff.finished',
    run_id: context.runId,
    object: object.name,
    added: diff.added,
    changed: diff.changed,
    removed: diff.removed,
    retry: diff.retry,
    unchanged: diff.unchanged,
    opt_outs: comparison.changes.optOuts,
    withheld: counts.withheld,
  })
  const invalid = invalidKeys(sync, diff)
  if (invalid) return { kind: 'stopped', outcome: { ledger: stoppedLedger(comparison), error: invalid } }
  if (request.permission.baseline) {
    const ledger = await takeAsBaseline({ session, header, meta, comparison })
    const message = baselineWarning(sync, comparison.changes.optOuts)
    if (message !== undefined) context.emit({ type: 'run.warning', run_id: context.runId, message })
    return { kind: 'stopped', outcome: { ledger } }
  }

  const guarded = guardCounts(sync, comparison)
  const held = guardError(guarded, checkGuards(guarded, sync.limits), comparison.changes.optOuts)
  const rows = held ? comparison.changes.optOuts : comparison.changes.rows
  const intents =
    rows === 0
      ? null
      : rows === comparison.changes.rows
        ? comparison.intents
        : await copyFirstLines(comparison.intents, rows, join(directory, 'intents-now.ndjson'))
  // A run that a guard stops leaves everything as it was: the first delivery is still to come.
  if (!held || rows > 0) await session.reverse.openIntents({ fence, path: intents, meta })
  if (rows > 0) context.emit({ type: 'intents.committed', run_id: context.runId, object: object.name, rows })
  // Where a guard holds the run, what would have been settled waits with the rest.
  const rejects = rejectsByReason(context, object.name)
  if (!held && comparison.settled.rows > 0) await settle({ session, header, comparison, rejects })
  return { kind: 'ready', mapping, comparison, header, held, rejects }
}

/** Commits what needs no destination, and says which rows cannot be sent. */
async function settle({
  session,
  header,
  comparison: { settled, counts },
  rejects,
}: Pick<Prepared, 'header' | 'comparison' | 'rejects'> & { readonly session: Session }): Promise<void> {
  await session.reverse.acknowledge({ ...header, sequence: 0, path: settled.path, ledger: counts })
  if (counts.rejected + counts.parked === 0) return
  // Lines that compareModel wrote.
  for await (const lines of readLines(settled.path)) rejects.say(lines.map((line) => JSON.parse(line) as Answer))
}

async function send(
  context: ReverseContext,
  request: ReverseRequest,
  { prepared, directory }: { readonly prepared: Prepared; readonly directory: string },
): Promise<{ readonly outcome: ReverseOutcome; readonly isSettled: boolean }> {
  const { comparison, mapping, held, header, rejects } = prepared
  const limit = held ? comparison.changes.optOuts : comparison.changes.rows
  const unanswered = unansweredRows(context, request.object.name)
  const delivered =
    limit === 0
      ? { delivered: 0, rejected: 0, absent: 0, isSettled: true }
      : await deliver(context, {
          object: request.object,
          path: comparison.changes.path,
          limit,
          optOutRows: comparison.changes.optOuts,
          options: request.sync.options,
          match: request.sync.match,
          identity: mapping.identity,
          personal: personalFields(mapping),
          optOuts: optOutFields(mapping),
          verify: request.sync.verifyOptOuts,
          rejects,
          unanswered,
          journal: await Journal.create(directory, header),
          header,
        })
  rejects.sayAll()
  unanswered.say()
  const ledger = ledgerOf(comparison, { delivered, limit, held: held !== undefined })
  const imbalance = reverseImbalance(ledger)
  const error = delivered.failure ?? held ?? (imbalance ? unbalanced(request, imbalance) : undefined)
  return { outcome: { ledger, ...(error ? { error } : {}) }, isSettled: delivered.isSettled }
}

/** undefined: every key is there, and once; or the sync leaves such rows out. */
export function invalidKeys(
  { name, model, primaryKey, onInvalidKeys }: ReverseSync,
  { invalid, invalidSamples }: Pick<DiffCounts, 'invalid' | 'invalidSamples'>,
): MillraceError | undefined {
  if (invalid === 0 || onInvalidKeys !== 'stop') return undefined
  return new MillraceError('MR-4106', {
    message: `${name}: ${invalid} rows of the model ${model} have a ${primaryKey.join(', ')} that is null or stands more than once (${invalidSamples.join(', ')}).`,
    kept: 'Nothing was sent.',
    next: [
      'A join that fans out is the usual reason: make the model one row per key.',
      'on_invalid_keys: skip   leaves such rows out and sends the others.',
    ],
  })
}

type Destined = Pick<ReverseRequest, 'sync' | 'object' | 'account'>

export const snapshotMeta = (request: Destined, mapping: ResolvedMapping): SnapshotMeta => ({
  ...destinationOf(request),
  mappingVersion: mapping.version,
  encoderVersion,
})

const destinationOf = ({ sync, object, account }: Destined): Destination => ({
  account,
  connection: sync.destination,
  object: object.name,
  options: destinationOptions(sync),
})

const unsettled = ({ sync }: ReverseRequest) =>
  new MillraceError('MR-7000', {
    message: `${sync.name}: a job of an earlier run at the destination is settled, and still stands on its intents.`,
    kept: 'Nothing was sent.',
  })

/** What a snapshot remembers of its sync beside account and object. */
export const destinationOptions = ({ options, match, primaryKey }: ReverseSync): string =>
  canonicalJson({ options: options satisfies JsonObject, match, primary_key: primaryKey })

const unbalanced = ({ sync }: ReverseRequest, imbalance: string) =>
  new MillraceError('MR-2006', {
    message: `The ledger of ${sync.name} does not balance: ${imbalance}.`,
    kept: 'Snapshot and intents are as the destination answered.',
    next: 'This is a bug in millrace: please report it with the run log (`millrace run show`).',
  })
