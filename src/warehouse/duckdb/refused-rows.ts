/** Rows of a source that were refused: in `_millrace.rejects` until they load, or are gone. */
import type { Database } from '../../duckdb/open-database.ts'
import { quoteName, quoteText } from '../../duckdb/sql-text.ts'
import type { Fence } from '../port.ts'
import type { TableWrite } from '../table-write.ts'
import { instantSql, parquet } from './staged-rows.ts'

export async function writeRejects(db: Database, write: TableWrite, fence: Fence): Promise<void> {
  const scope = `sync = ${quoteText(fence.sync)} AND stream = ${quoteText(write.stream)} AND state = 'open'`
  const now = instantSql(write.syncedAt)
  const [open] = await db.rows(`SELECT count(*) AS n FROM _millrace.rejects WHERE ${scope}`)
  const isOpen = open?.['n'] !== '0'
  const loaded = write.staged.flatMap((file) => [file.path, file.tombstones].filter((path) => path !== null))
  if (isOpen && loaded.length > 0 && write.key.length > 0)
    for (const path of loaded)
      await db.run(
        `UPDATE _millrace.rejects SET state = 'settled', last_at = ${now} WHERE ${scope} ` +
          `AND key IN (SELECT ${keyText(write.key)} FROM ${parquet([path])})`,
      )
  const refused = write.staged.flatMap((file) => (file.rejects === null ? [] : [file.rejects]))
  if (refused.length === 0) return
  // A row that is refused again stands once, and knows since when. Rows without a key cannot be told from one another.
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _again AS SELECT key, max(attempts) AS attempts, min(first_at) AS first_at FROM _millrace.rejects ` +
      `WHERE ${scope} AND key NOT IN ('', 'null') AND key IN (SELECT key FROM ${parquet(refused)}) GROUP BY 1`,
  )
  await db.run(`DELETE FROM _millrace.rejects WHERE ${scope} AND key IN (SELECT key FROM _again)`)
  await db.run(
    `INSERT INTO _millrace.rejects (run_id, sync, stream, key, code, message, retryable, attempts, first_at, last_at, "row", state) SELECT ${quoteText(fence.runId)}, ${quoteText(fence.sync)}, ${quoteText(write.stream)}, r.key, code, message, ` +
      `false, coalesce(a.attempts, 0) + 1, coalesce(a.first_at, ${now}), ${now}, "row"::JSON, 'open' ` +
      `FROM ${parquet(refused)} r LEFT JOIN _again a ON a.key = r.key`,
  )
  await db.run('DROP TABLE _again')
}

/** A key as one text: the value itself, or a JSON list of several. */
export const keyText = (key: readonly string[]): string =>
  key.length === 1
    ? `CAST(${quoteName(key[0] ?? '')} AS VARCHAR)`
    : `to_json([${key.map((column) => `CAST(${quoteName(column)} AS VARCHAR)`).join(', ')}])::VARCHAR`
