/** Batches go out with bounded concurrency; every answer is on disk before it counts, and committed in chunks. */
import type { DestinationObject, WriteContext } from '../connector/destination.ts'
import type { WriteResult } from '../model/change.ts'
import { MillraceError, asMillraceError } from '../model/millrace-error.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { Answer } from '../warehouse/port.ts'
import { answerOf, tooLarge } from './answer-of.ts'
import { chain } from './chain.ts'
import { readChanges, type SpooledChange } from './change-spool.ts'
import type { ReverseContext } from './context.ts'
import type { Journal, JournalHeader, Segment } from './journal.ts'
import { optOutAlone, type OptOutField } from './opt-out-alone.ts'
import type { RejectsByReason } from './rejects-by-reason.ts'
import { settleUnknown, verifyOptOuts } from './read-back.ts'
import { batchChanges, recordName, writeBatch, type BatchResults, type BatchTarget } from './write-batch.ts'

export type Delivery = {
  readonly object: DestinationObject
  readonly path: string
  /** Only so many, from the first on: the opt-outs, where a guard holds the rest. */
  readonly limit: number
  readonly options: JsonObject
  readonly match: string
  /** Fields that name what is written. */
  readonly identity: readonly string[]
  readonly optOuts: readonly OptOutField[]
  /** Opt-outs are read back. */
  readonly verify: boolean
  readonly rejects: RejectsByReason
  readonly journal: Journal
  readonly header: JournalHeader
}

export type Delivered = {
  readonly delivered: number
  readonly rejected: number
  readonly absent: number
  /** Every answer is in the warehouse, or its intent is open again: the journal is of no more use. */
  readonly isSettled: boolean
  /** Why it stopped early; what was not answered keeps its intent. */
  readonly failure?: MillraceError
}

