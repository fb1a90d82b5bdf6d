/** Batches go out with bounded concurrency; rows that mean one record keep their order. */
import { believing } from '../connector/late-requests.ts'
import { answerOf, tooLarge } from './answer-of.ts'
import { readChanges, type SpooledChange } from './change-spool.ts'
import type { AnswerCollector, Answered } from './collect-answers.ts'
import type { ReverseContext } from './context.ts'
import type { Delivery } from './deliver.ts'
import type { FirstFailure } from './first-failure.ts'
import { findLeaseLost } from './lease-lost.ts'
import { aloneOf, writeAndCheck } from './write-and-check.ts'
import { batchChanges, recordName, type Batched } from './write-batch.ts'

export type Sending = {
  readonly context: ReverseContext
  readonly delivery: Delivery
  readonly collector: AnswerCollector
  readonly failing: FirstFailure
}

/** All of them, unless something goes wrong or the run is to stop; what came back is with the collector when it ends. */
export async function sendChanges(sending: Sending): Promise<void> {
  const { context, delivery, collector, failing } = sending
  const { object } = delivery
  const concurrency = object.concurrency ?? 1
  const inFlight = new Set<Promise<void>>()
  const onTheirWay = new Set<Promise<void>>()
  const keysInFlight = new Set<string>()
  /** The next request goes while the answers to this one are on their way to the disk. */
  const send = async (batch: readonly SpooledChange[]): Promise<void> => {
    const answered = await ask(batch, sending)
    const writing = failing.attempt(() => collector.add(answered)).finally(() => onTheirWay.delete(writing))
    onTheirWay.add(writing)
    if (onTheirWay.size > concurrency) await Promise.race(onTheirWay)
  }
  const sendAll = async (): Promise<void> => {
    const changes = readChanges(delivery.path, delivery.limit)
    for await (const item of batchChanges(changes, object, { first: delivery.optOutRows })) {
      if (failing.error() || context.isStopping() || context.signal.aborted) return
      const batch = await sendable(item, sending)
      if (!batch) continue
      const keys = batch.map(({ change }) => recordName(change, object))
      if (keys.some((key) => keysInFlight.has(key))) await Promise.all(inFlight)
      for (const key of keys) keysInFlight.add(key)
      const sent = failing
        .attempt(() => send(batch))
        .finally(() => {
          inFlight.delete(sent)
          for (const key of keys) keysInFlight.delete(key)
        })
      inFlight.add(sent)
      if (inFlight.size >= concurrency) await Promise.race(inFlight)
    }
  }
  await failing.attempt(sendAll)
  await Promise.all(inFlight)
  await Promise.all(onTheirWay)
}

/** What can go of it; null: nothing, and that is its answer. */
async function sendable(item: Batched, { delivery, collector }: Sending): Promise<readonly SpooledChange[] | null> {
  if ('batch' in item) return item.batch
  const alone = aloneOf(item, delivery)
  if (alone) return [alone]
  const refused = tooLarge(item.oversized, item.bytes, delivery.object)
  delivery.rejects.say([refused])
  await collector.add({ batch: [], taken: [], answers: [refused] })
  return null
}

/** What the destination makes of a batch; what it took is a line for the journal already. */
async function ask(batch: readonly SpooledChange[], sending: Sending): Promise<Answered> {
  const { context, delivery, collector, failing } = sending
  const { object } = delivery
  const sent = batch.map(({ key, change: { op } }) => ({ key, op }))
  collector.expect(sent)
  const event = { run_id: context.runId, object: object.name, rows: batch.length }
  context.emit({ type: 'batch.sent', ...event })
  const sentAt = context.clock.now().toISOString()
  const lostBefore = context.lostAnswers?.() ?? 0
  const mayStillSend = () => findLeaseLost(context, object)
  const written = await believing(
    (error) => collector.takeBack(sent, error),
    () => writeAndCheck(batch, { context, delivery, mayStillSend }),
  )
  const lostAnswer = (context.lostAnswers?.() ?? 0) !== lostBefore
  if (written.failure) failing.say(written.failure)
  const taken: string[] = []
  const answers = batch.flatMap((change, index) => {
    const result = written.results[index]
    if (result?.outcome === 'ok' && change.refused === undefined && change.acceptedLine) {
      taken.push(change.acceptedLine(sentAt))
      return []
    }
    const answer = answerOf(change, result, sentAt)
    if (!answer) return []
    // Its record may be there all the same: by its opt-out alone, or by a request that was taken before the one that was
    // refused. The intent stays, so that the row is sent again, or removed where it leaves.
    const mayBeThere = answer.status === 'rejected' && (lostAnswer || written.partly?.has(index))
    return [mayBeThere ? { ...answer, unanswered: true } : answer]
  })
  delivery.rejects.say(answers)
  context.emit({
    type: 'batch.answered',
    ...event,
    delivered: taken.length + answers.filter(({ status }) => status === 'delivered').length,
    rejected: answers.filter(({ status }) => status === 'rejected').length,
  })
  return { batch: sent, taken, answers }
}
