/**
 * Passes over a part of the columns, beside the live scan and in cursor scopes of their own: `reconcile` reads keys alone, and
 * what it does not see was purged at the vendor; `formula_refresh` reads what the vendor calculates, whose changes move no stamp.
 */
import type { StreamConfig } from '../config/project.ts'
import { asksItself } from '../config/stream-glob.ts'
import type { Cursor } from '../model/cursor.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { isMeta } from '../model/table.ts'
import { isDue } from './begin-scan.ts'
import type { EtlContext } from './context.ts'
import { openScope } from './open-scope.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { StreamStart } from './stream-work.ts'

export type PartialPass = { readonly partition: PassName; readonly plan: StreamPlan; readonly everyMs: number }

type PassName = 'reconcile' | 'formulas'

/**
 * The passes that a stream's configuration asks for. It may be that of a glob or a whole sync: a stream that is replaced as a
 * whole, never changes, is kept as intervals, is not listed whole, or has nothing calculated, has none. @throws MillraceError MR-1208
 */
export function passesOf(sync: string, plan: StreamPlan): readonly PartialPass[] {
  const { config, stream } = plan
  const passes: PartialPass[] = []
  if (plan.mode === 'full_refresh' || plan.mode === 'append' || plan.mode === 'replace_window') return passes
  if (plan.mode === 'scd2') {
    const own = ['reconcile', 'formula_refresh'].filter((key) => config.own?.includes(key))
    if (own.length > 0) throw keptAsIntervals(sync, config, own)
    return passes
  }
  if (config.reconcileMs !== null && stream.enumerates === false && asksItself(config, 'reconcile'))
    throw notListed(sync, config)
  if (config.reconcileMs !== null && stream.enumerates !== false)
    passes.push({ partition: 'reconcile', everyMs: config.reconcileMs, plan: narrow(plan, []) })
  if (config.formulaRefreshMs !== null && (stream.calculated?.length ?? 0) > 0)
    passes.push({
      partition: 'formulas',
      everyMs: config.formulaRefreshMs,
      plan: narrow(plan, stream.calculated ?? []),
    })
  return passes
}

/** The stream as one that has its key, its version and these fields only. */
export function narrow(plan: StreamPlan, fields: readonly string[]): StreamPlan {
  const { stream, shape, config } = plan
  const kept = new Set([
    ...stream.key,
    stream.version,
    stream.deletedWhen?.column,
    ...(stream.windowOf ?? []),
    ...fields,
  ])
  // What a history's values are of decides whether they are masked, or come at all.
  for (const { field, maskBy } of shape.columns) if (maskBy && kept.has(field)) kept.add(maskBy.field)
  if (plan.leftOut && fields.length > 0) kept.add(plan.leftOut.field)
  const columns = shape.columns.filter(({ field }) => kept.has(field))
  const names = new Set(columns.map(({ column }) => column))
  const sweeps = fields.length === 0
  return {
    ...plan,
    // Rows that a filter keeps out may stand from before it.
    config: { ...config, where: sweeps ? null : config.where },
    children: [],
    part: { sweeps, children: sweeps ? plan.children : [] },
    shape: {
      ...shape,
      columns,
      table: { ...shape.table, columns: shape.table.columns.filter(({ name }) => names.has(name) || isMeta(name)) },
    },
  }
}

/** Or under way. `kept`: its own cursor. The first counts from when the stream was last read whole (`listedAt`). */
export function isPassDue(of: {
  readonly kept: Cursor
  readonly listedAt: string | undefined
  readonly everyMs: number
  readonly now: Date
}): boolean {
  const { watermark, scan, marks } = of.kept
  // It was begun, and a guard has stopped it: its rows are still to be told gone, whatever was read whole since.
  const isStopped = watermark === null && marks?.asked !== undefined
  return scan !== null || isStopped || isDue(watermark ?? of.listedAt, of.everyMs, of.now)
}

/** A pass that is due; null: it is not. */
export async function beginPass(
  context: EtlContext,
  { partition, plan, everyMs }: PartialPass,
  of: { readonly sync: string; readonly connectorName: string; readonly vendorNow: Date },
): Promise<StreamStart | null> {
  const scope = { sync: of.sync, stream: plan.stream.name, partition }
  return context.warehouse.session(
    { runId: context.runId, purpose: `begin ${of.sync}`, signal: context.signal },
    async (session) => {
      const kept = await session.state.readCursor(scope)
      const live = await session.state.readCursor({ ...scope, partition: '' })
      if (!isPassDue({ kept, listedAt: live.marks?.listed_at, everyMs, now: of.vendorNow })) return null
      const upperBound = new Date(of.vendorNow.getTime() - plan.stream.lagMs).toISOString()
      const bounds = { ...passBounds, upperBound }
      return openScope(context, session, { ...scope, plan, kept, bounds, connectorName: of.connectorName })
    },
  )
}

/** What changes meanwhile is there all the same: no row may be taken for purged for its new stamp. Salesforce knows no later year. */
export const passBounds = { from: null, to: '4000-01-01T00:00:00.000Z' }

const notListed = (sync: string, { name, place }: StreamConfig) =>
  new MillraceError('MR-1208', {
    message: `${sync}: ${name} cannot be reconciled: the vendor does not list all of its rows, and those that it leaves out would be taken for gone. (${place.file}:${place.line})`,
    kept: 'Nothing was read or changed.',
    next: 'Take  reconcile  off this stream.',
  })

const keptAsIntervals = (sync: string, { name, place }: StreamConfig, own: readonly string[]) =>
  new MillraceError('MR-1208', {
    message: `${sync}: a part of the columns of ${name} cannot be read by itself, since its rows land by scd2. (${place.file}:${place.line})`,
    kept: 'Nothing was read or changed.',
    next: `Take  ${own.join('  and  ')}  off this stream, or let it merge.`,
  })
