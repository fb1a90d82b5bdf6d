/** Cursor and snapshot of a sync: looked at, and forgotten on a person's word. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sync } from '../config/project.ts'
import { hasProgress } from '../etl/known-of-table.ts'
import type { Cursor } from '../model/cursor.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Session } from '../warehouse/port.ts'
import type { App } from './app.ts'
import { lookInWarehouse } from './look-in-warehouse.ts'
import { newRunId } from './run-id.ts'
import { settleSpool } from './settle-spool.ts'
import { stateLeaseNames } from './state-lease-names.ts'
import { underStateLeases } from './under-state-leases.ts'
import { writeAudit } from './write-audit.ts'

export type SyncState = {
  readonly cursors: readonly {
    readonly stream: string
    readonly partition: string
    readonly cursor: Cursor
    readonly updatedAt: string
  }[]
  /** Rows of the snapshot by state; null: there is no snapshot. */
  readonly snapshot: { readonly [state: string]: number } | null
  readonly openIntents: number
  readonly openRejects: number
}

/** Writes nothing. null: nothing has been loaded on this target. */
export async function readSyncState(app: App, sync: Sync): Promise<SyncState | null> {
  const runId = newRunId(app.clock.now())
  const request = { runId, purpose: `state of ${sync.name}` }
  return lookInWarehouse(app, request, { look: (session) => stateIn(app, session, sync), nothing: null })
}

/** Streams that have a cursor on this target, whatever it says. */
export async function readStreamsWithCursor(app: App, sync: Sync): Promise<readonly string[]> {
  const request = { runId: newRunId(app.clock.now()), purpose: `streams of ${sync.name}` }
  return lookInWarehouse(app, request, { look: (session) => session.state.readStreams(sync.name), nothing: [] })
}

/** Runs that began a job at the vendor whose end nobody has seen: of it nothing is known any more. */
export type Forgotten = { readonly jobsOf: readonly string[] }

/**
 * Forgets cursors (of one stream, or all), and for reverse ETL the snapshot with its intents and rejects, and what dead runs
 * have left on this machine. Waits for no run: one that is on stops it. Who did it, when and why stands in
 * `.millrace/audit.ndjson`.
 * @throws MillraceError MR-4001
 */
export async function resetSyncState(
  app: App,
  sync: Sync,
  { stream, reason }: { readonly stream: string | null; readonly reason: string },
): Promise<Forgotten> {
  const runId = newRunId(app.clock.now())
  const names = await stateLeaseNames(app, [sync], runId)
  return underStateLeases(app, { names, runId }, async () => {
    const { before, jobsOf } = await app.warehouse.session(
      { runId, purpose: `reset of ${sync.name}` },
      async (session) => {
        if (sync.kind === 'reverse_etl') await forgetSpool(app, session, { sync: sync.name, runId })
        const jobs = await session.reverse.readReceipts(sync.name)
        const state = await stateIn(app, session, sync).catch(unreadable)
        await session.state.reset(sync.name, stream)
        return { before: state, jobsOf: [...new Set(jobs.map((job) => job.runId))] }
      },
    )
    await writeAudit(app, { what: 'state reset', sync: sync.name, stream, reason, before, jobs_of: jobsOf })
    return { jobsOf }
  })
}

/** What is left there would reopen intents of the state that is forgotten: rows that a next run would remove, in whichever account. */
async function forgetSpool(
  app: App,
  session: Session,
  { sync, runId }: { readonly sync: string; readonly runId: string },
): Promise<void> {
  // Their answers are history, too (`_millrace.changes`). Without a snapshot there is nothing to commit them to.
  if (await session.reverse.hasSnapshot(sync)) await settleSpool(app, session, { sync, runId })
  await rm(join(app.spoolDir, sync), { recursive: true, force: true })
}

/** A cursor that nobody can read is forgotten like any other. */
function unreadable(error: unknown): { readonly unreadable: string } {
  if (error instanceof MillraceError && error.code === 'MR-2007') return { unreadable: error.message }
  throw error
}

async function stateIn(app: App, session: Session, sync: Sync): Promise<SyncState> {
  const cursors = await session.state.readCursors(sync.name)
  return {
    // What is only known of a table is no state.
    cursors: cursors
      .filter(({ cursor }) => hasProgress(cursor))
      .map(({ stream, partition, cursor, updatedAt }) => ({ stream, partition, cursor, updatedAt })),
    snapshot: sync.kind === 'reverse_etl' ? await countSnapshot(app, session, sync.name) : null,
    openIntents: await session.reverse.countIntents(sync.name),
    openRejects: await session.state.countOpenRejects(sync.name),
  }
}

async function countSnapshot({ warehouse }: App, session: Session, sync: string): Promise<SyncState['snapshot']> {
  if (!(await session.reverse.hasSnapshot(sync))) return null
  const table = `${warehouse.quote('_millrace')}.${warehouse.quote(`snapshot_${sync}`)}`
  const counts: { [state: string]: number } = { accepted: 0, filtered: 0, removed: 0, ignored: 0 }
  for await (const rows of session.query(`SELECT state, count(*) AS n FROM ${table} GROUP BY state`))
    for (const row of rows) counts[row['state'] ?? ''] = Number(row['n'] ?? 0)
  return counts
}
