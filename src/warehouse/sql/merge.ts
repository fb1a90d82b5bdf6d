/**
 * Merge: each staged row is compared with what is stored of its key, and its outcome written down; then the outcomes are
 * carried out. Older never overwrites newer: a row applies only where (version, read_at) is not older than what is stored
 * (promise 9).
 */
import { isMeta } from '../../model/table.ts'
import { rid } from './dialect.ts'
import type { Engine } from './engine.ts'
import { countOutcomes, noCounts, plus, type MergeCounts } from './merge-counts.ts'
import {
  contentColumns,
  isStale,
  keyJoin,
  meta,
  metaValues,
  outcome,
  readStaged,
  stamps,
  storedColumns,
  targetOf,
  type BroughtWrite,
} from './staged-rows.ts'
import { applyTombstones } from './tombstones.ts'

export async function mergeStaged(db: Engine, write: BroughtWrite, runId: string): Promise<MergeCounts> {
  const counts = await mergeRows(db, write, runId)
  return plus(counts, await applyTombstones(db, write, runId))
}

/** Before the transaction. */
export async function prepareMerge(db: Engine, write: BroughtWrite): Promise<void> {
  if (!write.rows) return
  await db.prepare(mergeTable(write), [
    ...storedColumns(write, contentColumns(write)),
    ...stamps,
    ...storedColumns(write, otherColumns(write)),
    { name: rid, type: 'string' },
    ...(write.unstamped ? storedStamps.map(([name]) => ({ name, type: 'timestamp' as const })) : []),
    { name: outcome, type: 'string' },
  ])
}

export async function mergeRows(db: Engine, write: BroughtWrite, runId: string): Promise<MergeCounts> {
  if (!write.rows) return noCounts
  const target = targetOf(db, write)
  const content = contentColumns(write)
  const { source, duplicates } = await readStaged(db, write, { from: write.rows, columns: content })
  if (!write.onlyStanding && !(await meetsStored(db, write, source)))
    return { ...(await insertAll(db, write, { source, runId })), duplicates }

  const others = otherColumns(write)
  const merge = mergeTable(write)
  const differs = content.map((name) => `s.${db.quote(name)} IS DISTINCT FROM t.${db.quote(name)}`).join(' OR ')
  await db.fill(
    merge,
    `SELECT s.*, ${others.map((name) => `t.${db.quote(name)}, `).join('')}${db.rowId('rows')} AS ${rid}, ` +
      (write.unstamped ? storedStamps.map(([name, of]) => `t.${of} AS ${name}, `).join('') : '') +
      `CASE ${write.onlyStanding ? `WHEN ${write.unstamped ? isUnknown : isOther} THEN 'filtered' ` : ''}WHEN t._read_at IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END ` +
      `WHEN ${isStale} THEN 'stale' WHEN s._deleted_at IS NOT NULL AND t._deleted_at IS NULL THEN 'deleted' ` +
      `WHEN (s._deleted_at IS NULL) <> (t._deleted_at IS NULL)${differs ? ` OR ${differs}` : ''} THEN 'updated' ` +
      `ELSE 'unchanged' END AS ${outcome} FROM ${source} s LEFT JOIN ${target} t ON ${keyJoin(db, write.key)}`,
  )
  const [syncedAt = '', readAt = '', version = '', run = '', deletedAt = ''] = metaValues(db, write, runId)
  // Without a stamp of the vendor's the rest of the row is as old as it was.
  const [keptVersion, keptReadAt] = write.unstamped ? storedStamps.map(([name]) => name) : [version, readAt]
  await db.upsert({
    target,
    key: write.key,
    from: merge,
    columns: [...content, ...others, ...meta],
    values: [...[...content, ...others].map(db.quote), syncedAt, keptReadAt ?? '', keptVersion ?? '', run, deletedAt],
    where: `${outcome} IN ('inserted', 'updated', 'deleted')`,
  })
  await touchSeen(db, write, merge)
  const counts = await countOutcomes(db, merge)
  await db.discard(merge)
  return { ...counts, duplicates }
}

async function touchSeen(db: Engine, write: BroughtWrite, merge: string): Promise<void> {
  if (!write.touchUnchanged) return
  const touch = { target: targetOf(db, write), from: `${merge} m`, on: db.isRow(write.key, 'm', 'rows') }
  const readAt = ['_read_at', db.latest('t._read_at', 'm._read_at')] as const
  if (!write.unstamped)
    // What is stale was seen, too: the vendor still has the row, and the sweep must leave it.
    await db.updateFrom({
      ...touch,
      set: [readAt, ['_version', db.latest('t._version', 'm._version')]],
      where: `m.${outcome} IN ('unchanged', 'stale')`,
    })
  if (write.onlyStanding)
    // Seen, in a version whose content is still to come: that one must not look old then.
    await db.updateFrom({ ...touch, set: [readAt], where: `m.${outcome} = 'filtered'` })
}

/** Columns that this read did not bring (excluded, or gone at the vendor) keep what they hold. */
function otherColumns(write: BroughtWrite): readonly string[] {
  const content = contentColumns(write)
  return write.stored.columns.map(({ name }) => name).filter((name) => !isMeta(name) && !content.includes(name))
}

/** A part of a row says nothing of one that is not stored, was deleted, or has another version than what is stored. */
export const isOther = `t._read_at IS NULL OR t._deleted_at IS NOT NULL OR s._version <> t._version`

/** Without a stamp no version tells whether the rest of the row is still the same, nor need it: it stays as old as it is. */
const isUnknown = `t._read_at IS NULL OR t._deleted_at IS NOT NULL OR s._deleted_at IS NOT NULL`
const storedStamps = [
  ['"#version"', '_version'],
  ['"#read_at"', '_read_at'],
] as const

const mergeTable = ({ nth }: BroughtWrite): string => `_merge_${nth}`

/** Is any of the rows there already? By the keys alone: a first load has nothing to compare, row by row, with what it has just loaded. */
async function meetsStored(db: Engine, write: BroughtWrite, source: string): Promise<boolean> {
  if (write.key.length === 0) return false
  const [met] = await db.rows(
    `SELECT 1 AS met FROM ${targetOf(db, write)} t WHERE EXISTS (SELECT 1 FROM ${source} s WHERE ${keyJoin(db, write.key)}) LIMIT 1`,
  )
  return met !== undefined
}

async function insertAll(
  db: Engine,
  write: BroughtWrite,
  { source, runId }: { readonly source: string; readonly runId: string },
): Promise<MergeCounts> {
  const content = contentColumns(write)
  await db.run(
    `INSERT INTO ${targetOf(db, write)} (${db.names([...content, ...meta])}) ` +
      `SELECT ${[...content.map(db.quote), ...metaValues(db, write, runId)].join(', ')} FROM ${source}`,
  )
  return countOutcomes(db, source, `CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END`)
}
