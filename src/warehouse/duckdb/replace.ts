import type { Database } from '../../duckdb/open-database.ts'
import { names, relation } from '../../duckdb/sql-text.ts'
import type { Fence, TableWrite } from '../port.ts'
import { noCounts, plus, type MergeCounts } from './merge-counts.ts'
import { contentColumns, meta, metaValues, readStaged } from './staged-rows.ts'
import { guardShrink } from './sweep.ts'
import { applyTombstones } from './tombstones.ts'

/** `full_refresh`: what the finished scan brought takes the place of everything, in the transaction. */
export async function replaceAll(db: Database, write: TableWrite, { sync, runId }: Fence): Promise<MergeCounts> {
  const target = relation(write.table.schema, write.table.name)
  const paths = write.staged.flatMap((file) => (file.path === null ? [] : [file.path]))
  const [stored] = await db.rows(`SELECT count(*) AS n FROM ${target}`)
  const replaced = Number(stored?.['n'] ?? 0)
  await db.run(`DELETE FROM ${target}`)
  const brought = paths.length > 0 ? await insertStaged(db, write, { paths, runId }) : noCounts
  if (write.sweep?.kind === 'unseen')
    guardShrink({
      gone: Math.max(0, replaced - brought.inserted),
      before: replaced,
      limit: write.sweep.maxShrink,
      stream: write.stream,
      sync,
    })
  return { ...plus(brought, await applyTombstones(db, write, runId)), replaced }
}

async function insertStaged(
  db: Database,
  write: TableWrite,
  { paths, runId }: { readonly paths: readonly string[]; readonly runId: string },
): Promise<MergeCounts> {
  const columns = contentColumns(write)
  // The chunks are each without duplicates; a row that moved between pages may stand in two of them.
  const { source, duplicates } = await readStaged(db, write, { paths, columns })
  const result = await db.run(
    `INSERT INTO ${relation(write.table.schema, write.table.name)} (${names([...columns, ...meta])}) ` +
      `SELECT ${names(columns)}, ${metaValues(write, runId)} FROM ${source}`,
  )
  return { ...noCounts, inserted: result.rowsChanged, duplicates }
}
