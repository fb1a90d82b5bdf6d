/** A sync's state is forgotten on a person's word: what it has read, or sent, begins anew. */
import type { Engine } from './engine.ts'
import { dropGenerations } from './generation-table.ts'
import { readKnownTables, writeKnownTables } from './known-tables.ts'
import { snapshotTable, stateSchema } from './state-schema.ts'
import { endFences, lockSeededRow } from './take-fences.ts'

/** What a table holds stays known: its rows stand, and others would stand beside them. */
export async function resetState(db: Engine, sync: string, stream: string | null): Promise<void> {
  await db.transaction(async () => {
    await lockSeededRow(db)
    const scope = `sync = ${db.text(sync)}${stream === null ? '' : ` AND stream = ${db.text(stream)}`}`
    await endFences(db, sync, 'reset', stream)
    const known = await readKnownTables(db, sync, scope)
    await db.run(`DELETE FROM _millrace.cursors WHERE ${scope}`)
    await writeKnownTables(db, known, { sync, by: 'reset' })
    await db.run(`DELETE FROM _millrace.rejects WHERE ${scope}`)
    if (stream !== null) return
    await dropGenerations(db, sync)
    await db.run(`DELETE FROM _millrace.intents WHERE sync = ${db.text(sync)}`)
    await db.run(`DELETE FROM _millrace.snapshots WHERE sync = ${db.text(sync)}`)
    const name = snapshotTable(sync)
    if (!(await db.tablesIn(stateSchema, name)).includes(name)) return
    // The table may go behind the COMMIT only: whoever dies between the two leaves nothing that a next run would believe.
    const table = db.relation(stateSchema, name)
    await db.run(`DELETE FROM ${table}`)
    await db.whenCommitted(`DROP TABLE IF EXISTS ${table}`)
  })
}
