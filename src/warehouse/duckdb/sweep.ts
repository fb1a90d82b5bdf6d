import type { Database } from '../../duckdb/open-database.ts'
import { quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Fence } from '../port.ts'
import type { ShrinkLimit, TableWrite } from '../table-write.ts'
import { keyText } from './refused-rows.ts'
import { instantSql } from './staged-rows.ts'

/**
 * Rows that a full pass did not see, and children that their parent no longer has, are deleted softly. The version stays:
 * a row that comes back with the stamp it had is newer by the time of its reading.
 */
export async function sweepUnseen(db: Database, write: TableWrite, fence: Fence): Promise<number> {
  const { sweep } = write
  if (!sweep || write.mode === 'generation') return 0
  const target = relation(write.table.schema, write.table.name)
  const now = instantSql(write.syncedAt)
  const set = `SET _deleted_at = ${now}, _synced_at = ${now}, _run_id = ${quoteText(fence.runId)}`
  if (sweep.kind === 'unseen') {
    const readBefore = instantSql(sweep.readBefore)
    const isLive = write.mode === 'scd2' ? 'is_current' : '_deleted_at IS NULL'
    const end = write.mode === 'scd2' ? `, is_current = false, valid_to = greatest(valid_from, ${now})` : ''
    const [live] = await db.rows(`SELECT count(*) AS n FROM ${target} WHERE ${isLive}`)
    // A row that this pass saw and refused is still there at the vendor.
    const refused = `SELECT key FROM _millrace.rejects WHERE sync = ${quoteText(fence.sync)} AND stream = ${quoteText(write.stream)} AND state = 'open' AND last_at >= ${readBefore}`
    const result = await db.run(
      `UPDATE ${target} ${set}${end} WHERE ${isLive} AND _read_at < ${readBefore}` +
        (write.key.length > 0 ? ` AND ${keyText(write.key)} NOT IN (${refused})` : ''),
    )
    guardShrink({
      gone: result.rowsChanged,
      before: Number(live?.['n'] ?? 0),
      limit: sweep.maxShrink,
      stream: write.stream,
      sync: fence.sync,
    })
    return result.rowsChanged
  }
  if (sweep.parents.length === 0) return 0
  const parents = sweep.parents.map((set_) => `(${quoteText(set_.parent)}, ${instantSql(set_.readAt)})`)
  const result = await db.run(
    `UPDATE ${target} AS t ${set}, _read_at = p.read_at FROM (SELECT parent, max(read_at) AS read_at FROM (VALUES ${parents.join(', ')}) v(parent, read_at) GROUP BY 1) p ` +
      `WHERE CAST(t.${quoteName(sweep.parentColumn)} AS VARCHAR) = p.parent AND t._deleted_at IS NULL AND t._read_at < p.read_at`,
  )
  return result.rowsChanged
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
