/** plan → diff → decide: what a run would do, spooled in the order in which it would go. Plan, preview and run share it. */
import { join } from 'node:path'
import type { ReverseSync } from '../config/project.ts'
import type { Candidate, DiffCounts, Session } from '../warehouse/port.ts'
import { changeLine, makeSpool, openLines } from './change-spool.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import type { ResolvedMapping } from './mapping.ts'
import { modelFailure } from './model-failure.ts'
import { readVersion } from './mapping-version.ts'

export type Comparison = {
  readonly diff: DiffCounts
  /** Changes to send, opt-outs first. */
  readonly changes: { readonly path: string; readonly rows: number; readonly optOuts: number }
  /** Keys and operations of those changes. */
  readonly intents: string
  /** Answers that need no destination. */
  readonly settled: { readonly path: string; readonly rows: number }
  readonly counts: DecisionCounts
  /** Rows that differ and were not looked at: `limit` and `retriesOnly` leave them for another time. */
  readonly leftOut: number
}

/** How the differing rows fall, by what becomes of them. */
export type DecisionCounts = {
  readonly coalesced: number
  readonly held_back: number
  readonly ignored: number
  readonly rejected: number
  readonly parked: number
  readonly withheld: number
  /** Removals after a sending without an answer, which may have named another record than the one that is removed. */
  readonly unsure: number
  /** Rows that name another record of their match than was accepted, after a sending that may have named yet another. */
  readonly unsureMoves: number
  /** Rows that really go or would be removed, by kind: what guards count. */
  readonly added: number
  readonly changed: number
  readonly removed: number
}

/** What of a sync's models some sync calls personal. */
export type Personal = {
  /** Names of columns, in lower case, in whatever model they are. */
  readonly columns: ReadonlySet<string>
  /** The models of this sync read such a column. */
  readonly isRead: boolean
}

export type CompareRequest = {
  readonly sync: ReverseSync
  readonly mapping: ResolvedMapping
  /** The model as a query. */
  readonly model: string
  readonly personal: Personal
  readonly directory: string
  readonly limit: number | null
  readonly retriesOnly: boolean
  /** As of the diff, for plan and preview: a run empties the table. @default false */
  readonly fromNothing?: boolean
  /** The present, for `refresh_every`. */
  readonly now: Date
  /** Reading ends at the limit: for a preview, which asks no guard. @default false */
  readonly endsAtLimit?: boolean
  /** Sees every decision, in order: samples of a plan. */
  readonly onDecision?: (candidate: Candidate, decision: Decision) => void
}

/** @throws MillraceError MR-2008 where its files cannot be written; what the warehouse throws */
export async function compareModel(session: Session, request: CompareRequest): Promise<Comparison> {
  const { sync, mapping } = request
  await makeSpool(request.directory)
  const diff = await readModel(session, request)
  const changes = await openLines(join(request.directory, 'changes.ndjson'))
  const intents = await openLines(join(request.directory, 'intents.ndjson'))
  const settled = await openLines(join(request.directory, 'settled.ndjson'))
  const counts = {
    coalesced: 0,
    held_back: 0,
    ignored: 0,
    rejected: 0,
    parked: 0,
    withheld: 0,
    unsure: 0,
    unsureMoves: 0,
    added: 0,
    changed: 0,
    removed: 0,
  }
  let optOuts = 0
  const keyNames = mapping.identityColumns.every((name) => mapping.key.some(({ column }) => column === name))
  const isFull = () => request.limit !== null && changes.lines() >= request.limit
  const isOver = () => request.endsAtLimit === true && isFull()
  try {
    for await (const candidates of session.reverse.candidates()) {
      for (const candidate of candidates) {
        if (isOver()) break
        const decision = decide(sync, mapping, candidate, { triesParked: request.retriesOnly })
        request.onDecision?.(candidate, decision)
        // Guards see the whole diff, whatever the limit lets go.
        count(counts, candidate, decision)
        if (!keyNames && decision.kind === 'send' && candidate.hasIntent) {
          if (candidate.kind === 'removed') counts.unsure++
          else if (movesBesideMatch(mapping, candidate)) counts.unsureMoves++
        }
        if (decision.kind === 'settle') {
          const full = settled.write(JSON.stringify(decision.answer))
          if (full) await full
          continue
        }
        if (isFull()) {
          counts.withheld -= decision.withheld
          continue
        }
        if (decision.turnedOptOut) optOuts++
        // A promise for each of ten million rows would cost as much as the line.
        const full = changes.write(changeLine(decision))
        if (full) await full
        const alsoFull = intents.write(JSON.stringify({ key: decision.key, op: decision.change.op }))
        if (alsoFull) await alsoFull
      }
      if (isOver()) break
    }
  } finally {
    await Promise.all([changes.close(), intents.close(), settled.close()])
  }
  return {
    diff,
    counts,
    leftOut:
      request.limit === null && !request.retriesOnly
        ? 0
        : diff.added + diff.changed + diff.removed + diff.retry - changes.lines() - settled.lines(),
    changes: { path: join(request.directory, 'changes.ndjson'), rows: changes.lines(), optOuts },
    intents: join(request.directory, 'intents.ndjson'),
    settled: { path: join(request.directory, 'settled.ndjson'), rows: settled.lines() },
  }
}

