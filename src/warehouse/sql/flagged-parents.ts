/** Parents that a commit brings flagged as deleted: what came inside them is gone with them, in the same transaction. */
import type { ParentHash, TableWrite } from '../table-write.ts'
import type { Engine } from './engine.ts'
import { columnText, contentColumns, keyJoin, liveIn, readStaged, targetOf, type BroughtWrite } from './staged-rows.ts'

/** Before the transaction. */
export const prepareFlagged = (db: Engine): Promise<void> =>
  db.prepare(flagged, [
    { name: parentCell, type: 'string' },
    { name: '_deleted_at', type: 'timestamp' },
    { name: '_read_at', type: 'timestamp' },
  ])

/** Those that stand so now: what came of one in an older version says nothing. @param parent what was landed */
export async function fillFlagged(db: Engine, parent: BroughtWrite): Promise<void> {
  const { rows, key, mode } = parent
  const named = key.at(-1)
  if (!rows || named === undefined) return
  const { source } = await readStaged(db, parent, { from: rows, columns: key })
  const text = columnText(db, parent.stored, named, 's.')
  const stands = `${keyJoin(db, key)} AND t.${liveIn(mode)}`
  // The rows of a generation are of one scan, and its last commit has emptied the table beside.
  const meets = mode === 'generation' ? '' : ` LEFT JOIN ${targetOf(db, parent)} t ON ${stands}`
  await db.fill(
    flagged,
    `SELECT ${text} AS ${parentCell}, max(s._deleted_at) AS _deleted_at, max(s._read_at) AS _read_at FROM ${source} s${meets} ` +
      `WHERE s._deleted_at IS NOT NULL${meets && ' AND t._read_at IS NULL'} GROUP BY 1`,
  )
}

/** The rows that come inside a flagged parent come deleted, as it does. */
export function deletedAlike(db: Engine, write: BroughtWrite, flags: ParentHash): BroughtWrite {
  if (!write.rows) return write
  const cells = [...contentColumns(write).map(db.quote), '_read_at', '_version'].map((cell) => `s.${cell}`)
  const relation =
    `(SELECT ${cells.join(', ')}, coalesce(s._deleted_at, f._deleted_at) AS _deleted_at FROM ${write.rows.relation} s ` +
    `LEFT JOIN ${flaggedAs(db, flags)} f ON ${parentText(db, write, 's')} = f.${parentCell})`
  return { ...write, rows: { ...write.rows, relation } }
}

/** What is stored of them goes, whatever came with them. @param set what marks it */
export async function sweepFlagged(
  db: Engine,
  write: TableWrite,
  { flags, set }: { readonly flags: ParentHash; readonly set: readonly (readonly [string, string])[] },
): Promise<number> {
  const { rowsChanged } = await db.updateFrom({
    target: targetOf(db, write),
    set: [...set, ['_read_at', db.latest('t._read_at', 'f._read_at')]],
    from: `${flaggedAs(db, flags)} f`,
    on: `${parentText(db, write, 't')} = f.${parentCell}`,
    where: 't._deleted_at IS NULL',
  })
  return rowsChanged
}

export const discardFlagged = (db: Engine): Promise<void> => db.discard(flagged)

/** Where the children alone have hashes, they are compared by them. */
const flaggedAs = (db: Engine, { isHashed }: ParentHash): string =>
  isHashed ? `(SELECT ${db.sha256(parentCell)} AS ${parentCell}, _deleted_at, _read_at FROM ${flagged})` : flagged

function parentText(db: Engine, write: TableWrite, row: string): string {
  const column = write.sweep?.kind === 'children' ? write.sweep.parentColumn : ''
  return columnText(db, write.table, column, `${row}.`)
}

const flagged = '_flagged'
const parentCell = '_parent'
