/** A sync was renamed, or what it writes to has another name now: its state goes with it. */
import type { Engine } from './engine.ts'
import type { StateUpkeep } from '../state-upkeep.ts'
import { dropGenerations } from './generation-table.ts'
import { snapshotTable, stateSchema } from './state-schema.ts'
import { endFences, lockSeededRow } from './take-fences.ts'

export async function moveState(
  db: Engine,
  { from, to, destination }: Parameters<StateUpkeep['move']>[0],
): Promise<void> {
  await db.transaction(async () => {
    await lockSeededRow(db)
    // Whoever is still at either loses the right to commit.
    await endFences(db, from, 'move')
    if (to !== from) {
      await dropGenerations(db, from)
      await endFences(db, to, 'move')
      // What is known of tables, at most: of those that the cursors are of they say it themselves.
      await db.run(`DELETE FROM _millrace.cursors WHERE sync = ${db.text(to)}`)
      for (const table of ['cursors', 'intents', 'rejects', 'changes', 'snapshots'])
        await db.run(`UPDATE _millrace.${table} SET sync = ${db.text(to)} WHERE sync = ${db.text(from)}`)
      if (await db.introspect(stateSchema, snapshotTable(from)))
        await db.whenCommitted(
          `ALTER TABLE ${db.relation(stateSchema, snapshotTable(from))} RENAME TO ${db.quote(snapshotTable(to))}`,
        )
    }
    if (!destination) return
    const { account, connection, object, options } = destination
    await db.run(
      `UPDATE _millrace.snapshots SET ${db.quote('account')} = ${db.text(account)}, ${db.quote('connection')} = ${db.text(connection)}, ` +
        `object = ${db.text(object)}, options = ${db.text(options)}, updated_at = ${db.now} WHERE sync = ${db.text(to)}`,
    )
  })
}
