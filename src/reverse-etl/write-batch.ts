import type { DestinationObject, WriteContext } from '../connector/destination.ts'
import type { Change, WriteResult } from '../model/change.ts'
import type { Json } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { SpooledChange } from './change-spool.ts'

export type BatchTarget = {
  readonly object: DestinationObject
  readonly context: WriteContext
  /** Asked just before every request, halves of a refused one included: why it may not go any more. */
  readonly mayStillSend: () => Promise<MillraceError | undefined>
  /** Keeps the id of the vendor's job that holds these rows. */
  readonly saveReceipt?: (batch: readonly SpooledChange[], receipt: Json) => Promise<void>
}

export type BatchResults = {
  readonly results: readonly WriteResult[]
  /** Why the rest of the delivery should not go on; rows that it kept from an answer are unknown. */
  readonly failure?: MillraceError
  /** Refused rows of which a part was taken all the same. */
  readonly partly?: ReadonlySet<number>
}

/** One batch, with a result per row. A request that is refused whole is split in halves until the bad row stands alone. */
export async function writeBatch(batch: readonly SpooledChange[], target: BatchTarget): Promise<BatchResults> {
  const refusal = await target.mayStillSend()
  if (refusal) return allUnknown(batch, refusal)
  try {
    const results = await writeWhole(batch, target)
    const failure = failureIn(results)
    return { results, ...(failure && { failure }) }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    if (error.code !== 'MR-3004') return allUnknown(batch, error)
    if (batch.length === 1)
      return { results: [{ outcome: 'rejected', code: error.code, message: error.message, retryable: false }] }
    return writeHalves(batch, target)
  }
}

async function writeWhole(
  batch: readonly SpooledChange[],
  { object, context, saveReceipt }: BatchTarget,
): Promise<readonly WriteResult[]> {
  const results = await object.write(
    batch.map(({ change }) => change),
    saveReceipt ? { ...context, saveReceipt: (receipt) => saveReceipt(batch, receipt) } : context,
  )
  if (results.length === batch.length) return results
  throw new MillraceError('MR-1401', {
    message: `The connector answered ${results.length} results for ${batch.length} changes of ${object.name}.`,
    kept: 'Their intents stay open: they will be sent again.',
  })
}

/** What ended it in the middle. A request that was refused says nothing of the others. */
function failureIn(results: readonly WriteResult[]): MillraceError | undefined {
  for (const result of results)
    if (result.outcome === 'unknown' && result.failure && result.failure.code !== 'MR-3004') return result.failure
  return undefined
}

async function writeHalves(batch: readonly SpooledChange[], target: BatchTarget): Promise<BatchResults> {
  const middle = Math.ceil(batch.length / 2)
  const first = await writeBatch(batch.slice(0, middle), target)
  const rest = batch.slice(middle)
  const second = first.failure ? allUnknown(rest, first.failure) : await writeBatch(rest, target)
  return { ...second, results: [...first.results, ...second.results] }
}

/** Which record a change means, where more than the match names it. */
export const recordName = ({ key, fields }: Change, { identity = [] }: DestinationObject): string =>
  identity.length === 0 ? key : JSON.stringify([key, ...identity.map((name) => String(fields[name] ?? ''))])

const allUnknown = (batch: readonly SpooledChange[], failure: MillraceError): BatchResults => ({
  results: batch.map(() => ({ outcome: 'unknown', message: failure.message })),
  failure,
})

export type Batched =
  | { readonly batch: readonly SpooledChange[] }
  /** No request of the object can hold it. */
  | { readonly oversized: SpooledChange; readonly bytes: number }

/**
 * Cuts changes into batches within the object's limits; a row that is too large for any request stands alone as `oversized`.
 * What opts somebody in goes once (ADR 4), and in batches of its own: all others may be repeated. `first`: so many rows go
 * before what comes after them, whichever they are.
 */
export async function* batchChanges(
  changes: AsyncIterable<readonly SpooledChange[]>,
  object: DestinationObject,
  { first = 0 }: { readonly first?: number } = {},
): AsyncIterable<Batched> {
  const rowLimit = object.batch.rowBytes ?? object.batch.bytes
  const plain = emptyGroup()
  const optIns = emptyGroup()
  let seen = 0
  for await (const some of changes)
    for (const change of some) {
      const isFirst = seen++ < first
      if (!isFirst && plain.holdsFirst && change.change.optsIn) yield { batch: take(plain) }
      if (!isFirst && optIns.holdsFirst) yield { batch: take(optIns) }
      const own =
        object.size?.(change.change) ?? change.bytes ?? Buffer.byteLength(JSON.stringify(change.change.fields))
      if (own > rowLimit) {
        yield { oversized: change, bytes: own }
        continue
      }
      const [group, other] = change.change.optsIn ? [optIns, plain] : [plain, optIns]
      // Two rows that mean one record go in two requests, in order.
      const name = recordName(change.change, object)
      if (other.names.has(name)) yield { batch: take(other) }
      const isFull = group.batch.length >= object.batch.rows || group.bytes + own > object.batch.bytes
      if (group.batch.length > 0 && (isFull || group.names.has(name))) yield { batch: take(group) }
      group.batch.push(change)
      group.names.add(name)
      group.bytes += own
      group.holdsFirst ||= isFirst
    }
  for (const group of [plain, optIns]) if (group.batch.length > 0) yield { batch: take(group) }
}

type Group = { batch: SpooledChange[]; bytes: number; names: Set<string>; holdsFirst: boolean }

const emptyGroup = (): Group => ({ batch: [], bytes: 0, names: new Set(), holdsFirst: false })

function take(group: Group): readonly SpooledChange[] {
  const { batch } = group
  Object.assign(group, emptyGroup())
  return batch
}
