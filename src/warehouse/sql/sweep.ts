import { MillraceError } from '../../model/millrace-error.ts'
import { percentAbove, percentAllowed, shareOf } from '../../model/percent-above.ts'
import type { Fence } from '../port.ts'
import type { ParentHash, ShrinkLimit, Sweep, TableWrite } from '../table-write.ts'
import { countIn } from './count-in.ts'
import { timestampText, type Engine } from './engine.ts'
import { sweepFlagged } from './flagged-parents.ts'
import { exceptRefused, isOpenReject, keyText } from './refused-rows.ts'
import { bringRowsOf, isOf, type BroughtRowsOf } from './rows-of.ts'
import { columnText, liveIn, targetOf, type BroughtWrite } from './staged-rows.ts'

/**
 * `parents`: those whose children were read whole, as a relation of texts; null: there are none. `flags`: what takes the
 * children of parents along that come flagged; null: no parent comes. `of`: whose rows may go; null: all. `within`: what they come in.
 */
export type PreparedSweep = {
  readonly parents: string | null
  readonly flags: ParentHash | null
  readonly of: BroughtRowsOf | null
  readonly within: TableWrite | null
}

/** Before the transaction. @param first the first write of the commit, where this is another */
export async function prepareSweep(
  db: Engine,
  { sweep }: TableWrite,
  first: { readonly write: TableWrite; readonly into: BroughtWrite } | undefined,
): Promise<PreparedSweep> {
  const of = sweep ? await bringRowsOf(db, sweep.of) : null
  const within = first?.write ?? null
  if (sweep?.kind !== 'children') return { parents: null, flags: null, of, within }
  const parent = first?.into
  const flags = (parent?.rows && parent.key.length > 0 && sweep.flags) || null
  const rows = sweep.parents.map(({ parent: key, readAt }) => [key, timestampText(readAt)])
  return { parents: rows.length === 0 ? null : await db.bringValues([parentCell, readAtCell], rows), flags, of, within }
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
  if (sweep.kind === 'children') return sweepChildren(db, write, { sweep, fence, ...prepared })
  const target = targetOf(db, write)
  const isMeant = prepared.of ? ` AND ${isOf(db, prepared.of, write.table)}` : ''
  const before = await countIn(db, `${target} WHERE ${liveIn(write.mode)}${isMeant}`)
  const guarded = (gone: number) => {
    const { sync, partition } = fence
    guardShrink({ gone, before, limit: sweep.maxShrink, stream: write.stream, sync, partition })
    return gone
  }
  if (sweep.kind === 'empty') {
    guarded(before)
    return 0
  }
  const end =
    write.mode === 'scd2'
      ? `, is_current = false, valid_to = ${db.latest('valid_from', db.instant(write.syncedAt))}`
      : ''
  const { rowsChanged } = await db.run(
    `UPDATE ${target} SET ${assigned(marksOf(db, write, fence))}${end} ` +
      `WHERE ${liveIn(write.mode)} AND ${unseenSince(db, write, { fence, readBefore: sweep.readBefore, of: prepared.of })}`,
  )
  return guarded(rowsChanged)
}

type ChildSweep = Extract<Sweep, { readonly kind: 'children' }>

async function sweepChildren(
  db: Engine,
  write: TableWrite,
  { sweep, fence, parents, flags, of, within }: { readonly sweep: ChildSweep; readonly fence: Fence } & PreparedSweep,
): Promise<number> {
  const target = targetOf(db, write)
  const set = marksOf(db, write, fence)
  let gone = flags ? await sweepFlagged(db, write, { flags, set }) : 0
  if (parents !== null) {
    const left = await db.updateFrom({
      target,
      set: [...set, ['_read_at', `p.${readAtCell}`]],
      ...missing(db, write, { parents, fence, parentColumn: sweep.parentColumn }),
      where: `t._deleted_at IS NULL AND t._read_at < p.${readAtCell}`,
    })
    gone += left.rowsChanged
  }
  if (sweep.readBefore !== null) {
    const { readBefore, byParent } = sweep
    const unseen = (whose: PreparedSweep['of']) => unseenSince(db, write, { fence, readBefore, of: whose })
    const meant = [
      ...(of || !byParent ? [unseen(of)] : []),
      ...(byParent ? [`${unseen(null)} AND ${isOrphan(db, write, { sweep, within, fence, hash: byParent })}`] : []),
    ]
    for (const isMeant of meant) {
      const left = await db.run(`UPDATE ${target} SET ${assigned(set)} WHERE _deleted_at IS NULL AND ${isMeant}`)
      gone += left.rowsChanged
    }
  }
  return gone
}

