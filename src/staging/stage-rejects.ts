/** What did not fit, with its reason, as Parquet. */
import { join } from 'node:path'
import type { Database } from '../duckdb/open-database.ts'
import { ignoringFolders, jsonPointer, quoteName, quoteText } from '../duckdb/sql-text.ts'
import { bad, raw, type StagedColumn } from './staged-column.ts'

type Request = {
  readonly directory: string
  readonly columns: readonly StagedColumn[]
  /** Vendor fields. */
  readonly key: readonly string[]
  /** Vendor fields. */
  readonly pii: readonly string[]
}

export type StagedRejects = {
  readonly rejects: string | null
  readonly rejected: number
  readonly samples: readonly { readonly key: string; readonly code: string; readonly message: string }[]
}

/** From the table `staged`, where `bad` says which column failed, -1 for the key, -2 for the whole line. */
export async function stageRejects(db: Database, request: Request): Promise<StagedRejects> {
  const [counted] = await db.rows(`SELECT count(*) AS n FROM staged WHERE ${bad} IS NOT NULL`)
  const rejected = Number(counted?.['n'] ?? 0)
  if (rejected === 0) return { rejects: null, rejected: 0, samples: [] }
  const path = join(request.directory, 'rejects.parquet')
  const key = keySql(request)
  const messages = request.columns.map(
    (column, index) =>
      `WHEN ${index} THEN ${quoteText(`${column.field}: `)} || coalesce(left(${raw} ->> ${jsonPointer(column.field)}, 60), 'null') || ${quoteText(` is not a ${column.type}`)}`,
  )
  await db.run(
    `COPY (SELECT coalesce(${key}, 'null') AS key, CASE ${bad} WHEN -1 THEN 'MR-5001' WHEN -2 THEN 'MR-5003' ELSE 'MR-5002' END AS code, ` +
      `CASE ${bad} WHEN -1 THEN 'the key is null' WHEN -2 THEN 'not a JSON object' ${messages.join(' ')} END AS message, CAST(${raw} AS VARCHAR) AS "row" ` +
      `FROM staged WHERE ${bad} IS NOT NULL) TO ${quoteText(path)} (FORMAT parquet)`,
  )
  const samples = await db.rows(
    `SELECT key, code, message FROM read_parquet(${quoteText(path)}, ${ignoringFolders}) ORDER BY code, key LIMIT 5`,
  )
  return {
    rejects: path,
    rejected,
    samples: samples.map((row) => ({ key: row['key'] ?? '', code: row['code'] ?? '', message: row['message'] ?? '' })),
  }
}

function keySql(request: Request): string {
  const cells = request.key.map((field) => keyCell(field, request))
  if (cells.length === 1) return cells[0] ?? `''`
  return cells.length === 0 ? `''` : `to_json([${cells.join(', ')}])::VARCHAR`
}

/** As the table has it, hashed or without leading zeros: the row is looked up by it. What is no such value stands as it came. */
function keyCell(field: string, { columns, pii }: Request): string {
  const asItCame = `${raw} ->> ${jsonPointer(field)}`
  const column = columns.find((each) => each.field === field)
  const isStarred = column?.mask !== 'sha256' && (pii.includes(field) || column?.mask || column?.maskBy)
  if (!column || isStarred || column.type === 'binary' || column.type === 'json') return asItCame
  return `coalesce(CAST(${quoteName(column.column)} AS VARCHAR), ${asItCame})`
}
