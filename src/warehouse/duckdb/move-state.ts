/** A sync was renamed, or what it writes to has another name now: its state goes with it. */
import type { Database } from '../../duckdb/open-database.ts'
import { quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import type { StateUpkeep } from '../state-upkeep.ts'
import { dropGenerations } from './generation-table.ts'
import { snapshotTable, stateSchema } from './state-schema.ts'
import { endFences, lockSeededRow } from './state-tables.ts'
import { introspect } from './tables.ts'
import { transaction } from './transaction.ts'

export async function moveState(
  db: Database,
  { from, to, destination }: Parameters<StateUpkeep['move']>[0],
): Promise<void> {
  await transaction(db, async () => {
    await lockSeededRow(db)
    // Whoever is still at either loses the right to commit.
    await endFences(db, from, 'move')
    if (to !== from) {
      await dropGenerations(db, from)
      await endFences(db, to, 'move')
      for (const table of ['cursors', 'intents', 'rejects', 'changes', 'snapshots'])
        await db.run(`UPDATE _millrace.${table} SET sync = ${quoteText(to)} WHERE sync = ${quoteText(from)}`)
      if (await introspect(db, stateSchema, snapshotTable(from)))
        await db.run(
          `ALTER TABLE ${relation(stateSchema, snapshotTable(from))} RENAME TO ${quoteName(snapshotTable(to))}`,
        )
    }
    if (!destination) return
    const { account, connection, object, options } = destination
    await db.run(
      `UPDATE _millrace.snapshots SET account = ${quoteText(account)}, connection = ${quoteText(connection)}, ` +
        `object = ${quoteText(object)}, options = ${quoteText(options)}, updated_at = now()::TIMESTAMP WHERE sync = ${quoteText(to)}`,
    )
  })
}
