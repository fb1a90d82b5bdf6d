/** Batches go out with bounded concurrency; every answer is on disk before it counts, and committed in chunks. */
import type { DestinationObject, WriteContext } from '../connector/contract.ts'
import type { WriteResult } from '../model/change.ts'
import { MillraceError, asMillraceError } from '../model/millrace-error.ts'
import type { JsonObject } from '../model/json.ts'
import type { Answer } from '../warehouse/port.ts'
import { readChanges, type SpooledChange } from './change-spool.ts'
import type { ReverseContext } from './context.ts'
import type { Journal, JournalHeader, Segment } from './journal.ts'
import { batchChanges, writeBatch } from './write-batch.ts'

export type Delivery = {
  readonly object: DestinationObject
  readonly path: string
  /** Only so many, from the first on: the opt-outs, where a guard holds the rest. */
  readonly limit: number
  readonly options: JsonObject
  readonly match: string
  readonly journal: Journal
  readonly header: JournalHeader
}

export type Delivered = {
  readonly delivered: number
  readonly rejected: number
  readonly absent: number
  /** Why it stopped early; what was not answered keeps its intent. */
  readonly failure?: MillraceError
}

export async function deliver(context: ReverseContext, delivery: Delivery): Promise<Delivered> {
  const { object } = delivery
  const counts = { delivered: 0, rejected: 0, absent: 0 }
  const inFlight = new Set<Promise<void>>()
  // Key → operation of everything sent whose answer is not in the warehouse yet.
  const uncommitted = new Map<string, string>()
  let segmentKeys: string[] = []
  let failure: MillraceError | undefined
  const acknowledging = chain()

  const answered = async (answers: readonly Answer[]): Promise<void> => {
    await delivery.journal.append(answers)
    for (const { key, status, state } of answers) {
      segmentKeys.push(key)
      if (status === 'delivered') counts.delivered++
      else if (status === 'rejected') counts.rejected++
      else if (status === 'absent' || state === 'removed') counts.absent++
    }
    if (delivery.journal.rows >= context.acknowledgeRows) await commit()
  }
  const commit = async (): Promise<void> => {
    const segment = await delivery.journal.rotate()
    if (!segment) return
    await acknowledgeSegment(context, delivery, segment)
    for (const key of segmentKeys) uncommitted.delete(key)
    segmentKeys = []
  }
  const send = async (batch: readonly SpooledChange[]): Promise<void> => {
    for (const { key, change } of batch) uncommitted.set(key, change.op)
    const event = { run_id: context.runId, object: object.name, rows: batch.length }
    context.emit({ type: 'batch.sent', ...event })
    const sentAt = context.clock.now().toISOString()
    const written = await writeBatch(object, batch, writeContext(context, delivery))
    failure ??= written.failure
    const answers = batch.flatMap((change, index) => answerOf(change, written.results[index], sentAt) ?? [])
    for (const { key, code, message, status } of answers)
      if (status === 'rejected')
        context.emit({
          type: 'row.rejected',
          run_id: context.runId,
          where: object.name,
          key,
          code: code ?? '',
          message: message ?? '',
        })
    context.emit({
      type: 'batch.answered',
      ...event,
      delivered: answers.filter(({ status }) => status === 'delivered').length,
      rejected: answers.filter(({ status }) => status === 'rejected').length,
    })
    await acknowledging.next(() => answered(answers))
  }

  try {
    for await (const item of batchChanges(readChanges(delivery.path, delivery.limit), object)) {
      if (failure !== undefined || context.isStopping() || context.signal.aborted) break
      if ('oversized' in item) {
        await acknowledging.next(() => answered([tooLarge(item.oversized, item.bytes, object)]))
        continue
      }
      if (!(await context.holdsLease())) {
        failure = leaseLost(context, object)
        break
      }
      const sending = send(item.batch).catch((error: unknown) => {
        failure ??= asMillraceError(error, `sending to ${object.name}`)
      })
      inFlight.add(sending)
      void sending.finally(() => inFlight.delete(sending))
      if (inFlight.size >= (object.concurrency ?? 1)) await Promise.race(inFlight)
    }
    await Promise.all(inFlight)
    await acknowledging.next(commit)
  } catch (error) {
    failure ??= asMillraceError(error, `sending to ${object.name}`)
  }
  // Whoever took over may have cleared away what this run needs: then the lease tells what the error cannot.
  if (failure && failure.code !== 'MR-2005' && !(await context.holdsLease())) failure = leaseLost(context, object)
  // A run that was frozen may have sent after another took over: what it cannot commit is sent again by the next run.
  if (failure?.code === 'MR-2005') await reopen(context, delivery, uncommitted)
  if (context.signal.aborted)
    failure ??= new MillraceError('MR-7001', {
      message: `${object.name}: stopped on request.`,
      kept: 'Rows that were not answered keep their intents: the next run sends them again.',
    })
  return { ...counts, ...(failure ? { failure } : {}) }
}

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

/** What a result makes of the answer that was prepared; undefined: unknown, the intent stays. */
function answerOf({ answer }: SpooledChange, result: WriteResult | undefined, sentAt: string): Answer | undefined {
  const isRemoval = answer.state === 'removed'
  switch (result?.outcome) {
    case 'ok':
      return { ...answer, status: 'delivered', sent_at: sentAt }
    case 'absent':
      // What is to be removed and is not there is as it should be: the tombstone stands.
      return isRemoval
        ? { ...answer, status: 'absent', sent_at: sentAt }
        : {
            ...answer,
            status: 'absent',
            state: null,
            values: null,
            code: 'ABSENT',
            message: result.message ?? 'there is no such record',
            retryable: true,
            sent_at: sentAt,
          }
    case 'rejected':
      return {
        ...answer,
        status: 'rejected',
        state: null,
        values: null,
        code: result.code,
        message: result.message,
        retryable: result.retryable,
        sent_at: sentAt,
      }
    case 'unknown':
    case undefined:
      return undefined
  }
}

function tooLarge({ answer }: SpooledChange, bytes: number, object: DestinationObject): Answer {
  const limit = object.batch.rowBytes ?? object.batch.bytes
  return {
    ...answer,
    status: 'rejected',
    state: null,
    values: null,
    code: 'MR-5005',
    message: `${bytes} bytes; ${object.name} takes ${limit} a row`,
    retryable: false,
  }
}

function writeContext(context: ReverseContext, delivery: Delivery): WriteContext {
  return {
    ...context.callContext(context.signal),
    options: delivery.options,
    match: delivery.match,
    // Receipts belong to vendor jobs that outlive a request; no object of today has one.
    saveReceipt: () => Promise.resolve(),
  }
}

function leaseLost(context: ReverseContext, object: DestinationObject): MillraceError {
  return new MillraceError('MR-2005', {
    message: `Run ${context.runId} no longer holds ${object.name}: another run has taken over.`,
    kept: 'Nothing more is sent by this run.',
  })
}

/** One after the other. */
function chain(): { readonly next: (work: () => Promise<void>) => Promise<void> } {
  let last: Promise<void> = Promise.resolve()
  return { next: (work) => (last = last.then(work)) }
}
