/** One batch and all that is learnt of it: the write, what reading back tells, the opt-outs of refused rows by themselves. */
import type { WriteContext } from '../connector/destination.ts'
import type { WriteResult } from '../model/change.ts'
import type { Json } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { whyTooLarge } from './answer-of.ts'
import type { SpooledChange } from './change-spool.ts'
import type { ReverseContext } from './context.ts'
import type { Delivery } from './deliver.ts'
import { optOutAlone } from './opt-out-alone.ts'
import { withoutPersonal } from './personal-values.ts'
import { settleUnknown, verifyOptOuts } from './read-back.ts'
import { writeBatch, type BatchResults, type BatchTarget } from './write-batch.ts'

type Sender = {
  readonly context: ReverseContext
  readonly delivery: Delivery
  readonly mayStillSend: BatchTarget['mayStillSend']
}

export async function writeAndCheck(
  batch: readonly SpooledChange[],
  { context, delivery, mayStillSend }: Sender,
): Promise<BatchResults> {
  const { object, optOuts } = delivery
  const warn = (message: string) => context.emit({ type: 'run.warning', run_id: context.runId, message })
  // A job that is still at work may write tomorrow what is not there today: reading back says nothing of its rows.
  let isJob = false
  const target: BatchTarget = {
    object,
    context: writeContext(context, delivery),
    mayStillSend,
    saveReceipt(rows, receipt) {
      isJob = true
      return keepReceipt(context, delivery, { rows, receipt })
    },
  }
  const { results: told, failure: ended } = await writeBatch(batch, target)
  const answered = withoutPersonal(batch, told, delivery.personal)
  const failure = ended && !isJob && isPassing(batch, ended) ? undefined : ended
  const results = failure?.code === 'MR-2005' || isJob ? answered : await settleUnknown(batch, answered, target)
  if (ended && !failure) {
    const open = results.filter(({ outcome }) => outcome === 'unknown').length
    if (open > 0) warn(`${open} opt-ins had no answer, and may not be sent twice: ${ended.message}`)
  } else if (!failure) delivery.unanswered.count(results)
  const seen = delivery.verify
    ? await verifyOptOuts(batch, results, {
        ...target,
        optOuts,
        warn,
      })
    : results
  return failure ? { results: seen, failure } : sendAlone(batch, seen, { target, delivery })
}

/**
 * What opts in goes once, so that the first 503 is its end: no reason for the others not to go. The next run sends it without.
 * A quota that is used up is used up for all.
 */
const isPassing = (batch: readonly SpooledChange[], { code, retry }: MillraceError): boolean =>
  code.startsWith('MR-30') && code !== 'MR-3006' && retry === 'later' && batch.some(({ change }) => change.optsIn)

/**
 * Rows that the vendor refused, for whatever else they hold: their opt-outs are sent once more, alone. Also where the refusal
 * may pass: nobody knows when.
 */
async function sendAlone(
  batch: readonly SpooledChange[],
  results: readonly WriteResult[],
  { target, delivery }: { readonly target: BatchTarget; readonly delivery: Delivery },
): Promise<BatchResults> {
  const alone = new Map<number, SpooledChange>()
  for (const [index, result] of results.entries()) {
    const change = batch[index]
    if (!change || result.outcome !== 'rejected') continue
    // Its opt-out may be among what was taken, and the row goes again in any case.
    if (result.retryable && result.maybeTaken) continue
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
export const aloneOf = (
  { oversized, bytes }: { readonly oversized: SpooledChange; readonly bytes: number },
  delivery: Pick<Delivery, 'object' | 'optOuts' | 'identity'>,
): SpooledChange | undefined => optOutAlone(oversized, { ...delivery, reason: whyTooLarge(bytes, delivery.object) })

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
