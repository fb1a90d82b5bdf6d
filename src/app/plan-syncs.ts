/** What runs would do. Nothing is written anywhere: the warehouse session is a rehearsal, rolled back at its end. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EtlSync, ReverseSync, Sync } from '../config/project.ts'
import { toSnake } from '../model/column-name.ts'
import { emptyCursor, type Cursor } from '../model/cursor.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type {
  EtlPlan,
  FieldChange,
  PlannedChange,
  ReversePlan,
  // Renamed: resolve-streams has a StreamPlan, too.
  StreamPlan as PlannedStream,
  SyncPlan,
} from '../model/plan.ts'
import type { FieldValue } from '../model/change.ts'
import type { SchemaChange } from '../model/table.ts'
import { restartBy } from '../etl/asked.ts'
import { beginScan } from '../etl/begin-scan.ts'
import { passesOf } from '../etl/partial-pass.ts'
import { scanDigestOf } from '../etl/options-digest.ts'
import { planChanges } from '../etl/prepare-tables.ts'
import { refuseOtherRows } from '../etl/refuse-other-rows.ts'
import { resolveStreams, type StreamPlan } from '../etl/resolve-streams.ts'
import { scanOf } from '../etl/scan-of.ts'
import { withStandingNames } from '../etl/standing-names.ts'
import { oddOfStandingRows } from '../etl/standing-rows.ts'
import { compareModel } from '../reverse-etl/compare.ts'
import { warningsOf } from '../reverse-etl/warnings.ts'
import { countWaitingAnswers } from '../reverse-etl/waiting-answers.ts'
import type { Decision } from '../reverse-etl/decision.ts'
import { parseExact } from '../reverse-etl/exact-number.ts'
import { checkGuards, guardCounts } from '../reverse-etl/guards.ts'
import { sourcesOf } from '../reverse-etl/mapped-field.ts'
import { resolveMapping, type ResolvedMapping } from '../reverse-etl/mapping.ts'
import type { Candidate, Session } from '../warehouse/port.ts'
import type { App } from './app.ts'
import { countAtVendor } from './count-at-vendor.ts'
import { sayingWhatToLoad } from './how-to-load.ts'
import { hearWarnings } from './hear-warnings.ts'
import { lookInWarehouse } from './look-in-warehouse.ts'
import { foreseeStop, refuseStaleInputs } from './may-deliver.ts'
import { openConnection } from './open-connection.ts'
import { newRunId } from './run-id.ts'
import { destinationObject } from './run-reverse-sync.ts'
import { syncQuery } from './sync-query.ts'

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

async function planEtl(app: App, sync: EtlSync, { offline }: { readonly offline: boolean }): Promise<EtlPlan> {
  const runId = newRunId(app.clock.now())
  const { hearing, heard } = hearWarnings(app)
  const connection = await openConnection(hearing, sync.source, runId)
  try {
    const plans = await resolveStreams(sync, connection.connector, { signal: app.signal, offline })
    const vendorNow = offline ? app.clock.now() : await connection.now()
    const besides = connection.host.requests()
    const stored = await storedState(app, sync, { plans, runId })
    const streams: PlannedStream[] = []
    for (const resolved of plans) {
      passesOf(sync.name, resolved)
      const kept = cursorIn(stored, resolved)
      const plan = withStandingNames(resolved, kept.marks?.asked)
      const cursor = restartBy(plan, kept.marks?.asked) === null ? kept : emptyCursor
      const begun = beginScan({
        cursor,
        vendorNow,
        now: app.clock.now(),
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
      const scan = scanOf(begun.cursor, plan, { fullRefresh: false, limit: null, start: sync.start })
      const counted = offline
        ? { counted: null, requests_estimate: null }
        : await countAtVendor(app, connection, plan.stream, scan)
      streams.push({
        name: plan.stream.name,
        table: `${plan.shape.table.schema}.${plan.shape.table.name}`,
        mode: plan.mode,
        from: scan.from,
        to: scan.to,
        full: scan.full,
        resumed: begun.resumed,
        loaded_before: cursor.watermark !== null,
        ...counted,
        schema_changes: stored.changes.get(plan.stream.name) ?? [],
        warnings: oddOfStandingRows(
          { sync: sync.name, plan, cursor: begun.cursor, vendorNow, dropped: begun.dropped },
          scan,
        ),
      })
    }
    return { kind: 'etl', sync: sync.name, streams, requests_besides: besides, warnings: [...heard] }
  } finally {
    await connection.close()
  }
}

type StoredState = {
  readonly cursors: ReadonlyMap<string, Cursor>
  readonly changes: ReadonlyMap<string, readonly SchemaChange[]>
}

/** A table that is not there has nothing of what its cursor says. */
function cursorIn({ cursors, changes }: StoredState, { stream: { name } }: StreamPlan): Cursor {
  const isNew = changes.get(name)?.some(({ kind }) => kind === 'table_created')
  return isNew ? emptyCursor : (cursors.get(name) ?? emptyCursor)
}

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
    const cursors = new Map(
      kept.flatMap(({ stream, partition, cursor }) => (partition === '' ? [[stream, cursor] as const] : [])),
    )
    const changes = new Map<string, readonly SchemaChange[]>()
    for (const plan of plans) {
      const { name } = plan.stream
      await refuseOtherRows(session, plan, cursors.get(name) ?? emptyCursor)
      changes.set(name, await planChanges(session, withStandingNames(plan, cursors.get(name)?.marks?.asked)))
    }
    return { changes, cursors }
  }
  // Everything is new.
  const nothing = { cursors: new Map(), changes: new Map(plans.map((plan) => [plan.stream.name, [created(plan)]])) }
  return lookInWarehouse(app, { runId, purpose: `plan ${sync.name}` }, { look, nothing })
}

