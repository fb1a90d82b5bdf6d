import { join } from 'node:path'
import type { ReverseSync } from '../config/project.ts'
import type { DestinationObject } from '../connector/destination.ts'
import type { ReverseLedger } from '../model/ledger.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { RunStatus } from '../model/run.ts'
import { checkOptions } from '../reverse-etl/check-options.ts'
import { runReverse } from '../reverse-etl/run-reverse.ts'
import { closeBehind } from './close-behind.ts'
import { deliveredBefore, refuseDelivery, refuseStaleInputs, refuseStaleInputsIn } from './may-deliver.ts'
import { leaseName } from './lease-name.ts'
import { openConnection, type OpenedConnection } from './open-connection.ts'
import { personalColumns } from './personal-columns.ts'
import { statusOf, type Outcome, type Work } from './run-outcome.ts'
import type { RunOptions } from './run-options.ts'
import { sizeFrom } from './test-knobs.ts'
import { syncQuery } from './sync-query.ts'
import { underLease } from './under-lease.ts'

export async function runReverseSync(work: Work, sync: ReverseSync): Promise<Outcome> {
  const { app, options, runId } = work
  refuseDelivery(app.target, sync)
  await refuseStaleInputs(app, sync, runId)
  return underLease(work, leaseName(sync, app.target.name), async (lease) => {
    let lostAnswers = 0
    const connection = await openConnection(app, sync.destination, runId, {
      mayBegin: lease.check,
      onAnswerLost: () => lostAnswers++,
    })
    const close = () => {
      work.requests = connection.host.requests()
      return connection.close()
    }
    return closeBehind(work, close, async () => {
      const object = await destinationObject(connection, sync, app.signal)
      await lease.waitForRequests(sizeFrom(app.env['MILLRACE_GRACE_MS']) ?? object.timeoutMs ?? defaultRequestMs)
      const account = await connection.connector.account({ signal: app.signal })
      const model = await app.warehouse.session({ runId, purpose: `model ${sync.model}` }, async (session) => {
        // Its turn may have been long in coming.
        await refuseStaleInputsIn(session, app, sync)
        return syncQuery(session, app, sync)
      })
      const outcome = await runReverse(
        {
          runId,
          warehouse: app.warehouse,
          emit: app.emit,
          clock: app.clock,
          spoolDir: join(app.spoolDir, sync.name),
          signal: app.signal,
          isStopping: app.isStopping,
          callContext: (signal) => connection.host.context(signal),
          lostAnswers: () => lostAnswers,
          holdsLease: () => app.store.holdsLease(lease),
          lost: lease.lost,
          acknowledgeRows: sizeFrom(app.env['MILLRACE_ACKNOWLEDGE_ROWS']) ?? 10_000,
        },
        {
          sync: { ...sync, limits: { ...sync.limits, ...withoutUndefined(options.limits) } },
          object,
          account,
          model,
          personal: personalColumns(app, sync),
          permission: {
            firstRun: options.firstRun,
            baseline: options.baseline,
            isSandbox: app.target.sandbox,
            deliveredBefore: await deliveredBefore(app, sync.name),
          },
          limit: options.limit,
          rejectedOnly: options.rejectedOnly,
        },
      )
      const errors = outcome.error ? [outcome.error] : []
      return {
        ledger: outcome.ledger,
        errors,
        status: errors.length > 0 ? statusOf(errors) : reverseStatus(outcome.ledger),
      }
    })
  })
}

/** The object that the sync names, which takes the options that it gives. @throws MillraceError MR-1209 */
export async function destinationObject(
  connection: OpenedConnection,
  sync: ReverseSync,
  signal: AbortSignal,
): Promise<DestinationObject> {
  const [object] = (await connection.connector.objects?.({ names: [sync.object], signal })) ?? []
  if (object) {
    checkOptions(sync, object)
    return object
  }
  throw new MillraceError('MR-1209', {
    message: `${sync.name}: the connection ${sync.destination} has no object ${sync.object}.`,
    kept: 'Nothing was sent.',
    next: `millrace connection discover ${sync.destination}`,
  })
}

/** What an object's request may take that does not say. */
const defaultRequestMs = 30_000

const reverseStatus = (ledger: ReverseLedger): RunStatus =>
  ledger.rejected + ledger.parked + ledger.unknown + ledger.absent + ledger.invalid > 0 ? 'partial' : 'ok'

function withoutUndefined({ maxShrink: _maxShrink, ...limits }: RunOptions['limits']): Partial<ReverseSync['limits']> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}
