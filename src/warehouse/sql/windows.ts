/**
 * Report days that were read whole: what was not seen of them goes, and where a day's totals became others, both are written
 * down. Rows that another scan has read since stay (promise 9).
 */
import { disjointWindows } from '../../model/disjoint-windows.ts'
import { decimalOf, isNumber, type LogicalType } from '../../model/logical-type.ts'
import { stars } from '../../model/mask.ts'
import { isMeta, type Column } from '../../model/table.ts'
import type { Fence } from '../port.ts'
import { timestampText, type Engine } from './engine.ts'
import { exceptRefused } from './refused-rows.ts'
import { columnText, storedColumns, targetOf, type BroughtWrite } from './staged-rows.ts'

export type PreparedWindows = {
  readonly write: BroughtWrite
  /** The report's date column. */
  readonly column: string
  /** Columns that a window is of, beside its days. */
  readonly scope: readonly string[]
  /** A relation of texts. No row of the table is in two of its windows. */
  readonly windows: string
}

/** Before the transaction. null: the write is of no windows. */
export async function prepareWindows(db: Engine, write: BroughtWrite): Promise<PreparedWindows | null> {
  const { windows = [], nth } = write
  const [first] = windows
  if (!first) return null
  const scope = Object.keys(first.of)
  const rows = disjointWindows(windows).map(({ from, to, of, readBefore }) => [
    from,
    to,
    timestampText(readBefore),
    ...scope.map((name) => of[name] ?? ''),
  ])
  const names = ['from_day', 'to_day', 'read_before', ...scope.map((_, index) => scopeCell(index))]
  const prepared = { write, column: first.column, scope, windows: await db.bringValues(names, rows) }
  await db.prepare(beforeTable(nth), [
    { name: 'day', type: 'date' },
    ...scope.map((_, index) => ({ name: scopeCell(index), type: 'string' as const })),
    { name: 'n_rows', type: 'integer' },
    ...measuresOf(write).map((column, index) => ({ name: sumCell(index), type: sumType(column.type) })),
  ])
  return prepared
}

/** Called before the merge. */
export async function beginWindows(db: Engine, prepared: PreparedWindows): Promise<void> {
  await db.fill(beforeTable(prepared.write.nth), totals(db, prepared))
}

/** Called after the merge. Gives how many rows went. */
export async function endWindows(db: Engine, prepared: PreparedWindows, fence: Fence): Promise<number> {
  const { write, scope } = prepared
  // A row that this pass saw and refused, in whichever of its runs, is still in the vendor's report.
  const [since = write.syncedAt] = (write.windows ?? []).map(({ readBefore }) => readBefore).toSorted()
  const gone = await db.deleteFrom({
    target: targetOf(db, write),
    from: `${namedWindows(prepared, (cell) => [...stored(db, cell), ...unclear(cell)])} w`,
    where:
      `${within(db, prepared)} AND t._read_at < CAST(w.read_before AS ${db.type('timestamp')})` +
      exceptRefused(db, write, { fence, since }),
  })
  const measures = measuresOf(write).map(({ name, type }, index) => {
    const [before, after] = [`b.${sumCell(index)}`, `a.${sumCell(index)}`]
    const differs = `${before} IS DISTINCT FROM ${after}`
    const text = (sum: string) => db.converted(sum, sumType(type), 'string')
    const pair = db.jsonPair(text(before), text(after))
    return { name, differs, value: `CASE WHEN ${differs} THEN ${pair} END` }
  })
  const of = scope.map((name, index) => ({ name, value: `b.${scopeCell(index)}` }))
  const cells = ['day', ...scope.map((_, index) => scopeCell(index))]
  await db.run(
    `INSERT INTO _millrace.restatements (run_id, sync, stream, day, scope, rows_before, rows_after, totals, recorded_at) ` +
      `SELECT ${db.text(fence.runId)}, ${db.text(fence.sync)}, ${db.text(write.stream)}, b.day, ${scope.length > 0 ? db.jsonObject(of) : `CAST(NULL AS ${db.type('json')})`}, ` +
      `b.n_rows, coalesce(a.n_rows, 0), ${db.jsonObject(measures)}, ${db.now} ` +
      // A day that was not there before is new, and no correction.
      `FROM ${beforeTable(write.nth)} b LEFT JOIN (${totals(db, prepared)}) a ON ${cells.map((cell) => `a.${cell} = b.${cell}`).join(' AND ')} ` +
      `WHERE b.n_rows IS DISTINCT FROM a.n_rows${measures.map(({ differs }) => ` OR ${differs}`).join('')}`,
  )
  await db.discard(beforeTable(write.nth))
  return gone.rowsChanged
}

/** Rows and sums of each day within the windows. */
function totals(db: Engine, prepared: PreparedWindows): string {
  const { write, column, scope } = prepared
  const day = `t.${db.quote(column)}`
  const of = scope.map((_, index) => `w.${scopeCell(index)}`)
  const windows = namedWindows(prepared, (cell) => stored(db, cell))
  const sums = measuresOf(write).map(({ name, type }, index) => {
    const sum = `sum(t.${db.quote(name)})`
    // Doubles add up a little otherwise each time.
    return `${type === 'double' ? `round(${sum}, 6)` : sum} AS ${sumCell(index)}`
  })
  return (
    `SELECT ${[`${day} AS day`, ...of.map((text, index) => `${text} AS ${scopeCell(index)}`), 'count(*) AS n_rows', ...sums].join(', ')} ` +
    `FROM ${targetOf(db, write)} t JOIN ${windows} w ON ${within(db, prepared)} WHERE t._deleted_at IS NULL GROUP BY ${[day, ...of].join(', ')}`
  )
}

const within = (db: Engine, { write, column, scope }: PreparedWindows): string =>
  [
    `t.${db.quote(column)} BETWEEN CAST(w.from_day AS DATE) AND CAST(w.to_day AS DATE)`,
    ...scope.map((name, index) => `coalesce(${columnText(db, write.table, name, 't.')}, '') = w.${nameCell(index)}`),
  ].join(' AND ')

/** Each window once for each form in which rows may say what it is of: so they are joined by what is equal. */
const namedWindows = ({ windows, scope }: PreparedWindows, formsOf: (cell: string) => readonly string[]): string =>
  scope.reduce((relation, _, index) => {
    const named = formsOf(scopeCell(index)).map((form) => `SELECT *, ${form} AS ${nameCell(index)} FROM ${relation}`)
    return `(${named.join(' UNION ALL ')})`
  }, windows)

/** Rows of another mode may have a mask. */
const stored = (db: Engine, cell: string): readonly string[] => [cell, db.sha256(cell)]

/** They do not say whose they are. What comes in their place does, and would stand beside them for good. */
const unclear = (cell: string): readonly string[] => [`''`, `'${stars}'`, `'${stars}' || right(${cell}, 4)`]

/** What can be added up as it is stored, and is no name of anything. */
const measuresOf = (write: BroughtWrite): readonly Column[] =>
  storedColumns(
    write,
    write.table.columns.map(({ name }) => name),
  ).filter(({ name, type }) => !isMeta(name) && !write.key.includes(name) && !/(^|_)id$/.test(name) && isNumber(type))

const sumType = (type: LogicalType): LogicalType =>
  type === 'double' ? 'double' : `decimal(38,${decimalOf(type)?.scale ?? 0})`

const beforeTable = (nth: number): string => `_before_${nth}`
const scopeCell = (index: number): string => `of_${index}`
const nameCell = (index: number): string => `named_${index}`
const sumCell = (index: number): string => `sum_${index}`
