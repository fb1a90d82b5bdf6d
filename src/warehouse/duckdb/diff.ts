/**
 * The diff: one full outer join of model and snapshot, of which only rows that differ are kept, so that a run with nothing
 * to do costs little more than the bare comparison. How many are unchanged is what is left of the model's count.
 */
import { textRow, type Database, type TextRow } from '../../duckdb/open-database.ts'
import { converted, duckdbType, quoteName, quoteText } from '../../duckdb/sql-text.ts'
import type { LogicalType } from '../../model/logical-type.ts'
import type { Candidate, DiffCounts, DiffRequest, SnapshotColumn } from '../port.ts'
import { snapshotColumn, snapshotTable, stateSchema } from './state-schema.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import { introspect } from './tables.ts'

export async function diffModel(db: Database, request: DiffRequest): Promise<DiffCounts> {
  const open = await countOpen(db, request.sync)
  const snapshot = snapshotOf(request)
  const stored = await storedTypes(db, request)
  const rows = `SELECT ${classified(request, open, stored)} ${joined(request, open, snapshot)}`
  const keep = (where: string) => db.run(`CREATE OR REPLACE TEMP TABLE _diff AS SELECT * FROM (${rows}) ${where}`)
  await keep(`WHERE _class <> ${unchanged}`)
  const [model] = await db.rows(`SELECT count(*) AS n FROM (${request.model})`)
  const counted = await countDiff(db, { snapshot, modelRows: Number(model?.['n'] ?? 0) })
  if (counted) return counted
  // A key stands twice in rows that equal what was sent: to name them, all rows are needed.
  await keep('')
  const whole = await countDiff(db, { snapshot, modelRows: null })
  if (whole) return whole
  throw new MillraceError('MR-7000', { message: `the diff of ${request.sync} does not add up` })
}

const snapshotOf = ({ sync }: Pick<DiffRequest, 'sync'>): string => `_millrace.${quoteName(snapshotTable(sync))}`

function classified(request: DiffRequest, open: OpenCounts, types: ReadonlyMap<string, LogicalType>): string {
  const intent = open.intents > 0 ? 'i.key IS NOT NULL' : 'false'
  const rejected = open.rejects > 0 ? 'r.key IS NOT NULL' : 'false'
  // A key that stands as it is is the join's own column: neither side carries it twice, and rows that meet agree in it.
  const own = plainKey(request, types)
  const stored = (column: string) => (column === own ? 's.key' : `s.${quoteName(snapshotColumn(column))}`)
  const value = (column: SnapshotColumn) => (column.name === own ? `m.${modelKey}` : typed('m', column))
  const differs = [
    'NOT s.same',
    ...request.columns
      .filter(({ name }) => name !== own)
      .map(
        (column) =>
          `${converted(value(column), column.type, types.get(column.name) ?? column.type)} IS DISTINCT FROM ${stored(column.name)}`,
      ),
  ]
  const due = request.refreshBefore ? 's.due' : null
  // With an open intent nobody knows what the person's record says: an opt-out is as good as new.
  const turned = request.optOuts.map(
    (name) => `(m.${quoteName(name)} IS TRUE AND (${intent} OR TRY_CAST(${stored(name)} AS BOOLEAN) IS NOT TRUE))`,
  )
  return [
    `coalesce(m.${modelKey}, s.key${open.intents > 0 ? ', i.key' : ''}) AS _key`,
    `CAST(CASE WHEN m.${present} IS NULL THEN CASE WHEN s.accepted OR ${intent} THEN ${removed} ELSE ${gone} END ` +
      `WHEN m.${modelKey} IS NULL THEN ${nullKey} ` +
      `WHEN ${intent} OR ${rejected} THEN ${retry} ` +
      `WHEN s.accepted IS NOT TRUE THEN ${added} ` +
      `WHEN ${differs.join(' OR ')} THEN ${changed} ${due === null ? '' : `WHEN ${due} THEN ${changed} `}ELSE ${unchanged} END AS TINYINT) AS _class`,
    `${due === null ? 'false' : `(m.${present} IS NOT NULL AND s.accepted AND ${due} AND NOT (${differs.join(' OR ')}))`} AS _refresh`,
    ...(open.rejects > 0
      ? [`r.value AS _value, coalesce(r.refusals, 0) AS _refusals, coalesce(r.parked, false) AS _parked`]
      : ['NULL::VARCHAR AS _value, 0 AS _refusals, false AS _parked']),
    `${turned.length > 0 ? turned.join(' OR ') : 'false'} AS _turned`,
    `s.accepted AS _accepted, s.same AS _same`,
    `s.key IS NOT NULL AS _stored, ${intent} AS _intent, ${open.rejects > 0 ? 'coalesce(r.attempts, 0)' : '0'} AS _attempts`,
    ...request.columns.map((column, index) => `${value(column)} AS m${index}, ${stored(column.name)} AS s${index}`),
  ].join(', ')
}

