/**
 * The columnar workbench: a private in-process DuckDB reads a chunk's files as text, casts strictly, sets aside what does
 * not fit, dedupes by key (highest version wins) and writes Parquet. It keeps no state.
 */
import { join } from 'node:path'
import type { Database } from '../duckdb/open-database.ts'
import { ignoringFolders, names, quoteName, quoteText } from '../duckdb/sql-text.ts'
import type { ParquetStyle } from '../model/parquet-style.ts'
import { explainCsv, notAsPromised } from './explain-csv.ts'
import { explainLongRow } from './explain-long-row.ts'
import { maskedRow } from './masked-row.ts'
import { isUnreadable, readChunk, readerSql } from './read-chunk.ts'
import type { SpooledChunk, SpooledFile } from './spool.ts'
import { stageRejects } from './stage-rejects.ts'
import { stageTombstones } from './stage-tombstones.ts'
import { bad, castOf, leftOut, malformed, order, raw, rawName, type StagedColumn } from './staged-column.ts'
import { canFail, strictCast } from './strict-cast.ts'
import type { Workbench } from './workbench.ts'

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
  /** Rows whose vendor field has one of these names are not kept, and count as filtered. @default all are kept */
  readonly leftOut?: { readonly field: string; readonly names: readonly string[] }
  /** Rows that the engine made from others count as derived. */
  readonly derived: boolean
  /** DuckDB's words: `1GB`. */
  readonly memoryLimit: string
  readonly parquet: ParquetStyle
}

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
  /** Of rows whose key stood in the chunk before, how many rows came after each: of the first of them, in order. */
  readonly repeats: readonly number[]
  /** Some of what was rejected. */
  readonly samples: readonly { readonly key: string; readonly code: string; readonly message: string }[]
}

export async function stageChunk(request: StageRequest, workbench: Workbench): Promise<Staged> {
  const db = await workbench.database({ memoryLimit: request.memoryLimit, columns: request.columns.length })
  const rows = await stageRows(db, request)
  const gone = await stageTombstones(db, request)
  const { rows: count, bytes } = request.chunk
  // Its limit set anew, DuckDB gives back what it has freed: the commit comes next, and needs as much.
  if (bytes > muchBytes) await db.run(`SET memory_limit = ${quoteText(request.memoryLimit)}`)
  return {
    path: rows.path,
    rejects: rows.rejects,
    samples: rows.samples,
    repeats: rows.repeats,
    tombstones: gone.path,
    counts: {
      read: request.derived ? 0 : count,
      derived: request.derived ? count : 0,
      duplicates: rows.duplicates + gone.duplicates,
      filtered: rows.filtered,
      rejected: rows.rejected + gone.rejected,
    },
  }
}

type StagedRows = Pick<Staged, 'path' | 'rejects' | 'samples' | 'repeats'> & {
  readonly duplicates: number
  readonly filtered: number
  readonly rejected: number
}

async function stageRows(db: Database, request: StageRequest): Promise<StagedRows> {
  const files = request.chunk.files.filter((file) => !file.tombstones)
  if (files.length === 0) return { path: null, rejects: null, ...noneCounted }
  const path = join(request.directory, 'rows.parquet')
  // Rows that are left out have to be counted, which a copy straight into Parquet does not.
  if (!leavesOut(request) && (await stageFlawless(db, request, { files, path })))
    return { path, rejects: null, ...noneCounted }
  return stageWithFlaws(db, request, { files, path })
}

const noneCounted = { samples: [], repeats: [], duplicates: 0, filtered: 0, rejected: 0 }

type Staging = { readonly files: readonly SpooledFile[]; readonly path: string }

/**
 * In one pass straight into Parquet. false: a line cannot be read, a row does not fit, or a key stands twice. A row that does
 * not fit ends the pass: DuckDB would work out every cast twice for a filter on it.
 */
async function stageFlawless(db: Database, request: StageRequest, { files, path }: Staging): Promise<boolean> {
  const rows = rowsIn(files)
  const style = request.parquet
  const source = `(${castSql(request, readerSql(files, request.columns))})`
  const readAt = `CASE WHEN ${bad} IS NOT NULL THEN error('a row does not fit') ELSE _read_at END AS _read_at`
  const good = await copyTo(db, `SELECT ${stagedCells(request, readAt)} FROM ${source}`, { path, style }).catch(
    (error: unknown) => {
      if (isUnreadable(error)) return -1
      throw error
    },
  )
  if (good !== rows || rows === 0) return false
  if (request.key.length === 0) return true
  const [counted] = await db.rows(
    `SELECT ${distinctKeys(request)} AS d FROM read_parquet(${quoteText(path)}, ${ignoringFolders})`,
  )
  return Number(counted?.['d'] ?? 0) === rows
}

