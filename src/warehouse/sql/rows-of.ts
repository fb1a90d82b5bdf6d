/** Whose rows a pass may take away: those of the accounts that it has read. */
import type { Table } from '../../model/table.ts'
import type { RowsOf } from '../table-write.ts'
import type { Engine } from './engine.ts'
import { typeIn } from './staged-rows.ts'

/** `values`: a relation of texts; null: there are none, and nobody's rows are meant. */
export type BroughtRowsOf = { readonly column: string; readonly values: string | null }

/** Before the transaction. null: all rows are meant. */
export async function bringRowsOf(db: Engine, of: RowsOf | undefined): Promise<BroughtRowsOf | null> {
  if (!of) return null
  const rows = [...new Set(of.values)].map((value) => [value])
  return { column: of.column, values: rows.length === 0 ? null : await db.bringValues([valueCell], rows) }
}

/** @param table as it stands */
export const isOf = (db: Engine, { column, values }: BroughtRowsOf, table: Table): string =>
  values === null
    ? 'false'
    : `${db.asText(db.quote(column), typeIn(table, column) ?? 'string')} IN (SELECT ${valueCell} FROM ${values})`

/** And rows that do not say whose they are: what comes now says it, and they would stand beside it. */
export const isOfOrNobodys = (db: Engine, of: BroughtRowsOf, table: Table): string =>
  of.values === null ? 'false' : `(${isOf(db, of, table)} OR ${db.quote(of.column)} IS NULL)`

const valueCell = '_of'
