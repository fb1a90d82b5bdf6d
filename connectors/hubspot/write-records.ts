import { MillraceError, unheard, type Change, type WriteContext, type WriteResult } from 'millrace'
import { associateRows } from './associate.ts'
import type { HubspotApi } from './client.ts'
import { encodeChange, recordId, type Row } from './encode-change.ts'
import { findRecords, isSearched } from './find-records.ts'
import { refuseMerged, tellMerged } from './merged-records.ts'
import type { RowAnswer, SentRow } from './read-batch.ts'
import { namesOf } from './requests.ts'
import { holds, type Properties } from './same-value.ts'
import { sendBatch, type Batch } from './send-batch.ts'
import { settleRows } from './settle-rows.ts'

export type RecordObject = { readonly name: string; readonly properties: Properties }

/**
 * Upserts go by the match property. Everything that must not create, that must only create, or that opts in, looks the
 * records up first. What belongs together is associated at the end.
 */
export async function writeRecords(
  api: HubspotApi,
  object: RecordObject,
  changes: readonly Change[],
  { match, signal }: WriteContext,
): Promise<readonly WriteResult[]> {
  checkMatch(object.name, match, changes)
  const answers: RowAnswer[] = []
  const rows = changes.flatMap((change, index): Row[] => {
    const row = encodeChange(change, index, { match, properties: object.properties })
    if (!('refusal' in row)) return [row]
    answers[index] = refuse('MR-5005', row.refusal)
    return []
  })
  const optsIn = changes.some((change) => change.optsIn === true)
  const target = { object: object.name, match, optsIn, properties: object.properties }
  const sending = { signal, answers }
  for (const { kind, keep } of kinds) {
    const own = rows.filter(({ op }) => kindOf(op) === kind)
    await sendRows(own, answers, async (some) => {
      const kept = await keep(api, target, some, sending)
      if (kept.length === 0) return
      for (const [row, answer] of await sendBatch(api, { ...target, kind, rows: kept }, signal))
        answers[row.index] = answer
    })
  }
  await associateRows(api, object.name, rows, sending)
  if (match === recordId) tellMerged(api, rows, answers)
  return changes.map(
    (_, index) => answers[index]?.result ?? { outcome: 'unknown', message: 'no result came back for this row' },
  )
}

export type Sending = { readonly signal: AbortSignal; readonly answers: RowAnswer[] }
type Target = Pick<Batch, 'object' | 'match' | 'optsIn' | 'properties'>

/** @throws MillraceError MR-1209 where a record would have to be made by what HubSpot makes, or does not hold unique */
export function checkMatch(object: string, match: string, changes: readonly Change[]): void {
  const creates = changes.some(({ op }) => op === 'upsert' || op === 'insert')
  if (!creates || (match !== recordId && !isSearched(object, match))) return
  const why =
    match === recordId
      ? 'HubSpot makes record ids itself'
      : 'HubSpot does not hold domains unique, and would make a second company'
  throw new MillraceError('MR-1209', {
    message: `Writing to HubSpot: \`match: ${match}\` finds ${object} records, but cannot create them: ${why}.`,
    kept: 'Nothing was sent.',
    next: 'Set `mode: update`, or match a property with unique values.',
  })
}

/** Whoever is to be opted in is looked up first: another row may mean the same record, and say that they opted out. */
async function refuseOptIns(
  api: HubspotApi,
  target: Target,
  rows: readonly Row[],
  { signal, answers }: Sending,
): Promise<readonly Row[]> {
  const optIns = rows.filter(({ optsIn }) => optsIn)
  if (optIns.length === 0) return rows
  const found = await lookUp(api, { ...target, rows: optIns, compared: [] }, signal)
  const merged = refuseMerged({ object: target.object, property: target.match }, optIns, found)
  for (const [{ index }, why] of merged) answers[index] = refuse('MERGED', why)
  return rows.filter((row) => !merged.has(row))
}

