import { join } from 'node:path'
import type { EtlSync } from '../config/project.ts'
import { runEtl } from '../etl/run-etl.ts'
import { buildAllModels } from './build-models.ts'
import { leaseName } from './lease-name.ts'
import { loadFromSource } from './load-from-source.ts'
import type { Outcome, Work } from './run-outcome.ts'
import { underLease } from './under-lease.ts'

export function runEtlSync(work: Work, sync: EtlSync): Promise<Outcome> {
  const { app, options } = work
  return underLease(work, leaseName(sync, app.target.name), () =>
    loadFromSource(work, { sync, spool: join(app.spoolDir, sync.name) }, async (context, connection) => {
      const outcome = await runEtl(context, {
        sync,
        connector: connection.connector,
        connectorName: connection.connectorName,
        vendorNow: connection.now,
        fullRefresh: options.fullRefresh,
        limit: options.limit,
        maxShrink: options.limits.maxShrink ?? sync.maxShrink,
      })
      await buildModelsAfterLoad(work)
      return outcome
    }),
  )
}

/** Those that could not be built before, for want of their tables. */
export async function buildModelsAfterLoad({ app, runId }: Pick<Work, 'app' | 'runId'>): Promise<void> {
  const errors = await app.warehouse.session({ runId, purpose: 'models' }, (session) =>
    buildAllModels(session, app.project, app.warehouse),
  )
  for (const error of errors) app.emit({ type: 'run.warning', run_id: runId, message: error.message })
}
