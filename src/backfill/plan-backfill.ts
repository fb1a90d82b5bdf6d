/** Which parts of which streams a backfill reads, and which of them are done. */
import type { EtlSync } from '../config/project.ts'
import type { StreamPlan } from '../etl/resolve-streams.ts'
import type { Cursor } from '../model/cursor.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import { countSteps, cutRange, isCovered, partitionName, rangeOf, type Range } from './partitions.ts'

export type BackfillRequest = {
  /** Names; empty: all of the sync's. */
  readonly streams: readonly string[]
  /** ISO instants. null: the sync's `start`, and as far as the live sync has come. */
  readonly from: string | null
  readonly to: string | null
  readonly stepMs: number
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
  /** The sync's `start`, or the range's where that is earlier: somebody asks for what is older. */
  readonly start: string | null
  readonly isDone: boolean
}

/** @throws MillraceErrors with every stream that cannot be backfilled; MR-1001 for a range that is none */
export function planBackfill(
  sync: EtlSync,
  plans: readonly StreamPlan[],
  known: { readonly request: BackfillRequest; readonly cursors: readonly KeptCursor[]; readonly vendorNow: Date },
): readonly Partition[] {
  const chosen = chooseStreams(sync, plans, known.request.streams)
  const errors = chosen.flatMap((plan) => refusal(sync, plan) ?? [])
  if (errors.length > 0) throw new MillraceErrors(errors)
  return chosen.flatMap((plan) => partitionsOf(sync, plan, known))
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
  plan: StreamPlan,
  { request, cursors, vendorNow }: Parameters<typeof planBackfill>[2],
): readonly Partition[] {
  const own = cursors.filter((kept) => kept.stream === plan.stream.name)
  // What is not over yet cannot be done.
  const over = new Date(vendorNow.getTime() - plan.stream.lagMs).toISOString()
  if (plan.stream.boundedBy === undefined) {
    const name = partitionName(null)
    const isDone = !request.again && own.some((kept) => kept.partition === name && isComplete(kept.cursor))
    return [{ plan, range: null, name, to: over, start: sync.start, isDone }]
  }
  const range = rangeFor(sync, plan, { request, over, live: own.find((kept) => kept.partition === '')?.cursor })
  const start = sync.start !== null && range.from < sync.start ? range.from : sync.start
  const kept = own.flatMap(({ partition, cursor }) => {
    const of = rangeOf(partition)
    return of ? [{ ...of, isDone: isComplete(cursor), isOpen: cursor.scan !== null }] : []
  })
  const done = request.again ? [] : kept.filter((each) => each.isDone)
  const open = kept.filter((each) => each.isOpen)
  return cutRange(range, request.stepMs, [...done, ...open]).map((part) => ({
    plan,
    range: part,
    name: partitionName(part),
    to: part.to,
    start,
    isDone: isCovered(part, done),
  }))
}

/** Complete, and with no pass under way. */
export const isComplete = ({ watermark, scan }: Cursor): boolean => watermark !== null && scan === null

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
  const steps = countSteps({ from, to }, request.stepMs)
  if (steps > mostPartitions)
    throw badRange(`${stream.name}: from ${from} to ${to} there would be ${steps} partitions.`, [
      `Give a larger --step: ${mostPartitions} are the most.`,
    ])
  return { from, to }
}

/** What cannot be read in parts without doing harm. */
function refusal(sync: EtlSync, { stream, mode }: StreamPlan): MillraceError | undefined {
  if (mode === 'full_refresh')
    return new MillraceError('MR-1208', {
      message: `${sync.name}: ${stream.name} is replaced as a whole by every run (full_refresh): there is no part of it to backfill.`,
      kept: 'Nothing was read or changed.',
      next: [
        `All of it:    millrace sync run ${sync.name} --full-refresh`,
        `The others:   millrace backfill ${sync.name} --stream NAME`,
      ],
    })
  if (stream.key.length > 0) return undefined
  return new MillraceError('MR-1208', {
    message: `${sync.name}: ${stream.name} has no key: rows that are there already would be appended a second time.`,
    kept: 'Nothing was read or changed.',
    next: `The others:   millrace backfill ${sync.name} --stream NAME`,
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
