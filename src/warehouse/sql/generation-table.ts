/**
 * Where a `full_refresh` fills its new generation: a table of its own beside the stream's, in `_millrace`. Its name holds a
 * dot, which neither a stream's table nor a schema can have, so that it collides with nobody's. `_millrace.generations` says
 * which scan its rows are of.
 */
import type { Engine } from './engine.ts'
import { widen } from '../../model/logical-type.ts'
import type { Table } from '../../model/table.ts'
import type { EtlSession } from '../port.ts'
import type { TableWrite } from '../table-write.ts'
import { stateSchema } from './state-schema.ts'
import { ensureTable } from './tables.ts'

/** Additive and idempotent, outside the transaction. */
export async function ensureGeneration(db: Engine, write: TableWrite, sync: string): Promise<void> {
  const { table } = write
  const stored = await db.introspect(table.schema, table.name)
  const typeOf = (name: string) => stored?.columns.find((column) => column.name === name)?.type
  const wanted = table.columns.map(({ name, type }) => ({ name, type: widen(typeOf(name) ?? type, type) }))
  const side = generationTable(sync, table)
  await ensureTable(db, { ...side, columns: wanted }, 'evolve')
  // What an earlier part of the scan brought may need more room than the table has.
  const filled = await db.introspect(side.schema, side.name)
  const named = filled?.columns.filter(({ name }) => table.columns.some((column) => column.name === name)) ?? []
  await ensureTable(db, { ...table, columns: named }, 'evolve')
}

export const generationTable = (sync: string, table: Table): Table => ({
  ...table,
  schema: stateSchema,
  name: `generation_${sync}.${table.name}`,
})

/** Is all there that the scan has committed, in all the columns that it reads now? */
export async function holdsGeneration(
  db: Engine,
  { sync, table, scanId }: Parameters<EtlSession['holdsGeneration']>[0],
): Promise<boolean> {
  const [noted] = await db.rows(
    `SELECT ${db.quote('rows')} FROM _millrace.generations WHERE ${generationIs(db, sync, table)} AND scan = ${db.text(scanId)}`,
  )
  const { schema, name } = generationTable(sync, table)
  const side = noted && (await db.introspect(schema, name))
  if (!side || table.columns.some((column) => !side.columns.some((there) => there.name === column.name))) return false
  const [counted] = await db.rows(`SELECT count(*) AS n FROM ${db.relation(schema, name)}`)
  return counted?.['n'] === noted['rows']
}

/** The sync is forgotten, or has another name: its generations are begun again. */
export async function dropGenerations(db: Engine, sync: string): Promise<void> {
  const rows = await db.rows(`SELECT name FROM _millrace.generations WHERE sync = ${db.text(sync)}`)
  for (const row of rows) {
    const { schema, name } = generationTable(sync, { schema: '', name: row['name'] ?? '', columns: [] })
    await db.whenCommitted(`DROP TABLE IF EXISTS ${db.relation(schema, name)}`)
  }
  await db.run(`DELETE FROM _millrace.generations WHERE sync = ${db.text(sync)}`)
}

export const generationIs = (db: Engine, sync: string, table: Pick<Table, 'name'>): string =>
  `sync = ${db.text(sync)} AND name = ${db.text(table.name)}`