async function keepMissing(
  api: HubspotApi,
  target: Target,
  rows: readonly Row[],
  { signal, answers }: Sending,
): Promise<readonly Row[]> {
  const found = await lookUp(api, { ...target, rows, compared: namesOf(rows) }, signal)
  return rows.filter((row) => {
    const [record] = found(row.key)
    // What is there as it was to be made was made by a run that did not hear of it.
    if (record && holds(record.properties, row, target.properties))
      answers[row.index] = { result: { outcome: 'ok' }, id: record.id }
    else if (record) answers[row.index] = refuse('CONFLICT', `a record with this ${target.match} is there already`)
    return record === undefined
  })
}

async function keepPresent(
  api: HubspotApi,
  target: Target,
  rows: readonly Row[],
  { signal, answers }: Sending,
): Promise<readonly SentRow[]> {
  const found = await lookUp(api, { ...target, rows, compared: [] }, signal)
  const merged = refuseMerged({ object: target.object, property: target.match }, rows, found)
  // Where nothing is left to take away, nothing of another row's can be taken.
  const left = rows.filter((row) => row.op !== 'update' && merged.has(row))
  const settled = left.length === 0 ? new Map() : await settleRows(api, { ...target, rows: left }, signal)
  return rows.flatMap((row): SentRow[] => {
    const [record, ...others] = found(row.key)
    if (!record) answers[row.index] = { result: { outcome: 'absent' }, id: null }
    else if (others.length > 0)
      answers[row.index] = refuse('AMBIGUOUS', `${target.match} names ${others.length + 1} records`)
    else if (merged.has(row)) answers[row.index] = settled.get(row) ?? refuse('MERGED', merged.get(row) ?? '')
    // Nothing but associations.
    else if (Object.keys(row.properties).length === 0) answers[row.index] = { result: { outcome: 'ok' }, id: record.id }
    else return [{ ...row, id: record.id }]
    return []
  })
}

type Sought = Target & {
  readonly rows: readonly Row[]
  /** What to compare with what was to be made. */
  readonly compared: readonly string[]
}

const lookUp = (api: HubspotApi, { object, match, rows, compared }: Sought, signal: AbortSignal) =>
  findRecords(api, { object, property: match, values: rows.map(({ key }) => key), properties: compared }, signal)

/**
 * Once something may have been done, an error no longer fails the call, a look-up's neither: it would deny that, or have it
 * sent again. What is refused goes in halves, as the engine would send it, until a row stands alone.
 */
async function sendRows(
  rows: readonly Row[],
  answers: RowAnswer[],
  send: (rows: readonly Row[]) => Promise<void>,
): Promise<void> {
  if (rows.length === 0) return
  try {
    await send(rows)
  } catch (error) {
    if (!(error instanceof MillraceError) || !answers.some(mayBeDone)) throw error
    const left = rows.filter(({ index }) => answers[index] === undefined)
    const { code, message } = error
    const isRefused = code === 'MR-3004'
    if (isRefused && left.length > 1) {
      const middle = Math.ceil(left.length / 2)
      await sendRows(left.slice(0, middle), answers, send)
      await sendRows(left.slice(middle), answers, send)
    } else
      for (const { index } of left)
        answers[index] = isRefused ? refuse(code, message) : { result: unheard(error), id: null }
  }
}

const mayBeDone = ({ result }: RowAnswer): boolean =>
  result.outcome === 'ok' ||
  result.outcome === 'unknown' ||
  (result.outcome === 'rejected' && result.maybeTaken === true)

const kindOf = (op: Change['op']): Batch['kind'] => (op === 'upsert' ? 'upsert' : op === 'insert' ? 'create' : 'update')

/** In this order; `keep`: which of its rows are sent. */
const kinds = [
  { kind: 'upsert', keep: refuseOptIns },
  { kind: 'create', keep: keepMissing },
  { kind: 'update', keep: keepPresent },
] as const

const refuse = (code: string, message: string): RowAnswer => ({
  result: { outcome: 'rejected', code, message, retryable: false },
  id: null,
})
