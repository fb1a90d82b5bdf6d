/** Batches go out with bounded concurrency; every answer is on disk before it counts, and committed in chunks. */
import type { DestinationObject } from '../connector/destination.ts'
import { believing } from '../connector/late-requests.ts'
import { MillraceError, asMillraceError } from '../model/millrace-error.ts'
import type { JsonObject } from '../model/json.ts'
import type { Answer } from '../warehouse/port.ts'
import { answerOf, tooLarge } from './answer-of.ts'
import { chain } from './chain.ts'
import { readChanges, type SpooledChange } from './change-spool.ts'
import type { ReverseContext } from './context.ts'
import type { Journal, JournalHeader, Segment, SentBatch } from './journal.ts'
import { findLeaseLost } from './lease-lost.ts'
import type { OptOutField } from './opt-out-alone.ts'
import type { RejectsByReason } from './rejects-by-reason.ts'
import { reopen } from './reopen.ts'
import type { Unanswered } from './unanswered.ts'
import { aloneOf, writeAndCheck } from './write-and-check.ts'
import { batchChanges, recordName } from './write-batch.ts'

export type Delivery = {
  readonly object: DestinationObject
  readonly path: string
  /** Only so many, from the first on: the opt-outs, where a guard holds the rest. */
  readonly limit: number
  /** So many, from the first on, turn to opted out. */
  readonly optOutRows: number
  readonly options: JsonObject
  readonly match: string
  /** Fields that name what is written. */
  readonly identity: readonly string[]
  readonly optOuts: readonly OptOutField[]
  /** Opt-outs are read back. */
  readonly verify: boolean
  readonly rejects: RejectsByReason
  readonly unanswered: Unanswered
  readonly journal: Journal
  readonly header: JournalHeader
}

export type Delivered = {
  readonly delivered: number
  readonly rejected: number
  readonly absent: number
  /** Every answer is in the warehouse, or its intent is open again, and no job goes on: the journal is of no more use. */
  readonly isSettled: boolean
  /** Why it stopped early; what was not answered keeps its intent. */
  readonly failure?: MillraceError
}

type Counts = { delivered: number; rejected: number; absent: number }

type Answered = {
  readonly batch: SentBatch
  /** Lines of the rows that the destination took. */
  readonly taken: readonly string[]
  /** Of all others. */
  readonly answers: readonly Answer[]
}

