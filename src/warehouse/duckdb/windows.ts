/**
 * Report days that were read whole: what was not seen of them goes, and where a day's totals became others, both are written
 * down. Rows that another scan has read since stay (promise 9).
 */
import type { Database } from '../../duckdb/open-database.ts'
import { names, quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import { isMeta, type Column } from '../../model/table.ts'
import type { Fence } from '../port.ts'
import type { TableWrite } from '../table-write.ts'
import { keyText } from './refused-rows.ts'
import { instantSql } from './staged-rows.ts'

/** Called before the merge. null: the write is of no windows. */
export async function beginWindows(
  db: Database,
  write: TableWrite,
): Promise<{ readonly scope: readonly string[] } | null> {
  const { windows = [] } = write
  const [first] = windows
  if (!first) return null
  const scope = Object.keys(first.of)
  const rows = windows.map(
    ({ from, to, of, readBefore }) =>
      `(DATE ${quoteText(from)}, DATE ${quoteText(to)}, ${instantSql(readBefore)}${scope.map((name) => `, ${quoteText(of[name] ?? '')}`).join('')})`,
  )
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _windows AS SELECT * FROM (VALUES ${rows.join(', ')}) w(${names([day_, to_, read_, ...scope.map(of_)])})`,
  )
  await db.run(`CREATE OR REPLACE TEMP TABLE _before AS ${totals(write, scope)}`)
  return { scope }
}

/** Called after the merge. Gives how many rows went. */
export async function endWindows(
  db: Database,
  write: TableWrite,
  { fence, scope }: { readonly fence: Fence; readonly scope: readonly string[] },
): Promise<number> {
  const [first] = write.windows ?? []
  if (!first) return 0
  const target = relation(write.table.schema, write.table.name)
  // A row that this pass saw and refused is still in the vendor's report.
  const refused =
    `SELECT key FROM _millrace.rejects WHERE sync = ${quoteText(fence.sync)} AND stream = ${quoteText(write.stream)} ` +
    `AND state = 'open' AND run_id = ${quoteText(fence.runId)}`
  const gone = await db.run(
    `DELETE FROM ${target} AS t USING _windows w WHERE ${within(write, scope)} AND t._read_at < w.${quoteName(read_)} ` +
      `AND ${keyText(write.key)} NOT IN (${refused})`,
  )
  const measures = measuresOf(write)
  const pair = (name: string) => `[CAST(b.${quoteName(name)} AS VARCHAR), CAST(a.${quoteName(name)} AS VARCHAR)]`
  const differs = ['#rows', ...measures].map((name) => `b.${quoteName(name)} IS DISTINCT FROM a.${quoteName(name)}`)
  const of =
    scope.length > 0
      ? `json_object(${scope.map((name, index) => `${quoteText(name)}, b.${quoteName(of_(name, index))}`).join(', ')})`
      : 'NULL'
  const changed = measures.map(
    (name) =>
      `CASE WHEN b.${quoteName(name)} IS DISTINCT FROM a.${quoteName(name)} THEN json_object(${quoteText(name)}, ${pair(name)}) END`,
  )
  await db.run(
    `INSERT INTO _millrace.restatements (run_id, sync, stream, day, scope, rows_before, rows_after, totals, recorded_at) ` +
      `SELECT ${quoteText(fence.runId)}, ${quoteText(fence.sync)}, ${quoteText(write.stream)}, b.${quoteName(day_)}, ${of}, b."#rows", coalesce(a."#rows", 0), ` +
      `${changed.length > 0 ? merged(changed) : `'{}'`}, now()::TIMESTAMP ` +
      // A day that was not there before is new, and no correction.
      `FROM _before b LEFT JOIN (${totals(write, scope)}) a USING (${names([day_, ...scope.map(of_)])}) WHERE ${differs.join(' OR ')}`,
  )
  await db.run('DROP TABLE _windows')
  await db.run('DROP TABLE _before')
  return gone.rowsChanged
}

/** Rows and sums of each day within the windows. */
function totals(write: TableWrite, scope: readonly string[]): string {
  const [first] = write.windows ?? []
  const cell = (name: string, index: number) =>
    `CAST(t.${quoteName(name)} AS VARCHAR) AS ${quoteName(of_(name, index))}`
  const sums = write.table.columns.flatMap((column) => {
    if (!isMeasure(write, column)) return []
    const sum = `sum(t.${quoteName(column.name)})`
    // Doubles add up a little otherwise each time.
    return [`${column.type === 'double' ? `round(${sum}, 6)` : sum} AS ${quoteName(column.name)}`]
  })
  return (
    `SELECT t.${quoteName(first?.column ?? '')} AS ${quoteName(day_)}, ${[...scope.map(cell), 'count(*) AS "#rows"', ...sums].join(', ')} ` +
    `FROM ${relation(write.table.schema, write.table.name)} t WHERE t._deleted_at IS NULL ` +
    `AND EXISTS (SELECT 1 FROM _windows w WHERE ${within(write, scope)}) GROUP BY ALL`
  )
}

const within = ({ windows }: TableWrite, scope: readonly string[]): string =>
  [
    `t.${quoteName(windows?.[0]?.column ?? '')} BETWEEN w.${quoteName(day_)} AND w.${quoteName(to_)}`,
    ...scope.map((name, index) => `CAST(t.${quoteName(name)} AS VARCHAR) = w.${quoteName(of_(name, index))}`),
  ].join(' AND ')

/** What can be added up, and is no name of anything. */
function isMeasure({ key }: TableWrite, { name, type }: Column): boolean {
  if (isMeta(name) || key.includes(name) || /(^|_)id$/.test(name)) return false
  return type === 'integer' || type === 'double' || type.startsWith('decimal')
}

const measuresOf = (write: TableWrite): readonly string[] =>
  write.table.columns.filter((column) => isMeasure(write, column)).map(({ name }) => name)

/** JSON objects, of which some are null, as one. */
const merged = (objects: readonly string[]): string =>
  `json_merge_patch('{}'::JSON${objects.map((object) => `, coalesce(${object}, '{}'::JSON)`).join('')})`

/** Names of our own beside the scope's columns. */
const day_ = '#day'
const to_ = '#to'
const read_ = '#read_before'
const of_ = (_name: string, index: number): string => `#of${index}`