/** In steps over a table: what does not fit is set aside with its reason, and of rows with one key the latest stays. */
async function stageWithFlaws(db: Database, request: StageRequest, { files, path }: Staging): Promise<StagedRows> {
  const read = async (isOrdered: boolean): Promise<number> => {
    const more = [rawRow(request), ...leftOutCell(request), ...(isOrdered ? [order] : [])]
    await readChunk(db, {
      files,
      columns: request.columns,
      table: 'staged',
      select: (source) => castSql(request, source, ...more),
      isOrdered,
    })
    return leavesOut(request) ? (await db.run(`DELETE FROM staged WHERE ${leftOut}`)).rowsChanged : 0
  }
  const filtered = await read(false).catch(async (error: unknown) => {
    if (!isUnreadable(error)) throw error
    const fields = request.columns.map(({ field }) => field)
    // DuckDB's own words do not go with them: they may show a row, or take its cells for names of columns.
    throw (await explainLongRow(files)) ?? (await explainCsv(files, fields)) ?? error
  })
  const keys = request.key.map((field) => columnOf(request, field))
  const rejects = await stageRejects(db, request)
  const [counted] = await db.rows(
    `SELECT count(*) AS n, ${keys.length > 0 ? distinctKeys(request) : 'count(*)'} AS d, (SELECT count(*) FROM staged) AS came FROM staged WHERE ${bad} IS NULL`,
  )
  await refuseOtherCount(files, Number(counted?.['came'] ?? 0) + filtered)
  const good = Number(counted?.['n'] ?? 0)
  const duplicates = good - Number(counted?.['d'] ?? 0)
  // Keys that stand twice are rare, and only they ask which row came later: then everything is read once more, in order.
  if (duplicates > 0) await read(true)
  const repeats = duplicates > 0 ? await readRepeats(db, keys, files) : []
  const latest =
    duplicates > 0
      ? ` QUALIFY row_number() OVER (PARTITION BY ${names(keys)} ORDER BY _version DESC, _read_at DESC, ${order} DESC) = 1`
      : ''
  if (good > 0)
    await copyTo(db, `SELECT ${stagedCells(request)} FROM staged WHERE ${bad} IS NULL${latest}`, {
      path,
      style: request.parquet,
    })
  await db.run('DROP TABLE staged')
  return { ...rejects, path: good > 0 ? path : null, duplicates, repeats, filtered }
}

async function readRepeats(
  db: Database,
  keys: readonly string[],
  files: readonly SpooledFile[],
): Promise<readonly number[]> {
  const nth = `row_number() OVER (PARTITION BY ${names(keys)} ORDER BY ${order})`
  const found = await db.rows(
    `SELECT ${order} AS at FROM staged WHERE ${bad} IS NULL QUALIFY ${nth} > 1 ORDER BY 1 LIMIT ${mostRepeats}`,
  )
  const rows = rowsIn(files)
  return found.map(({ at }) => rows - Number(at))
}

/** Of a file it is only said how many rows it has; of a last line that is too long DuckDB says nothing. */
async function refuseOtherCount(files: readonly SpooledFile[], came: number): Promise<void> {
  const said = rowsIn(files)
  if (came === said) return
  const tooLong = await explainLongRow(files)
  if (tooLong) throw tooLong
  const given = files.filter(({ readAt }) => readAt === 'in its name')
  if (given.length === 0) return
  throw notAsPromised(`${given.map(({ path }) => path).join(', ')}: ${said} rows were promised, and ${came} came`)
}

const rowsIn = (files: readonly SpooledFile[]): number => files.reduce((sum, file) => sum + file.rows, 0)

async function copyTo(
  db: Database,
  select: string,
  { path, style }: { readonly path: string; readonly style: ParquetStyle },
): Promise<number> {
  const bytes = style.bytesInGroup === null ? '' : `, ROW_GROUP_SIZE_BYTES ${style.bytesInGroup}`
  const { rowsChanged } = await db.run(
    `COPY (${select}) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION ${style.compression}, DICTIONARY_SIZE_LIMIT ${mostInDictionary}, ROW_GROUP_SIZE ${style.rowsInGroup}${bytes})`,
  )
  return rowsChanged
}

