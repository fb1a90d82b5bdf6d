/** What the diff has found, row by row, as it leaves the warehouse. */
import { textRow } from '../../model/text-row.ts'
import type { Candidate, DiffRequest } from '../port.ts'
import type { Diffed } from './diff.ts'
import { diffClass, sentText, snapshotOf, snapshotTableOf, storedTypes } from './diff-rows.ts'
import type { Engine, ListRow } from './engine.ts'
import { joinRecords, othersSay, recordText } from './records.ts'

/**
 * Of a row only what it has leaves the warehouse: the model's cells, what the snapshot holds, and what is open are a list of
 * texts each, or null; its class and four flags one number.
 */
export async function* readCandidates(
  db: Engine,
  { request, counts, records }: Pick<Diffed, 'counts' | 'records'> & { readonly request: DiffRequest },
): AsyncIterable<readonly Candidate[]> {
  const differing = counts.added + counts.changed + counts.retry + counts.removed
  if (differing === 0) return
  const stored = storedTypes(await snapshotTableOf(db, request), request)
  const model = request.columns.map(({ type }, index) => ({ sql: `m${index}`, type }))
  const sent = request.columns.map(({ name, type }, index) =>
    sentText(db, `s${index}`, { stored: stored.get(name) ?? type, now: type }),
  )
  const wanted = request.retriesOnly
    ? `(_class = ${retry} OR (_class = ${removed} AND (_intent OR _attempts > 0)))`
    : `_class IN (${[added, changed, retry, removed].join(', ')})`
  const first = request.removalsFirst
    ? `coalesce(_turned OR _class = ${removed}, false)`
    : `coalesce(_turned AND _class <> ${removed}, false)`
  const told = records?.asksStanding ? [...flags, [`stays.${recordText} IS NOT NULL`, recordStays] as const] : flags
  const turnedIn = records?.turnedIn ?? []
  const elsewhere = records && turnedIn.length > 0 ? othersSay(records) : null
  const lists = db.streamLists({
    cells: [
      ['key', '_key'],
      ['bits', `_class${told.map(([name, bit]) => ` + CASE WHEN ${name} THEN ${bit} ELSE 0 END`).join('')}`],
    ],
    lists: [
      ['model', `_class <> ${removed}`, model],
      ['snapshot', '_stored', [...texts('s.state', 's.payload_hash'), ...sent]],
      [
        'open',
        '_attempts > 0 OR _refusals > 0 OR _parked OR _value IS NOT NULL',
        texts('CAST(_attempts AS VARCHAR)', '_value', 'CAST(_refusals AS VARCHAR)', 'CAST(_parked AS VARCHAR)'),
      ],
      ...(elsewhere
        ? [['others', elsewhere.any, elsewhere.out.map((sql) => ({ sql, type: 'boolean' as const }))] as const]
        : []),
    ],
    rest: `FROM _diff LEFT JOIN ${snapshotOf(db, request)} s ON s.key = _key${records ? joinRecords(records) : ''} WHERE ${wanted}`,
    order: { first, key: '_key', of: `FROM _diff WHERE ${wanted}`, long: [...model, ...sent], rows: differing },
  })
  const names = request.columns.map(({ name }) => name)
  const optIns = turnedIn.map(({ column }) => column)
  for await (const rows of lists) yield rows.map((row) => candidateOf(row, names, optIns))
}

const texts = (...cells: readonly string[]) => cells.map((sql) => ({ sql, type: 'string' as const }))

function candidateOf({ cells, lists }: ListRow, columns: readonly string[], optIns: readonly string[]): Candidate {
  const bits = Number(cells['bits'])
  const kind = kinds[bits & 7] ?? 'changed'
  const has = (flag: number) => (bits & flag) !== 0
  const [state = null, hash = null, ...snapshot] = lists['snapshot'] ?? []
  const [attempts, value = null, refusals, parked] = lists['open'] ?? []
  const model = lists['model'] ?? null
  const outElsewhere = lists['others'] && optIns.filter((_column, index) => lists['others']?.[index] === 'true')
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
    ...(outElsewhere && outElsewhere.length > 0 && { optedOutElsewhere: outElsewhere }),
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
