/** What a row of `_diff` is: its class, and its cells as the model has them (`m0`, `m1` …) and as they were sent (`s0`, `s1` …). */
import type { LogicalType } from '../../model/logical-type.ts'
import type { Table } from '../../model/table.ts'
import type { DiffRequest } from '../port.ts'
import type { Engine } from './engine.ts'
import { normalised, type KeyPart } from './key-text.ts'
import { snapshotColumn, snapshotTable, stateSchema } from './state-schema.ts'

/** Numbers in `_class`, which `_diff` has for each row. */
export const diffClass = {
  unchanged: 0,
  added: 1,
  changed: 2,
  retry: 3,
  removed: 4,
  gone: 5,
  nullKey: 6,
  duplicate: 7,
} as const

export const snapshotOf = (db: Engine, { sync, fromNothing }: Pick<DiffRequest, 'sync' | 'fromNothing'>): string => {
  const table = db.relation(stateSchema, snapshotTable(sync))
  return fromNothing === true ? `(SELECT * FROM ${table} WHERE false)` : table
}

export const snapshotTableOf = (db: Engine, { sync }: DiffRequest) => db.introspect(stateSchema, snapshotTable(sync))

export type ColumnTypes = ReadonlyMap<string, LogicalType>

/** A snapshot's column is as wide as all that it ever held, whatever type the model's column has now. */
export function storedTypes(table: Table | null, request: DiffRequest): ColumnTypes {
  const types = new Map(table?.columns.map(({ name, type }) => [name, type]))
  return new Map(request.columns.map(({ name, type }) => [name, types.get(snapshotColumn(name)) ?? type]))
}

type TypeThenAndNow = { readonly stored: LogicalType; readonly now: LogicalType }

/** What was sent, where the column held JSON once and holds no more: a text without the quotes that it is stored in. */
export const sentText = (
  db: Engine,
  sql: string,
  { stored, now }: TypeThenAndNow,
): { readonly sql: string; readonly type: LogicalType } =>
  holdsOther({ stored, now }) ? { sql: db.jsonText(sql), type: 'string' } : { sql, type: stored }

/** Was what was sent an opt-out? As the warehouse's boolean. */
export const wasOut = (db: Engine, sent: string, stored: LogicalType): string =>
  `TRY_CAST(CAST(${sentText(db, sent, { stored, now: 'boolean' }).sql} AS VARCHAR) AS BOOLEAN)`

/** Does a cell name another record than what was sent? */
export function namesOther(
  db: Engine,
  cell: TypeThenAndNow & { readonly value: string; readonly sent: string },
  normalise: KeyPart['normalise'],
): string {
  const sent = sentText(db, cell.sent, cell)
  const value = holdsOther(cell) ? cell.value : db.converted(cell.value, cell.now, cell.stored)
  return `${normalised(db, value, normalise)} IS DISTINCT FROM ${normalised(db, sent.sql, normalise)}`
}

const holdsOther = ({ stored, now }: TypeThenAndNow) => stored === 'json' && now !== 'json'
