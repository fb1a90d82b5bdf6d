/** Whose rows a pass may take away: those of the accounts that it has read. */
import { stars } from '../../model/mask.ts'
import type { Table } from '../../model/table.ts'
import type { EtlSession } from '../port.ts'
import type { RowsOf } from '../table-write.ts'
import { isAnyIn } from './count-in.ts'
import type { Engine } from './engine.ts'
import { columnText } from './staged-rows.ts'

/** `values`: a relation of texts; null: there are none, and nobody's rows are meant. */
export type BroughtRowsOf = Pick<RowsOf, 'field' | 'column'> & { readonly values: string | null }

/** Before the transaction. null: all rows are meant. */
export async function bringRowsOf(db: Engine, of: RowsOf | undefined): Promise<BroughtRowsOf | null> {
  if (!of) return null
  const { field, column } = of
  const rows = [...new Set(of.values)].map((value) => [value])
  return { field, column, values: rows.length === 0 ? null : await db.bringValues([valueCell], rows) }
}

/** @param table as it stands */
export const isOf = (db: Engine, { column, values }: BroughtRowsOf, table: Table): string =>
  values === null ? 'false' : `coalesce(${columnText(db, table, column)}, '') IN (SELECT ${valueCell} FROM ${values})`

/** @param owner what says whose it is, as text */
export const isOfOrUnclear = (owner: string, values: string): string =>
  `coalesce(nullif(${owner}, '${stars}'), '') IN (SELECT ${valueCell} FROM ${values} UNION ALL SELECT '')`

export async function holdsRowsBeside(
  db: Engine,
  { table, of }: Parameters<EtlSession['holdsRowsBeside']>[0],
): Promise<boolean> {
  const brought = await bringRowsOf(db, of)
  const beside = brought ? ` WHERE NOT (${isOf(db, brought, table)})` : ''
  return isAnyIn(db, `${db.relation(table.schema, table.name)}${beside}`)
}

const valueCell = '_of'
