/**
 * `full_refresh`: every commit of the scan adds to a generation beside the table; the last one puts it in the table's place.
 * Nothing is swapped or renamed, so all of it is in the fenced transaction.
 */
import type { Database } from '../../duckdb/open-database.ts'
import { converted, names, quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Table } from '../../model/table.ts'
import type { Fence } from '../port.ts'
import type { TableWrite } from '../table-write.ts'
import { generationIs, generationTable } from './generation-table.ts'
import { mergeRows } from './merge.ts'
import { noCounts, plus, type MergeCounts } from './merge-counts.ts'
import { contentColumns, meta } from './staged-rows.ts'
import { guardShrink } from './sweep.ts'
import { introspect } from './tables.ts'
import { applyTombstones } from './tombstones.ts'

export async function writeGeneration(db: Database, write: TableWrite, fence: Fence): Promise<MergeCounts> {
  const { sync, runId } = fence
  const side = generationTable(sync, write.table)
  await dropLeftover(db, write, { sync, side })
  const into: TableWrite = { ...write, table: side, touchUnchanged: true, sweep: null }
  const brought = await fill(db, into, runId)
  const filled = plus(brought, await applyTombstones(db, into, runId))
  const replaced = write.isLast ? await takePlace(db, write, { sync, side }) : 0
  await noteGeneration(db, write, { sync, side })
  return { ...filled, replaced }
}

/** What another scan left is never mixed in. */
async function dropLeftover(db: Database, write: TableWrite, { sync, side }: Place): Promise<void> {
  const [noted] = await db.rows(`SELECT scan FROM _millrace.generations WHERE ${generationIs(sync, write.table)}`)
  if (noted?.['scan'] !== scanOf(write)) await db.run(`DELETE FROM ${relation(side.schema, side.name)}`)
}

type Place = { readonly sync: string; readonly side: Table }

/** A row that a chunk before has brought too was counted as inserted then: whichever of the two is newer, one is a duplicate. */
async function fill(db: Database, into: TableWrite, runId: string): Promise<MergeCounts> {
  const paths = into.staged.flatMap((file) => (file.path === null ? [] : [file.path]))
  if (paths.length === 0) return noCounts
  const before = await countRows(db, into.table)
  const { inserted, updated, deleted, unchanged, stale, duplicates } = await mergeRows(db, into, { paths, runId })
  const grown = (await countRows(db, into.table)).all - before.all
  const met = inserted + updated + deleted + unchanged + stale - grown
  return { ...noCounts, inserted: grown, duplicates: duplicates + met }
}

/** Gives how many rows were there before. @throws MillraceError MR-4105 */
async function takePlace(db: Database, write: TableWrite, { sync, side }: Place): Promise<number> {
  const { table, sweep, stream } = write
  const [from, target] = [side, table].map(({ schema, name }) => relation(schema, name))
  const before = await countRows(db, table)
  const after = await countRows(db, side)
  if (sweep?.kind === 'unseen')
    guardShrink({
      gone: Math.max(0, before.live - after.live),
      before: before.live,
      limit: sweep.maxShrink,
      stream,
      sync,
    })
  const [stored, filled] = [
    await introspect(db, table.schema, table.name),
    await introspect(db, side.schema, side.name),
  ]
  const typeIn = (there: Table | null, name: string) => there?.columns.find((column) => column.name === name)?.type
  const columns = [...contentColumns(write), ...meta]
  const cells = columns.map((name) => {
    const [was, becomes] = [typeIn(filled, name), typeIn(stored, name)]
    return was && becomes ? converted(quoteName(name), was, becomes) : quoteName(name)
  })
  await db.run(`DELETE FROM ${target}`)
  await db.run(`INSERT INTO ${target} (${names(columns)}) SELECT ${cells.join(', ')} FROM ${from}`)
  await db.run(`DELETE FROM ${from}`)
  return before.all
}

/** Whose the rows are, and how many: a scan is gone on with only where all of them are there. */
async function noteGeneration(db: Database, write: TableWrite, { sync, side }: Place): Promise<void> {
  const { all } = await countRows(db, side)
  await db.run(`DELETE FROM _millrace.generations WHERE ${generationIs(sync, write.table)}`)
  await db.run(
    `INSERT INTO _millrace.generations (sync, name, scan, "rows", updated_at) VALUES (${quoteText(sync)}, ${quoteText(write.table.name)}, ` +
      `${write.isLast ? 'NULL' : quoteText(scanOf(write))}, ${all}, now()::TIMESTAMP)`,
  )
}

async function countRows(
  db: Database,
  { schema, name }: Table,
): Promise<{ readonly all: number; readonly live: number }> {
  const [counted] = await db.rows(
    `SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM ${relation(schema, name)}`,
  )
  return { all: Number(counted?.['n'] ?? 0), live: Number(counted?.['live'] ?? 0) }
}

function scanOf({ scanId, stream }: TableWrite): string {
  if (scanId !== undefined) return scanId
  throw new MillraceError('MR-7000', { message: `A generation of ${stream} was to be filled for no scan.` })
}