function joined(request: DiffRequest, open: OpenCounts, snapshot: string): string {
  const sync = quoteText(request.sync)
  return [
    `FROM (SELECT ${keySql(request)} AS ${modelKey}, true AS ${present}, * FROM (${request.model})) m`,
    // What is wide, or the same in every row, stays outside of the join.
    `FULL OUTER JOIN (SELECT key, state = 'accepted' AS accepted, mapping_version = ${quoteText(request.mappingVersion)} AS same, ${dueSql(request)} AS due, ` +
      `COLUMNS('^v_') FROM ${snapshot}) s ON m.${modelKey} = s.key`,
    // A key that was intended and is in neither may have arrived: it is removed.
    open.intents > 0
      ? `FULL OUTER JOIN (SELECT DISTINCT key FROM _millrace.intents WHERE sync = ${sync}) i ON i.key = coalesce(m.${modelKey}, s.key)`
      : '',
    open.rejects > 0
      ? `LEFT JOIN (SELECT key, max(attempts) AS attempts, arg_max(value, last_at) AS value, max(refusals) AS refusals, bool_or(state = 'parked') AS parked FROM _millrace.rejects WHERE sync = ${sync} AND state IN ('open', 'parked') GROUP BY 1) r ON r.key = coalesce(m.${modelKey}, s.key)`
      : '',
  ].join(' ')
}

/** `modelRows` null: unchanged rows are in `_diff`, too. null: they are not, and a key stands twice among them. */
async function countDiff(
  db: Database,
  { snapshot, modelRows }: { readonly snapshot: string; readonly modelRows: number | null },
): Promise<DiffCounts | null> {
  const [stored] = await db.rows(`SELECT count(*) FILTER (WHERE state = 'accepted') AS n FROM ${snapshot}`)
  const [met] = await db.rows(
    `SELECT count(*) FILTER (WHERE _class NOT IN (${removed}, ${gone})) AS present, ` +
      `count(DISTINCT _key) FILTER (WHERE _accepted) AS accepted FROM _diff`,
  )
  const accepted = Number(stored?.['n'] ?? 0)
  const same = modelRows === null ? 0 : modelRows - Number(met?.['present'] ?? 0)
  // What was accepted and is not in `_diff` was met by one unchanged row each, or a model key stands twice.
  if (modelRows !== null && same !== accepted - Number(met?.['accepted'] ?? 0)) return null
  const duplicates = await markDuplicates(db)
  const classes = await db.rows(`SELECT _class, count(*) AS n FROM _diff GROUP BY 1`)
  const count = (wanted: number) => Number(classes.find((row) => row['_class'] === String(wanted))?.['n'] ?? 0)
  const counts = {
    added: count(added),
    changed: count(changed),
    unchanged: count(unchanged) + same,
    retry: count(retry),
    invalid: count(nullKey) + count(duplicate),
    removed: count(removed),
  }
  return {
    ...counts,
    model_rows: counts.added + counts.changed + counts.unchanged + counts.retry + counts.invalid,
    accepted,
    invalidSamples: [...(count(nullKey) > 0 ? ['null'] : []), ...duplicates],
  }
}