export async function deliver(context: ReverseContext, delivery: Delivery): Promise<Delivered> {
  const { object } = delivery
  // Opening the warehouse and joining with what is intended cost the same for many answers as for few.
  const chunkRows =
    delivery.limit < manyRows ? context.acknowledgeRows : Math.max(context.acknowledgeRows, largeChunkRows)
  const counts = { delivered: 0, rejected: 0, absent: 0 }
  const inFlight = new Set<Promise<void>>()
  const keysInFlight = new Set<string>()
  // Key → operation of everything sent whose answer is not in the warehouse yet.
  const uncommitted = new Map<string, string>()
  let isSettled = true
  let failure: MillraceError | undefined
  const acknowledging = chain()
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      failure ??= asMillraceError(error, `sending to ${object.name}`)
    }
  }
  const mayStillSend = async () => ((await context.holdsLease()) ? undefined : leaseLost(context, object))

  /** Of these nobody knows whether they arrived: their intents stay, in the warehouse and here. */
  const unknown = new Set<string>()
  const answered = async (answers: readonly Answer[]): Promise<void> => {
    for (const { key, status } of answers) if (status === 'unknown') unknown.add(key)
    await delivery.journal.append(answers)
    for (const { status, state } of answers) {
      if (status === 'delivered') counts.delivered++
      else if (status === 'rejected') counts.rejected++
      else if (status !== 'unknown' && (status === 'absent' || state === 'removed')) counts.absent++
    }
    if (delivery.journal.rows < chunkRows) return
    // They are on disk: sending goes on meanwhile. It waits only where answers come faster than they can be committed.
    const taken = attempt(() =>
      acknowledging.next(async () => {
        if (delivery.journal.rows >= chunkRows) await commit()
      }),
    )
    if (delivery.journal.rows >= 2 * chunkRows) await taken
  }
  const commit = async (): Promise<void> => {
    const segment = await delivery.journal.rotate()
    if (!segment) return
    const before = isSettled
    isSettled = false
    await acknowledgeSegment(context, delivery, segment)
    isSettled = before
    for (const key of segment.keys) if (!unknown.has(key)) uncommitted.delete(key)
  }
  const send = async (batch: readonly SpooledChange[]): Promise<void> => {
    for (const { key, change } of batch) uncommitted.set(key, change.op)
    const event = { run_id: context.runId, object: object.name, rows: batch.length }
    context.emit({ type: 'batch.sent', ...event })
    const sentAt = context.clock.now().toISOString()
    const retriesBefore = context.retries?.() ?? 0
    const written = await writeAndCheck(batch, { context, delivery, mayStillSend })
    const wasRetried = (context.retries?.() ?? 0) !== retriesBefore
    failure ??= written.failure
    const answers = batch.flatMap((change, index) => {
      const answer = answerOf(change, written.results[index], sentAt)
      if (!answer) return []
      // Its record may be there all the same: by its opt-out alone, or by a request that was taken before the one that was
      // refused. The intent stays, so that the row is sent again, or removed where it leaves.
      const mayBeThere = answer.status === 'rejected' && (wasRetried || written.partly?.has(index))
      return [mayBeThere ? { ...answer, unanswered: true } : answer]
    })
    delivery.rejects.say(answers)
    context.emit({
      type: 'batch.answered',
      ...event,
      delivered: answers.filter(({ status }) => status === 'delivered').length,
      rejected: answers.filter(({ status }) => status === 'rejected').length,
    })
    await answered(answers)
  }
  const sendAll = async (): Promise<void> => {
    for await (const item of batchChanges(readChanges(delivery.path, delivery.limit), object)) {
      if (failure !== undefined || context.isStopping() || context.signal.aborted) return
      const alone = 'oversized' in item ? aloneOf(item, delivery) : undefined
      if ('oversized' in item && !alone) {
        const refused = tooLarge(item.oversized, item.bytes, object)
        delivery.rejects.say([refused])
        await answered([refused])
        continue
      }
      const batch = 'batch' in item ? item.batch : alone ? [alone] : []
      // Rows that mean one record keep their order: the second waits for the first one's answer.
      const keys = batch.map(({ change }) => recordName(change, object))
      if (keys.some((key) => keysInFlight.has(key))) await Promise.all(inFlight)
      for (const key of keys) keysInFlight.add(key)
      const sending = attempt(() => send(batch)).finally(() => {
        inFlight.delete(sending)
        for (const key of keys) keysInFlight.delete(key)
      })
      inFlight.add(sending)
      if (inFlight.size >= (object.concurrency ?? 1)) await Promise.race(inFlight)
    }
  }

  await attempt(sendAll)
  await Promise.all(inFlight)
  await attempt(() => acknowledging.next(commit))
  // Whoever took over may have cleared away what this run needs: then the lease tells what the error cannot.
  if (failure && failure.code !== 'MR-2005') failure = (await mayStillSend()) ?? failure
  // A run that was frozen may have sent after another took over: what it cannot commit is sent again by the next run.
  if (failure?.code === 'MR-2005') {
    await reopen(context, delivery, uncommitted)
    isSettled = true
  }
  if (context.signal.aborted)
    failure ??= new MillraceError('MR-7001', {
      message: `${object.name}: stopped on request.`,
      kept: 'Rows that were not answered keep their intents: the next run sends them again.',
    })
  return { ...counts, isSettled, ...(failure ? { failure } : {}) }
}

const manyRows = 100_000
const largeChunkRows = 50_000

type Sender = {
  readonly context: ReverseContext
  readonly delivery: Delivery
  readonly mayStillSend: BatchTarget['mayStillSend']
}

/** One batch, with what can be learnt of it by reading back, and the opt-outs of refused rows by themselves. */
async function writeAndCheck(
  batch: readonly SpooledChange[],
  { context, delivery, mayStillSend }: Sender,
): Promise<BatchResults> {
  const { object, optOuts } = delivery
  const target: BatchTarget = {
    object,
    context: writeContext(context, delivery),
    mayStillSend,
    saveReceipt: (rows, receipt) => keepReceipt(context, delivery, { rows, receipt }),
  }
  const { results: answered, failure } = await writeBatch(batch, target)
  const results = failure?.code === 'MR-2005' ? answered : await settleUnknown(batch, answered, target)
  const seen = delivery.verify
    ? await verifyOptOuts(batch, results, {
        ...target,
        optOuts,
        warn: (message) => context.emit({ type: 'run.warning', run_id: context.runId, message }),
      })
    : results
  return failure ? { results: seen, failure } : sendAlone(batch, seen, { target, delivery })
}

