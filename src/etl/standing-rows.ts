/** What the rows of a table have from before, when a stream's options or fields have changed since they were loaded. */
import type { Scan } from '../connector/contract.ts'
import type { Asked, Cursor } from '../model/cursor.ts'
import { askedOf, changeOf } from './asked.ts'
import type { StreamPlan } from './resolve-streams.ts'

/** As sentences; a pass over everything mends it, but for the closed intervals of `scd2`. */
export function oddOfStandingRows(
  of: {
    readonly sync: string
    readonly plan: StreamPlan
    readonly cursor: Cursor
    readonly vendorNow: Date
    /** A scan that was under way is not gone on with. */
    readonly dropped: boolean
  },
  { full, start }: Scan,
): readonly string[] {
  const { sync, plan, cursor } = of
  const before = cursor.marks?.asked
  const odd = [
    of.dropped
      ? `${plan.stream.name}: its options have changed since the scan that an earlier run left was begun, so it begins again.`
      : null,
    full ? null : aheadOf(of),
    before === undefined ? null : changeOf(plan, before, askedOf(plan, start), full),
    before === undefined || full ? null : lackOf(sync, plan, before),
  ]
  return odd.filter((each) => each !== null)
}

/** A clock that once ran ahead has left a watermark before which nothing is read. */
function aheadOf({
  sync,
  plan,
  cursor: { watermark },
  vendorNow,
}: Parameters<typeof oddOfStandingRows>[0]): string | null {
  if (watermark === null || Date.parse(watermark) - vendorNow.getTime() < anHourMs) return null
  return (
    `${plan.stream.name}: it is complete to ${watermark}, and by the vendor’s clock it is ${vendorNow.toISOString()}: what changes until then is not read. ` +
    `Where a wrong clock has put it there:  millrace sync run ${sync} --full-refresh`
  )
}

const anHourMs = 3_600_000

/** A column that a table gets is empty in the rows that it has; one that was left out for a while has what it had before. */
function lackOf(sync: string, { stream, mode, config, shape }: StreamPlan, before: Asked): string | null {
  const loaded = before.columns
  if (loaded === undefined || mode === 'full_refresh' || config.schemaChanges === 'ignore') return null
  const added = shape.columns.flatMap(({ field, column }) =>
    Object.hasOwn(loaded, field) && !before.idle?.includes(field) ? [] : [column],
  )
  if (added.length === 0) return null
  const lack = `${stream.name}: rows that were loaded before have no ${added.join(', ')}, or an old one, until they are read again.`
  if (stream.key.length === 0) return lack
  const narrow = (mode === 'merge' || mode === 'append') && added.length === 1 ? ` --column ${added[0]}` : ''
  return `${lack} To read them now:  millrace backfill ${sync} --stream ${stream.name}${narrow}`
}
