/** What runs would do. Nothing is written anywhere: the warehouse session is a rehearsal, rolled back at its end. */
import type { Sync } from '../config/project.ts'
import type { SyncPlan } from '../model/plan.ts'
import type { App } from './app.ts'
import { sayingWhatToLoad } from './how-to-load.ts'
import { planEtl } from './plan-etl.ts'
import { planReverse } from './plan-reverse.ts'

export async function planSyncs(
  app: App,
  syncs: readonly Sync[],
  options: { readonly offline: boolean },
): Promise<readonly SyncPlan[]> {
  const plans: SyncPlan[] = []
  for (const sync of syncs)
    plans.push(
      sync.kind === 'etl'
        ? await planEtl(app, sync, options)
        : await sayingWhatToLoad(app, sync, () => planReverse(app, sync)),
    )
  return plans
}
