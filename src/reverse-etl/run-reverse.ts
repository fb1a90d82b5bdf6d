/** plan → diff → guard → intend → map → deliver → acknowledge, for one sync. */
import { join } from 'node:path'
import type { ReverseSync } from '../config/project.ts'
import type { DestinationObject } from '../connector/contract.ts'
import { emptyReverseLedger, reverseImbalance, type ReverseLedger } from '../model/ledger.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { JsonObject } from '../model/json.ts'
import type { Fence, Session, SnapshotMeta } from '../warehouse/port.ts'
import { checkSnapshot, type Permission } from './check-snapshot.ts'
import { compareModel, type Comparison } from './compare.ts'
import { copyFirstLines, openLines, readChanges } from './change-spool.ts'
import type { ReverseContext } from './context.ts'
import { deliver, type Delivered } from './deliver.ts'
import { encoderVersion } from './encode-value.ts'
import { checkGuards, guardError } from './guards.ts'
import { dropDirectory, Journal, leftJournals } from './journal.ts'
import { canonicalJson } from './canonical-json.ts'
import { resolveMapping, type ResolvedMapping } from './mapping.ts'
import { recoverJournals } from './recover.ts'

export type ReverseRequest = {
  readonly sync: ReverseSync
  readonly object: DestinationObject
  /** The vendor's name for the account: the snapshot remembers it. */
  readonly account: string
  /** The model as a query; its views stand. */
  readonly model: string
  readonly permission: Permission
  readonly limit: number | null
  readonly rejectedOnly: boolean
}

export type ReverseOutcome = { readonly ledger: ReverseLedger; readonly error?: MillraceError }

export async function runReverse(context: ReverseContext, request: ReverseRequest): Promise<ReverseOutcome> {
  const directory = join(context.spoolDir, context.runId)
  const left = await leftJournals(context.spoolDir, context.runId)
  const prepared = await context.warehouse.session(
    { runId: context.runId, purpose: `diff ${request.sync.name}`, signal: context.signal },
    async (session) => {
      await recoverJournals(session, left, context)
      return prepare(context, request, { session, directory })
    },
  )
  try {
    if (prepared.kind === 'stopped') return prepared.outcome
    return await send(context, request, { prepared, directory })
  } finally {
    await dropDirectory(directory)
  }
}

type Prepared = {
  readonly kind: 'ready'
  readonly mapping: ResolvedMapping
  readonly comparison: Comparison
  readonly fence: Fence
  /** What a guard holds: everything but the opt-outs waits. */
  readonly held: MillraceError | undefined
}

async function prepare(
  context: ReverseContext,
  request: ReverseRequest,
  { session, directory }: { readonly session: Session; readonly directory: string },
): Promise<Prepared | { readonly kind: 'stopped'; readonly outcome: ReverseOutcome }> {
  const { sync, object } = request
  const mapping = resolveMapping(sync, object, await session.describe(request.model))
  for (const message of mapping.warnings) context.emit({ type: 'run.warning', run_id: context.runId, message })
  const meta = snapshotMeta(request, mapping)
  const stored = await session.reverse.readMeta(sync.name)
  const standing = await session.reverse.hasSnapshot(sync.name)
  const problem = checkSnapshot(sync, { stored, wanted: meta, standing }, request.permission)
  if (problem) throw problem
  await session.reverse.ensureSnapshot(sync.name, mapping.columns)
  const { previous: _previous, ...fence } = await session.state.takeFence(
    { sync: sync.name, stream: object.name, partition: '' },
    context.runId,
  )
  context.emit({ type: 'fence.taken', run_id: context.runId, scope: `${sync.name} ${object.name}`, epoch: fence.epoch })
  const open = await session.reverse.countIntents(sync.name)
  if (open > 0)
    context.emit({
      type: 'run.takeover',
      run_id: context.runId,
      from_run: _previous?.runId ?? '',
      message: `${open} rows intended by an earlier run and unanswered will be sent again, with the values that the model has now`,
    })

  const comparison = await compareModel(session, { ...request, mapping, directory, retriesOnly: request.rejectedOnly })
  const { diff, counts } = comparison
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
  if (diff.invalid > 0 && sync.onInvalidKeys === 'stop')
    return { kind: 'stopped', outcome: invalidKeys(request, comparison) }
  if (request.permission.baseline)
    return { kind: 'stopped', outcome: await takeAsBaseline({ session, fence, mapping, meta, comparison }) }

  const guardCounts = {
    sync: sync.name,
    model: sync.model,
    model_rows: diff.model_rows,
    accepted: diff.accepted,
    added: counts.added,
    changed: counts.changed,
    removed: counts.removed,
  }
  const held = guardError(guardCounts, checkGuards(guardCounts, sync.limits), comparison.changes.optOuts)
  const rows = held ? comparison.changes.optOuts : comparison.changes.rows
  const intents =
    rows === 0 ? null : await copyFirstLines(comparison.intents, rows, join(directory, 'intents-now.ndjson'))
  await session.reverse.openIntents({ fence, path: intents, meta })
  if (rows > 0) context.emit({ type: 'intents.committed', run_id: context.runId, object: object.name, rows })
  // Where a guard holds the run, what would have been settled waits with the rest.
  if (!held && comparison.settled.rows > 0)
    await session.reverse.acknowledge({
      fence,
      sequence: 0,
      columns: mapping.columns,
      mappingVersion: mapping.version,
      path: comparison.settled.path,
      ledger: counts,
    })
  return { kind: 'ready', mapping, comparison, fence, held }
}

