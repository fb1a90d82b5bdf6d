/** What a backfill reads, by the vendor's streams and by what the warehouse remembers. Writes nothing. */
import type { EtlSync } from '../config/project.ts'
import { keptCursors, planBackfill, type BackfillRequest, type Partition } from '../backfill/plan-backfill.ts'
import { resolveStreams } from '../etl/resolve-streams.ts'
import { scanOf } from '../etl/scan-of.ts'
import type { BackfillPlan, PlannedPartition } from '../model/backfill-plan.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { App } from './app.ts'
import { countAtVendor, type Counted } from './count-at-vendor.ts'
import { lookInWarehouse } from './look-in-warehouse.ts'
import { withConnection, type OpenedConnection } from './open-connection.ts'
import { newRunId } from './run-id.ts'

export const planPartitions = (
  app: App,
  sync: EtlSync,
  { request, runId }: { readonly request: BackfillRequest; readonly runId: string },
): Promise<readonly Partition[]> =>
  withConnection(app, sync.source, runId, (connection) => partitionsBy(app, connection, { sync, request, runId }))

/** With what the vendor counts in each part that is to be read. */
export async function previewBackfill(app: App, sync: EtlSync, request: BackfillRequest): Promise<BackfillPlan> {
  const runId = newRunId(app.clock.now())
  return withConnection(app, sync.source, runId, async (connection) => {
    const partitions = await partitionsBy(app, connection, { sync, request, runId })
    const toPlan = connection.host.requests()
    const planned: PlannedPartition[] = []
    const besides = new Map<string, number>()
    for (const partition of partitions) {
      const { stream } = partition.plan
      if (!partition.isDone && !besides.has(stream.name))
        besides.set(stream.name, await requestsBeside(app, { sync, partition, runId }))
      planned.push({
        stream: stream.name,
        partition: partition.name,
        from: partition.range?.from ?? null,
        to: partition.to,
        column: partition.column,
        bounded_by: partition.range ? (stream.boundedBy ?? null) : null,
        done: partition.isDone,
        ...(await countRows(app, connection, partition)),
        requests_besides: partition.isDone ? null : (besides.get(stream.name) ?? null),
      })
    }
    return { sync: sync.name, partitions: planned, requests_to_plan: toPlan }
  })
}

/** By a connection of its own, as the run of a part has: it describes one stream, and this plan all of the sync. */
const requestsBeside = (
  app: App,
  { sync, partition, runId }: { readonly sync: EtlSync; readonly partition: Partition; readonly runId: string },
): Promise<number> =>
  withConnection(app, sync.source, runId, async (connection) => {
    await ofConnection(connection, partition, app.signal)
    return connection.host.requests()
  })

type Asked = { readonly sync: EtlSync; readonly request: BackfillRequest; readonly runId: string }

async function partitionsBy(
  app: App,
  connection: OpenedConnection,
  { sync, request, runId }: Asked,
): Promise<readonly Partition[]> {
  const plans = await resolveStreams(sync, connection.connector, { signal: app.signal })
  const vendorNow = await connection.now()
  const cursors = await lookInWarehouse(
    app,
    { runId, purpose: `plan ${sync.name}` },
    { look: (session) => keptCursors(session, sync, plans), nothing: [] },
  )
  return planBackfill(sync, plans, { request, cursors, vendorNow })
}

async function countRows(app: App, connection: OpenedConnection, partition: Partition): Promise<Counted> {
  const { plan, range, to, start, isDone } = partition
  if (isDone) return { counted: null, requests_estimate: null }
  const bounds = { from: range?.from ?? null, to, resume: null, done: false }
  const state = { id: 'plan', upper_bound: to, started_at: to, full: true, read: 0, partitions: [bounds] }
  const scan = scanOf({ watermark: null, scan: state }, plan, { limit: null, start })
  return countAtVendor(app, connection, plan.stream, scan)
}

/** The partition was planned with another connection: requests are counted for this run, so the stream is asked for again. */
export async function ofConnection(
  { connector }: OpenedConnection,
  partition: Partition,
  signal: AbortSignal,
): Promise<Partition> {
  const { name } = partition.plan.stream
  const { query } = partition.plan.config
  const children = partition.plan.children.map(({ child }) => child.name)
  const streams =
    (await connector.streams?.({
      names: [name, ...children],
      signal,
      ...(query !== null && { queries: { [name]: query } }),
    })) ?? []
  const stream = streams.find((each) => each.name === name)
  if (!stream)
    throw new MillraceError('MR-1208', {
      message: `The stream ${name}, which was there a moment ago, is no longer among the source's.`,
      next: 'Run the same command again.',
    })
  return { ...partition, plan: { ...partition.plan, stream } }
}