export async function deliver(context: ReverseContext, delivery: Delivery): Promise<Delivered> {
  const { object } = delivery
  let answeredRows = 0
  // Opening the warehouse and joining with what is intended cost the same for many answers as for few; but for the last chunk
  // nothing is left to be sent meanwhile.
  const most = Math.max(context.acknowledgeRows, Math.min(largestChunkRows, Math.floor(delivery.limit / 10)))
  const chunkRows = () => {
    const left = delivery.limit - answeredRows
    const part = left < most ? 4 : left < 2 * most ? 2 : 1
    return Math.max(context.acknowledgeRows, Math.floor(most / part))
  }
  const chunkBytes = context.acknowledgeBytes ?? largestChunkBytes
  const isDue = () => delivery.journal.rows >= chunkRows() || delivery.journal.bytes >= chunkBytes
  const counts: Counts = { delivered: 0, rejected: 0, absent: 0 }
  const concurrency = object.concurrency ?? 1
  const inFlight = new Set<Promise<void>>()
  const onTheirWay = new Set<Promise<void>>()
  const keysInFlight = new Set<string>()
  // Everything sent whose answers are not all in the warehouse yet.
  const uncommitted = new Set<SentBatch>()
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
  const mayStillSend = () => findLeaseLost(context, object)

  /** Of these nobody knows whether they arrived: their intents stay, in the warehouse and here. */
  const unknown = new Map<string, string>()
  /** The connector turned out not to have known what it answered of these; until it is written down. */
  const takenBack = new Map<SentBatch, Promise<void>>()
  const countsOf = new WeakMap<SentBatch, Counts>()
  let isOver = false
  const answered = async ({ batch, taken, answers }: Answered): Promise<void> => {
    if (takenBack.has(batch)) return
    for (const { key, op, status } of answers) if (status === 'unknown') unknown.set(key, op)
    const lines = answers.length === 0 ? taken : [...taken, ...answers.map((answer) => JSON.stringify(answer))]
    await delivery.journal.append({ lines, batch })
    const own: Counts = { delivered: taken.length, rejected: 0, absent: 0 }
    answeredRows += lines.length
    for (const { status, state } of answers) {
      if (status === 'delivered') own.delivered++
      else if (status === 'rejected') own.rejected++
      else if (status !== 'unknown' && (status === 'absent' || state === 'removed')) own.absent++
    }
    countsOf.set(batch, own)
    add(counts, own, 1)
    if (!isDue()) return
    // They are on disk: sending goes on meanwhile. It waits only where answers come faster than they can be committed.
    const committed = attempt(() =>
      acknowledging.next(async () => {
        if (isDue()) await commit()
      }),
    )
    if (delivery.journal.rows >= 2 * most || delivery.journal.bytes >= 2 * chunkBytes) await committed
  }
  const commit = async (): Promise<void> => {
    const segment = await delivery.journal.rotate()
    if (!segment) return
    const before = isSettled
    isSettled = false
    await acknowledgeSegment(context, delivery, segment)
    isSettled = before
    for (const batch of segment.batches) uncommitted.delete(batch)
  }
  /** What the destination makes of a batch; what it took is a line for the journal already. */
  const ask = async (batch: readonly SpooledChange[]): Promise<Answered> => {
    // Not the changes themselves: of two chunks they would fill the memory.
    const sent = { keys: batch.map(({ key }) => key), ops: batch.map(({ change }) => change.op) }
    uncommitted.add(sent)
    const event = { run_id: context.runId, object: object.name, rows: batch.length }
    context.emit({ type: 'batch.sent', ...event })
    const sentAt = context.clock.now().toISOString()
    const lostBefore = context.lostAnswers?.() ?? 0
    const takeBack = (error: unknown) => {
      if (isOver) return false
      failure ??= asMillraceError(error, `sending to ${object.name}`)
      if (!takenBack.has(sent))
        takenBack.set(
          sent,
          attempt(() => delivery.journal.takeBack(sent)),
        )
      return true
    }
    const written = await believing(takeBack, () => writeAndCheck(batch, { context, delivery, mayStillSend }))
    const lostAnswer = (context.lostAnswers?.() ?? 0) !== lostBefore
    failure ??= written.failure
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
  /** The next request goes while the answers to this one are on their way to the disk. */
  const send = async (batch: readonly SpooledChange[]): Promise<void> => {
    const answers = await ask(batch)
    const writing = attempt(() => answered(answers)).finally(() => onTheirWay.delete(writing))
    onTheirWay.add(writing)
    if (onTheirWay.size > concurrency) await Promise.race(onTheirWay)
  }
  const sendAll = async (): Promise<void> => {
    const changes = readChanges(delivery.path, delivery.limit)
    for await (const item of batchChanges(changes, object, { first: delivery.optOutRows })) {
      if (failure !== undefined || context.isStopping() || context.signal.aborted) return
      const alone = 'oversized' in item ? aloneOf(item, delivery) : undefined
      if ('oversized' in item && !alone) {
        const refused = tooLarge(item.oversized, item.bytes, object)
        delivery.rejects.say([refused])
        await answered({ batch: { keys: [], ops: [] }, taken: [], answers: [refused] })
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
      if (inFlight.size >= concurrency) await Promise.race(inFlight)
    }
  }

  await attempt(sendAll)
  await Promise.all(inFlight)
  await Promise.all(onTheirWay)
  await attempt(() => acknowledging.next(commit))
  // Whoever took over may have cleared away what this run needs: then the lease tells what the error cannot. And what had no
  // answer may have had none because a connector began no request any more.
  if (failure ? failure.code !== 'MR-2005' : unknown.size > 0) failure = (await mayStillSend()) ?? failure
  isOver = true
  await Promise.all(takenBack.values())
  const distrusted = new Map<string, string>()
  for (const batch of takenBack.keys()) {
    const own = countsOf.get(batch)
    if (own) add(counts, own, -1)
    for (const [index, key] of batch.keys.entries()) distrusted.set(key, batch.ops[index] ?? '')
  }
  for (const [key, op] of distrusted) unknown.set(key, op)
  // Their snapshot may say that they are there: it is the intent by which they are sent again. Where it cannot be opened, the
  // next run opens it, by the journal.
  let isOpenAgain = false
  await attempt(async () => {
    await reopen(context, delivery, {
      keys: distrusted,
      takenBack: true,
      why: (rows) => `the connector answered before it had sent all; ${rows} rows`,
    })
    isOpenAgain = true
  })
  // A run that was frozen may have sent after another took over: what it cannot commit is sent again by the next run.
  if (failure?.code === 'MR-2005') {
    const sent = [...uncommitted].flatMap(({ keys, ops }) => keys.map((key, index) => [key, ops[index] ?? ''] as const))
    await reopen(context, delivery, {
      keys: new Map([...unknown, ...sent]),
      why: (rows) => `this run lost its lease; ${rows} rows it may have sent late`,
    })
    isSettled = isOpenAgain
    // A job goes on without us: with its rows the next run takes its results over.
  } else isSettled &&= isOpenAgain && !(unknown.size > 0 && delivery.journal.hasReceipts)
  if (context.signal.aborted)
    failure ??= new MillraceError('MR-7001', {
      message: `${object.name}: stopped on request.`,
      kept: 'Rows that were not answered keep their intents: the next run sends them again.',
    })
  return { ...counts, isSettled, ...(failure ? { failure } : {}) }
}

const largestChunkRows = 100_000
const largestChunkBytes = 64 << 20

async function acknowledgeSegment(context: ReverseContext, delivery: Delivery, segment: Segment): Promise<void> {
  const { fence, columns, mappingVersion } = delivery.header
  context.emit({ type: 'acknowledge.started', run_id: context.runId, object: delivery.object.name, rows: segment.rows })
  const purpose = `acknowledge ${fence.sync}`
  await context.warehouse.session({ runId: context.runId, purpose, isAside: true }, (session) =>
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

function add(counts: Counts, own: Counts, sign: 1 | -1): void {
  counts.delivered += sign * own.delivered
  counts.rejected += sign * own.rejected
  counts.absent += sign * own.absent
}
