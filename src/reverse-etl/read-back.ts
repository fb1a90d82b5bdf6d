/** What the destination holds now, asked where its answer is missing, or where an opt-out must be seen to stand. */
import type { DestinationObject, ReadBack, WriteContext } from '../connector/destination.ts'
import type { Change, Fields, FieldValue, WriteResult } from '../model/change.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import { canonicalJson } from './canonical-json.ts'
import type { SpooledChange } from './change-spool.ts'
import { optOutsIn, type OptOutField } from './opt-out-alone.ts'

export type Reading = { readonly object: DestinationObject; readonly context: WriteContext }

/** What was sent and not answered is `ok` where it stands as it was sent; what else is found stays unknown, and is sent again. */
export async function settleUnknown(
  batch: readonly SpooledChange[],
  results: readonly WriteResult[],
  reading: Reading,
): Promise<readonly WriteResult[]> {
  const open = batch.flatMap((_, index) => (results[index]?.outcome === 'unknown' ? [index] : []))
  if (open.length === 0 || !reading.object.readBack || reading.context.signal.aborted) return results
  const settled = [...results]
  try {
    const held = await readInChunks(pick(batch, open), reading)
    for (const [at, index] of open.entries()) {
      const change = batch[index]?.change
      if (change) settled[index] = resultOf(change, held[at]) ?? settled[index] ?? unanswered
    }
  } catch (error) {
    if (isBroken(error)) throw error
    // A vendor that does not answer now either: they stay unknown.
    return results
  }
  return settled
}

/** Opt-outs that were taken and do not stand: their rows stay open, and somebody is told. */
export async function verifyOptOuts(
  batch: readonly SpooledChange[],
  results: readonly WriteResult[],
  {
    optOuts,
    warn,
    ...reading
  }: Reading & { readonly optOuts: readonly OptOutField[]; readonly warn: (message: string) => void },
): Promise<readonly WriteResult[]> {
  const taken = batch.flatMap(({ change }, index) =>
    results[index]?.outcome === 'ok' && optOutsIn(change, optOuts).length > 0 ? [index] : [],
  )
  if (taken.length === 0) return results
  const { name } = reading.object
  try {
    const held = await readInChunks(pick(batch, taken), reading)
    const differing = taken.filter((index, at) => {
      const change = batch[index]?.change
      return change !== undefined && !stands(change, held[at], optOuts)
    })
    if (differing.length === 0) return results
    const keys = pick(batch, differing).map(({ key }) => key)
    warn(
      `${name}: ${differing.length} opt-outs were taken and do not show when they are read back (${keys.slice(0, shown).join(', ')}${keys.length > shown ? ', …' : ''}); their rows stay open and are sent again.`,
    )
    return results.map((result, index) => (differing.includes(index) ? notSeen : result))
  } catch (error) {
    if (isBroken(error)) throw error
    warn(`${name}: ${taken.length} opt-outs could not be read back: ${asMillraceError(error, name).message}`)
    return results
  }
}

function resultOf(change: Change, held: ReadBack): WriteResult | undefined {
  if (held === undefined) return undefined
  if (change.op === 'delete') return held === null ? { outcome: 'ok' } : undefined
  if (held === null) return change.op === 'update' ? { outcome: 'absent' } : undefined
  const isThere = Object.entries(change.fields).every(
    ([name, value]) => name in held && isSame(held[name] ?? null, value),
  )
  return isThere ? { outcome: 'ok' } : undefined
}

function stands(change: Change, held: ReadBack, optOuts: readonly OptOutField[]): boolean {
  if (held === undefined || held === null) return false
  return optOutsIn(change, optOuts).every(({ field, out }) => !(field in held) || isSame(held[field] ?? null, out))
}

async function readInChunks(changes: readonly { readonly change: Change }[], { object, context }: Reading) {
  const held: (Fields | null | undefined)[] = []
  for (let from = 0; from < changes.length; from += chunkRows) {
    const chunk = changes.slice(from, from + chunkRows).map(({ change }) => change)
    const read = (await object.readBack?.(chunk, context)) ?? []
    held.push(...chunk.map((_, at) => read[at]))
  }
  return held
}

/** A connector that does not keep its contract is no vendor that is away. */
const isBroken = (error: unknown): boolean => error instanceof MillraceError && error.code === 'MR-1401'

const pick = <T>(items: readonly T[], indexes: readonly number[]): readonly T[] =>
  indexes.flatMap((index) => items[index] ?? [])

/** Vendors give numbers and booleans back as text, and texts as they please. */
const isSame = (held: FieldValue, sent: FieldValue) =>
  canonicalJson(held) === canonicalJson(sent) || (isScalar(held) && isScalar(sent) && String(held) === String(sent))

const isScalar = (value: FieldValue) => value !== null && typeof value !== 'object'

const unanswered: WriteResult = { outcome: 'unknown' }
const notSeen: WriteResult = { outcome: 'unknown', message: 'its opt-out does not show when it is read back' }
const chunkRows = 100
const shown = 5
