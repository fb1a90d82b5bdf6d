/** The fenced transaction of ETL: merge, sweep, rejects, cursor and ledger, all or nothing. */
import type { Database } from '../../duckdb/open-database.ts'
import { quoteText, relation, textOrNull } from '../../duckdb/sql-text.ts'
import { emptyEtlLedger, etlImbalance, loaded, type EtlLedger } from '../../model/ledger.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { EtlCommit, Fence } from '../port.ts'
import type { TableWrite, WriteCounts } from '../table-write.ts'
import { writeGeneration } from './generation.ts'
import { ensureGeneration } from './generation-table.ts'
import { mergeStaged } from './merge.ts'
import type { MergeCounts } from './merge-counts.ts'
import { writeRejects } from './refused-rows.ts'
import { writeIntervals } from './scd2.ts'
import { sweepUnseen } from './sweep.ts'
import { fencedTransaction, scopeIs } from './transaction.ts'
import { beginWindows, endWindows } from './windows.ts'

export async function commitStream(db: Database, commit: EtlCommit): Promise<readonly WriteCounts[]> {
  for (const write of commit.writes)
    if (write.mode === 'generation') await ensureGeneration(db, write, commit.fence.sync)
  return fencedTransaction(db, commit.fence, async () => {
    const counts: WriteCounts[] = []
    const isShared = await hasOpenNeighbour(db, commit.fence)
    for (const write of commit.writes) {
      const touchUnchanged = write.touchUnchanged || isShared
      const ledger = await applyWrite(db, { ...write, touchUnchanged }, commit.fence)
      const imbalance = etlImbalance(ledger)
      if (imbalance) throw unbalanced(write, imbalance)
      counts.push({ stream: write.stream, ledger })
      await writeCommit(db, commit, write.stream, ledger)
    }
    await writeCursor(db, commit)
    return counts
  })
}

/** Another scope of the stream has a scan under way: a backfill's partition beside the live one, or the other way round. */
async function hasOpenNeighbour(db: Database, { sync, stream, partition }: Fence): Promise<boolean> {
  const open = await db.rows(
    `SELECT 1 FROM _millrace.cursors WHERE sync = ${quoteText(sync)} AND stream = ${quoteText(stream)} ` +
      `AND "partition" <> ${quoteText(partition)} AND scan IS NOT NULL LIMIT 1`,
  )
  return open.length > 0
}

async function applyWrite(db: Database, write: TableWrite, fence: Fence): Promise<EtlLedger> {
  const staged = sumStaged(write)
  const windows = await beginWindows(db, write)
  const merged = await land(db, write, fence)
  await writeRejects(db, write, fence)
  const swept = await sweepUnseen(db, write, fence)
  const replaced = windows ? await endWindows(db, write, { fence, ...windows }) : 0
  const closed = merged.closed + (write.mode === 'scd2' ? swept : 0)
  return { ...staged, ...add(merged, staged), swept, closed, replaced: merged.replaced + replaced }
}

function land(db: Database, write: TableWrite, fence: Fence): Promise<MergeCounts> {
  switch (write.mode) {
    case 'generation':
      return writeGeneration(db, write, fence)
    case 'scd2':
      return writeIntervals(db, write, fence.runId)
    case 'merge':
      return mergeStaged(db, write, fence.runId)
  }
}

/** Duplicates are found twice: inside a chunk by staging, across chunks by the warehouse. */
const add = (merged: MergeCounts, staged: EtlLedger): MergeCounts => ({
  ...merged,
  duplicates: merged.duplicates + staged.duplicates,
  filtered: merged.filtered + staged.filtered,
})

function sumStaged(write: TableWrite): EtlLedger {
  const sum = { ...emptyEtlLedger }
  for (const { counts } of write.staged) {
    sum.read += counts.read
    sum.derived += counts.derived
    sum.duplicates += counts.duplicates
    sum.filtered += counts.filtered
    sum.rejected += counts.rejected
  }
  return sum
}

async function writeCommit(db: Database, commit: EtlCommit, stream: string, ledger: EtlLedger): Promise<void> {
  const { fence, sequence } = commit
  await db.run(
    `INSERT INTO _millrace.commits VALUES (${quoteText(fence.runId)}, ${quoteText(stream)}, ${sequence}, ${fence.epoch}, ` +
      `${quoteText(JSON.stringify({ ...ledger, loaded: loaded(ledger) }))}, now()::TIMESTAMP)`,
  )
}

async function writeCursor(db: Database, commit: EtlCommit): Promise<void> {
  if (!commit.cursor) return
  const { fence, cursor } = commit
  await db.run(`DELETE FROM _millrace.cursors WHERE ${scopeIs(fence)}`)
  await db.run(
    `INSERT INTO _millrace.cursors (sync, stream, "partition", watermark, scan, connector, cursor_version, updated_by, updated_at, marks) VALUES (${quoteText(fence.sync)}, ${quoteText(fence.stream)}, ${quoteText(fence.partition)}, ` +
      `${textOrNull(cursor.cursor.watermark)}, ${textOrNull(cursor.cursor.scan && JSON.stringify(cursor.cursor.scan))}, ` +
      `${quoteText(cursor.connector)}, ${cursor.version}, ${quoteText(fence.runId)}, now()::TIMESTAMP, ${textOrNull(cursor.cursor.marks ? JSON.stringify(cursor.cursor.marks) : null)})`,
  )
}

const unbalanced = (write: TableWrite, imbalance: string) =>
  new MillraceError('MR-2006', {
    message: `The ledger of ${write.stream} does not balance: ${imbalance}.`,
    kept: `Nothing of this commit was kept in ${relation(write.table.schema, write.table.name)}; the cursor is where it was.`,
    next: 'This is a bug in millrace: please report it with the run log (`millrace run show`).',
  })
