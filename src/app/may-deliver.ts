import type { ReverseSync, Target } from '../config/project.ts'
import type { DestinationObject } from '../connector/destination.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { hasDelivered } from '../model/run.ts'
import { checkSnapshot } from '../reverse-etl/check-snapshot.ts'
import { invalidKeys, snapshotMeta } from '../reverse-etl/run-reverse.ts'
import type { Session } from '../warehouse/port.ts'
import type { App } from './app.ts'
import type { Rehearsed } from './rehearse-run.ts'

/** A laptop cannot write to production by accident (promise 12). */
export function refuseDelivery(target: Target, sync: ReverseSync): void {
  if (target.deliver) return
  throw new MillraceError('MR-4002', {
    message: `The target ${target.name} may not deliver, so ${sync.name} was not run.`,
    kept: 'Nothing was sent, nothing was changed.',
    next: [
      `millrace sync plan ${sync.name} --target ${target.name}   shows what would go out`,
      `If ${target.name} is meant to write to ${sync.destination}, say  deliver: true  under targets.${target.name} in millrace.yaml.`,
    ],
  })
}

/** `freshness`: refuses to send from inputs older than the sync allows. @throws MillraceError MR-4006 */
export async function refuseStaleInputs(app: App, sync: ReverseSync, runId: string): Promise<void> {
  if (Object.keys(sync.freshness).length === 0) return
  await app.warehouse.session({ runId, purpose: 'freshness' }, (session) => refuseStaleInputsIn(session, app, sync))
}

/** The same in a session that is there anyway. */
export async function refuseStaleInputsIn(
  session: Session,
  { clock }: Pick<App, 'clock'>,
  sync: ReverseSync,
): Promise<void> {
  for (const [name, maxMs] of Object.entries(sync.freshness)) {
    const [load] = await session.state.readRuns({ sync: name, limit: 1, loads: true })
    const loadedAt = load?.finished_at ?? null
    const now = clock.now().getTime()
    if (loadedAt !== null && now - Date.parse(loadedAt) <= maxMs) continue
    throw new MillraceError('MR-4006', {
      message: `${sync.name} reads ${name}, ${loadedAt === null ? 'which was never loaded on this target' : `last loaded ${inWords(now - Date.parse(loadedAt))} ago (${loadedAt})`}; freshness allows ${inWords(maxMs)}.`,
      kept: 'Nothing was sent.',
      next: `millrace sync run ${name} ${sync.name}`,
    })
  }
}

const inWords = (ms: number) =>
  ms < hourMs ? `${Math.round(ms / 60_000)} min` : `${Number((ms / hourMs).toFixed(1))} h`
const hourMs = 3_600_000

/** The control store remembers deliveries that a lost warehouse cannot. */
export async function deliveredBefore(app: App, sync: string): Promise<boolean> {
  const target = app.target.name
  if (await app.store.hasDelivered({ sync, target })) return true
  // Runs of before stores remembered it; when such a run goes, the store does.
  return (await app.store.runs({ sync })).some((run) => run.target === target && hasDelivered(run))
}

/** Why a run would stop before it sends anything, in the order in which it would find out; the guards are not asked. */
export async function foreseeStop(
  app: App,
  { mapping, stored, comparison: { diff } }: Rehearsed,
  {
    sync,
    object,
    account,
    standing,
  }: {
    readonly sync: ReverseSync
    readonly object: DestinationObject
    /** null: the destination did not say. */
    readonly account: string | null
    /** Did the snapshot's table stand before this session? */
    readonly standing: boolean
  },
): Promise<MillraceError | undefined> {
  const wanted = snapshotMeta({ sync, object, account: account ?? stored?.account ?? '' }, mapping)
  const permission = {
    firstRun: false,
    baseline: false,
    isSandbox: app.target.sandbox,
    deliveredBefore: await deliveredBefore(app, sync.name),
  }
  return checkSnapshot(sync, { stored, wanted, standing }, permission) ?? invalidKeys(sync, diff)
}