async function send(
  context: ReverseContext,
  request: ReverseRequest,
  { prepared, directory }: { readonly prepared: Prepared; readonly directory: string },
): Promise<ReverseOutcome> {
  const { comparison, mapping, held, fence } = prepared
  const limit = held ? comparison.changes.optOuts : comparison.changes.rows
  const header = { fence, columns: mapping.columns, mappingVersion: mapping.version }
  const delivered =
    limit === 0
      ? { delivered: 0, rejected: 0, absent: 0 }
      : await deliver(context, {
          object: request.object,
          path: comparison.changes.path,
          limit,
          options: request.sync.options,
          match: request.sync.match,
          journal: await Journal.create(directory, header),
          header,
        })
  const ledger = ledgerOf(comparison, {
    delivered,
    limit,
    held: held !== undefined,
    partial: request.limit !== null || request.rejectedOnly,
  })
  const imbalance = reverseImbalance(ledger)
  const error = delivered.failure ?? held ?? (imbalance ? unbalanced(request, imbalance) : undefined)
  return { ledger, ...(error ? { error } : {}) }
}

function ledgerOf(
  comparison: Comparison,
  {
    delivered,
    limit,
    held,
    partial,
  }: { readonly delivered: Delivered; readonly limit: number; readonly held: boolean; readonly partial: boolean },
): ReverseLedger {
  const { diff, counts, changes, settled } = comparison
  const settledCounts = held
    ? { coalesced: 0, ignored: 0, rejected: 0, held_back: settled.rows }
    : { coalesced: counts.coalesced, ignored: counts.ignored, rejected: counts.rejected, held_back: counts.held_back }
  const differing = diff.added + diff.changed + diff.removed + diff.retry
  // With --limit or --rejected-only the rows that were left for another time are held back, and counted.
  const leftOut = partial ? differing - changes.rows - settled.rows : 0
  return {
    ...emptyReverseLedger,
    model_rows: diff.model_rows,
    added: diff.added,
    changed: diff.changed,
    unchanged: diff.unchanged,
    retry: diff.retry,
    invalid: diff.invalid,
    removed: diff.removed,
    delivered: delivered.delivered,
    absent: delivered.absent,
    rejected: delivered.rejected + settledCounts.rejected,
    unknown: limit - delivered.delivered - delivered.rejected - delivered.absent,
    held_back: settledCounts.held_back + (changes.rows - limit) + leftOut,
    ignored: settledCounts.ignored,
    coalesced: settledCounts.coalesced,
    withheld: held ? 0 : counts.withheld,
  }
}

function invalidKeys({ sync }: ReverseRequest, { diff }: Comparison): ReverseOutcome {
  const differing = diff.added + diff.changed + diff.removed + diff.retry
  return {
    ledger: { ...emptyReverseLedger, ...rowsOf(diff), held_back: differing },
    error: new MillraceError('MR-4106', {
      message: `${sync.name}: ${diff.invalid} rows of the model ${sync.model} have a ${sync.primaryKey.join(', ')} that is null or stands more than once (${diff.invalidSamples.join(', ')}).`,
      kept: 'Nothing was sent.',
      next: [
        'A join that fans out is the usual reason: make the model one row per key.',
        'on_invalid_keys: skip   leaves such rows out and sends the others.',
      ],
    }),
  }
}

/** `--baseline`: the model is taken for accepted; nothing is sent, and the changes say so. */
async function takeAsBaseline(parts: {
  readonly session: Session
  readonly fence: Fence
  readonly mapping: ResolvedMapping
  readonly meta: SnapshotMeta
  readonly comparison: Comparison
}): Promise<ReverseOutcome> {
  const { session, fence, mapping, meta, comparison } = parts
  const acknowledge = (path: string, sequence: number) =>
    session.reverse.acknowledge({
      fence,
      sequence,
      columns: mapping.columns,
      mappingVersion: mapping.version,
      path,
      ledger: {},
    })
  await session.reverse.openIntents({ fence, path: null, meta })
  await acknowledge(await baselineAnswers(comparison), 1)
  await acknowledge(comparison.settled.path, 2)
  const { diff, counts, changes } = comparison
  return {
    ledger: {
      ...emptyReverseLedger,
      ...rowsOf(diff),
      coalesced: changes.rows + counts.coalesced,
      held_back: counts.held_back,
      ignored: counts.ignored,
      rejected: counts.rejected,
    },
  }
}

async function baselineAnswers({ changes }: Comparison): Promise<string> {
  const path = `${changes.path}.baseline`
  const lines = openLines(path)
  for await (const { answer } of readChanges(changes.path, changes.rows))
    await lines.write({ ...answer, status: 'baseline', message: '--baseline' })
  await lines.close()
  return path
}

const rowsOf = (diff: Comparison['diff']) => ({
  model_rows: diff.model_rows,
  added: diff.added,
  changed: diff.changed,
  unchanged: diff.unchanged,
  retry: diff.retry,
  invalid: diff.invalid,
  removed: diff.removed,
})

export function snapshotMeta(
  { sync, object, account }: Pick<ReverseRequest, 'sync' | 'object' | 'account'>,
  mapping: ResolvedMapping,
): SnapshotMeta {
  return {
    account,
    connection: sync.destination,
    object: object.name,
    options: canonicalJson({
      options: sync.options satisfies JsonObject,
      match: sync.match,
      primary_key: sync.primaryKey,
    }),
    mappingVersion: mapping.version,
    encoderVersion,
  }
}

const unbalanced = ({ sync }: ReverseRequest, imbalance: string) =>
  new MillraceError('MR-2006', {
    message: `The ledger of ${sync.name} does not balance: ${imbalance}.`,
    kept: 'Snapshot and intents are as the destination answered.',
    next: 'This is a bug in millrace: please report it with the run log (`millrace run show`).',
  })
