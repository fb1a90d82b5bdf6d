import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EtlSync } from '../config/project.ts'
import { defaultChunk } from '../etl/context.ts'
import { runEtl } from '../etl/run-etl.ts'
import { buildAllModels } from './build-models.ts'
import { leaseName } from './lease-name.ts'
import { openConnection } from './open-connection.ts'
import { statusOf, type Outcome, type Work } from './run-outcome.ts'
import { sizeFrom } from './size-from.ts'
import { underLease } from './under-lease.ts'

export async function runEtlSync(work: Work, sync: EtlSync): Promise<Outcome> {
  const { app, options, runId } = work
  return underLease(work, leaseName(sync, app.target.name), async () => {
    const connection = await openConnection(app, sync.source, runId)
    const syncSpool = join(app.spoolDir, sync.name)
    // What a killed run had spooled was never committed; its cursor brings it again.
    await rm(syncSpool, { recursive: true, force: true })
    try {
      const outcome = await runEtl(
        {
          runId,
          warehouse: app.warehouse,
          emit: app.emit,
          clock: app.clock,
          spoolDir: join(syncSpool, runId),
          signal: app.signal,
          isStopping: app.isStopping,
          callContext: (signal) => connection.host.context(signal),
          stagingMemory: '1GB',
          chunk: { ...defaultChunk, rows: sizeFrom(app.env['MILLRACE_CHUNK_ROWS']) ?? defaultChunk.rows },
        },
        {
          sync,
          connector: connection.connector,
          connectorName: connection.connectorName,
          vendorNow: connection.now,
          fullRefresh: options.fullRefresh,
          limit: options.limit,
          maxShrink: options.limits.maxShrink ?? sync.maxShrink,
        },
      )
      await buildModelsAfterLoad(work)
      const rejected = outcome.ledger.rejected > 0
      return { ...outcome, status: outcome.errors.length > 0 ? statusOf(outcome.errors) : rejected ? 'partial' : 'ok' }
    } finally {
      work.requests = connection.host.requests()
      await connection.close()
      await rm(syncSpool, { recursive: true, force: true })
    }
  })
}

/** Those that could not be built before, for want of their tables. */
export async function buildModelsAfterLoad({ app, runId }: Pick<Work, 'app' | 'runId'>): Promise<void> {
  const errors = await app.warehouse.session({ runId, purpose: 'models' }, (session) =>
    buildAllModels(session, app.project, app.warehouse),
  )
  for (const error of errors) app.emit({ type: 'run.warning', run_id: runId, message: error.message })
}
