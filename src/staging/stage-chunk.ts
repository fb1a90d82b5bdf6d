/**
 * The columnar workbench: a private in-process DuckDB reads a chunk's files as text, casts strictly, sets aside what does
 * not fit, dedupes by key (highest version wins) and writes Parquet. It keeps no state.
 */
import { join } from 'node:path'
import { openDatabase, type Database } from '../duckdb/open-database.ts'
import { names, quoteName, quoteText } from '../duckdb/sql-text.ts'
import type { LogicalType } from '../model/logical-type.ts'
import { readChunk } from './read-chunk.ts'
import { maskedRow } from './masked-row.ts'
import { mark, type SpooledChunk } from './spool.ts'
import { canFail, strictCast } from './strict-cast.ts'

export type StageRequest = {
  readonly chunk: SpooledChunk
  /** Where the Parquet goes; the caller deletes it after the commit. */
  readonly directory: string
  readonly columns: readonly StagedColumn[]
  /** Vendor fields. */
  readonly key: readonly string[]
  readonly version: string | null
  readonly deletedWhen: { readonly column: string; readonly is: 'set' | 'true' } | null
  /** Vendor fields that are masked in what is kept of a reject. */
  readonly pii: readonly string[]
  /** Rows that the engine made from others count as derived. */
  readonly derived: boolean
  /** DuckDB's words: `1GB`. */
  readonly memoryLimit: string
}

/** A vendor field, the column it becomes, and its type. */
export type StagedColumn = { readonly field: string; readonly column: string; readonly type: LogicalType }

export type Staged = {
  readonly path: string | null
  readonly tombstones: string | null
  readonly rejects: string | null
  readonly counts: {
    readonly read: number
    readonly derived: number
    readonly duplicates: number
    readonly filtered: number
    readonly rejected: number
  }
  /** Some of what was rejected. */
  readonly samples: readonly { readonly key: string; readonly code: string; readonly message: string }[]
}

export async function stageChunk(request: StageRequest): Promise<Staged> {
  const db = await openDatabase({
    path: ':memory:',
    memoryLimit: request.memoryLimit,
    spillDirectory: join(request.directory, 'spill'),
    threads: null,
    // A row's rowid then tells where it stood in the files: the later one of two equal versions wins.
    keepsOrder: true,
  })
  try {
    const rows = await stageRows(db, request)
    const gone = await stageTombstones(db, request)
    const { rows: count } = request.chunk
    return {
      path: rows.path,
      rejects: rows.rejects,
      samples: rows.samples,
      tombstones: gone.path,
      counts: {
        read: request.derived ? 0 : count,
        derived: request.derived ? count : 0,
        duplicates: rows.duplicates + gone.duplicates,
        filtered: 0,
        rejected: rows.rejected,
      },
    }
  } finally {
    db.close()
  }
}

type StagedRows = Pick<Staged, 'path' | 'rejects' | 'samples'> & {
  readonly duplicates: number
  readonly rejected: number
}

async function stageRows(db: Database, request: StageRequest): Promise<StagedRows> {
  const files = request.chunk.files.filter((file) => !file.tombstones)
  if (files.length === 0) return { path: null, rejects: null, samples: [], duplicates: 0, rejected: 0 }
  await readChunk(db, {
    files,
    columns: request.columns,
    table: 'staged',
    select: (source) => castSql(request, source),
  })
  const { key } = request
  const keys = key.map((field) => columnOf(request, field))
  const rejects = await writeRejects(db, request)
  const [counted] = await db.rows(
    `SELECT count(*) AS n${keys.length > 0 ? `, count(DISTINCT ${keys.length === 1 ? names(keys) : `(${names(keys)})`}) AS d` : ', count(*) AS d'} FROM staged WHERE _bad IS NULL`,
  )
  const good = Number(counted?.['n'] ?? 0)
  const distinct = Number(counted?.['d'] ?? 0)
  const path = join(request.directory, 'rows.parquet')
  const latest =
    good === distinct
      ? ''
      : ` QUALIFY row_number() OVER (PARTITION BY ${names(keys)} ORDER BY _version DESC, _read_at DESC, rowid DESC) = 1`
  if (good > 0)
    await db.run(
      `COPY (SELECT * EXCLUDE (_bad, _raw) FROM staged WHERE _bad IS NULL${latest}) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION lz4_raw)`,
    )
  return { ...rejects, path: good > 0 ? path : null, duplicates: good - distinct }
}

function castSql(request: StageRequest, source: string): string {
  const { columns } = request
  const casts = columns.map((column, index) => `${strictCast(`r${index}`, column.type)} AS ${quoteName(column.column)}`)
  const failures = columns.flatMap((column, index) =>
    canFail(column.type) ? [`WHEN r${index} IS NOT NULL AND ${quoteName(column.column)} IS NULL THEN ${index}`] : [],
  )
  const noKey = request.key.map((field) => `${quoteName(columnOf(request, field))} IS NULL`)
  const bad = [
    `WHEN _malformed IS NOT NULL THEN -2`,
    ...failures,
    ...(noKey.length > 0 ? [`WHEN ${noKey.join(' OR ')} THEN -1`] : []),
  ]
  const version =
    request.version === null ? '_read_at' : `coalesce(${quoteName(columnOf(request, request.version))}, _read_at)`
  return (
    `SELECT ${names(columns.map((column) => column.column))}, _read_at, CAST(${version} AS TIMESTAMP) AS _version, ${deletedAt(request, version)} AS _deleted_at, ` +
    `_bad, CASE WHEN _bad IS NOT NULL THEN ${maskedRow(columns, request.pii)} END AS _raw ` +
    `FROM (SELECT *, CASE ${bad.join(' ')} END AS _bad FROM (SELECT *, ${casts.join(', ')} FROM ${source}))`
  )
}

