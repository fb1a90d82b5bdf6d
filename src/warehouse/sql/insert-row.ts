import type { Engine } from './engine.ts'
import { stateSchema } from './state-schema.ts'

/**
 * A row of a table of `_millrace`, each cell as SQL. By SELECT: Snowflake's VALUES takes no function. A NULL is left out: as a
 * cell it would be a text there, which no JSON column takes.
 */
export async function insertRow(
  db: Engine,
  table: string,
  cells: { readonly [column: string]: string },
): Promise<void> {
  const set = Object.entries(cells).filter(([, value]) => value !== 'NULL')
  const names = db.names(set.map(([name]) => name))
  const values = set.map(([, value]) => value).join(', ')
  await db.run(`INSERT INTO ${db.relation(stateSchema, table)} (${names}) SELECT ${values}`)
}
