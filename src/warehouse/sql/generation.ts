/**
 * `full_refresh`: every commit of the scan adds to a generation beside the table; the last one puts it in the table's place.
 * Nothing is swapped or renamed, so all of it is in the fenced transaction.
 */
import { MillraceError } from '../../model/millrace-error.ts'
import type { Table } from '../../model/table.ts'
import type { Fence } from '../port.ts'
import type { TableWrite } from '../table-write.ts'
import type { Engine } from './engine.ts'
import { generationIs, generationTable } from './generation-table.ts'
import { mergeRows } from './merge.ts'
import { noCounts, plus, type MergeCounts } from './merge-counts.ts'
import { replaceRow } from './replace-row.ts'
import { isOf, type BroughtRowsOf } from './rows-of.ts'
import { contentColumns, meta, targetOf, typeIn, type BroughtWrite } from './staged-rows.ts'
import { guardShrink } from './sweep.ts'
import { applyTombstones } from './tombstones.ts'

/** Its rows go into the table beside. */
export const besideTable = (write: TableWrite, sync: string): TableWrite => ({
  ...write,
  table: generationTable(sync, write.table),
  touchUnchanged: true,
  sweep: null,
})

/** @param into what `besideTable` gave, brought */
export async function writeGeneration(
  db: Engine,
  write: TableWrite,
  { into, fence, of }: { readonly into: BroughtWrite; readonly fence: Fence; readonly of: BroughtRowsOf | null },
): Promise<MergeCounts> {
  const { sync, runId } = fence
  const side = into.table
  await dropLeftover(db, write, { sync, side })
  const brought = await fill(db, into, runId)
  const filled = plus(brought, await applyTombstones(db, into, runId))
  const replaced = write.isLast ? await takePlace(db, write, { sync, side, of }) : 0
  await noteGeneration(db, write, { sync, side })
  return { ...filled, replaced }
}

/** What another scan left is never mixed in. */
async function dropLeftover(db: Engine, write: TableWrite, { sync, side }: Place): Promise<void> {
  const [noted] = await db.rows(`SELECT scan FROM _millrace.generations WHERE ${generationIs(db, sync, write.table)}`)
  if (noted?.['scan'] !== scanOf(write)) await db.run(`DELETE FROM ${db.relation(side.schema, side.name)}`)
}

type Place = { readonly sync: string; readonly side: Table }

/** A row that a chunk before has brought too was counted as inserted then: whichever of the two is newer, one is a duplicate. */
async function fill(db: Engine, into: BroughtWrite, runId: string): Promise<MergeCounts> {
  if (!into.rows) return noCounts
  const before = await countRows(db, into.table)
  const { inserted, updated, deleted, unchanged, stale, duplicates } = await mergeRows(db, into, runId)
  const grown = (await countRows(db, into.table)).all - before.all
  const met = inserted + updated + deleted + unchanged + stale - grown
  return { ...noCounts, inserted: grown, duplicates: duplicates + met }
}

/** Of those whose rows are replaced, or all. Gives how many rows were there before. @throws MillraceError MR-4105 */
async function takePlace(
  db: Engine,
  write: TableWrite,
  { sync, side, of }: Place & { readonly of: BroughtRowsOf | null },
): Promise<number> {
  const { table, sweep, stream } = write
  const from = db.relation(side.schema, side.name)
  const target = targetOf(db, write)
  const stored = (await db.introspect(table.schema, table.name)) ?? table
  const filled = (await db.introspect(side.schema, side.name)) ?? side
  // What was read of others is not all that they have.
  const [placesIn, rowsIn] = [stored, filled].map((one) => (of ? ` WHERE ${isOf(db, of, one)}` : ''))
  const before = await countRows(db, table, placesIn)
  const after = await countRows(db, side, rowsIn)
  if (sweep?.kind === 'unseen')
    guardShrink({
      gone: Math.max(0, before.live - after.live),
      before: before.live,
      limit: sweep.maxShrink,
      stream,
      sync,
      partition: '',
    })
  const columns = [...contentColumns(write), ...meta]
  const cells = columns.map((name) => {
    const [was, becomes] = [typeIn(filled, name), typeIn(stored, name)]
    return was && becomes ? db.converted(db.quote(name), was, becomes) : db.quote(name)
  })
  await db.run(`DELETE FROM ${target}${placesIn}`)
  await db.run(`INSERT INTO ${target} (${db.names(columns)}) SELECT ${cells.join(', ')} FROM ${from}${rowsIn}`)
  await db.run(`DELETE FROM ${from}`)
  return before.all
}

/** Whose the rows are, and how many: a scan is gone on with only where all of them are there. */
async function noteGeneration(db: Engine, write: TableWrite, { sync, side }: Place): Promise<void> {
  const { all } = await countRows(db, side)
  await replaceRow(db, 'generations', {
    key: { sync: db.text(sync), name: db.text(write.table.name) },
    cells: { scan: write.isLast ? 'NULL' : db.text(scanOf(write)), rows: String(all), updated_at: db.now },
  })
}

async function countRows(
  db: Engine,
  { schema, name }: Table,
  where = '',
): Promise<{ readonly all: number; readonly live: number }> {
  const [counted] = await db.rows(
    `SELECT count(*) AS n, count(*) - count(_deleted_at) AS live FROM ${db.relation(schema, name)}${where}`,
  )
  return { all: Number(counted?.['n'] ?? 0), live: Number(counted?.['live'] ?? 0) }
}

function scanOf({ scanId, stream }: TableWrite): string {
  if (scanId !== undefined) return scanId
  throw new MillraceError('MR-7000', { message: `A generation of ${stream} was to be filled for no scan.` })
}
