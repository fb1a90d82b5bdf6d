/**
 * `scd2`: a row of the table is one interval of a key, and a change ends the current one and begins another. Of several
 * versions in one commit only the newest is known to the table: no interval is made of the others.
 */
import { intervalColumns, isInterval } from '../../model/interval-columns.ts'
import { isMeta } from '../../model/table.ts'
import { rid } from './dialect.ts'
import type { Engine } from './engine.ts'
import { isOther } from './merge.ts'
import { countOutcomes, noCounts, plus, type MergeCounts } from './merge-counts.ts'
import {
  isStale,
  keyJoin,
  loadedColumns,
  meta,
  metaValues,
  outcome,
  readStaged,
  stamps,
  storedColumns,
  targetOf,
  type BroughtWrite,
} from './staged-rows.ts'

/** Before the transaction. */
export async function prepareIntervals(db: Engine, write: BroughtWrite): Promise<void> {
  for (const brought of broughtOf(write))
    await db.prepare(brought.table, [
      ...storedColumns(write, brought.columns),
      ...stamps,
      ...storedColumns(write, brought.others),
      { name: rid, type: 'string' },
      { name: start, type: 'timestamp' },
      { name: outcome, type: 'string' },
    ])
}

export async function writeIntervals(db: Engine, write: BroughtWrite, runId: string): Promise<MergeCounts> {
  await adoptRows(db, write)
  let counts = noCounts
  for (const brought of broughtOf(write)) counts = plus(counts, await apply(db, write, { ...brought, runId }))
  return counts
}

/** Rows that another mode loaded: each is the first interval of its key. */
async function adoptRows(db: Engine, write: BroughtWrite): Promise<void> {
  await db.run(
    `UPDATE ${targetOf(db, write)} SET valid_from = _version, valid_to = ${db.latest('_deleted_at', 'CASE WHEN _deleted_at IS NOT NULL THEN _version END')}, ` +
      `is_current = _deleted_at IS NULL WHERE is_current IS NULL`,
  )
}

type Brought = {
  readonly from: NonNullable<BroughtWrite['rows']>
  readonly table: string
  readonly columns: readonly string[]
  /** What this read did not bring: a new interval takes it from the one before. */
  readonly others: readonly string[]
}

/** Rows; and tombstones, each a row that brings its key alone. */
function broughtOf(write: BroughtWrite): readonly Brought[] {
  const { nth, rows, gone, key, stored } = write
  const parts = [
    { from: rows, table: `_intervals_${nth}`, columns: loadedColumns(write) },
    { from: gone, table: `_ended_${nth}`, columns: key },
  ]
  return parts.flatMap(({ from, table, columns }) => {
    if (!from) return []
    const others = stored.columns
      .map((column) => column.name)
      .filter((name) => !isMeta(name) && !isInterval(name) && !columns.includes(name))
    return [{ from, table, columns, others }]
  })
}

async function apply(
  db: Engine,
  write: BroughtWrite,
  { from, table, columns, others, runId }: Brought & { readonly runId: string },
): Promise<MergeCounts> {
  const target = targetOf(db, write)
  const { source, duplicates } = await readStaged(db, write, { from, columns })
  await classify(db, write, { source, table, columns, others })
  const end = {
    target,
    from: `${table} i`,
    on: `${db.isRow(write.key, 'i', 'intervals')} AND t.is_current`,
    set: [
      ['valid_to', `i.${start}`],
      ['is_current', 'false'],
      ['_synced_at', db.instant(write.syncedAt)],
      ['_run_id', db.text(runId)],
    ],
  } as const
  const changed = await db.updateFrom({ ...end, where: `i.${outcome} = 'updated'` })
  const deleted = await db.updateFrom({
    ...end,
    set: [...end.set, ['_deleted_at', 'i._deleted_at'], ['_version', 'i._version'], ['_read_at', 'i._read_at']],
    where: `i.${outcome} = 'deleted'`,
  })
  const brought = [...columns, ...others]
  // Of a row that came deleted nothing is known but that: its interval is empty, and holds against older rows.
  await db.run(
    `INSERT INTO ${target} (${db.names([...brought, ...intervalColumns.map(({ name }) => name), ...meta])}) ` +
      `SELECT ${db.names(brought)}, coalesce(${start}, _version), CASE WHEN _deleted_at IS NOT NULL THEN _version END, _deleted_at IS NULL, ` +
      `${metaValues(db, write, runId).join(', ')} FROM ${table} WHERE ${outcome} IN ('inserted', 'updated') OR (${outcome} = 'deleted' AND ${rid} IS NULL)`,
  )
  await touchSeen(db, write, table)
  const counts = await countOutcomes(db, table)
  await db.discard(table)
  return { ...counts, duplicates, closed: changed.rowsChanged + deleted.rowsChanged }
}

