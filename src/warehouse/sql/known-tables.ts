/** What is known of tables that stay, whatever becomes of the cursors that say it: other rows would stand beside theirs. */
import { cursorVersion, type Asked } from '../../model/cursor.ts'
import { knownBy } from '../../model/known-of-table.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import { askedIn } from './cursor-row.ts'
import type { Engine } from './engine.ts'
import { scopeCells } from './fence.ts'
import { insertRow } from './insert-row.ts'
import { readAsked, type AskedRow } from './read-asked.ts'

/** By stream, of the cursors that meet the condition. */
export async function readKnownTables(db: Engine, sync: string, where: string): Promise<ReadonlyMap<string, Asked>> {
  const asked = new Map<string, Asked[]>()
  for (const row of await readAsked(db, where)) {
    const readable = readableIn(row, sync)
    if (readable) asked.set(row.stream, [...(asked.get(row.stream) ?? []), readable])
  }
  return new Map(
    [...asked].flatMap(([stream, all]) => {
      const known = knownBy(all)
      return known ? [[stream, known] as const] : []
    }),
  )
}

/** For streams that have no cursor. */
export async function writeKnownTables(
  db: Engine,
  known: ReadonlyMap<string, Asked>,
  { sync, by }: { readonly sync: string; readonly by: string },
): Promise<void> {
  for (const [stream, asked] of known)
    await insertRow(db, 'cursors', {
      ...scopeCells(db, { sync, stream, partition: '' }),
      cursor_version: String(cursorVersion),
      updated_by: db.text(by),
      updated_at: db.now,
      marks: db.json(db.text(JSON.stringify({ asked }))),
    })
}

/** What nobody can read is forgotten like any other. */
function readableIn({ stream, json }: AskedRow, sync: string): Asked | undefined {
  try {
    return askedIn(json, { sync, stream })
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MR-2007') return undefined
    throw error
  }
}
