import { rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { EtlSync } from '../config/project.ts'
import { defaultChunk, snowflakeChunk, type EtlContext } from '../etl/context.ts'
import type { EtlOutcome } from '../etl/run-etl.ts'
import { dropSpooled } from '../model/spool-refusal.ts'
import type { HeldLease } from '../state/with-lease.ts'
import { closeBehind } from './close-behind.ts'
import { keepGarbageSmall } from './keep-garbage-small.ts'
import { openConnection, type OpenedConnection } from './open-connection.ts'
import { statusOf, type Outcome, type Work } from './run-outcome.ts'
import { tellTakenAway } from './spool-taken-away.ts'
import { sizeFrom } from './test-knobs.ts'

/** Opens the sync's source for one load, with a spool of its own, and closes both whatever happens. */
export async function loadFromSource(
  work: Work,
  { sync, spool, lease }: { readonly sync: EtlSync; readonly spool: string; readonly lease: HeldLease },
  load: (context: EtlContext, connection: OpenedConnection) => Promise<EtlOutcome>,
): Promise<Outcome> {
  const { app, runId } = work
  // What a killed run had spooled was never committed; its cursor brings it again.
  await dropSpooled(spool)
  const own = join(spool, runId)
  const connection = await openConnection(app, sync.source, runId, { spool: join(own, 'vendor') })
  const chunk = app.warehouse.type === 'snowflake' ? snowflakeChunk : defaultChunk
  const garbage = keepGarbageSmall()
  const close = async () => {
    garbage.end()
    work.requests = connection.host.requests()
    try {
      await connection.close()
    } finally {
      await dropOwn(own)
    }
  }
  return closeBehind(work, close, async () => {
    const outcome = await load(
      {
        runId,
        warehouse: app.warehouse,
        emit(event) {
          if (event.type === 'batch.spooled') garbage.spooled(event.rows)
          app.emit(event)
        },
        clock: app.clock,
        spoolDir: own,
        signal: app.signal,
        isStopping: app.isStopping,
        callContext: (signal) => connection.host.context(signal),
        stagingMemory: '1GB',
        chunk: { ...chunk, rows: sizeFrom(app.env['MILLRACE_CHUNK_ROWS']) ?? chunk.rows },
      },
      connection,
    )
    const errors = await tellTakenAway(outcome.errors, { work, spool: own, lease })
    const rejected = outcome.ledger.rejected > 0
    return { ...outcome, errors, status: errors.length > 0 ? statusOf(errors) : rejected ? 'partial' : 'ok' }
  })
}

/** Its own folder alone: a run that was silent for too long and has lost its lease may find the next one's beside it. */
async function dropOwn(own: string): Promise<void> {
  await dropSpooled(own)
  await rmdir(dirname(own)).catch(() => undefined)
}
