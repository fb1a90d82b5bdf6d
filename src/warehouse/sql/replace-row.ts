import type { Engine } from './engine.ts'
import { stateSchema } from './state-schema.ts'

/**
 * A row of a table of `_millrace` in the place of that with its key, each cell as SQL: one statement, all or nothing by itself.
 * A NULL is none of the source's cells: there it would be a text, which no JSON column takes.
 */
export async function replaceRow(
  db: Engine,
  table: string,
  {
    key,
    cells,
  }: { readonly key: { readonly [column: string]: string }; readonly cells: { readonly [column: string]: string } },
): Promise<void> {
  const source = Object.entries({ ...key, ...cells }).filter(([, value]) => value !== 'NULL')
  const names = source.map(([name]) => db.quote(name))
  const meets = Object.keys(key).map((name) => `t.${db.quote(name)} = m.${db.quote(name)}`)
  const set = Object.entries(cells).map(
    ([name, value]) => `${db.quote(name)} = ${value === 'NULL' ? value : `m.${db.quote(name)}`}`,
  )
  await db.run(
    `MERGE INTO ${db.relation(stateSchema, table)} AS t USING (SELECT ${source.map(([name, value]) => `${value} AS ${db.quote(name)}`).join(', ')}) AS m ` +
      `ON ${meets.join(' AND ')} WHEN MATCHED THEN UPDATE SET ${set.join(', ')} ` +
      `WHEN NOT MATCHED THEN INSERT (${names.join(', ')}) VALUES (${names.map((name) => `m.${name}`).join(', ')})`,
  )
}
