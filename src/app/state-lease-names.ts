import type { Sync } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Session } from '../warehouse/port.ts'
import type { App } from './app.ts'
import { deliveryLeaseName, leaseName, partLeaseName } from './lease-name.ts'
import { lookInWarehouse } from './look-in-warehouse.ts'

/**
 * Who touches the state of these syncs holds all of these: a run that is on may be of the destination that the state names, whatever the sync says
 * by now, or a part of a backfill.
 */
export async function stateLeaseNames(app: App, syncs: readonly Sync[], runId: string): Promise<readonly string[]> {
  const own = syncs.map((sync) => leaseName(sync, app.target.name))
  const request = { runId, purpose: 'whose state it is', signal: app.signal }
  return lookInWarehouse(app, request, {
    nothing: own,
    look: async (session) => {
      const stored: string[] = []
      for (const sync of syncs)
        stored.push(...(await (sync.kind === 'etl' ? openParts(app, session, sync) : deliveryOf(app, session, sync))))
      return [...own, ...stored]
    },
  })
}

async function deliveryOf(app: App, { reverse }: Session, { name }: Sync): Promise<readonly string[]> {
  const meta = await reverse.readMeta(name)
  return meta ? [deliveryLeaseName({ destination: meta.connection, object: meta.object }, app.target.name)] : []
}

/** Their scans stand in the warehouse before the first row is read. */
async function openParts(app: App, { state }: Session, sync: Sync): Promise<readonly string[]> {
  const cursors = await state.readCursors(sync.name).catch(unreadable)
  return cursors
    .filter(({ partition, cursor }) => partition !== '' && cursor.scan !== null)
    .map((of) => partLeaseName(sync, app.target.name, of))
}

/** What nobody can read is there to be reset. */
function unreadable(error: unknown): readonly [] {
  if (error instanceof MillraceError && error.code === 'MR-2007') return []
  throw error
}
