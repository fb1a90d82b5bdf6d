/** What a run of an ETL sync would read, and what it would change in its tables. */
import type { EtlSync } from '../config/project.ts'
import type { Scan } from '../connector/contract.ts'
import { restartBy } from '../etl/asked.ts'
import { beginScan } from '../etl/begin-scan.ts'
import { hasProgress, liveAmong } from '../etl/known-of-table.ts'
import { scanDigestOf } from '../etl/options-digest.ts'
import { anew } from '../etl/our-clock.ts'
import { isPassDue, passBounds, passesOf } from '../etl/partial-pass.ts'
import { planChanges } from '../etl/prepare-tables.ts'
import { refuseOtherRows } from '../etl/refuse-other-rows.ts'
import { resolveStreams, type StreamPlan } from '../etl/resolve-streams.ts'
import { scanOf } from '../etl/scan-of.ts'
import { withStandingNames } from '../etl/standing-names.ts'
import { oddOfStandingRows } from '../etl/standing-rows.ts'
import { emptyCursor, type Cursor } from '../model/cursor.ts'
// Renamed: resolve-streams has a StreamPlan, too.
import type { EtlPlan, PlannedPass, StreamPlan as PlannedStream } from '../model/plan.ts'
import type { SchemaChange } from '../model/table.ts'
import type { Session } from '../warehouse/port.ts'
import type { App } from './app.ts'
import { countAtVendor } from './count-at-vendor.ts'
import { hearWarnings } from './hear-warnings.ts'
import { lookInWarehouse } from './look-in-warehouse.ts'
import { withConnection } from './open-connection.ts'
import { newRunId } from './run-id.ts'

export async function planEtl(app: App, sync: EtlSync, { offline }: { readonly offline: boolean }): Promise<EtlPlan> {
  const runId = newRunId(app.clock.now())
  const { hearing, heard } = hearWarnings(app)
  return withConnection(hearing, sync.source, runId, async (connection) => {
    const plans = await resolveStreams(sync, connection.connector, { signal: app.signal, offline })
    const vendorNow = offline ? app.clock.now() : await connection.now()
    const besides = connection.host.requests()
    const stored = await storedState(app, sync, { plans, runId })
    const count = ({ stream }: StreamPlan, scan: Scan) =>
      offline ? { counted: null, requests_estimate: null } : countAtVendor(app, connection, stream, scan)
    const streams: PlannedStream[] = []
    for (const resolved of plans) {
      const asked = passesOf(sync.name, resolved)
      const kept = cursorIn(stored, resolved)
      const plan = withStandingNames(resolved, kept.marks?.asked)
      const cursor = restartBy(plan, kept.marks?.asked) === null ? kept : anew(kept)
      const now = app.clock.now()
      const begun = beginScan({
        cursor,
        vendorNow,
        now,
        lagMs: plan.stream.lagMs,
        restate: plan.config.restate,
        fullEveryMs: plan.stream.fullEveryMs,
        overlapMs: plan.stream.overlapMs,
        full: false,
        generation: plan.mode === 'full_refresh',
        by: scanDigestOf(plan, sync.start),
        account: plan.account,
        scanId: 'plan',
      })
      const scan = scanOf(begun.cursor, plan, { limit: null, start: sync.start })
      // A scan over everything comes first, and counts for what is due.
      const listedAt = scan.full ? scan.to : cursor.marks?.listed_at
      const passes: PlannedPass[] = []
      for (const { partition, plan: part, everyMs } of asked) {
        // What is read from the beginning has forgotten what was read beside it.
        const own = hasProgress(cursor) ? passCursor(stored, resolved, partition) : emptyCursor
        if (!isPassDue({ kept: own, listedAt, everyMs, now: vendorNow })) continue
        const over = { ...begun.cursor.scan, full: true, partitions: [{ ...passBounds, resume: null, done: false }] }
        const pass = scanOf({ ...begun.cursor, scan: over }, part, { limit: null, start: null })
        passes.push({ name: partition, ...(await count(part, pass)) })
      }
      streams.push({
        name: plan.stream.name,
        table: `${plan.shape.table.schema}.${plan.shape.table.name}`,
        mode: plan.mode,
        from: scan.from,
        to: scan.to,
        full: scan.full,
        resumed: begun.resumed,
        loaded_before: cursor.watermark !== null,
        ...(await count(plan, scan)),
        passes,
        schema_changes: stored.changes.get(plan.stream.name) ?? [],
        warnings: oddOfStandingRows(
          { sync: sync.name, plan, cursor: begun.cursor, vendorNow, now, dropped: begun.dropped },
          scan,
        ),
      })
    }
    return { kind: 'etl', sync: sync.name, streams, requests_besides: besides, warnings: [...heard] }
  })
}

type StoredState = {
  readonly scopes: readonly { readonly stream: string; readonly partition: string; readonly cursor: Cursor }[]
  readonly cursors: ReadonlyMap<string, Cursor>
  readonly changes: ReadonlyMap<string, readonly SchemaChange[]>
}

/** A table that is not there has nothing of what its cursor says. */
function cursorIn({ cursors, changes }: StoredState, { stream: { name } }: StreamPlan): Cursor {
  const isNew = changes.get(name)?.some(({ kind }) => kind === 'table_created')
  const kept = cursors.get(name) ?? emptyCursor
  return isNew ? anew(kept) : kept
}

const passCursor = ({ scopes }: StoredState, { stream }: StreamPlan, pass: string): Cursor =>
  scopes.find((each) => each.stream === stream.name && each.partition === pass)?.cursor ?? emptyCursor

async function storedState(
  app: App,
  sync: EtlSync,
  { plans, runId }: { readonly plans: readonly StreamPlan[]; readonly runId: string },
): Promise<StoredState> {
  const created = (plan: StreamPlan): SchemaChange => ({
    kind: 'table_created',
    table: `${plan.shape.table.schema}.${plan.shape.table.name}`,
  })
  const look = async (session: Session): Promise<StoredState> => {
    const kept = await session.state.readCursors(sync.name)
    const cursors = new Map(plans.map((plan) => [plan.stream.name, liveAmong(plan, kept)]))
    const changes = new Map<string, readonly SchemaChange[]>()
    for (const plan of plans) {
      const { name } = plan.stream
      await refuseOtherRows(session, plan, cursors.get(name) ?? emptyCursor)
      changes.set(name, await planChanges(session, withStandingNames(plan, cursors.get(name)?.marks?.asked)))
    }
    return { changes, cursors, scopes: kept }
  }
  // Everything is new.
  const nothing = {
    scopes: [],
    cursors: new Map(),
    changes: new Map(plans.map((plan) => [plan.stream.name, [created(plan)]])),
  }
  return lookInWarehouse(app, { runId, purpose: `plan ${sync.name}` }, { look, nothing })
}