function deletedAt(request: StageRequest, version: string): string {
  const when = request.deletedWhen
  if (!when) return 'CAST(NULL AS TIMESTAMP)'
  const column = quoteName(columnOf(request, when.column))
  return when.is === 'set'
    ? `CAST(${column} AS TIMESTAMP)`
    : `CASE WHEN ${column} THEN CAST(${version} AS TIMESTAMP) END`
}

async function writeRejects(
  db: Database,
  request: StageRequest,
): Promise<Pick<StagedRows, 'rejects' | 'rejected' | 'samples'>> {
  const [counted] = await db.rows(`SELECT count(*) AS n FROM staged WHERE _bad IS NOT NULL`)
  const rejected = Number(counted?.['n'] ?? 0)
  if (rejected === 0) return { rejects: null, rejected: 0, samples: [] }
  const path = join(request.directory, 'rejects.parquet')
  const keys = request.key.map((field) => `_raw ->> ${quoteText(`$."${field.replaceAll('"', '\\"')}"`)}`)
  const key = keys.length === 1 ? keys[0] : keys.length === 0 ? `''` : `to_json([${keys.join(', ')}])::VARCHAR`
  const messages = request.columns.map(
    (column, index) =>
      `WHEN ${index} THEN ${quoteText(`${column.field}: `)} || coalesce(left(_raw ->> ${quoteText(`$."${column.field.replaceAll('"', '\\"')}"`)}, 60), 'null') || ${quoteText(` is not a ${column.type}`)}`,
  )
  await db.run(
    `COPY (SELECT coalesce(${key}, 'null') AS key, CASE _bad WHEN -1 THEN 'MR-5001' WHEN -2 THEN 'MR-5003' ELSE 'MR-5002' END AS code, ` +
      `CASE _bad WHEN -1 THEN 'the key is null' WHEN -2 THEN 'not a JSON object' ${messages.join(' ')} END AS message, CAST(_raw AS VARCHAR) AS "row" ` +
      `FROM staged WHERE _bad IS NOT NULL) TO ${quoteText(path)} (FORMAT parquet)`,
  )
  const samples = await db.rows(
    `SELECT key, code, message FROM read_parquet(${quoteText(path)}) ORDER BY code, key LIMIT 5`,
  )
  return {
    rejects: path,
    rejected,
    samples: samples.map((row) => ({ key: row['key'] ?? '', code: row['code'] ?? '', message: row['message'] ?? '' })),
  }
}

async function stageTombstones(
  db: Database,
  request: StageRequest,
): Promise<{ readonly path: string | null; readonly duplicates: number }> {
  const files = request.chunk.files.filter((file) => file.tombstones)
  if (files.length === 0) return { path: null, duplicates: 0 }
  const keys = request.columns.filter((column) => request.key.includes(column.field))
  const spec = [...keys.map((column) => column.field), '_version'].map((field) => `${quoteText(field)}: 'VARCHAR'`)
  const path = join(request.directory, 'tombstones.parquet')
  const casts = keys.map(
    (column) => `${strictCast(quoteName(column.field), column.type)} AS ${quoteName(column.column)}`,
  )
  await db.run(
    `CREATE TEMP TABLE gone AS SELECT *, coalesce(${strictCast('v', 'timestamp')}, _read_at) AS _version FROM ` +
      `(SELECT ${casts.join(', ')}, _version AS v, ${readAtSql('_file')} AS _read_at ` +
      `FROM read_json([${files.map((file) => quoteText(file.path)).join(', ')}], format = 'newline_delimited', filename = '_file', columns = {${spec.join(', ')}}))`,
  )
  const partition = names(keys.map((column) => column.column))
  const [before] = await db.rows(`SELECT count(*) AS n FROM gone`)
  await db.run(
    `COPY (SELECT * EXCLUDE (v), _version AS _deleted_at FROM gone QUALIFY row_number() OVER (PARTITION BY ${partition} ORDER BY _version DESC, _read_at DESC) = 1) TO ${quoteText(path)} (FORMAT parquet)`,
  )
  const [after] = await db.rows(`SELECT count(*) AS n FROM read_parquet(${quoteText(path)})`)
  return { path, duplicates: Number(before?.['n'] ?? 0) - Number(after?.['n'] ?? 0) }
}

function columnOf(request: StageRequest, field: string): string {
  return request.columns.find((column) => column.field === field)?.column ?? field
}

/** The instant that a spooled file's name carries. */
export const readAtSql = (file: string): string =>
  `make_timestamp(CAST(split_part(${file}, ${quoteText(mark)}, -2) AS BIGINT))`