/** Rows that the vendor refused for good, for whatever else they hold: their opt-outs are sent once more, alone. */
async function sendAlone(
  batch: readonly SpooledChange[],
  results: readonly WriteResult[],
  { target, delivery }: { readonly target: BatchTarget; readonly delivery: Delivery },
): Promise<BatchResults> {
  const alone = new Map<number, SpooledChange>()
  for (const [index, result] of results.entries()) {
    const change = batch[index]
    if (!change || result.outcome !== 'rejected' || result.retryable) continue
    const reduced = optOutAlone(change, { ...delivery, reason: result.message })
    if (reduced) alone.set(index, reduced)
  }
  if (alone.size === 0) return { results }
  const { results: taken, failure } = await writeBatch([...alone.values()], target)
  const merged = [...results]
  const partly = new Set<number>()
  for (const [at, index] of [...alone.keys()].entries()) {
    const result = results[index]
    const own = taken[at]?.outcome
    if (own === 'ok' || own === 'unknown') partly.add(index)
    if (result?.outcome === 'rejected' && own === 'ok')
      merged[index] = { ...result, message: `${result.message}; only its opt-out was sent` }
  }
  return { results: merged, partly, ...(failure ? { failure } : {}) }
}

/** A row that no request can hold may still have an opt-out that one can. */
const aloneOf = (
  { oversized, bytes }: { readonly oversized: SpooledChange; readonly bytes: number },
  delivery: Delivery,
): SpooledChange | undefined =>
  optOutAlone(oversized, { ...delivery, reason: tooLarge(oversized, bytes, delivery.object).message ?? '' })

async function acknowledgeSegment(context: ReverseContext, delivery: Delivery, segment: Segment): Promise<void> {
  const { fence, columns, mappingVersion } = delivery.header
  context.emit({ type: 'acknowledge.started', run_id: context.runId, object: delivery.object.name, rows: segment.rows })
  await context.warehouse.session({ runId: context.runId, purpose: `acknowledge ${fence.sync}` }, (session) =>
    session.reverse.acknowledge({
      fence,
      sequence: segment.sequence,
      columns,
      mappingVersion,
      path: segment.path,
      ledger: {},
    }),
  )
  context.emit({ type: 'acknowledged', run_id: context.runId, object: delivery.object.name, rows: segment.rows })
}

async function reopen(context: ReverseContext, delivery: Delivery, sent: ReadonlyMap<string, string>): Promise<void> {
  if (sent.size === 0) return
  const { fence } = delivery.header
  const keys = [...sent].map(([key, op]) => ({ key, op }))
  const reopened = await context.warehouse.session(
    { runId: context.runId, purpose: `reopen ${fence.sync}` },
    (session) => session.reverse.reopenIntents({ ...fence, keys }),
  )
  context.emit({
    type: 'run.warning',
    run_id: context.runId,
    message: `${fence.sync}: this run lost its lease; ${reopened} rows it may have sent late are open again and will be sent with their present values.`,
  })
}

function writeContext(context: ReverseContext, delivery: Delivery): WriteContext {
  return {
    ...context.callContext(context.signal),
    options: delivery.options,
    match: delivery.match,
    // writeBatch binds it to the rows of each request.
    saveReceipt: () => Promise.resolve(),
  }
}

/** On disk for a next run here, which then knows the rows; on the intents for a next run anywhere. Fenced: who comes late begins no job. */
async function keepReceipt(
  context: ReverseContext,
  { object, journal, header: { fence } }: Delivery,
  { rows, receipt }: { readonly rows: readonly SpooledChange[]; readonly receipt: Json },
): Promise<void> {
  if (!object.settle)
    throw new MillraceError('MR-1401', {
      message: `${object.name} saves the receipt of a job, and declares no settle by which a later run could adopt or abort it.`,
      kept: 'Their intents stay open: they will be sent again.',
    })
  const path = await journal.keepReceipt(rows, receipt)
  await context.warehouse.session({ runId: context.runId, purpose: `receipt ${fence.sync}` }, (session) =>
    session.reverse.saveReceipt({ fence, path, receipt }),
  )
  context.emit({ type: 'receipt.saved', run_id: context.runId, object: object.name, rows: rows.length })
}

function leaseLost(context: ReverseContext, object: DestinationObject): MillraceError {
  return new MillraceError('MR-2005', {
    message: `Run ${context.runId} no longer holds ${object.name}: another run has taken over.`,
    kept: 'Nothing more is sent by this run.',
  })
}
