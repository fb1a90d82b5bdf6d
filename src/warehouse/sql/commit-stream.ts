/** The fenced transaction of ETL: merge, sweep, rejects, cursor and ledger, all or nothing. */
import { emptyEtlLedger, etlImbalance, loaded, type EtlLedger } from '../../model/ledger.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { EtlCommit, Fence } from '../port.ts'
import type { TableWrite, WriteCounts } from '../table-write.ts'
import type { Engine } from './engine.ts'
import { deletedAlike, discardFlagged, fillFlagged, prepareFlagged } from './flagged-parents.ts'
import { hasCommit, writeCommit } from './commits.ts'
import { fencedTransaction, scopeCells, streamIs } from './fence.ts'
import { besideTable, writeGeneration } from './generation.ts'
import { ensureGeneration } from './generation-table.ts'
import { mergeStaged, prepareMerge } from './merge.ts'
import type { MergeCounts } from './merge-counts.ts'
import { prepareRejects, settleUnmet, writeRejects } from './refused-rows.ts'
import { replaceRow } from './replace-row.ts'
import { prepareIntervals, writeIntervals } from './scd2.ts'
import { bringWrite, type BroughtWrite } from './staged-rows.ts'
import { prepareSweep, sweepUnseen, type PreparedSweep } from './sweep.ts'
import { prepareTombstones } from './tombstones.ts'
import { beginWindows, endWindows, prepareWindows, type PreparedWindows } from './windows.ts'

export async function commitStream(db: Engine, commit: EtlCommit): Promise<readonly WriteCounts[]> {
  const { fence, sequence } = commit
  const prepared: Prepared[] = []
  for (const [nth, write] of commit.writes.entries())
    prepared.push(await prepareWrite(db, write, { nth, fence, first: prepared[0] }))
  const hasFlags = prepared.some(({ sweep }) => sweep.flags)
  if (hasFlags) await prepareFlagged(db)
  const [first] = commit.writes
  const wasMade = first ? () => hasCommit(db, { runId: fence.runId, stream: first.stream, sequence }) : null
  const work = async () => {
    const counts: WriteCounts[] = []
    const isShared = prepared.some(({ into }) => into.rows ?? into.gone) && (await hasOpenNeighbour(db, fence))
    for (const each of prepared) {
      const ledger = await applyWrite(db, each, { fence, isShared })
      const imbalance = etlImbalance(ledger)
      if (imbalance) throw unbalanced(db, each.write, imbalance)
      // What comes inside is landed after what it comes in.
      if (hasFlags && each === prepared[0]) await fillFlagged(db, each.into)
      counts.push({ stream: each.write.stream, ledger })
      await writeCommit(db, {
        fence,
        stream: each.write.stream,
        sequence,
        ledger: { ...ledger, loaded: loaded(ledger) },
      })
    }
    if (hasFlags) await discardFlagged(db)
    await writeCursor(db, commit)
    return counts
  }
  return fencedTransaction(db, fence, work, wasMade)
}

/** `into`: the write with its files, of the table that its rows go to first. */
type Prepared = {
  readonly write: TableWrite
  readonly into: BroughtWrite
  readonly sweep: PreparedSweep
  readonly windows: PreparedWindows | null
}

/** All that reads files or makes tables, which on Snowflake no transaction survives. */
async function prepareWrite(
  db: Engine,
  write: TableWrite,
  { nth, fence, first }: { readonly nth: number; readonly fence: Fence; readonly first: Prepared | undefined },
): Promise<Prepared> {
  if (write.mode === 'generation') await ensureGeneration(db, write, fence.sync)
  const into = await bringWrite(db, write.mode === 'generation' ? besideTable(write, fence.sync) : write, nth)
  if (write.mode === 'scd2') await prepareIntervals(db, into)
  else {
    await prepareMerge(db, into)
    await prepareTombstones(db, into)
  }
  await prepareRejects(db, into)
  return { write, into, sweep: await prepareSweep(db, write, first), windows: await prepareWindows(db, into) }
}

/** Another scope of the stream has a scan under way: a backfill's partition beside the live one, or the other way round. */
async function hasOpenNeighbour(db: Engine, fence: Fence): Promise<boolean> {
  const open = await db.rows(
    `SELECT 1 FROM _millrace.cursors WHERE ${streamIs(db, fence)} ` +
      `AND ${db.quote('partition')} <> ${db.text(fence.partition)} AND scan IS NOT NULL LIMIT 1`,
  )
  return open.length > 0
}

async function applyWrite(
  db: Engine,
  { write, into, sweep, windows }: Prepared,
  { fence, isShared }: { readonly fence: Fence; readonly isShared: boolean },
): Promise<EtlLedger> {
  const staged = sumStaged(write)
  const alike = sweep.flags ? deletedAlike(db, into, sweep.flags) : into
  const brought = { ...alike, touchUnchanged: into.touchUnchanged || isShared }
  if (windows) await beginWindows(db, windows)
  const merged = await land(db, write, { into: brought, fence, of: sweep.of })
  await writeRejects(db, brought, fence)
  const swept = await sweepUnseen(db, write, { fence, prepared: sweep })
  await settleUnmet(db, write, { fence, of: sweep.of })
  const replaced = windows ? await endWindows(db, windows, fence) : 0
  const closed = merged.closed + (write.mode === 'scd2' ? swept : 0)
  return { ...staged, ...add(merged, staged), swept, closed, replaced: merged.replaced + replaced }
}

function land(
  db: Engine,
  write: TableWrite,
  { into, fence, of }: Pick<PreparedSweep, 'of'> & { readonly into: BroughtWrite; readonly fence: Fence },
): Promise<MergeCounts> {
  switch (write.mode) {
    case 'generation':
      return writeGeneration(db, write, { into, fence, of })
    case 'scd2':
      return writeIntervals(db, into, fence.runId)
    case 'merge':
      return mergeStaged(db, into, fence.runId)
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

async function writeCursor(db: Engine, commit: EtlCommit): Promise<void> {
  if (!commit.cursor) return
  const { fence, cursor } = commit
  const { watermark, scan, marks } = cursor.cursor
  await replaceRow(db, 'cursors', {
    key: scopeCells(db, fence),
    cells: {
      watermark: db.textOrNull(watermark),
      scan: scan ? db.json(db.text(JSON.stringify(scan))) : 'NULL',
      connector: db.text(cursor.connector),
      cursor_version: String(cursor.version),
      updated_by: db.text(fence.runId),
      updated_at: db.now,
      marks: marks ? db.json(db.text(JSON.stringify(marks))) : 'NULL',
    },
  })
}

const unbalanced = (db: Engine, write: TableWrite, imbalance: string) =>
  new MillraceError('MR-2006', {
    message: `The ledger of ${write.stream} does not balance: ${imbalance}.`,
    kept: `Nothing of this commit was kept in ${db.relation(write.table.schema, write.table.name)}; the cursor is where it was.`,
    next: 'This is a bug in millrace: please report it with the run log (`millrace run show`).',
  })
