/** A sync was renamed, or its account, object or options have other names now: the way on that promise 12 names. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EtlSync, ReverseSync, Sync } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { destinationOptions } from '../reverse-etl/run-reverse.ts'
import type { Session, SnapshotMeta } from '../warehouse/port.ts'
import type { StateDestination } from '../warehouse/state-upkeep.ts'
import type { App } from './app.ts'
import { deliveryLeaseName, leaseName, loadLeaseName } from './lease-name.ts'
import { withConnection } from './open-connection.ts'
import { newRunId } from './run-id.ts'
import { leftInSpool, settleSpool } from './settle-spool.ts'
import { underStateLeases } from './under-state-leases.ts'
import { writeAudit } from './write-audit.ts'

/** `from`, `to`: of the names that differ. */
export type StateMove = {
  readonly sync: Sync
  readonly from: string
  readonly destination: StateDestination | null
  readonly meta: SnapshotMeta | null
  readonly differing: readonly Differing[]
}

export type Differing = {
  readonly name: 'account' | 'connection' | 'object' | 'options'
  readonly was: string
  readonly now: string
}

/** What would be moved, and what it would be of. Asks the vendor for the account's name; changes nothing. @throws MillraceError MR-4007 */
export async function planStateMove(app: App, from: string, sync: Sync): Promise<StateMove> {
  const runId = newRunId(app.clock.now())
  const meta = await app.warehouse.session(
    { runId, purpose: `move of ${from}`, rehearsal: true, signal: app.signal },
    async (session) => {
      await refuseMove(app, session, { from, sync })
      return session.reverse.readMeta(from)
    },
  )
  if (sync.kind === 'etl' || !meta) return { sync, from, destination: null, meta, differing: [] }
  refuseOtherKey(from, sync, meta)
  const destination = {
    connection: sync.destination,
    object: sync.object,
    options: destinationOptions(sync),
    account: await withConnection(app, sync.destination, runId, ({ connector }) =>
      connector.account({ signal: app.signal }),
    ),
  }
  const names = ['account', 'connection', 'object', 'options'] as const
  const differing = names.flatMap((name): Differing[] =>
    meta[name] === destination[name] ? [] : [{ name, was: meta[name], now: destination[name] }],
  )
  if (from === sync.name && differing.length === 0)
    throw cannotMove(`the state of ${from} is its own already: nothing of its destination differs`)
  return { sync, from, destination, meta, differing }
}

/** @throws MillraceError MR-4001, MR-4007 */
export async function moveSyncState(
  app: App,
  { sync, from, destination, meta, differing }: StateMove,
  reason: string,
): Promise<void> {
  const runId = newRunId(app.clock.now())
  const target = app.target.name
  // The old name may be of no sync any more: whose lease a run of it would hold, its own state says.
  const old = meta
    ? deliveryLeaseName({ destination: meta.connection, object: meta.object }, target)
    : loadLeaseName(from, target)
  await underStateLeases(app, { names: [old, leaseName(sync, target)], runId }, async () => {
    await app.warehouse.session({ runId, purpose: `move of ${from}`, signal: app.signal }, async (session) => {
      await settleSpool(app, session, { sync: from, runId })
      await refuseMove(app, session, { from, sync })
      if (from !== sync.name && (await leftInSpool(app, from)).length > 0 && sync.kind === 'reverse_etl')
        throw cannotMove(
          `a job that a run of ${from} began at the vendor is not over`,
          `Give the sync its old name once more and run it:  millrace sync run ${from}`,
        )
      await session.upkeep.move({ from, to: sync.name, destination })
    })
    if (from !== sync.name) await rm(join(app.spoolDir, from), { recursive: true, force: true })
    await writeAudit(app, { what: 'state move', sync: sync.name, from, reason, differing })
  })
}

async function refuseMove(
  app: App,
  session: Session,
  { from, sync }: { readonly from: string; readonly sync: Sync },
): Promise<void> {
  const cursors = await session.state.readCursors(from)
  const isReverse = (await session.reverse.readMeta(from)) !== null || (await session.reverse.hasSnapshot(from))
  if (!(await session.upkeep.has(from)))
    throw cannotMove(`there is no state of ${from} on ${app.target.name}`, 'millrace sync list')
  if (isReverse ? sync.kind !== 'reverse_etl' : cursors.length > 0 && sync.kind !== 'etl')
    throw cannotMove(`${from} is ${isReverse ? 'reverse ETL' : 'ETL'} and ${sync.name} is not`)
  if (from === sync.name) {
    if (sync.kind === 'etl') throw cannotMove(`the cursors of ${from} are its own already`)
    return
  }
  if ((await session.upkeep.has(sync.name)) && !(await isHalfMoved(session, from, sync.name)))
    throw cannotMove(
      `there is state of ${sync.name} already`,
      `If it is of no use:  millrace sync state reset ${sync.name}`,
    )
  if (sync.kind === 'etl') await refuseOtherTables(session, from, sync)
}

/** Snowflake gives a table its new name behind the COMMIT that moved all else: where a move died between the two, that is left to do. */
async function isHalfMoved({ reverse }: Session, from: string, to: string): Promise<boolean> {
  const isLeft = (await reverse.readMeta(from)) === null && (await reverse.hasSnapshot(from))
  return isLeft && (await reverse.readMeta(to)) !== null && !(await reverse.hasSnapshot(to))
}

/** A cursor says that everything before it is in its tables: those of a renamed sync stand under its old name. */
async function refuseOtherTables(session: Session, from: string, sync: EtlSync): Promise<void> {
  if (await session.upkeep.hasTables(sync.schema)) return
  throw cannotMove(
    `${sync.name} loads into the schema ${sync.schema}, which has no tables: what ${from} has loaded would be missing there for good`,
    `Say  schema: ${from}  in ${sync.place.file}: the tables stay where they are.`,
  )
}

/** Rows of another key cannot be told apart by the keys of this one. */
function refuseOtherKey(from: string, sync: ReverseSync, meta: SnapshotMeta): void {
  const was = JSON.stringify(parsed(meta.options)['primary_key'])
  const now = JSON.stringify(sync.primaryKey)
  if (was === undefined || was === now) return
  throw cannotMove(`the rows of ${from} have the key ${was}, those of ${sync.name} ${now}`, [
    `millrace sync state reset ${from}   and then one of`,
    `millrace sync run ${sync.name} --baseline    takes the model as it is for accepted`,
    `millrace sync run ${sync.name} --first-run   sends every row`,
  ])
}

function parsed(text: string): { readonly [name: string]: unknown } {
  try {
    return JSON.parse(text) as { readonly [name: string]: unknown } // what destinationOptions wrote
  } catch {
    return {}
  }
}

const cannotMove = (why: string, next: string | readonly string[] = []) =>
  new MillraceError('MR-4007', { message: `The state cannot be moved: ${why}.`, kept: 'Nothing was changed.', next })
