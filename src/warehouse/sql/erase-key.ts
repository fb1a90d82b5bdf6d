/** A person's key, wherever `_millrace` has it. */
import { isAnyIn } from './count-in.ts'
import type { Engine } from './engine.ts'
import type { KeyPlace, StateUpkeep } from '../state-upkeep.ts'
import { keySql } from './key-text.ts'
import { snapshotTable, stateSchema } from './state-schema.ts'
import { endFences } from './take-fences.ts'

export async function findKey(db: Engine, keys: readonly string[]): Promise<readonly KeyPlace[]> {
  const isKey = `key IN (${keys.map(db.text).join(', ')})`
  const found: KeyPlace[] = []
  for (const table of ['intents', 'rejects', 'changes'] as const) {
    const rows = await db.rows(
      `SELECT sync, key, count(*) AS n FROM _millrace.${table} WHERE ${isKey} GROUP BY sync, key ORDER BY sync, key`,
    )
    for (const row of rows)
      found.push({ sync: row['sync'] ?? '', table, key: row['key'] ?? '', rows: Number(row['n']), state: null })
  }
  for (const sync of await syncsWithSnapshot(db)) {
    const rows = await db.rows(
      `SELECT key, state FROM ${db.relation(stateSchema, snapshotTable(sync))} WHERE ${isKey} ORDER BY key`,
    )
    for (const row of rows)
      found.push({ sync, table: 'snapshot', key: row['key'] ?? '', rows: 1, state: row['state'] ?? null })
  }
  return found
}

export async function eraseKey(
  db: Engine,
  { sync, key, keepHash }: Parameters<StateUpkeep['eraseKey']>[0],
): Promise<readonly KeyPlace[]> {
  const isRow = `sync = ${db.text(sync)} AND key = ${db.text(key)}`
  return db.transaction(async () => {
    const [open] = await db.rows(
      `SELECT count_if(receipt IS NOT NULL) AS jobs, count_if(key = ${db.text(key)}) AS own FROM _millrace.intents WHERE sync = ${db.text(sync)}`,
    )
    // A run that was frozen would bring the key back with what it had been told. But what a vendor's job says of others is committed in the
    // name of the run that began it: without that all its rows would go once more.
    if (open?.['jobs'] === '0' || open?.['own'] !== '0') await endFences(db, sync, 'forget')
    const erased: KeyPlace[] = []
    const count = (table: KeyPlace['table'], rows: number) => {
      if (rows > 0) erased.push({ sync, table, key, rows, state: null })
    }
    const snapshot = await db.introspect(stateSchema, snapshotTable(sync))
    if (snapshot) {
      const target = db.relation(stateSchema, snapshotTable(sync))
      const values = snapshot.columns.filter(({ name }) => name.startsWith('v_')).map(({ name }) => db.quote(name))
      // Equal to what was sent last, it is not sent again; with any other value it is new, and its opt-ins are withheld.
      const emptied = [`state = 'ignored'`, ...values.map((name) => `${name} = NULL`)].join(', ')
      const done = await db.run(
        keepHash
          ? `UPDATE ${target} SET ${emptied} WHERE key = ${db.text(key)}`
          : `DELETE FROM ${target} WHERE key = ${db.text(key)}`,
      )
      count('snapshot', done.rowsChanged)
    }
    for (const table of ['intents', 'rejects', 'changes'] as const)
      count(table, (await db.run(`DELETE FROM _millrace.${table} WHERE ${isRow}`)).rowsChanged)
    return erased
  })
}

export async function modelHasKey(
  db: Engine,
  { model, columns, key }: Parameters<StateUpkeep['modelHasKey']>[0],
): Promise<boolean> {
  const folded = keySql(db, { key: columns.map((column) => ({ column, normalise: 'lower' as const })) })
  const wanted = `lower(trim(${db.text(key)}))`
  const exact = keySql(db, { key: columns.map((column) => ({ column, normalise: 'exact' as const })) })
  return isAnyIn(db, `(${model}) WHERE ${folded} = ${wanted} OR ${exact} = ${db.text(key)}`)
}

async function syncsWithSnapshot(db: Engine): Promise<readonly string[]> {
  const prefix = snapshotTable('')
  return (await db.tablesIn(stateSchema, prefix)).map((name) => name.slice(prefix.length))
}
