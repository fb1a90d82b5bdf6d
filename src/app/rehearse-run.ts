import type { DestinationObject } from '../connector/destination.ts'
import { compareModel, type CompareRequest, type Comparison } from '../reverse-etl/compare.ts'
import { resolveMapping, type ResolvedMapping } from '../reverse-etl/mapping.ts'
import type { Session, SnapshotMeta } from '../warehouse/port.ts'
import type { App } from './app.ts'
import { personalColumns } from './personal-columns.ts'
import { syncQuery } from './sync-query.ts'

export type Rehearsed = {
  readonly mapping: ResolvedMapping
  /** Whose the snapshot is; null: there is none yet. */
  readonly stored: SnapshotMeta | null
  readonly comparison: Comparison
}

/** What the next run would find, for a plan and a preview. In a rehearsal: the snapshot's table that is made here goes with the session. */
export async function rehearseRun(
  app: App,
  session: Session,
  { sync, object, ...request }: Request,
): Promise<Rehearsed> {
  const personal = personalColumns(app, sync)
  const model = await syncQuery(session, app, sync)
  const mapping = resolveMapping(sync, object, await session.describe(model), personal.columns)
  const stored = await session.reverse.readMeta(sync.name)
  await session.reverse.ensureSnapshot(sync.name, mapping.columns)
  const comparison = await compareModel(session, {
    ...request,
    sync,
    mapping,
    model,
    personal,
    retriesOnly: false,
    fromNothing: stored === null,
    now: app.clock.now(),
  })
  return { mapping, stored, comparison }
}

type Request = Pick<CompareRequest, 'sync' | 'directory' | 'limit' | 'endsAtLimit' | 'onDecision'> & {
  readonly object: DestinationObject
}
