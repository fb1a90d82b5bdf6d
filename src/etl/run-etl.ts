/** plan → extract → stage → commit, for one sync. */
import type { EtlSync } from '../config/project.ts'
import type { OpenedConnector } from '../connector/contract.ts'
import { emptyEtlLedger, loaded, sumLedgers, type EtlLedger } from '../model/ledger.ts'
import { asMillraceError, type MillraceError } from '../model/millrace-error.ts'
import type { StreamReport } from '../model/run.ts'
import type { Cursor } from '../model/cursor.ts'
import type { Fence, ShrinkLimit } from '../warehouse/port.ts'
import type { EtlContext } from './context.ts'
import { fieldHistoryView } from './field-history.ts'
import { resolveStreams, type StreamPlan } from './resolve-streams.ts'
import { stoppedBySignal, syncStream } from './sync-stream.ts'

export type EtlRequest = {
  readonly sync: EtlSync
  readonly connector: OpenedConnector
  readonly connectorName: string
  readonly vendorNow: () => Promise<Date>
  readonly fullRefresh: boolean
  readonly limit: number | null
  readonly maxShrink: ShrinkLimit
}

export type EtlOutcome = {
  readonly ledger: EtlLedger & { readonly loaded: number }
  readonly streams: { readonly [stream: string]: StreamReport }
  readonly errors: readonly MillraceError[]
}

export async function runEtl(context: EtlContext, request: EtlRequest): Promise<EtlOutcome> {
  const plans = await resolveStreams(request.sync, request.connector, context.signal)
  // The vendor's clock is read before anything else: what changes from here on belongs to the next scan.
  const vendorNow = await request.vendorNow()
  const begun = await begin(context, request.sync, plans)
  const reports = new Map<string, StreamReport>()
  const errors: MillraceError[] = []
  await inParallel(begun, concurrentStreams, async ({ plan, fence, cursor }) => {
    try {
      const outcome = await syncStream(
        context,
        { plan, fence, cursor, connectorName: request.connectorName },
        {
          vendorNow,
          fullRefresh: request.fullRefresh,
          limit: request.limit,
          start: request.sync.start,
          maxShrink: request.maxShrink,
          verify: request.sync.verify,
        },
      )
      for (const [name, report] of outcome.reports) {
        reports.set(name, report)
        context.emit({ type: 'stream.finished', run_id: context.runId, stream: name, report })
      }
      if (outcome.stopped) errors.push(stoppedBySignal(`${request.sync.name} ${plan.stream.name}`))
    } catch (error) {
      errors.push(
        context.signal.aborted
          ? stoppedBySignal(`${request.sync.name} ${plan.stream.name}`)
          : asMillraceError(error, `reading ${plan.stream.name}`),
      )
    }
  })
  await buildHistoryViews(context, plans)
  const sum = sumLedgers(emptyEtlLedger, [...reports.values()].map(withoutSides))
  return {
    ledger: { ...sum, loaded: loaded(sum) },
    streams: Object.fromEntries([...reports].sort(([a], [b]) => (a < b ? -1 : 1))),
    errors,
  }
}

const withoutSides = ({ loaded: _loaded, counted: _counted, ...ledger }: StreamReport): EtlLedger => ledger

type Begun = { readonly plan: StreamPlan; readonly fence: Fence; readonly cursor: Cursor }

/** One session for all streams: tables, fences, cursors. */
async function begin(context: EtlContext, sync: EtlSync, plans: readonly StreamPlan[]): Promise<readonly Begun[]> {
  return context.warehouse.session(
    { runId: context.runId, purpose: `begin ${sync.name}`, signal: context.signal },
    async (session) => {
      const begun: Begun[] = []
      for (const plan of plans) {
        for (const { shape, name } of [
          { shape: plan.shape, name: plan.stream.name },
          ...plan.children.map(({ shape, child }) => ({ shape, name: child.name })),
        ])
          for (const change of await session.ensureTable(shape.table, plan.config.schemaChanges))
            context.emit({ type: 'schema.changed', run_id: context.runId, stream: name, change })
        const scope = { sync: sync.name, stream: plan.stream.name, partition: '' }
        const { previous, ...fence } = await session.state.takeFence(scope, context.runId)
        context.emit({
          type: 'fence.taken',
          run_id: context.runId,
          scope: `${sync.name} ${plan.stream.name}`,
          epoch: fence.epoch,
        })
        const cursor = await session.state.readCursor(scope)
        if (cursor.scan && previous)
          context.emit({
            type: 'run.takeover',
            run_id: context.runId,
            from_run: previous.runId,
            message: `${plan.stream.name}: resuming scan ${cursor.scan.id} of run ${previous.runId} after ${cursor.scan.read} rows`,
          })
        begun.push({ plan: await known(session, plan), fence, cursor })
      }
      return begun
    },
  )
}

/** With `schema_changes: ignore`, columns that the table does not have are left out. */
async function known(
  session: {
    readonly introspect: (
      schema: string,
      name: string,
    ) => Promise<{ readonly columns: readonly { readonly name: string }[] } | null>
  },
  plan: StreamPlan,
): Promise<StreamPlan> {
  if (plan.config.schemaChanges !== 'ignore') return plan
  const { table } = plan.shape
  const stored = await session.introspect(table.schema, table.name)
  const has = (name: string) => stored?.columns.some((column) => column.name === name) ?? true
  return {
    ...plan,
    shape: {
      ...plan.shape,
      table: { ...table, columns: table.columns.filter((column) => has(column.name)) },
      columns: plan.shape.columns.filter((column) => has(column.column)),
    },
  }
}

async function buildHistoryViews(context: EtlContext, plans: readonly StreamPlan[]): Promise<void> {
  const views = plans.flatMap((plan) => fieldHistoryView(plan, plans) ?? [])
  if (views.length === 0) return
  await context.warehouse.session(
    { runId: context.runId, purpose: 'field history views', signal: context.signal },
    async (session) => {
      for (const view of views) await session.ensureFieldHistory(view)
    },
  )
}

async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const lanes = Array.from({ length: Math.min(width, items.length) }, async () => {
    for (const item of queue) await work(item)
  })
  await Promise.all(lanes)
}

/** Streams of one sync that are read at once. */
const concurrentStreams = 4
