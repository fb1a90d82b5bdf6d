import { join } from 'node:path'
import type { EtlSync } from '../config/project.ts'
import { runEtl } from '../etl/run-etl.ts'
import { asMillraceError, type MillraceError } from '../model/millrace-error.ts'
import { buildAllModels } from './build-models.ts'
import { leaseName } from './lease-name.ts'
import { loadFromSource } from './load-from-source.ts'
import type { Outcome, Work } from './run-outcome.ts'
import { underLease } from './under-lease.ts'

export function runEtlSync(work: Work, sync: EtlSync): Promise<Outcome> {
  const { app, options } = work
  return underLease(work, leaseName(sync, app.target.name), (lease) =>
    loadFromSource(work, { sync, lease, spool: join(app.spoolDir, sync.name) }, async (context, connection) => {
      const outcome = await runEtl(context, {
        sync,
        connector: connection.connector,
        connectorName: connection.connectorName,
        vendorNow: connection.now,
        fullRefresh: options.fullRefresh,
        limit: options.limit,
        maxShrink: options.limits.maxShrink ?? sync.maxShrink,
      })
      return { ...outcome, errors: [...outcome.errors, ...(await buildModelsAfterLoad(work))] }
    }),
  )
}

/** Those that could not be built before, for want of their tables. Gives what kept them from it: what was loaded stands. */
export async function buildModelsAfterLoad({
  app,
  runId,
}: Pick<Work, 'app' | 'runId'>): Promise<readonly MillraceError[]> {
  try {
    const refused = await app.warehouse.session({ runId, purpose: 'models' }, (session) =>
      buildAllModels(session, app.project, app.warehouse),
    )
    for (const { message } of refused) app.emit({ type: 'run.warning', run_id: runId, message })
    return []
  } catch (error) {
    // Whoever ended the whole run says why.
    if (app.signal.aborted) throw error
    return [asMillraceError(error, 'building the models')]
  }
}
