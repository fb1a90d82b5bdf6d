/** Rows of a source that were refused: in `_millrace.rejects` until they load, or are gone. */
import type { Fence } from '../port.ts'
import type { TableWrite } from '../table-write.ts'
import { countIn } from './count-in.ts'
import type { Engine } from './engine.ts'
import { streamIs } from './fence.ts'
import { isOfOrUnclear, type BroughtRowsOf } from './rows-of.ts'
import { columnText, type BroughtWrite } from './staged-rows.ts'

/** Before the transaction. */
export async function prepareRejects(db: Engine, write: BroughtWrite): Promise<void> {
  if (write.refused === null) return
  await db.prepare(againTable(write), [
    { name: 'key', type: 'string' },
    { name: 'attempts', type: 'integer' },
    { name: 'first_at', type: 'timestamp' },
  ])
}

export async function writeRejects(db: Engine, write: BroughtWrite, fence: Fence): Promise<void> {
  const scope = isOpenReject(db, fence, write.stream)
  const now = db.instant(write.syncedAt)
  // A pass over a part of the columns saw the key of a row that may still be refused: it loads none.
  const loads = write.key.length > 0 && !write.onlyStanding
  const loaded = loads ? [write.rows, write.gone].filter((each) => each !== null) : []
  if (loaded.length > 0 && (await countIn(db, `_millrace.rejects WHERE ${scope}`)) > 0)
    for (const { relation } of loaded)
      await db.run(
        `UPDATE _millrace.rejects SET state = 'settled', last_at = ${now} WHERE ${scope} ` +
          `AND key IN (SELECT ${keyText(db, write)} FROM ${relation})`,
      )
  if (write.refused === null) return
  const again = againTable(write)
  // A row that is refused again stands once, and knows since when. Rows without a key cannot be told from one another.
  await db.fill(
    again,
    `SELECT key, max(attempts) AS attempts, min(first_at) AS first_at FROM _millrace.rejects ` +
      `WHERE ${scope} AND key NOT IN ('', 'null') AND key IN (SELECT key FROM ${write.refused}) GROUP BY key`,
  )
  await db.run(`DELETE FROM _millrace.rejects WHERE ${scope} AND key IN (SELECT key FROM ${again})`)
  const row = db.quote('row')
  await db.run(
    `INSERT INTO _millrace.rejects (run_id, sync, stream, key, code, message, retryable, attempts, first_at, last_at, ${row}, state) ` +
      `SELECT ${db.text(fence.runId)}, ${db.text(fence.sync)}, ${db.text(write.stream)}, r.key, r.code, r.message, ` +
      `false, coalesce(a.attempts, 0) + 1, coalesce(a.first_at, ${now}), ${now}, ${db.json(`r.${row}`)}, 'open' ` +
      `FROM ${write.refused} r LEFT JOIN ${again} a ON a.key = r.key`,
  )
  await db.discard(again)
}

/**
 * A pass over everything, which ends with this commit, has not met these rows again: they are gone, or had no key to be known by.
 * Those that are of an account which it has not read stay open.
 */
export async function settleUnmet(
  db: Engine,
  write: TableWrite,
  { fence, of }: { readonly fence: Fence; readonly of: BroughtRowsOf | null },
): Promise<void> {
  const { sweep, stream, syncedAt, onlyStanding = false } = write
  if (!sweep || sweep.kind === 'empty' || sweep.readBefore === null || onlyStanding || of?.values === null) return
  // Nobody knows of which account they are.
  if (sweep.kind === 'children' && sweep.byParent && !of) return
  const isMeant = of ? ` AND ${isOfOrUnclear(ownerOf(db, write, of), of.values)}` : ''
  await db.run(
    `UPDATE _millrace.rejects SET state = 'settled', last_at = ${db.instant(syncedAt)} ` +
      `WHERE ${isOpenReject(db, fence, stream)} AND last_at < ${db.instant(sweep.readBefore)}${isMeant}`,
  )
}

/** In the key of a reject it stands as it is stored, in its row as it came, or starred. */
function ownerOf(db: Engine, { key }: TableWrite, { field, column }: BroughtRowsOf): string {
  if (!key.includes(column)) return db.jsonMember(db.quote('row'), field)
  return key.length === 1 ? `nullif(key, 'null')` : db.jsonMember(db.triedJson('key'), key.indexOf(column))
}

/** A row that was seen and refused is still there at the vendor. */
export const exceptRefused = (
  db: Engine,
  write: TableWrite,
  { fence, since }: { readonly fence: Fence; readonly since: string },
): string =>
  write.key.length === 0
    ? ''
    : ` AND ${keyText(db, write)} NOT IN (SELECT key FROM _millrace.rejects ` +
      `WHERE ${isOpenReject(db, fence, write.stream)} AND last_at >= ${db.instant(since)})`

export const isOpenReject = (db: Engine, { sync }: Fence, stream: string): string =>
  `${streamIs(db, { sync, stream })} AND state = 'open'`

/** A key as one text: the value itself, or a JSON list of several. */
export function keyText(db: Engine, { key, table }: TableWrite): string {
  const texts = key.map((name) => columnText(db, table, name))
  return texts.length === 1 ? (texts[0] ?? '') : db.textList(texts)
}

const againTable = ({ nth }: BroughtWrite): string => `_again_${nth}`
