import type { Sync } from '../config/project.ts'
import type { App } from './app.ts'
import { deliveryLeaseName, leaseName } from './lease-name.ts'
import { lookInWarehouse } from './look-in-warehouse.ts'

/** Who touches the state of these syncs holds all of these: a run that is on may be of the destination that the state names, whatever the sync says by now. */
export async function stateLeaseNames(app: App, syncs: readonly Sync[], runId: string): Promise<readonly string[]> {
  const target = app.target.name
  const own = syncs.map((sync) => leaseName(sync, target))
  const deliveries = syncs.filter(({ kind }) => kind === 'reverse_etl')
  if (deliveries.length === 0) return own
  const request = { runId, purpose: 'whose state it is', signal: app.signal }
  return lookInWarehouse(app, request, {
    nothing: own,
    look: async ({ reverse }) => {
      const stored: string[] = []
      for (const { name } of deliveries) {
        const meta = await reverse.readMeta(name)
        if (meta) stored.push(deliveryLeaseName({ destination: meta.connection, object: meta.object }, target))
      }
      return [...own, ...stored]
    },
  })
}
