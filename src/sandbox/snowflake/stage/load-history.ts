/**
 * Which files a table has taken: COPY skips them for 64 days, unless their content is another or FORCE is set.
 * https://docs.snowflake.com/en/user-guide/data-load-considerations-load#load-metadata
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteText } from '../../../duckdb/sql-text.ts'
import type { Run } from '../session/transaction.ts'
import type { StageFile } from './stage-files.ts'

export const createLoadHistory = (connection: DuckDBConnection) =>
  connection.run(
    `CREATE TABLE IF NOT EXISTS _sandbox.loads (table_key VARCHAR, stage_key VARCHAR, file VARCHAR, md5 VARCHAR, loaded_at TIMESTAMPTZ)`,
  )

type Load = { readonly table: string; readonly stage: string; readonly file: StageFile }

export async function isLoaded(connection: DuckDBConnection, { table, stage, file }: Load): Promise<boolean> {
  const rows = await (
    await connection.run(
      `SELECT 1 FROM _sandbox.loads WHERE table_key = ${quoteText(table)} AND stage_key = ${quoteText(stage)}
       AND file = ${quoteText(file.name)} AND md5 = ${quoteText(file.md5)} AND loaded_at > now() - INTERVAL 64 DAY`,
    )
  ).getRowsJson()
  return rows.length > 0
}

export async function rememberLoad(run: Run, { table, stage, file, at }: Load & { readonly at: Date }): Promise<void> {
  const cells = [table, stage, file.name, file.md5, at.toISOString()].map(quoteText)
  await run(`INSERT INTO _sandbox.loads VALUES (${cells.join(', ')})`)
}

/** A table that is made anew has taken nothing. */
export const forgetLoads = async (run: Run, table: string): Promise<void> => {
  await run(`DELETE FROM _sandbox.loads WHERE table_key = ${quoteText(table)}`)
}
