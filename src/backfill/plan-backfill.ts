/** Which parts of which streams a backfill reads, and which of them are done. */
import type { EtlSync } from '../config/project.ts'
import { askedOf, lacksTable, nameOf } from '../etl/asked.ts'
import { heededStart } from '../etl/heeded-start.ts'
import { liveAmong } from '../etl/known-of-table.ts'
import { digestOf, scanDigestOf } from '../etl/options-digest.ts'
import type { StreamPlan } from '../etl/resolve-streams.ts'
import { lackingColumns } from '../etl/standing-rows.ts'
import { standingNames } from '../etl/standing-names.ts'
import type { Cursor } from '../model/cursor.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import type { Session } from '../warehouse/port.ts'
import { narrowToColumn } from './narrow-to-column.ts'
import {
  countSteps,
  coverOf,
  cutRange,
  isColumnPartition,
  partitionName,
  rangeOf,
  type Range,
  type Step,
} from './partitions.ts'
import { refuseStream } from './refuse-stream.ts'

export type BackfillRequest = {
  /** Names; empty: all of the sync's. */
  readonly streams: readonly string[]
  /** ISO instants. null: the sync's `start`, and as far as the live sync has come. */
  readonly from: string | null
  readonly to: string | null
  readonly step: Step
  /** Read this field alone, for rows that stand: the vendor's name or the table's. null: whole rows. */
  readonly column: string | null
  /** Read what is done once more. */
  readonly again: boolean
}

/** What the warehouse remembers of the streams: the live cursor (`partition` is '') and those of partitions. */
export type KeptCursor = { readonly stream: string; readonly partition: string; readonly cursor: Cursor }

export type Partition = {
  readonly plan: StreamPlan
  /** null: the stream cannot be cut by time. */
  readonly range: Range | null
  /** Of the cursor scope. */
  readonly name: string
  /** Exclusive, for the scan. */
  readonly to: string
  /** Of a whole pass: it has to have read up to here. null: as far as it came. */
  readonly until: string | null
  /** The sync's `start`, or the range's where that is earlier: somebody asks for what is older. */
  readonly start: string | null
  readonly isDone: boolean
  /** The vendor's name of the one field that it reads. null: whole rows. */
  readonly column: string | null
  /** Of cursor scopes of its stream: parts that were begun, and have been read in other ones since. */
  readonly overtaken: readonly string[]
}

type Known = { readonly request: BackfillRequest; readonly cursors: readonly KeptCursor[]; readonly vendorNow: Date }

/** A stream, whole or narrowed to a field. */
type Part = { readonly plan: StreamPlan; readonly column: string | null }

/** Of a table that is not there no part is done or begun. */
export async function keptCursors(
  session: Session,
  { name }: EtlSync,
  plans: readonly StreamPlan[],
): Promise<readonly KeptCursor[]> {
  const cursors = await session.state.readCursors(name)
  const lost = new Set<string>()
  for (const plan of plans) {
    const hasParts = cursors.some(({ stream, partition }) => stream === plan.stream.name && partition !== '')
    if (hasParts && (await lacksTable(session, plan))) lost.add(plan.stream.name)
  }
  return cursors.filter(({ stream, partition }) => partition === '' || !lost.has(stream))
}

/** @throws MillraceErrors with every stream that cannot be backfilled; MR-1001 for a range that is none */
export function planBackfill(sync: EtlSync, plans: readonly StreamPlan[], known: Known): readonly Partition[] {
  const { streams, column } = known.request
  const chosen = chooseStreams(sync, plans, streams)
  if (column !== null) {
    const namesOf = (plan: StreamPlan) => standingNames(plan, liveAmong(plan, known.cursors).marks?.asked)
    const narrowed = narrowToColumn(sync, chosen, { column, isNamed: streams.length > 0, namesOf })
    const errors = narrowed.flatMap(({ plan }) => notLoaded(sync, plan, known) ?? [])
    if (errors.length > 0) throw new MillraceErrors(errors)
    return narrowed.flatMap((part) => partitionsOf(sync, part, known))
  }
  const errors = chosen.flatMap((plan) => refuseStream(sync, plan) ?? [])
  if (errors.length > 0) throw new MillraceErrors(errors)
  return chosen.flatMap((plan) => partitionsOf(sync, { plan, column: null }, known))
}

function chooseStreams(sync: EtlSync, plans: readonly StreamPlan[], names: readonly string[]): readonly StreamPlan[] {
  const errors = names
    .filter((name) => !plans.some((plan) => plan.stream.name === name))
    .map((name) => unknownStream(sync, plans, name))
  if (errors.length > 0) throw new MillraceErrors(errors)
  return names.length === 0 ? plans : plans.filter((plan) => names.includes(plan.stream.name))
}