/** The column that is the key, character by character; undefined: the key is made of it, or of several. */
function plainKey({ key, columns }: DiffRequest, types: ReadonlyMap<string, LogicalType>): string | undefined {
  const [only, ...rest] = key
  if (!only || rest.length > 0 || only.normalise !== 'exact' || types.get(only.column) !== 'string') return undefined
  return columns.find(({ name, type }) => name === only.column && type === 'string')?.name
}

const dueSql = ({ refreshBefore }: DiffRequest): string =>
  refreshBefore
    ? `coalesce(sent_at, accepted_at) < TIMESTAMP ${quoteText(refreshBefore.replace('T', ' ').replace('Z', ''))}`
    : 'false'

/** Marks every model row whose key stands more than once; gives some of the keys. */
async function markDuplicates(db: Database): Promise<readonly string[]> {
  const suspects = `_class NOT IN (${removed}, ${gone})`
  const twice = `SELECT _key FROM _diff WHERE _key IS NOT NULL AND ${suspects} GROUP BY 1 HAVING count(*) > 1`
  const keys = await db.rows(`${twice} ORDER BY 1 LIMIT 5`)
  if (keys.length > 0) await db.run(`UPDATE _diff SET _class = ${duplicate} WHERE _key IN (${twice})`)
  return keys.map((row) => row['_key'] ?? '')
}

/** Keys of the model, and of rows that are still to be removed: all others have nothing left to be sent. */
export const keysAtStake = (): string => `SELECT _key FROM _diff WHERE _key IS NOT NULL AND _class <> ${gone}`

/**
 * Of a row only what it has leaves DuckDB: the model's cells, what the snapshot holds, and what is open are a JSON list of
 * texts each, or null; its class and four flags one number. A cell of its own for each would cost more than the diff.
 */
export async function* readCandidates(db: Database, request: DiffRequest): AsyncIterable<readonly Candidate[]> {
  const stored = await storedTypes(db, request)
  const list = (cells: readonly string[]) => `to_json([${cells.join(', ')}])::VARCHAR`
  const model = request.columns.map(({ type }, index) => cell(`m${index}`, type))
  const snapshot = request.columns.map(({ name, type }, index) => cell(`s${index}`, stored.get(name) ?? type))
  const open = ['_attempts::VARCHAR', '_value', '_refusals::VARCHAR', '_parked::VARCHAR']
  const wanted = request.retriesOnly
    ? `_class = ${retry} OR (_class = ${removed} AND (_intent OR _attempts > 0))`
    : `_class IN (${[added, changed, retry, removed].join(', ')})`
  const first = request.removalsFirst
    ? `coalesce(_turned OR _class = ${removed}, false)`
    : `coalesce(_turned AND _class <> ${removed}, false)`
  const sql =
    `SELECT _key, _class::INTEGER${flags.map(([name, bit]) => ` + CASE WHEN ${name} THEN ${bit} ELSE 0 END`).join('')} AS _bits, ` +
    `CASE WHEN _class <> ${removed} THEN ${list(model)} END AS _model, ` +
    `CASE WHEN _stored THEN ${list(['s.state', 's.payload_hash', ...snapshot])} END AS _snapshot, ` +
    `CASE WHEN _attempts > 0 OR _refusals > 0 OR _parked OR _value IS NOT NULL THEN ${list(open)} END AS _open ` +
    `FROM _diff LEFT JOIN ${snapshotOf(request)} s ON s.key = _key WHERE ${wanted} ORDER BY ${first} DESC, _key`
  const names = request.columns.map(({ name }) => name)
  for await (const rows of db.stream(sql)) yield rows.map((row) => candidateOf(row, names))
}

