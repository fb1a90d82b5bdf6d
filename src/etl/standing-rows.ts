/** What the rows of a table have from before, when a stream's options or fields have changed since they were loaded. */
import type { StreamConfig } from '../config/project.ts'
import type { Scan } from '../connector/contract.ts'
import type { Asked, Cursor, LoadedFields } from '../model/cursor.ts'
import { ownMember } from '../model/own-member.ts'
import { askedOf, nameOf } from './asked.ts'
import { begunAnew } from './begin-scan.ts'
import { changeOf } from './changed-options.ts'
import { oddOfLeftOut } from './left-out-fields.ts'
import { oddOfNewFlag } from './new-flag.ts'
import { behindOf } from './our-clock.ts'
import { isAskedFor } from './prepare-tables.ts'
import type { StreamPlan } from './resolve-streams.ts'
import { columnOf, type TableShape } from './table-shape.ts'

type Standing = {
  readonly sync: string
  readonly plan: StreamPlan
  readonly cursor: Cursor
  readonly vendorNow: Date
  /** Ours. */
  readonly now: Date
  /** A scan that was under way is not gone on with. */
  readonly dropped: boolean
  /** A cursor scope of its own, beside the live one. @default false */
  readonly isPartition?: boolean
}

/** As sentences; a pass over everything mends it, but for what it does not reach. */
export function oddOfStandingRows(of: Standing, { full, start }: Scan): readonly string[] {
  const { plan, cursor } = of
  const before = cursor.marks?.asked
  const odd = [
    of.dropped ? begunAnew(plan.stream.name, 'options, its account') : null,
    full ? null : aheadOf(of),
    behindOf(plan.stream.name, cursor, of.now),
    ...(before === undefined ? [] : oddSince(before, of, { full, start })),
  ]
  return odd.filter((each) => each !== null)
}

/** What differs from what was asked before. */
const oddSince = (
  before: Asked,
  of: Standing,
  { full, start }: Pick<Scan, 'full' | 'start'>,
): readonly (string | null)[] => [
  changeOf(of.plan, { before, now: askedOf(of.plan, start) }, { full, isPartition: of.isPartition ?? false }),
  ...oddOfLeftOut(of.plan, before, full),
  ...oddOfNewFlag(of.plan, before, full),
  emptiedOf(of.plan, before),
  ...(full ? [] : lacksOf(of, before, start)),
]

/** A clock that once ran ahead has left a watermark before which nothing is read. */
function aheadOf({ sync, plan, cursor: { watermark }, vendorNow }: Standing): string | null {
  if (watermark === null || Date.parse(watermark) - vendorNow.getTime() < anHourMs) return null
  return (
    `${plan.stream.name}: it is complete to ${watermark}, and by the vendor’s clock it is ${vendorNow.toISOString()}: what changes until then is not read. ` +
    `Where a wrong clock has put it there:  millrace sync run ${sync} --full-refresh`
  )
}

const anHourMs = 3_600_000

/** What replaces a row as a whole leaves nothing in a column that it does not have. */
function emptiedOf({ stream, mode, shape }: StreamPlan, { loaded, table, replaced = false }: Asked): string | null {
  if (mode !== 'full_refresh' || loaded === undefined || table !== nameOf(shape)) return null
  const emptied = Object.entries(loaded.columns).flatMap(([field, column]) =>
    (replaced && loaded.idle.includes(field)) || columnOf(shape, field) !== undefined ? [] : [column],
  )
  if (emptied.length === 0) return null
  return (
    `${stream.name}: rows come without ${emptied.join(', ')} now, and  mode: full_refresh  puts them in the place of those that stand: what is stored there goes. ` +
    'Loaded again, it comes back as the source has it.'
  )
}

/** A column that a table gets is empty in the rows that it has; one that was left out for a while has what it had before. */
function lacksOf({ sync, plan }: Standing, before: Asked, start: string | null): readonly string[] {
  const { stream, mode, shape, children } = plan
  if (mode === 'full_refresh') return []
  const { own, inside: added } = lackingColumns(plan, before)
  const range = stream.boundedBy === undefined ? '' : ` ${start === null ? '--from 2000-01-01 ' : ''}--step 6mo`
  const whole = `millrace backfill ${sync} --stream ${stream.name}`
  const byColumn = (mode === 'merge' || mode === 'append') && own.length === 1 ? ` --column ${own[0]}` : ''
  // A part that was read with a field is done; but what has changed since that was left out is old in it.
  const isBack = ({ columns }: TableShape, loaded: LoadedFields | undefined) =>
    loaded !== undefined && columns.some(({ field }) => loaded.idle.includes(field))
  const areBack =
    isBack(shape, before.loaded) ||
    children.some((inside) => isBack(inside.shape, ownMember(before.inside, inside.child.name)))
  const again = areBack ? ' --again' : ''
  const lack = (name: string, columns: readonly string[], backfill: string) =>
    columns.length === 0
      ? []
      : [
          `${name}: rows that were loaded before have no ${columns.join(', ')}, or an old one, until they are read again.` +
            (stream.key.length === 0 ? '' : ` To read them now:  ${backfill}${range}${again}`),
        ]
  return [
    ...lack(stream.name, own, `${whole}${byColumn}`),
    ...children.flatMap(({ child }, index) => lack(child.name, added[index] ?? [], whole)),
  ]
}

/** Columns that are loaded now, and were not by what was asked before; of its children in their order. */
export function lackingColumns(
  { config, shape, children }: StreamPlan,
  before: Asked,
): { readonly own: readonly string[]; readonly inside: readonly (readonly string[])[] } {
  return {
    own: addedTo({ shape, config }, before.loaded),
    inside: children.map((inside) => addedTo(inside, ownMember(before.inside, inside.child.name))),
  }
}

function addedTo(
  { shape, config }: { readonly shape: TableShape; readonly config: StreamConfig },
  loaded: LoadedFields | undefined,
): readonly string[] {
  if (loaded === undefined) return []
  const isNew = (field: string) => !Object.hasOwn(loaded.columns, field) || loaded.idle.includes(field)
  return shape.columns.flatMap(({ field, column }) =>
    isNew(field) && (config.schemaChanges !== 'ignore' || isAskedFor(config, field)) ? [column] : [],
  )
}
