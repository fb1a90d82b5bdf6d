/** A sync's state is forgotten on a person's word: what it has read, or sent, begins anew. */
import { cursorVersion, type Asked } from '../../model/cursor.ts'
import { knownBy } from '../../model/known-of-table.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import { askedIn } from './cursor-row.ts'
import type { Engine } from './engine.ts'
import { scopeCells } from './fence.ts'
import { dropGenerations } from './generation-table.ts'
import { insertRow } from './insert-row.ts'
import { readAsked, type AskedRow } from './read-asked.ts'
import { snapshotTable, stateSchema } from './state-schema.ts'
import { endFences, lockSeededRow } from './take-fences.ts'

/** What a table holds stays known: its rows stand, and others would stand beside them. */
export async function resetState(db: Engine, sync: string, stream: string | null): Promise<void> {
  await db.transaction(async () => {
    await lockSeededRow(db)
    const scope = `sync = ${db.text(sync)}${stream === null ? '' : ` AND stream = ${db.text(stream)}`}`
    await endFences(db, sync, 'reset', stream)
    const known = knownTables(sync, await readAsked(db, scope))
    await db.run(`DELETE FROM _millrace.cursors WHERE ${scope}`)
    for (const [of, asked] of known)
      await insertRow(db, 'cursors', {
        ...scopeCells(db, { sync, stream: of, partition: '' }),
        cursor_version: String(cursorVersion),
        updated_by: db.text('reset'),
        updated_at: db.now,
        marks: db.json(db.text(JSON.stringify({ asked }))),
      })
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

function knownTables(sync: string, rows: readonly AskedRow[]): ReadonlyMap<string, Asked> {
  const asked = new Map<string, Asked[]>()
  for (const { stream, json } of rows) {
    const readable = readableIn(json, { sync, stream })
    if (readable) asked.set(stream, [...(asked.get(stream) ?? []), readable])
  }
  return new Map(
    [...asked].flatMap(([stream, all]) => {
      const known = knownBy(all)
      return known ? [[stream, known] as const] : []
    }),
  )
}

/** What nobody can read is forgotten like any other. */
function readableIn(json: string, of: { readonly sync: string; readonly stream: string }): Asked | undefined {
  try {
    return askedIn(json, of)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MR-2007') return undefined
    throw error
  }
}
