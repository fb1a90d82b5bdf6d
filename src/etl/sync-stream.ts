/** One stream: scan, spool, and at every checkpoint that has gathered enough, stage and commit, while reading goes on. */
import type { Scan } from '../connector/contract.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import type { StreamReport } from '../model/run.ts'
import type { ShrinkLimit } from '../warehouse/table-write.ts'
import { beginScan } from './begin-scan.ts'
import type { EtlContext } from './context.ts'
import { scanDigestOf } from './options-digest.ts'
import { scanOf, type StreamOptions } from './scan-of.ts'
import { StreamWork, type StreamStart } from './stream-work.ts'
import { oddOfStandingRows } from './standing-rows.ts'
import { throughoutOf } from './throughout.ts'
import { sayOfUnread } from './unread-rows.ts'
import { verifyCount } from './verify-count.ts'

/** `reports` say what was committed, whatever happened after. */
export type StreamOutcome = {
  readonly reports: ReadonlyMap<string, StreamReport>
  /** undefined: the scan is complete. */
  readonly failure: unknown
  /** Of the run's last commit for the stream. */
  readonly sequence: number
}

export type SyncStreamOptions = StreamOptions & {
  readonly fullRefresh: boolean
  readonly vendorNow: Date
  readonly maxShrink: ShrinkLimit
  readonly verify: 'off' | 'warn' | 'strict'
}

export async function syncStream(
  context: EtlContext,
  start: StreamStart,
  options: SyncStreamOptions,
): Promise<StreamOutcome> {
  const { plan } = start
  const { stream } = plan
  refusePartOfReplacement(start, options)
  const isPartition = start.fence.partition !== ''
  const isGeneration = plan.mode === 'full_refresh'
  const now = context.clock.now()
  const begun = beginScan({
    cursor: start.cursor,
    vendorNow: options.vendorNow,
    now,
    lagMs: stream.lagMs,
    overlapMs: stream.overlapMs,
    restate: plan.config.restate,
    fullEveryMs: stream.fullEveryMs,
    // A part that a limit read is no beginning of the whole.
    full: options.fullRefresh || (isGeneration && options.limit !== null),
    generation: isGeneration,
    by: scanDigestOf(plan, isCut(start) ? null : options.start),
    account: plan.account,
    throughout: throughoutOf(plan),
    scanId: `${context.runId}-${stream.name}`,
  })
  const scan = scanOf(begun.cursor, plan, { ...options, isPartition })
  const { upper_bound: end } = begun.cursor.scan
  const odd = oddOfStandingRows(
    { ...start, sync: start.fence.sync, vendorNow: options.vendorNow, now, dropped: begun.dropped, isPartition },
    scan,
  )
  for (const message of odd) context.emit({ type: 'run.warning', run_id: context.runId, message })
  context.emit({
    type: 'stream.started',
    run_id: context.runId,
    stream: stream.name,
    scan: scan.id,
    from: scan.from,
    // A pass over all rows has no end of its own.
    to: scan.to < end ? scan.to : end,
    resumed: begun.resumed && start.isNew !== true,
  })
  const counted = await count(context, scan, { start, options })
  const work = new StreamWork(context, start, { cursor: begun.cursor, scan, maxShrink: options.maxShrink })
  const failure = await pass(context, work, {
    name: stream.name,
    beforeEnd: () => sayOfUnread(context, start, { scan, wholeOf: work.wholeOf() }),
    verify: (read) => verifyCount(context, { plan, scan, counted, read, verify: options.verify }),
  })
  await work.close()
  return { reports: work.reports(counted), failure, sequence: work.sequence() }
}

/** Reads to the end and completes the scan, or commits what a checkpoint covers; gives what went wrong. */
async function pass(
  context: EtlContext,
  work: StreamWork,
  {
    name,
    beforeEnd,
    verify,
  }: {
    readonly name: string
    readonly beforeEnd: () => Promise<void>
    readonly verify: Parameters<StreamWork['finish']>[0]
  },
): Promise<unknown> {
  try {
    if (await work.read()) {
      await beforeEnd()
      await work.finish(verify)
      return undefined
    }
    await work.pause()
    return stoppedBySignal(name)
  } catch (error) {
    if (!context.signal.aborted)
      // What is thrown here must not hide why the reading ended.
      await work.pause().catch((unsaved: unknown) => {
        const { message } = asMillraceError(unsaved, `committing what was read of ${name}`)
        context.emit({ type: 'run.warning', run_id: context.runId, message })
      })
    return error
  }
}

/** Its bounds say where it begins. */
const isCut = ({ fence, cursor }: StreamStart): boolean =>
  fence.partition !== '' && (cursor.scan?.partitions[0]?.from ?? null) !== null

async function count(
  context: EtlContext,
  scan: Scan,
  { start, options }: { readonly start: StreamStart; readonly options: SyncStreamOptions },
): Promise<number | null> {
  const { stream } = start.plan
  if (!stream.count || options.verify === 'off' || scan.limit !== null) return null
  const counted = await stream.count(scan, context.callContext(context.signal))
  context.emit({ type: 'stream.counted', run_id: context.runId, stream: stream.name, count: counted })
  return counted
}

/** A part of the rows would take the place of all of them. */
function refusePartOfReplacement({ plan, cursor }: StreamStart, options: SyncStreamOptions): void {
  if (options.limit === null || plan.mode !== 'full_refresh' || cursor.watermark === null) return
  throw new MillraceError('MR-1001', {
    message: `${plan.stream.name} is replaced as a whole by every run (full_refresh): with --limit, ${options.limit} rows would take the place of all.`,
    kept: 'The table is as it was.',
    next: 'Run it without --limit.',
  })
}

export function stoppedBySignal(doing: string): MillraceError {
  return new MillraceError('MR-7001', {
    message: `${doing} was stopped on request.`,
    kept: 'Everything up to the last checkpoint is committed; the next run goes on there.',
  })
}
