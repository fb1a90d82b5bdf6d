/** A person's key, wherever `_millrace` has it. */
import type { Database } from '../../duckdb/open-database.ts'
import { quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import type { KeyPlace, StateUpkeep } from '../state-upkeep.ts'
import { keySql } from './diff.ts'
import { snapshotTable, stateSchema } from './state-schema.ts'
import { introspect } from './tables.ts'
import { transaction } from './transaction.ts'

export async function findKey(db: Database, keys: readonly string[]): Promise<readonly KeyPlace[]> {
  const isKey = `key IN (${keys.map(quoteText).join(', ')})`
  const found: KeyPlace[] = []
  for (const table of ['intents', 'rejects', 'changes'] as const) {
    const rows = await db.rows(
      `SELECT sync, key, count(*) AS n FROM _millrace.${table} WHERE ${isKey} GROUP BY ALL ORDER BY ALL`,
    )
    for (const row of rows)
      found.push({ sync: row['sync'] ?? '', table, key: row['key'] ?? '', rows: Number(row['n']), state: null })
  }
  for (const sync of await syncsWithSnapshot(db)) {
    const rows = await db.rows(
      `SELECT key, state FROM ${relation(stateSchema, snapshotTable(sync))} WHERE ${isKey} ORDER BY key`,
    )
    for (const row of rows)
      found.push({ sync, table: 'snapshot', key: row['key'] ?? '', rows: 1, state: row['state'] ?? null })
  }
  return found
}

export async function eraseKey(
  db: Database,
  { sync, key, keepHash }: Parameters<StateUpkeep['eraseKey']>[0],
): Promise<readonly KeyPlace[]> {
  const isRow = `sync = ${quoteText(sync)} AND key = ${quoteText(key)}`
  return transaction(db, async () => {
    const erased: KeyPlace[] = []
    const count = (table: KeyPlace['table'], rows: number) => {
      if (rows > 0) erased.push({ sync, table, key, rows, state: null })
    }
    const snapshot = await introspect(db, stateSchema, snapshotTable(sync))
    if (snapshot) {
      const target = relation(stateSchema, snapshotTable(sync))
      const values = snapshot.columns.filter(({ name }) => name.startsWith('v_')).map(({ name }) => quoteName(name))
      // Equal to what was sent last, it is not sent again; with any other value it is new, and its opt-ins are withheld.
      const emptied = [`state = 'ignored'`, ...values.map((name) => `${name} = NULL`)].join(', ')
      const done = await db.run(
        keepHash
          ? `UPDATE ${target} SET ${emptied} WHERE key = ${quoteText(key)}`
          : `DELETE FROM ${target} WHERE key = ${quoteText(key)}`,
      )
      count('snapshot', done.rowsChanged)
    }
    for (const table of ['intents', 'rejects', 'changes'] as const)
      count(table, (await db.run(`DELETE FROM _millrace.${table} WHERE ${isRow}`)).rowsChanged)
    return erased
  })
}

export async function modelHasKey(
  db: Database,
  { model, columns, key }: Parameters<StateUpkeep['modelHasKey']>[0],
): Promise<boolean> {
  const folded = keySql({ key: columns.map((column) => ({ column, normalise: 'lower' as const })) })
  const wanted = `lower(trim(${quoteText(key)}))`
  const exact = keySql({ key: columns.map((column) => ({ column, normalise: 'exact' as const })) })
  const rows = await db.rows(
    `SELECT 1 AS yes FROM (${model}) WHERE ${folded} = ${wanted} OR ${exact} = ${quoteText(key)} LIMIT 1`,
  )
  return rows.length > 0
}

async function syncsWithSnapshot(db: Database): Promise<readonly string[]> {
  const prefix = snapshotTable('')
  const rows = await db.rows(
    `SELECT DISTINCT table_name FROM duckdb_tables() WHERE schema_name = ${quoteText(stateSchema)} AND starts_with(table_name, ${quoteText(prefix)}) ORDER BY 1`,
  )
  return rows.map((row) => (row['table_name'] ?? '').slice(prefix.length))
}