const muchBytes = 1024 * 1024

const mostRepeats = 1000

/** Different values of a column: DuckDB itself finds out late that a dictionary does not pay. */
const mostInDictionary = 1000

function distinctKeys(request: StageRequest): string {
  const keys = request.key.map((field) => columnOf(request, field))
  return `count(DISTINCT ${keys.length === 1 ? names(keys) : `(${names(keys)})`})`
}

function stagedCells({ columns, parquet }: StageRequest, readAt = '_read_at'): string {
  const cells = columns.map(({ column, type }) => {
    const cell = quoteName(column)
    return parquet.json === 'text' && type === 'json' ? `CAST(${cell} AS VARCHAR) AS ${cell}` : cell
  })
  return [...cells, readAt, '_version', '_deleted_at'].join(', ')
}

/** @param more columns beside the staged ones and `bad` */
function castSql(request: StageRequest, source: string, ...more: readonly string[]): string {
  const { columns } = request
  const rawOf = (field: string) => {
    const index = columns.findIndex((column) => column.field === field)
    return index === -1 ? undefined : rawName(index)
  }
  const casts = columns.map(
    (column, index) => `${castOf(column, rawName(index), rawOf)} AS ${quoteName(column.column)}`,
  )
  const failures = columns.flatMap((column, index) =>
    canFail(column.type)
      ? [`WHEN ${rawName(index)} IS NOT NULL AND ${quoteName(column.column)} IS NULL THEN ${index}`]
      : [],
  )
  const noKey = request.key.map((field) => `${quoteName(columnOf(request, field))} IS NULL`)
  const failed = [
    `WHEN ${malformed} IS NOT NULL THEN -2`,
    ...failures,
    ...(noKey.length > 0 ? [`WHEN ${noKey.join(' OR ')} THEN -1`] : []),
  ]
  const version = versionSql(request)
  return (
    `SELECT ${names(columns.map((column) => column.column))}, _read_at, ${version} AS _version, ${deletedAt(request, version)} AS _deleted_at, ` +
    `${[bad, ...more].join(', ')} FROM (SELECT *, CASE ${failed.join(' ')} END AS ${bad} FROM (SELECT *, ${casts.join(', ')} FROM ${source}))`
  )
}

const rawRow = (request: StageRequest): string =>
  `CASE WHEN ${bad} IS NOT NULL THEN ${maskedRow(request.columns, hiddenFields(request))} END AS ${raw}`

/** Not so in a pass that does not read the field: what it brings touches rows that stand, and none of their values. */
const leavesOut = ({ columns, leftOut: out }: StageRequest): boolean =>
  out !== undefined && out.names.length > 0 && columns.some(({ field }) => field === out.field)

function leftOutCell(request: StageRequest): readonly string[] {
  const { columns, leftOut: out } = request
  if (!out || !leavesOut(request)) return []
  const value = rawName(columns.findIndex(({ field }) => field === out.field))
  return [`coalesce(${value} IN (${out.names.map(quoteText).join(', ')}), false) AS ${leftOut}`]
}

/** Masked fields are personal, whether or not the sync says so. */
const hiddenFields = ({ columns, pii }: StageRequest): readonly string[] => [
  ...pii,
  ...columns.flatMap(({ field, mask, maskBy }) => (mask || maskBy ? [field] : [])),
]

/** The vendor's stamp, whatever type its column has (unix seconds come as integers), else the time of the request. */
function versionSql(request: StageRequest): string {
  const index = request.columns.findIndex((column) => column.field === request.version)
  const column = request.columns[index]
  if (!column) return '_read_at'
  const stamp = column.type === 'timestamp' ? quoteName(column.column) : strictCast(rawName(index), 'timestamp')
  return `coalesce(${stamp}, _read_at)`
}

function deletedAt(request: StageRequest, version: string): string {
  const when = request.deletedWhen
  if (!when) return 'CAST(NULL AS TIMESTAMP)'
  const column = quoteName(columnOf(request, when.column))
  return when.is === 'set' ? `CAST(${column} AS TIMESTAMP)` : `CASE WHEN ${column} THEN ${version} END`
}

function columnOf(request: StageRequest, field: string): string {
  return request.columns.find((column) => column.field === field)?.column ?? field
}