function partitionsOf(
  sync: EtlSync,
  { plan, column }: Part,
  { request, cursors, vendorNow }: Known,
): readonly Partition[] {
  const own = cursors.filter((kept) => kept.stream === plan.stream.name)
  // What is not over yet cannot be done.
  const over = new Date(vendorNow.getTime() - plan.stream.lagMs).toISOString()
  if (plan.stream.boundedBy === undefined) {
    const whole = { plan, range: null, start: startFor(sync, request.from), until: untilFor(request, over) }
    const name = partitionName(null, column)
    const isDone = !request.again && own.some((kept) => kept.partition === name && isRead(whole, kept.cursor))
    return [{ ...whole, name, to: over, isDone, column, overtaken: [] }]
  }
  const range = rangeFor(sync, plan, { request, over, live: own.find((kept) => kept.partition === '')?.cursor })
  const start = startFor(sync, range.from)
  const kept = own.flatMap(({ partition, cursor }) => {
    const of = rangeOf(partition, column)
    return of ? [{ ...of, partition, isDone: isDoneFor(plan, cursor), isOpen: cursor.scan !== null }] : []
  })
  const done = request.again ? [] : kept.filter((each) => each.isDone)
  const open = kept.filter((each) => each.isOpen)
  const isCovered = coverOf(done)
  const overtaken = open.filter(isCovered).map(({ partition }) => partition)
  return cutRange(range, request.step, [...done, ...open]).map((part) => ({
    plan,
    range: part,
    name: partitionName(part, column),
    to: part.to,
    until: null,
    start,
    isDone: isCovered(part),
    column,
    overtaken,
  }))
}

const startFor = ({ start }: EtlSync, from: string | null): string | null =>
  start !== null && from !== null && from < start ? from : start

function untilFor({ from, to }: BackfillRequest, over: string): string | null {
  if (to !== null) return to < over ? to : over
  // Some of what is asked for.
  return from === null ? null : new Date(Date.parse(from) + 1).toISOString()
}

/** A pass over everything may have begun later, or ended earlier, than what is asked for. */
export function isRead(
  { plan, range, until, start }: Pick<Partition, 'plan' | 'range' | 'until' | 'start'>,
  cursor: Cursor,
): boolean {
  if (!isDoneFor(plan, cursor)) return false
  if (range !== null) return true
  const [began, begins] = [cursor.marks?.asked?.start ?? null, heededStart(plan.stream, start)]
  const hasBegun = began === null || (begins !== null && began <= begins)
  return hasBegun && (until === null || (cursor.watermark !== null && cursor.watermark >= until))
}

/** Complete, with no pass under way, and read by the options of now, with the fields of now, into the table of now. */
function isDoneFor(plan: StreamPlan, { watermark, scan, marks }: Cursor): boolean {
  if (watermark === null || scan !== null) return false
  const asked = { ...askedOf(plan, null), ...marks?.asked }
  const lacking = lackingColumns(plan, asked)
  if (lacking.own.length > 0 || lacking.inside.some((columns) => columns.length > 0)) return false
  const { table, by } = asked
  // Some cursors stand with what resume points meant then.
  return table === nameOf(plan.shape) && (by === digestOf(plan) || by === scanDigestOf(plan, null))
}

function rangeFor(
  sync: EtlSync,
  { stream }: StreamPlan,
  {
    request,
    over,
    live,
  }: { readonly request: BackfillRequest; readonly over: string; readonly live: Cursor | undefined },
): Range {
  const from = request.from ?? sync.start
  if (from === null)
    throw badRange(`${sync.name} has no start, so it is not known where the backfill of ${stream.name} begins.`, [
      'Say --from 2024-01-01, or give the sync a  start: .',
    ])
  // Rows past the live watermark are the live sync's.
  const wanted = request.to ?? live?.watermark ?? over
  const to = wanted < over ? wanted : over
  if (from >= to)
    throw badRange(
      wanted > over
        ? `${stream.name}: nothing lies between ${from} and ${to}, up to which the vendor's data is settled.`
        : `${stream.name}: the range from ${from} to ${to} is empty.`,
      ['--from must be before --to; both are UTC unless they say otherwise.'],
    )
  const steps = countSteps({ from, to }, request.step)
  if (steps > mostPartitions)
    throw badRange(`${stream.name}: from ${from} to ${to} there would be ${steps} partitions.`, [
      `Give a larger --step: ${mostPartitions} are the most.`,
    ])
  return { from, to }
}

/** Only rows that stand take a column: of a stream that was never read there are none. */
function notLoaded(sync: EtlSync, { stream }: StreamPlan, { cursors }: Known): MillraceError | undefined {
  if (cursors.some((kept) => kept.stream === stream.name && !isColumnPartition(kept.partition))) return undefined
  return new MillraceError('MR-1208', {
    message: `${sync.name}: ${stream.name} was not loaded on this target yet: no row stands that could take a column.`,
    kept: 'Nothing was read or changed.',
    next: `millrace sync run ${sync.name}   loads whole rows`,
  })
}

function unknownStream(sync: EtlSync, plans: readonly StreamPlan[], name: string): MillraceError {
  const parent = plans.find((plan) => plan.stream.children.some((child) => child.name === name))?.stream.name
  const names = plans.map((plan) => plan.stream.name)
  const near = didYouMean(name, names)
  return new MillraceError('MR-1208', {
    message: parent
      ? `${sync.name}: ${name} comes inside ${parent}, and is backfilled with it.`
      : `${sync.name} has no stream ${name}${near ? `; did you mean ${near}?` : '.'}`,
    kept: 'Nothing was read or changed.',
    next: parent ? `--stream ${parent}` : `There are: ${names.join(', ')}.`,
  })
}

const badRange = (message: string, next: readonly string[]) =>
  new MillraceError('MR-1001', { message, kept: 'Nothing was read or changed.', next })

const mostPartitions = 10_000
