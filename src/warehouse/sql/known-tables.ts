/** What is known of tables that stay, whatever becomes of the cursors that say it: other rows would stand beside theirs. */
import { isDeepStrictEqual } from 'node:util'
import { cursorVersion, type Asked, type CursorMarks } from '../../model/cursor.ts'
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
export async function writeKnownTables(db: Engine, known: ReadonlyMap<string, Asked>, { sync, by }: By): Promise<void> {
  for (const [stream, asked] of known)
    await insertRow(db, 'cursors', {
      ...scopeCells(db, { sync, stream, partition: '' }),
      cursor_version: String(cursorVersion),
      updated_by: db.text(by),
      updated_at: db.now,
      marks: db.json(db.text(JSON.stringify({ asked }))),
    })
}

/**
 * Beside cursors that were brought: what they say of a stream holds. One of an older millrace says nothing of it, or not yet by what rows are known
 * and whose they are.
 */
export async function keepKnownTables(db: Engine, known: ReadonlyMap<string, Asked>, { sync, by }: By): Promise<void> {
  const ofSync = `sync = ${db.text(sync)}`
  const said = new Set((await readAsked(db, ofSync)).map(({ stream }) => stream))
  const live = `${ofSync} AND ${db.quote('partition')} = ${db.text('')}`
  const rows = await db.rows(
    `SELECT stream, ${db.asText('marks', 'json')} AS marks FROM _millrace.cursors WHERE ${live}`,
  )
  const marksOf = new Map(rows.map((row) => [row['stream'] ?? '', row['marks'] ?? '{}']))
  for (const [stream, asked] of known) {
    const text = marksOf.get(stream)
    if (text === undefined) continue
    const marks = JSON.parse(text) as CursorMarks | null // whose form is looked at when it is read
    const all = { ...marks, asked: withOlder(asked, marks?.asked) }
    if (isDeepStrictEqual(all, marks)) continue
    await db.run(
      `UPDATE _millrace.cursors SET marks = ${db.json(db.text(JSON.stringify(all)))} WHERE ${live} AND stream = ${db.text(stream)}`,
    )
  }
  const others = [...known].filter(([stream]) => !said.has(stream) && !marksOf.has(stream))
  await writeKnownTables(db, new Map(others), { sync, by })
}

function withOlder(known: Asked, own: Asked | undefined): Asked {
  if (own === undefined) return known
  if (own.table !== known.table) return own
  const { key, version, source, account, childKeys } = known
  const facts = Object.entries({ key, version, source, account, childKeys }).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(facts), ...own }
}

type By = { readonly sync: string; readonly by: string }

/** What nobody can read is forgotten like any other. */
function readableIn({ stream, json }: AskedRow, sync: string): Asked | undefined {
  try {
    return askedIn(json, { sync, stream })
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MR-2007') return undefined
    throw error
  }
}