/** Only now are the model's rows read: a view that stands may still fail at a value. */
async function readModel(
  session: Session,
  { sync, mapping, model, personal, retriesOnly, fromNothing, now }: CompareRequest,
): Promise<DiffCounts> {
  const { key, columns, optOuts, optIns, match, identityColumns, otherNames } = mapping
  const others = identityColumns
    .filter((name) => name !== match.column)
    .map((column) => ({ column, normalise: 'exact' as const }))
  try {
    return await session.reverse.diff({
      sync: sync.name,
      model,
      key,
      columns,
      optOuts,
      mappingVersion: mapping.version,
      readVersion: (earlier) => readVersion(earlier, mapping),
      retriesOnly,
      removalsFirst: sync.optOutRemoval,
      removesIgnored: sync.onRemoved.kind !== 'ignore',
      record: [match, ...others],
      otherNames,
      optIns,
      ...(fromNothing !== undefined && { fromNothing }),
      refreshBefore: sync.refreshEveryMs === null ? null : new Date(now.getTime() - sync.refreshEveryMs).toISOString(),
    })
  } catch (error) {
    throw modelFailure(sync, error, { hides: personal.isRead || mapping.fields.some((field) => field.personal) })
  }
}

/** Does a row name another record than was accepted, by what names it beside the match? */
const movesBesideMatch = (
  { identityColumns, match }: ResolvedMapping,
  { values, previous, previousState }: Candidate,
): boolean =>
  previousState === 'accepted' &&
  identityColumns.some((name) => name !== match.column && (values?.[name] ?? null) !== (previous?.[name] ?? null))

type Counting = { -readonly [name in keyof DecisionCounts]: number }

function count(counts: Counting, candidate: Candidate, decision: Decision): void {
  counts.withheld += decision.withheld
  const { status } = decision.answer
  if (decision.kind === 'settle') {
    if (status === 'coalesced') counts.coalesced++
    else if (status === 'held_back') counts.held_back++
    else if (status === 'rejected') counts.rejected++
    else if (status === 'parked') counts.parked++
    else if (status === 'ignored') counts.ignored++
    if (status !== 'ignored' || candidate.kind !== 'removed') return
  }
  // What goes is what went: its time has come, and no guard asks about that.
  if (candidate.refresh && candidate.kind === 'changed' && decision.answer.hash === candidate.previousHash) return
  // They were counted by the run that first intended them; a first delivery that was killed has nothing else.
  if (candidate.kind === 'retry' && candidate.previousState !== 'accepted') return
  if (candidate.kind === 'removed') counts.removed++
  else if (candidate.kind === 'added' || candidate.previousState !== 'accepted') counts.added++
  else counts.changed++
}
