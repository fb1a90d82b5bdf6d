/** What the destination answered: on disk before it counts, committed in chunks, taken back where its connector spoke too early. */
import type { Answer } from '../warehouse/port.ts'
import { chain } from './chain.ts'
import type { ReverseContext } from './context.ts'
import type { Delivery } from './deliver.ts'
import type { FirstFailure } from './first-failure.ts'
import type { Segment, SentBatch } from './journal.ts'

export type AnswerCounts = { readonly delivered: number; readonly rejected: number; readonly absent: number }

export type Answered = {
  readonly batch: SentBatch
  /** Lines of the rows that the destination took. */
  readonly taken: readonly string[]
  /** Of all others. */
  readonly answers: readonly Answer[]
}

export type AnswerCollector = {
  /** Before it goes out. */
  readonly expect: (batch: SentBatch) => void
  /** They are in the journal; waits longer only where answers come faster than they can be committed. */
  readonly add: (answered: Answered) => Promise<void>
  /** The connector turned out not to have known what it answered of these. false: the end has come, it is too late. */
  readonly takeBack: (batch: SentBatch, error: unknown) => boolean
  readonly commit: () => Promise<void>
  /** Nobody knows whether these arrived: their intents stay, in the warehouse and here. By key, with the operation. */
  readonly unknown: ReadonlyMap<string, string>
  /** Of what was sent, what is not in the warehouse. */
  readonly uncommitted: ReadonlySet<SentBatch>
  /** Nothing can be taken back any more. */
  readonly end: () => Promise<{
    readonly counts: AnswerCounts
    /** What was answered of these cannot be believed. */
    readonly distrusted: ReadonlyMap<string, string>
    /** What had been answered is in the warehouse. */
    readonly isCommitted: boolean
  }>
}

export function collectAnswers(
  context: ReverseContext,
  delivery: Delivery,
  { attempt, say }: FirstFailure,
): AnswerCollector {
  const { journal, limit } = delivery
  const chunk = chunkSize(context, limit)
  const counts = { delivered: 0, rejected: 0, absent: 0 }
  const countsOf = new WeakMap<SentBatch, AnswerCounts>()
  const unknown = new Map<string, string>()
  const uncommitted = new Set<SentBatch>()
  /** Until it is written down. */
  const takenBack = new Map<SentBatch, Promise<void>>()
  const committing = chain()
  let left = limit
  let isCommitted = true
  let isOver = false

  const isDue = () => journal.rows >= chunk.rows(left) || journal.bytes >= chunk.bytes
  const isOverdue = () => journal.rows >= 2 * chunk.most || journal.bytes >= 2 * chunk.bytes
  const commit = async (): Promise<void> => {
    const segment = await journal.rotate()
    if (!segment) return
    const before = isCommitted
    isCommitted = false
    await acknowledgeSegment(context, delivery, segment)
    isCommitted = before
    for (const batch of segment.batches) uncommitted.delete(batch)
  }
  const count = (own: AnswerCounts, sign: 1 | -1) => {
    counts.delivered += sign * own.delivered
    counts.rejected += sign * own.rejected
    counts.absent += sign * own.absent
  }
  return {
    unknown,
    uncommitted,
    expect: (batch) => uncommitted.add(batch),
    async add({ batch, taken, answers }) {
      if (takenBack.has(batch)) return
      for (const { key, op, status } of answers) if (status === 'unknown') unknown.set(key, op)
      const lines = answers.length === 0 ? taken : [...taken, ...answers.map((answer) => JSON.stringify(answer))]
      await journal.append({ lines, batch })
      left -= lines.length
      const own = countAnswers(taken.length, answers)
      countsOf.set(batch, own)
      count(own, 1)
      if (!isDue()) return
      // They are on disk: sending goes on meanwhile.
      const committed = attempt(() =>
        committing.next(async () => {
          if (isDue()) await commit()
        }),
      )
      if (isOverdue()) await committed
    },
    takeBack(batch, error) {
      if (isOver) return false
      say(error)
      if (!takenBack.has(batch))
        takenBack.set(
          batch,
          attempt(() => journal.takeBack(batch)),
        )
      return true
    },
    commit: () => committing.next(commit),
    async end() {
      isOver = true
      await Promise.all(takenBack.values())
      const distrusted = new Map<string, string>()
      for (const batch of takenBack.keys()) {
        const own = countsOf.get(batch)
        if (own) count(own, -1)
        for (const { key, op } of batch) distrusted.set(key, op)
      }
      return { counts, distrusted, isCommitted }
    },
  }
}

/**
 * Opening the warehouse and joining with what is intended cost the same for many answers as for few; but for the last chunk
 * nothing is left to be sent meanwhile.
 */
function chunkSize({ acknowledgeRows, acknowledgeBytes }: ReverseContext, limit: number) {
  const most = Math.max(acknowledgeRows, Math.min(largestChunkRows, Math.floor(limit / 10)))
  return {
    most,
    bytes: acknowledgeBytes ?? largestChunkBytes,
    /** @param left rows that have no answer yet */
    rows(left: number): number {
      const part = left < most ? 4 : left < 2 * most ? 2 : 1
      return Math.max(acknowledgeRows, Math.floor(most / part))
    },
  }
}

function countAnswers(taken: number, answers: readonly Answer[]): AnswerCounts {
  const counts = { delivered: taken, rejected: 0, absent: 0 }
  for (const { status, state } of answers) {
    if (status === 'delivered') counts.delivered++
    else if (status === 'rejected') counts.rejected++
    else if (status !== 'unknown' && (status === 'absent' || state === 'removed')) counts.absent++
  }
  return counts
}

async function acknowledgeSegment(context: ReverseContext, delivery: Delivery, segment: Segment): Promise<void> {
  const { header, object } = delivery
  const { path, sequence, rows } = segment
  context.emit({ type: 'acknowledge.started', run_id: context.runId, object: object.name, rows })
  const purpose = `acknowledge ${header.fence.sync}`
  await context.warehouse.session({ runId: context.runId, purpose, isAside: true }, (session) =>
    session.reverse.acknowledge({ ...header, sequence, path, ledger: {} }),
  )
  context.emit({ type: 'acknowledged', run_id: context.runId, object: object.name, rows })
}

const largestChunkRows = 100_000
const largestChunkBytes = 64 << 20