async function planReverse(app: App, sync: ReverseSync): Promise<ReversePlan> {
  const runId = newRunId(app.clock.now())
  const directory = await mkdtemp(join(tmpdir(), 'millrace-plan-'))
  const { hearing, heard } = hearWarnings(app)
  const connection = await openConnection(hearing, sync.destination, runId)
  try {
    const object = await destinationObject(connection, sync, app.signal)
    // Where it does not say, the run will find out.
    const account = await connection.connector.account({ signal: app.signal }).catch(() => null)
    const besides = connection.host.requests()
    const stale = await refuseStaleInputs(app, sync, runId).catch(freshnessOnly)
    const masked = personalColumns(app)
    const samples: PlannedChange[] = []
    return await app.warehouse.session({ runId, purpose: `plan ${sync.name}`, rehearsal: true }, async (session) => {
      const model = await syncQuery(session, { project: app.project, warehouse: app.warehouse, sync })
      const mapping = resolveMapping(sync, object, await session.describe(model))
      const standing = await session.reverse.hasSnapshot(sync.name)
      await session.reverse.ensureSnapshot(sync.name, mapping.columns)
      const { diff, counts, changes } = await compareModel(session, {
        sync,
        mapping,
        model,
        directory,
        limit: null,
        retriesOnly: false,
        now: app.clock.now(),
        onDecision: (candidate, decision) => {
          if (samples.length < sampleRows && decision.kind === 'send')
            samples.push(sampleOf(candidate, decision, { mapping, masked }))
        },
      })
      const waiting = await countWaitingAnswers(session, join(app.spoolDir, sync.name))
      const requests = Math.ceil(changes.rows / object.batch.rows)
      const stop = stale ?? (await foreseeStop(app, session, { sync, object, account, mapping, standing, diff }))
      return {
        kind: 'reverse_etl',
        sync: sync.name,
        destination: sync.destination,
        object: sync.object,
        model_rows: diff.model_rows,
        accepted_before: diff.accepted,
        added: diff.added,
        changed: diff.changed,
        removed: diff.removed,
        retry: diff.retry,
        unchanged: diff.unchanged,
        coalesced: counts.coalesced,
        invalid: diff.invalid,
        filtered: 0,
        rejected: counts.rejected,
        held_back: counts.held_back,
        parked: counts.parked,
        opt_outs_first: changes.optOuts,
        withheld: counts.withheld,
        on_removed: sync.onRemoved.kind,
        samples,
        guards: checkGuards(guardCounts(sync, { diff, counts }), sync.limits),
        warnings: [
          ...warningsOf(sync, mapping, { ...diff, ...counts }),
          ...(waiting > 0 ? [waitingWarning(sync, waiting)] : []),
          ...heard,
        ],
        stops: app.target.deliver && stop ? { code: stop.code, message: stop.message } : null,
        schema_changes: standing ? [] : [`the snapshot of ${sync.name} would be made`],
        requests_estimate: requests,
        requests_besides: besides,
        seconds_estimate: null,
        may_deliver: app.target.deliver,
      }
    })
  } finally {
    await connection.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const waitingWarning = ({ name }: ReverseSync, rows: number) =>
  `${name}: ${rows} answers of an earlier run are still to be committed, which the next run does first: its counts may differ from these.`

/** What a plan tells and a run throws. */
function freshnessOnly(error: unknown): MillraceError | undefined {
  if (error instanceof MillraceError && error.code === 'MR-4006') return error
  // There is no warehouse yet, or it cannot be read: the plan says so by itself.
  return undefined
}

/** Columns of models that hold what some sync calls personal: they are shown as stars. */
export function personalColumns(app: Pick<App, 'project'>): ReadonlySet<string> {
  return new Set(
    app.project.syncs.flatMap((sync) =>
      sync.kind === 'etl' ? sync.streams.flatMap((stream) => stream.pii.map(toSnake)) : [],
    ),
  )
}

/** Destination fields that are filled from such a column. */
export const maskedFields = (mapping: ResolvedMapping, personal: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(mapping.fields.flatMap((field) => (sourcesOf(field).some((name) => personal.has(name)) ? [field.field] : [])))

function sampleOf(
  candidate: Candidate,
  decision: Extract<Decision, { kind: 'send' }>,
  { mapping, masked }: { readonly mapping: ResolvedMapping; readonly masked: ReadonlySet<string> },
): PlannedChange {
  const hidden = maskedFields(mapping, masked)
  // What `decide` wrote: field → [old, new] or [new].
  const differences = parseExact(decision.answer.fields ?? '{}') as { readonly [field: string]: readonly FieldValue[] }
  const fields = Object.entries(differences).map(([field, values]): FieldChange => {
    const shown = values.map((value) => (hidden.has(field) && value !== null ? '***' : value))
    const ifEmpty = decision.change.setIfEmpty?.includes(field) ? ({ if_empty: true } as const) : {}
    return shown.length > 1
      ? { field, from: shown[0] ?? null, to: shown[1] ?? null, ...ifEmpty }
      : { field, to: shown[0] ?? null, ...ifEmpty }
  })
  return { key: candidate.key, op: decision.change.op, difference: candidate.kind, fields }
}

const sampleRows = 100
