import type { Database } from '../../duckdb/open-database.ts'
import { names, relation } from '../../duckdb/sql-text.ts'
import type { TableWrite } from '../port.ts'
import { contentColumns, meta, metaValues, noCounts, parquet, type MergeCounts } from './merge.ts'
import { guardShrink } from './sweep.ts'

/** `full_refresh`: what the finished scan brought takes the place of everything, in the transaction. */
export async function replaceAll(db: Database, write: TableWrite, runId: string): Promise<MergeCounts> {
  const target = relation(write.table.schema, write.table.name)
  const paths = write.staged.flatMap((file) => (file.path === null ? [] : [file.path]))
  const [stored] = await db.rows(`SELECT count(*) AS n FROM ${target}`)
  const replaced = Number(stored?.['n'] ?? 0)
  let staged = 0
  let inserted = 0
  if (paths.length > 0) {
    const columns = contentColumns(write)
    // The chunks are each without duplicates; a row that moved between pages may stand in two of them.
    const latest =
      write.key.length === 0
        ? ''
        : ` QUALIFY row_number() OVER (PARTITION BY ${names(write.key)} ORDER BY _version DESC, _read_at DESC) = 1`
    staged = Number((await db.rows(`SELECT count(*) AS n FROM ${parquet(paths)}`))[0]?.['n'] ?? 0)
    await db.run(`DELETE FROM ${target}`)
    const result = await db.run(
      `INSERT INTO ${target} (${names([...columns, ...meta])}) SELECT ${names(columns)}, ${metaValues(write, runId)} FROM ${parquet(paths)}${latest}`,
    )
    inserted = result.rowsChanged
  } else await db.run(`DELETE FROM ${target}`)
  if (write.sweep?.kind === 'unseen')
    guardShrink({
      gone: Math.max(0, replaced - inserted),
      before: replaced,
      limit: write.sweep.maxShrink,
      stream: write.stream,
    })
  return { ...noCounts, inserted, replaced, duplicates: staged - inserted }
}
