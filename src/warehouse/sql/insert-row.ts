import type { Engine } from './engine.ts'
import { stateSchema } from './state-schema.ts'

/** A row of a table of `_millrace`, each cell as SQL. By SELECT: Snowflake's VALUES takes no function. */
export async function insertRow(
  db: Engine,
  table: string,
  cells: { readonly [column: string]: string },
): Promise<void> {
  await db.run(
    `INSERT INTO ${db.relation(stateSchema, table)} (${db.names(Object.keys(cells))}) SELECT ${Object.values(cells).join(', ')}`,
  )
}
