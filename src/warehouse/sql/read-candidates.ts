/** What the diff has found, row by row, as it leaves the warehouse. */
import type { LogicalType } from '../../model/logical-type.ts'
import { textRow } from '../../model/text-row.ts'
import type { Candidate, DiffCounts, DiffRequest } from '../port.ts'
import { diffClass, recordText, sentText, snapshotOf, snapshotTableOf, storedTypes } from './diff.ts'
import type { Engine, ListRow } from './engine.ts'
import { normalised, type KeyPart } from './key-text.ts'
import { snapshotColumn } from './state-schema.ts'

/**
 * Of a row only what it has leaves the warehouse: the model's cells, what the snapshot holds, and what is open are a list of
 * texts each, or null; its class and four flags one number.
 */
export async function* readCandidates(
  db: Engine,
  { request, counts }: { readonly request: DiffRequest; readonly counts: DiffCounts },
): AsyncIterable<readonly Candidate[]> {
  if (counts.added + counts.changed + counts.retry + counts.removed === 0) return
  const stored = storedTypes(await snapshotTableOf(db, request), request)
  const snapshot = request.columns.map(({ name, type }, index) =>
    sentText(db, `s${index}`, { stored: stored.get(name) ?? type, now: type }),
  )
  const wanted = request.retriesOnly
    ? `_class = ${retry} OR (_class = ${removed} AND (_intent OR _attempts > 0))`
    : `_class IN (${[added, changed, retry, removed].join(', ')})`
  const first = request.removalsFirst
    ? `coalesce(_turned OR _class = ${removed}, false)`
    : `coalesce(_turned AND _class <> ${removed}, false)`
  const records = counts.removed > 0 && request.record ? recordsOf(db, request, { record: request.record, stored }) : ''
  const told = records === '' ? flags : [...flags, [`${recordText} IS NOT NULL`, recordStays] as const]
  const lists = db.streamLists({
    cells: [
      ['key', '_key'],
      ['bits', `_class${told.map(([name, bit]) => ` + CASE WHEN ${name} THEN ${bit} ELSE 0 END`).join('')}`],
    ],
    lists: [
      ['model', `_class <> ${removed}`, request.columns.map(({ type }, index) => ({ sql: `m${index}`, type }))],
      ['snapshot', '_stored', [...texts('s.state', 's.payload_hash'), ...snapshot]],
      [
        'open',
        '_attempts > 0 OR _refusals > 0 OR _parked OR _value IS NOT NULL',
        texts('CAST(_attempts AS VARCHAR)', '_value', 'CAST(_refusals AS VARCHAR)', 'CAST(_parked AS VARCHAR)'),
      ],
    ],
    rest: `FROM _diff LEFT JOIN ${snapshotOf(db, request)} s ON s.key = _key${records} WHERE ${wanted} ORDER BY ${first} DESC, _key`,
  })
  const names = request.columns.map(({ name }) => name)
  for await (const rows of lists) yield rows.map((row) => candidateOf(row, names))
}

/** The records that the model's rows mean, joined to the rows that left it. */
function recordsOf(
  db: Engine,
  { model, columns }: DiffRequest,
  {
    record: { column, normalise },
    stored,
  }: { readonly record: KeyPart; readonly stored: ReadonlyMap<string, LogicalType> },
): string {
  const now = columns.find(({ name }) => name === column)?.type ?? 'string'
  const cell = `s.${db.quote(snapshotColumn(column))}`
  const { sql: sent } = sentText(db, cell, { stored: stored.get(column) ?? now, now })
  return (
    ` LEFT JOIN (SELECT DISTINCT ${normalised(db, db.quote(column), normalise)} AS ${recordText} FROM (${model})) o ` +
    `ON _class = ${removed} AND o.${recordText} = ${normalised(db, sent, normalise)}`
  )
}

const texts = (...cells: readonly string[]) => cells.map((sql) => ({ sql, type: 'string' as const }))

function candidateOf({ cells, lists }: ListRow, columns: readonly string[]): Candidate {
  const bits = Number(cells['bits'])
  const kind = kinds[bits & 7] ?? 'changed'
  const has = (flag: number) => (bits & flag) !== 0
  const [state = null, hash = null, ...snapshot] = lists['snapshot'] ?? []
  const [attempts, value = null, refusals, parked] = lists['open'] ?? []
  const model = lists['model'] ?? null
  return {
    key: cells['key'] ?? '',
    kind,
    values: model && textRow(columns, model),
    previous: lists['snapshot'] ? textRow(columns, snapshot) : null,
    previousState:
      state === 'accepted' || state === 'filtered' || state === 'removed' || state === 'ignored' ? state : null,
    previousHash: hash,
    sameMapping: has(sameMapping),
    hasIntent: has(hasIntent),
    attempts: Number(attempts ?? 0),
    turnedOptOut: has(turnedOptOut) && kind !== 'removed',
    recordStays: has(recordStays),
    refresh: has(isRefresh),
    refusal: { value, times: Number(refusals ?? 0), parked: parked === 'true' },
  }
}

const turnedOptOut = 8
const sameMapping = 16
const hasIntent = 32
const isRefresh = 64
const recordStays = 128
const flags = [
  ['_turned', turnedOptOut],
  ['_same', sameMapping],
  ['_intent', hasIntent],
  ['_refresh', isRefresh],
] as const

const { added, changed, retry, removed } = diffClass

const kinds: { readonly [code: number]: Candidate['kind'] } = {
  [added]: 'added',
  [changed]: 'changed',
  [retry]: 'retry',
  [removed]: 'removed',
}
