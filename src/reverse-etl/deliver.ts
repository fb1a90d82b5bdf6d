/** One delivery: what is sent, what was answered of it, and at its end the intents of what nobody can vouch for. */
import type { DestinationObject } from '../connector/destination.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { JsonObject } from '../model/json.ts'
import { collectAnswers, type AnswerCounts } from './collect-answers.ts'
import type { ReverseContext } from './context.ts'
import { firstFailure } from './first-failure.ts'
import type { Journal, JournalHeader } from './journal.ts'
import { findLeaseLost } from './lease-lost.ts'
import type { OptOutField } from './opt-out-alone.ts'
import type { RejectsByReason } from './rejects-by-reason.ts'
import { reopen } from './reopen.ts'
import { sendChanges } from './send-changes.ts'
import type { Unanswered } from './unanswered.ts'

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
  /** Fields whose values no refusal tells. */
  readonly personal: ReadonlySet<string>
  readonly optOuts: readonly OptOutField[]
  /** Opt-outs are read back. */
  readonly verify: boolean
  readonly rejects: RejectsByReason
  readonly unanswered: Unanswered
  readonly journal: Journal
  readonly header: JournalHeader
}

export type Delivered = AnswerCounts & {
  /** Every answer is in the warehouse, or its intent is open again, and no job goes on: the journal is of no more use. */
  readonly isSettled: boolean
  /** Why it stopped early; what was not answered keeps its intent. */
  readonly failure?: MillraceError
}

export async function deliver(context: ReverseContext, delivery: Delivery): Promise<Delivered> {
  const { object } = delivery
  const failing = firstFailure(`sending to ${object.name}`)
  const collector = collectAnswers(context, delivery, failing)
  await sendChanges({ context, delivery, collector, failing })
  await failing.attempt(collector.commit)
  const lost = await findTakenOver(context, object, {
    failure: failing.error(),
    hasUnknown: collector.unknown.size > 0,
  })
  const { counts, distrusted, isCommitted } = await collector.end()
  const unknown = new Map([...collector.unknown, ...distrusted])
  // Their snapshot may say that they are there: it is the intent by which they are sent again. Where it cannot be opened, the
  // next run opens it, by the journal.
  let isOpenAgain = false
  await failing.attempt(async () => {
    await reopen(context, delivery, {
      keys: distrusted,
      takenBack: true,
      why: (rows) => `the connector answered before it had sent all; ${rows} rows`,
    })
    isOpenAgain = true
  })
  const failure = lost ?? failing.error()
  // A run that was frozen may have sent after another took over: what it cannot commit is sent again by the next run.
  const isTakenOver = failure?.code === 'MR-2005'
  if (isTakenOver) {
    const sent = [...collector.uncommitted].flat().map(({ key, op }) => [key, op] as const)
    await reopen(context, delivery, {
      keys: new Map([...unknown, ...sent]),
      why: (rows) => `this run lost its lease; ${rows} rows it may have sent late`,
    })
  }
  // A job goes on without us: with its rows the next run takes its results over.
  const goesOn = unknown.size > 0 && delivery.journal.hasReceipts
  const isSettled = isOpenAgain && (isTakenOver || (isCommitted && !goesOn))
  const ended = failure ?? (context.signal.aborted ? stopped(object) : undefined)
  return { ...counts, isSettled, ...(ended && { failure: ended }) }
}

/**
 * Whoever took over may have cleared away what this run needs: then the lease tells what the error cannot. And what had no
 * answer may have had none because a connector began no request any more.
 */
async function findTakenOver(
  context: ReverseContext,
  object: DestinationObject,
  { failure, hasUnknown }: { readonly failure: MillraceError | undefined; readonly hasUnknown: boolean },
): Promise<MillraceError | undefined> {
  if (failure?.code === 'MR-2005') return failure
  return failure || hasUnknown ? findLeaseLost(context, object) : undefined
}

const stopped = (object: DestinationObject) =>
  new MillraceError('MR-7001', {
    message: `${object.name}: stopped on request.`,
    kept: 'Rows that were not answered keep their intents: the next run sends them again.',
  })
