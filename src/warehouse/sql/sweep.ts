import { MillraceError } from '../../model/millrace-error.ts'
import type { Fence } from '../port.ts'
import type { ShrinkLimit, TableWrite } from '../table-write.ts'
import type { Engine } from './engine.ts'
import { keyText } from './refused-rows.ts'
import { targetOf, typeIn } from './staged-rows.ts'

/** The parents whose children were read whole, as a relation of texts; null: there are none. */
export type PreparedSweep = { readonly parents: string | null }

/** Before the transaction. */
export async function prepareSweep(db: Engine, { sweep }: TableWrite): Promise<PreparedSweep> {
  if (sweep?.kind !== 'children' || sweep.parents.length === 0) return { parents: null }
  const rows = sweep.parents.map(({ parent, readAt }) => [parent, readAt.replace('T', ' ').replace('Z', '')])
  return { parents: await db.bringValues(['parent', 'read_at'], rows) }
}

/**
 * Rows that a full pass did not see, and children that their parent no longer has, are deleted softly. The version stays:
 * a row that comes back with the stamp it had is newer by the time of its reading.
 */
export async function sweepUnseen(
  db: Engine,
  write: TableWrite,
  { fence, prepared }: { readonly fence: Fence; readonly prepared: PreparedSweep },
): Promise<number> {
  const { sweep } = write
  if (!sweep || write.mode === 'generation') return 0
  const target = targetOf(db, write)
  const now = db.instant(write.syncedAt)
  if (sweep.kind === 'empty') {
    const before = await countLive(db, target, write.mode)
    guardShrink({ gone: before, before, limit: sweep.maxShrink, stream: write.stream, sync: fence.sync })
    return 0
  }
  if (sweep.kind === 'unseen') {
    const readBefore = db.instant(sweep.readBefore)
    const isLive = liveIn(write.mode)
    const end = write.mode === 'scd2' ? `, is_current = false, valid_to = ${db.latest('valid_from', now)}` : ''
    const before = await countLive(db, target, write.mode)
    // A row that this pass saw and refused is still there at the vendor.
    const refused = `SELECT key FROM _millrace.rejects WHERE sync = ${db.text(fence.sync)} AND stream = ${db.text(write.stream)} AND state = 'open' AND last_at >= ${readBefore}`
    const result = await db.run(
      `UPDATE ${target} SET _deleted_at = ${now}, _synced_at = ${now}, _run_id = ${db.text(fence.runId)}${end} WHERE ${isLive} AND _read_at < ${readBefore}` +
        (write.key.length > 0 ? ` AND ${keyText(db, write)} NOT IN (${refused})` : ''),
    )
    guardShrink({
      gone: result.rowsChanged,
      before,
      limit: sweep.maxShrink,
      stream: write.stream,
      sync: fence.sync,
    })
    return result.rowsChanged
  }
  if (prepared.parents === null) return 0
  const parent = db.asText(`t.${db.quote(sweep.parentColumn)}`, typeIn(write.table, sweep.parentColumn) ?? 'string')
  const result = await db.updateFrom({
    target,
    set: [
      ['_deleted_at', now],
      ['_synced_at', now],
      ['_run_id', db.text(fence.runId)],
      ['_read_at', 'p.read_at'],
    ],
    from: `(SELECT parent, max(CAST(read_at AS ${db.type('timestamp')})) AS read_at FROM ${prepared.parents} GROUP BY parent) p`,
    on: `${parent} = p.parent`,
    where: 't._deleted_at IS NULL AND t._read_at < p.read_at',
  })
  return result.rowsChanged
}

const liveIn = (mode: TableWrite['mode']): string => (mode === 'scd2' ? 'is_current' : '_deleted_at IS NULL')

async function countLive(db: Engine, target: string, mode: TableWrite['mode']): Promise<number> {
  const [live] = await db.rows(`SELECT count(*) AS n FROM ${target} WHERE ${liveIn(mode)}`)
  return Number(live?.['n'] ?? 0)
}

export function guardShrink(shrink: {
  readonly gone: number
  readonly before: number
  readonly limit: ShrinkLimit
  readonly stream: string
  readonly sync: string
}): void {
  const { gone, before, limit, stream, sync } = shrink
  if (limit === null || gone === 0) return
  const allowed = 'rows' in limit ? limit.rows : limit.fraction * before
  if (gone <= allowed) return
  const percent = Math.round((gone / before) * 100)
  throw new MillraceError('MR-4105', {
    message: `${stream}: the source no longer has ${gone} of ${before} rows (${percent} %); max_shrink is ${'rows' in limit ? limit.rows : `${Math.round(limit.fraction * 100)} %`}.`,
    kept: 'The table is as it was before this commit; the watermark has not moved, and the next run reads everything again.',
    next: [
      `If it is right:  millrace sync run ${sync} --full-refresh --max-shrink ${Math.min(100, percent + 1)}%`,
      'If not, look at the source: an emptied export, a lost permission, a filter.',
    ],
  })
}