type OrphanSweep = { readonly sweep: ChildSweep; readonly fence: Fence; readonly hash: ParentHash } & Pick<
  PreparedSweep,
  'within'
>

/** After what it comes in was landed and swept. */
function isOrphan(db: Engine, write: TableWrite, { sweep, within, fence, hash }: OrphanSweep): string {
  const named = within?.key.at(-1)
  if (!within || named === undefined) return 'false'
  const key = columnText(db, within.table, named)
  const parent = columnText(db, write.table, sweep.parentColumn)
  const refused = within.key.length === 1 ? 'key' : db.jsonMember(db.triedJson('key'), within.key.length - 1)
  const stored = (text: string) => (hash.isHashed ? db.sha256(text) : text)
  return (
    `${parent} NOT IN (SELECT ${stored(key)} FROM ${targetOf(db, within)} WHERE ${liveIn(within.mode)} ` +
    // One that was refused is still there at the vendor.
    `UNION ALL SELECT ${stored(refused)} FROM _millrace.rejects ` +
    `WHERE ${isOpenReject(db, fence, within.stream)} AND ${refused} IS NOT NULL)`
  )
}

/** The children of these parents, each with when the set of its parent was read. */
function missing(
  db: Engine,
  write: TableWrite,
  { parents, fence, parentColumn }: { readonly parents: string; readonly fence: Fence; readonly parentColumn: string },
): { readonly from: string; readonly on: string } {
  const parent = columnText(db, write.table, parentColumn, 't.')
  const latest = `max(CAST(${readAtCell} AS ${db.type('timestamp')})) AS ${readAtCell}`
  const sets = `SELECT ${parentCell}, ${latest} FROM ${parents} GROUP BY ${parentCell}`
  if (write.key.length === 0 || write.staged.every(({ rejects }) => rejects === null))
    return { from: `(${sets}) p`, on: `${parent} = p.${parentCell}` }
  // By their keys, without those that came and were refused: Snowflake's MERGE takes no subquery in its conditions.
  const key = keyText(db, write)
  return {
    from:
      `(SELECT ${key} AS ${childCell}, max(p.${readAtCell}) AS ${readAtCell} FROM ${targetOf(db, write)} t JOIN (${sets}) p ON ${parent} = p.${parentCell} ` +
      `WHERE t._deleted_at IS NULL${exceptRefused(db, write, { fence, since: write.syncedAt })} GROUP BY ${key}) p`,
    on: `${key} = p.${childCell}`,
  }
}

const marksOf = (db: Engine, { syncedAt }: TableWrite, { runId }: Fence): readonly Mark[] => [
  ['_deleted_at', db.instant(syncedAt)],
  ['_synced_at', db.instant(syncedAt)],
  ['_run_id', db.text(runId)],
]

type Mark = readonly [column: string, value: string]

const assigned = (marks: readonly Mark[]): string => marks.map(([column, value]) => `${column} = ${value}`).join(', ')

const unseenSince = (
  db: Engine,
  write: TableWrite,
  { fence, readBefore, of }: Pick<PreparedSweep, 'of'> & { readonly fence: Fence; readonly readBefore: string },
): string =>
  `_read_at < ${db.instant(readBefore)}${of ? ` AND ${isOf(db, of, write.table)}` : ''}${exceptRefused(db, write, { fence, since: readBefore })}`

const parentCell = '_parent'
const childCell = '_child'
const readAtCell = '_parent_read_at'

export function guardShrink(shrink: {
  readonly gone: number
  readonly before: number
  readonly limit: ShrinkLimit
  readonly stream: string
  readonly sync: string
  /** A pass of its own is begun again by any run; reading everything need not find what it finds. */
  readonly partition: string
}): void {
  const { gone, before, limit, stream, sync, partition } = shrink
  if (limit === null || gone === 0) return
  const allowed = 'rows' in limit ? limit.rows : shareOf(limit.fraction, before)
  if (gone <= allowed) return
  const share = gone / before
  const [percent, most] =
    'rows' in limit
      ? [Math.round(share * 100), limit.rows]
      : [percentAbove(share, limit.fraction), `${percentAllowed(limit.fraction)} %`]
  throw new MillraceError('MR-4105', {
    message: `${stream}: the source no longer has ${gone} of ${before} rows (${percent} %); max_shrink is ${most}.`,
    kept: 'The table is as it was before this commit; the watermark has not moved.',
    next: [
      `If it is right:  millrace sync run ${sync}${partition === '' ? ' --full-refresh' : ''} --max-shrink ${Math.min(100, Math.floor(share * 100) + 1)}%`,
      'If not, look at the source: an emptied export, a lost permission, a filter.',
    ],
  })
}