/** Of the intervals of a key. Those that are empty begin where another does. */
export const latestFirst =
  'valid_from DESC NULLS LAST, is_current DESC, valid_to DESC NULLS LAST, _version DESC, _read_at DESC'

/** What each row means for the latest interval of its key, and where the next would begin. */
async function classify(
  db: Engine,
  write: BroughtWrite,
  { source, table, columns, others }: Omit<Brought, 'from'> & { readonly source: string },
): Promise<void> {
  const target = targetOf(db, write)
  const differs = columns
    .filter((name) => !write.key.includes(name))
    .map((name) => ` OR s.${db.quote(name)} IS DISTINCT FROM t.${db.quote(name)}`)
    .join('')
  await db.fill(
    table,
    `SELECT s.*, ${others.map((name) => `t.${db.quote(name)}, `).join('')}t.${rid}, ${nextStart(db)} AS ${start}, ` +
      `CASE ${write.onlyStanding ? `WHEN ${isOther} THEN 'filtered' ` : ''}` +
      `WHEN t.${rid} IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN ${isStale} THEN 'stale' ` +
      `WHEN s._deleted_at IS NOT NULL THEN CASE WHEN t.is_current THEN 'deleted' ELSE 'unchanged' END ` +
      `WHEN NOT t.is_current${differs} THEN 'updated' ELSE 'unchanged' END AS ${outcome} ` +
      `FROM ${source} s LEFT JOIN ${db.newestRows({ target, source, key: write.key, order: latestFirst })} t ON ${keyJoin(db, write.key)}`,
  )
}

/**
 * The new version, where it comes after what stands. A change that moved no stamp (a formula), or a row that comes back with the
 * stamp it had, holds since it was read: intervals never overlap.
 */
const nextStart = (db: Engine): string =>
  `CASE WHEN s._version > t._version AND s._version > t.valid_from AND s._version >= coalesce(t.valid_to, s._version) THEN s._version ` +
  `WHEN t.${rid} IS NOT NULL THEN ${db.latest('s._read_at', 't.valid_from', 'coalesce(t.valid_to, t.valid_from)')} END`

/** As a merge does it; what is deleted once more is gone as of now: what is older than this must not bring it back. */
async function touchSeen(db: Engine, write: BroughtWrite, table: string): Promise<void> {
  const touch = { target: targetOf(db, write), from: `${table} i`, on: db.isRow(write.key, 'i', 'intervals') }
  const readAt = ['_read_at', db.latest('t._read_at', 'i._read_at')] as const
  const seen = write.touchUnchanged ? `i.${outcome} IN ('unchanged', 'stale') OR ` : ''
  await db.updateFrom({
    ...touch,
    set: [readAt, ['_version', db.latest('t._version', 'i._version')]],
    where: `(${seen}(i.${outcome} = 'unchanged' AND i._deleted_at IS NOT NULL))`,
  })
  if (write.touchUnchanged && write.onlyStanding)
    // Seen, in a version whose content is still to come: that one must not look old then.
    await db.updateFrom({ ...touch, set: [readAt], where: `i.${outcome} = 'filtered'` })
}

/** No column name can hold this sign. */
const start = '"#start"'
