/**
 * The diff: one full outer join of model and snapshot, with a class per row and values only where something differs, so
 * that a run with nothing to do costs little more than the bare comparison.
 */
import type { Database, TextRow } from '../../duckdb/open-database.ts'
import { duckdbType, quoteName, quoteText } from '../../duckdb/sql-text.ts'
import type { Candidate, DiffCounts, DiffRequest, SnapshotColumn } from '../port.ts'
import { snapshotColumn, snapshotTable } from './state-schema.ts'

export async function diffModel(db: Database, request: DiffRequest): Promise<DiffCounts> {
  const open = await countOpen(db, request.sync)
  const snapshot = `_millrace.${quoteName(snapshotTable(request.sync))}`
  const pairs = request.columns.flatMap((_, index) => [`m${index}`, `s${index}`])
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _diff AS SELECT _key, _class, _turned, _state, _hash, _same, _stored, _intent, _attempts` +
      pairs.map((name) => `, CASE WHEN _class <> ${unchanged} THEN ${name} END AS ${name}`).join('') +
      ` FROM (SELECT ${classified(request, open)} ${joined(request, open, snapshot)})`,
  )
  return countDiff(db, request, snapshot)
}

function classified(request: DiffRequest, open: OpenCounts): string {
  const intent = open.intents > 0 ? 'i.key IS NOT NULL' : 'false'
  const rejected = open.rejects > 0 ? 'r.key IS NOT NULL' : 'false'
  const stored = (column: string) => `s.${quoteName(snapshotColumn(column))}`
  const differs = [
    `s.mapping_version <> ${quoteText(request.mappingVersion)}`,
    ...request.columns.map((column) => `${typed('m', column)} IS DISTINCT FROM ${stored(column.name)}`),
  ]
  const turned = request.optOuts.map((name) => `(m.${quoteName(name)} IS TRUE AND ${stored(name)} IS NOT TRUE)`)
  return [
    `coalesce(m._key, s.key${open.intents > 0 ? ', i.key' : ''}) AS _key`,
    `CAST(CASE WHEN m._present IS NULL THEN CASE WHEN s.state = 'accepted' OR ${intent} THEN ${removed} ELSE ${gone} END ` +
      `WHEN m._key IS NULL THEN ${nullKey} ` +
      `WHEN ${intent} OR ${rejected} THEN ${retry} ` +
      `WHEN s.key IS NULL OR s.state <> 'accepted' THEN ${added} ` +
      `WHEN ${differs.join(' OR ')} THEN ${changed} ELSE ${unchanged} END AS TINYINT) AS _class`,
    `${turned.length > 0 ? turned.join(' OR ') : 'false'} AS _turned`,
    `s.state AS _state, s.payload_hash AS _hash, s.mapping_version = ${quoteText(request.mappingVersion)} AS _same`,
    `s.key IS NOT NULL AS _stored, ${intent} AS _intent, ${open.rejects > 0 ? 'coalesce(r.attempts, 0)' : '0'} AS _attempts`,
    ...request.columns.map(
      (column, index) => `${typed('m', column)} AS m${index}, ${stored(column.name)} AS s${index}`,
    ),
  ].join(', ')
}

function joined(request: DiffRequest, open: OpenCounts, snapshot: string): string {
  const sync = quoteText(request.sync)
  return [
    `FROM (SELECT ${keySql(request)} AS _key, true AS _present, * FROM (${request.model})) m`,
    `FULL OUTER JOIN ${snapshot} s ON m._key = s.key`,
    // A key that was intended and is in neither may have arrived: it is removed.
    open.intents > 0
      ? `FULL OUTER JOIN (SELECT DISTINCT key FROM _millrace.intents WHERE sync = ${sync}) i ON i.key = coalesce(m._key, s.key)`
      : '',
    open.rejects > 0
      ? `LEFT JOIN (SELECT key, max(attempts) AS attempts FROM _millrace.rejects WHERE sync = ${sync} AND state = 'open' GROUP BY 1) r ON r.key = coalesce(m._key, s.key)`
      : '',
  ].join(' ')
}

async function countDiff(db: Database, request: DiffRequest, snapshot: string): Promise<DiffCounts> {
  const [stored] = await db.rows(
    `SELECT count(*) AS n, count(*) FILTER (WHERE state = 'accepted') AS accepted FROM ${snapshot}`,
  )
  const [met] = await db.rows(`SELECT count(*) FILTER (WHERE _stored) AS n FROM _diff`)
  // More snapshot rows met than there are: a model key stands twice. No window over everything is needed to know it.
  const duplicates = await markDuplicates(db, Number(met?.['n'] ?? 0) > Number(stored?.['n'] ?? 0))
  const classes = await db.rows(`SELECT _class, count(*) AS n FROM _diff GROUP BY 1`)
  const count = (wanted: number) => Number(classes.find((row) => row['_class'] === String(wanted))?.['n'] ?? 0)
  const counts = {
    added: count(added),
    changed: count(changed),
    unchanged: count(unchanged),
    retry: count(retry),
    invalid: count(nullKey) + count(duplicate),
    removed: count(removed),
  }
  return {
    ...counts,
    model_rows: counts.added + counts.changed + counts.unchanged + counts.retry + counts.invalid,
    accepted: Number(stored?.['accepted'] ?? 0),
    invalidSamples: [...(count(nullKey) > 0 ? ['null'] : []), ...duplicates],
  }
}

/** Marks every model row whose key stands more than once; gives some of the keys. */
async function markDuplicates(db: Database, amongStored: boolean): Promise<readonly string[]> {
  const suspects = amongStored ? `_class NOT IN (${removed}, ${gone})` : `_class IN (${added}, ${retry})`
  const twice = `SELECT _key FROM _diff WHERE _key IS NOT NULL AND ${suspects} GROUP BY 1 HAVING count(*) > 1`
  const keys = await db.rows(`${twice} ORDER BY 1 LIMIT 5`)
  if (keys.length > 0) await db.run(`UPDATE _diff SET _class = ${duplicate} WHERE _key IN (${twice})`)
  return keys.map((row) => row['_key'] ?? '')
}

export async function* readCandidates(db: Database, request: DiffRequest): AsyncIterable<readonly Candidate[]> {
  const cells = request.columns.flatMap((column, index) => [cell(`m${index}`, column), cell(`s${index}`, column)])
  const classes = request.retriesOnly ? [retry] : [added, changed, retry, removed]
  const sql =
    `SELECT _key, _class, _turned, _state, _hash, _same, _stored, _intent, _attempts, ${cells.join(', ')} FROM _diff ` +
    `WHERE _class IN (${classes.join(', ')}) ORDER BY coalesce(_turned AND _class <> ${removed}, false) DESC, _key`
  for await (const rows of db.stream(sql)) yield rows.map((row) => candidateOf(row, request.columns))
}

function candidateOf(row: TextRow, columns: readonly SnapshotColumn[]): Candidate {
  const kind = kinds[Number(row['_class'])] ?? 'changed'
  const side = (prefix: 'm' | 's'): TextRow =>
    Object.fromEntries(columns.map((column, index) => [column.name, row[`${prefix}${index}`] ?? null]))
  const state = row['_state']
  return {
    key: row['_key'] ?? '',
    kind,
    values: kind === 'removed' ? null : side('m'),
    previous: row['_stored'] === 'true' ? side('s') : null,
    previousState:
      state === 'accepted' || state === 'filtered' || state === 'removed' || state === 'ignored' ? state : null,
    previousHash: row['_hash'] ?? null,
    sameMapping: row['_same'] === 'true',
    hasIntent: row['_intent'] === 'true',
    attempts: Number(row['_attempts']),
    turnedOptOut: row['_turned'] === 'true' && kind !== 'removed',
  }
}

type OpenCounts = { readonly intents: number; readonly rejects: number }

async function countOpen(db: Database, sync: string): Promise<OpenCounts> {
  const [row] = await db.rows(
    `SELECT (SELECT count(*) FROM _millrace.intents WHERE sync = ${quoteText(sync)}) AS intents, ` +
      `(SELECT count(*) FROM _millrace.rejects WHERE sync = ${quoteText(sync)} AND state = 'open') AS rejects`,
  )
  return { intents: Number(row?.['intents'] ?? 0), rejects: Number(row?.['rejects'] ?? 0) }
}

/** The canonical text of a key: the normalised value, or a JSON list of several. Null where any part is null. */
export function keySql(request: Pick<DiffRequest, 'key'>): string {
  const parts = request.key.map(({ column, normalise }) => {
    const text = `CAST(${quoteName(column)} AS VARCHAR)`
    if (normalise === 'exact') return text
    const trimmed = `nullif(trim(${text}), '')`
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
const cell = (name: string, column: SnapshotColumn) =>
  column.type === 'binary' ? `to_base64(${name}) AS ${name}` : `CAST(${name} AS VARCHAR) AS ${name}`

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