function candidateOf(row: TextRow, columns: readonly string[]): Candidate {
  const bits = Number(row['_bits'])
  const kind = kinds[bits & 7] ?? 'changed'
  const has = (flag: number) => (bits & flag) !== 0
  const [state = null, hash = null, ...snapshot] = textsOf(row['_snapshot']) ?? []
  const [attempts, value = null, refusals, parked] = textsOf(row['_open']) ?? []
  const model = textsOf(row['_model'])
  return {
    key: row['_key'] ?? '',
    kind,
    values: model && textRow(columns, model),
    previous: row['_snapshot'] === null ? null : textRow(columns, snapshot),
    previousState:
      state === 'accepted' || state === 'filtered' || state === 'removed' || state === 'ignored' ? state : null,
    previousHash: hash,
    sameMapping: has(sameMapping),
    hasIntent: has(hasIntent),
    attempts: Number(attempts ?? 0),
    turnedOptOut: has(turnedOptOut) && kind !== 'removed',
    refresh: has(isRefresh),
    refusal: { value, times: Number(refusals ?? 0), parked: parked === 'true' },
  }
}

/** A list that readCandidates made. */
const textsOf = (json: string | null | undefined): readonly (string | null)[] | null =>
  json === null || json === undefined ? null : (JSON.parse(json) as (string | null)[]) // a list of texts, as made there

const turnedOptOut = 8
const sameMapping = 16
const hasIntent = 32
const isRefresh = 64
const flags = [
  ['_turned', turnedOptOut],
  ['_same', sameMapping],
  ['_intent', hasIntent],
  ['_refresh', isRefresh],
] as const

/** A snapshot's column is as wide as all that it ever held, whatever type the model's column has now. */
async function storedTypes(db: Database, request: DiffRequest): Promise<ReadonlyMap<string, LogicalType>> {
  const table = await introspect(db, stateSchema, snapshotTable(request.sync))
  const types = new Map(table?.columns.map(({ name, type }) => [name, type]))
  return new Map(request.columns.map(({ name, type }) => [name, types.get(snapshotColumn(name)) ?? type]))
}

type OpenCounts = { readonly intents: number; readonly rejects: number }

async function countOpen(db: Database, sync: string): Promise<OpenCounts> {
  const [row] = await db.rows(
    `SELECT (SELECT count(*) FROM _millrace.intents WHERE sync = ${quoteText(sync)}) AS intents, ` +
      `(SELECT count(*) FROM _millrace.rejects WHERE sync = ${quoteText(sync)} AND state IN ('open', 'parked')) AS rejects`,
  )
  return { intents: Number(row?.['intents'] ?? 0), rejects: Number(row?.['rejects'] ?? 0) }
}

/** The canonical text of a key: the normalised value, or a JSON list of several. Null where any part is null. */
export function keySql(request: Pick<DiffRequest, 'key'>): string {
  const parts = request.key.map(({ column, normalise }) => {
    const text = `CAST(${quoteName(column)} AS VARCHAR)`
    if (normalise === 'exact') return text
    const trimmed = `nullif(trim(${text}, ${quoteText(whiteSpace)}), '')`
    return normalise === 'lower' ? `lower(${trimmed})` : trimmed
  })
  if (parts.length === 1) return parts[0] ?? 'NULL'
  const anyNull = parts.map((part) => `${part} IS NULL`).join(' OR ')
  return `CASE WHEN ${anyNull} THEN NULL ELSE to_json([${parts.join(', ')}])::VARCHAR END`
}

/** A model's value in the snapshot's type, so that both sides compare alike. */
const typed = (side: string, column: SnapshotColumn) =>
  `CAST(${side}.${quoteName(column.name)} AS ${duckdbType(column.type)})`

/** A cell as exact text. */
const cell = (name: string, type: LogicalType) =>
  type === 'binary' ? `to_base64(${name})` : `CAST(${name} AS VARCHAR)`

/** Names of our own beside a model's columns, which may bear any other. */
const modelKey = '"#key"'
const present = '"#present"'

/** What JavaScript's trim takes away, with which the key of a change is made. */
const whiteSpace =
  ' \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'

const unchanged = 0
const added = 1
const changed = 2
const retry = 3
const removed = 4
const gone = 5
const nullKey = 6
const duplicate = 7

const kinds: { readonly [code: number]: Candidate['kind'] } = {
  [added]: 'added',
  [changed]: 'changed',
  [retry]: 'retry',
  [removed]: 'removed',
}
