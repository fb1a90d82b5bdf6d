/** Rows of which only the key is known, and that they are gone. */
import { join } from 'node:path'
import type { Database } from '../duckdb/open-database.ts'
import { ignoringFolders, names, quoteName, quoteText } from '../duckdb/sql-text.ts'
import { readAtSql } from './read-at.ts'
import type { SpooledChunk } from './spool.ts'
import { castOf, type StagedColumn } from './staged-column.ts'
import { strictCast } from './strict-cast.ts'

type Request = {
  readonly chunk: SpooledChunk
  readonly directory: string
  readonly columns: readonly StagedColumn[]
  readonly key: readonly string[]
}

type StagedTombstones = { readonly path: string | null; readonly duplicates: number; readonly rejected: number }

/**
 * A key that is null or of the wrong type can delete nothing: it is refused, and counted. So is what went at a time that cannot
 * be read: taken for the time of the request it would delete a row that is newer.
 */
export async function stageTombstones(db: Database, request: Request): Promise<StagedTombstones> {
  const files = request.chunk.files.filter((file) => file.tombstones)
  if (files.length === 0) return { path: null, duplicates: 0, rejected: 0 }
  const keys = request.columns.filter((column) => request.key.includes(column.field))
  const spec = [...keys.map((column) => column.field), '_version'].map((field) => `${quoteText(field)}: 'VARCHAR'`)
  const path = join(request.directory, 'tombstones.parquet')
  const casts = keys.map(
    (column) => `${castOf(column, quoteName(column.field), () => undefined)} AS ${quoteName(column.column)}`,
  )
  const columns = keys.map((column) => column.column)
  await db.run(
    `CREATE OR REPLACE TEMP TABLE gone AS SELECT ${names(columns)}, _read_at, coalesce("#went", _read_at) AS _version, ` +
      `${[...columns.map((column) => `${quoteName(column)} IS NULL`), '("#version" IS NOT NULL AND "#went" IS NULL)'].join(' OR ')} AS "#bad" FROM ` +
      `(SELECT ${casts.join(', ')}, _version AS "#version", ${strictCast('_version', 'timestamp')} AS "#went", ${readAtSql('"#file"')} AS _read_at ` +
      `FROM read_json([${files.map((file) => quoteText(file.path)).join(', ')}], format = 'newline_delimited', filename = '#file', ${ignoringFolders}, columns = {${spec.join(', ')}}))`,
  )
  const [counted] = await db.rows(
    `SELECT count(*) FILTER (WHERE "#bad") AS rejected, count(*) FILTER (WHERE NOT "#bad") AS good, ` +
      `count(DISTINCT (${names(columns)}, 0)) FILTER (WHERE NOT "#bad") AS keys FROM gone`,
  )
  const [rejected, good, distinct] = ['rejected', 'good', 'keys'].map((name) => Number(counted?.[name] ?? 0))
  if (good)
    await db.run(
      `COPY (SELECT * EXCLUDE ("#bad"), _version AS _deleted_at FROM gone WHERE NOT "#bad" ` +
        `QUALIFY row_number() OVER (PARTITION BY ${names(columns)} ORDER BY _version DESC, _read_at DESC) = 1) TO ${quoteText(path)} (FORMAT parquet)`,
    )
  await db.run('DROP TABLE gone')
  return { path: good ? path : null, duplicates: (good ?? 0) - (distinct ?? 0), rejected: rejected ?? 0 }
}
