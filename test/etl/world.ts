/** ETL as the composition root would run it: a real DuckDB file, real staging, and a connector that the test gives. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EtlSync, StreamConfig } from '../../src/config/project.ts'
import type { Context } from '../../src/connector/context.ts'
import type { OpenedConnector } from '../../src/connector/contract.ts'
import type { ChunkLimits } from '../../src/etl/context.ts'
import { giveUpOvertaken } from '../../src/backfill/give-up-overtaken.ts'
import { keptCursors, planBackfill, type BackfillRequest } from '../../src/backfill/plan-backfill.ts'
import { runPartition } from '../../src/backfill/run-partition.ts'
import type { EtlContext } from '../../src/etl/context.ts'
import { resolveStreams } from '../../src/etl/resolve-streams.ts'
import { runEtl, type EtlOutcome, type EtlRequest } from '../../src/etl/run-etl.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { etlImbalance } from '../../src/model/ledger.ts'
import type { TextRow, Warehouse } from '../../src/warehouse/port.ts'
import { open } from '../warehouse/duckdb-adapter.ts'
import { collect } from '../warehouse/workbench.ts'

export type RunOptions = Partial<Pick<EtlRequest, 'fullRefresh' | 'limit' | 'maxShrink'>> & {
  readonly sync?: Partial<EtlSync>
  readonly streams?: readonly Partial<StreamConfig>[]
  readonly chunkRows?: number
  readonly chunk?: Partial<ChunkLimits>
  /** DuckDB's words. */
  readonly stagingMemory?: string
  readonly signal?: AbortSignal
  readonly isStopping?: () => boolean
  readonly onEvent?: (event: EngineEvent) => void
  readonly vendorNow?: () => Promise<Date>
}

export type World = {
  readonly run: (
    connector: OpenedConnector,
    options?: RunOptions,
  ) => Promise<EtlOutcome & { readonly events: readonly EngineEvent[] }>
  /** The first part of a backfill that is not done, planned and run as `millrace backfill` does. */
  readonly backfill: (
    connector: OpenedConnector,
    range: Pick<BackfillRequest, 'from' | 'to'> & Partial<Pick<BackfillRequest, 'column' | 'streams' | 'step'>>,
    options?: RunOptions & { readonly again?: boolean },
  ) => Promise<EtlOutcome | null>
  readonly rows: (sql: string) => Promise<readonly TextRow[]>
  readonly warehouse: Warehouse
  /** Our clock: a millisecond goes by each time it is asked. */
  readonly clock: () => Date
  readonly setClock: (ms: number) => void
  readonly close: () => Promise<void>
}

export function openWorld(): World {
  const location = mkdtempSync(join(tmpdir(), 'millrace-etl-'))
  const { warehouse, close } = open(location)
  let now = Date.parse('2026-11-20T10:00:00.000Z')
  let runs = 0
  const clock = () => new Date(now++)
  const contextOf = (options: RunOptions, emit: EtlContext['emit']): EtlContext => {
    const runId = `run-${++runs}`
    return {
      runId,
      warehouse,
      emit,
      clock: { now: clock },
      spoolDir: join(location, 'spool', runId),
      signal: options.signal ?? new AbortController().signal,
      isStopping: options.isStopping ?? (() => false),
      callContext: (of) => ({ signal: of }) as Context, // the made-up vendor asks for nothing else
      stagingMemory: options.stagingMemory ?? '500MB',
      chunk: { rows: options.chunkRows ?? 1, bytes: 1e9, ageMs: 1e9, ...options.chunk },
    }
  }
  return {
    async backfill(connector, range, options = {}) {
      const context = contextOf(options, (event) => options.onEvent?.(event))
      const sync = syncOf(options)
      const again = options.again ?? false
      const plans = await resolveStreams(sync, connector, context)
      const planned = planBackfill(sync, plans, {
        request: { streams: ['people'], column: null, step: { ms: 1e12 }, ...range, again },
        cursors: await warehouse.session({ runId: 'test', purpose: 'plan' }, (session) =>
          keptCursors(session, sync, plans),
        ),
        vendorNow: (await connector.now?.(context)) ?? clock(),
      })
      await warehouse.session({ runId: 'test', purpose: 'plan' }, (session) =>
        giveUpOvertaken(session, sync.name, planned),
      )
      const partition = planned.find(({ isDone }) => !isDone)
      if (!partition) return null
      const outcome = await runPartition(context, { sync, partition, connectorName: 'made_up', again })
      for (const report of Object.values(outcome.streams)) expectBalanced(report)
      return outcome
    },
    warehouse,
    clock,
    setClock(ms) {
      now = ms
    },
    rows: (sql) => warehouse.session({ runId: 'test', purpose: 'look' }, (session) => collect(session.query(sql))),
    async run(connector, options = {}) {
      const events: EngineEvent[] = []
      const context = contextOf(options, (event) => {
        events.push(event)
        options.onEvent?.(event)
      })
      const { signal } = context
      const outcome = await runEtl(context, {
        sync: syncOf(options),
        connector,
        connectorName: 'made_up',
        vendorNow: options.vendorNow ?? (() => connector.now?.({ signal }) ?? Promise.resolve(clock())),
        fullRefresh: options.fullRefresh ?? false,
        limit: options.limit ?? null,
        maxShrink: options.maxShrink ?? null,
      })
      for (const report of Object.values(outcome.streams)) expectBalanced(report)
      return { ...outcome, events }
    },
    async close() {
      await close()
      rmSync(location, { recursive: true, force: true })
    },
  }
}

function expectBalanced(report: Parameters<typeof etlImbalance>[0]): void {
  const imbalance = etlImbalance(report)
  if (imbalance) throw new Error(imbalance)
}

export const streamConfig = (config: Partial<StreamConfig> = {}): StreamConfig => ({
  name: 'people',
  place: { file: 'syncs/crm.yaml', line: 3, column: 3 },
  enabled: true,
  mode: null,
  include: null,
  exclude: [],
  pii: [],
  mask: {},
  ownFields: [...(config.include ?? []), ...(config.exclude ?? [])],
  query: null,
  ownOptions: [],
  restate: null,
  formulaRefreshMs: null,
  reconcileMs: null,
  where: null,
  fieldHistory: false,
  schemaChanges: 'evolve',
  options: {},
  ...config,
})

export const syncOf = ({
  sync = {},
  streams = [{}, { name: 'items' }],
}: Pick<RunOptions, 'sync' | 'streams'> = {}): EtlSync => ({
  kind: 'etl',
  name: 'crm',
  place: { file: 'syncs/crm.yaml', line: 1, column: 1 },
  tags: [],
  source: 'crm',
  schema: 'crm',
  start: null,
  verify: 'warn',
  maxShrink: { fraction: 0.5 },
  after: [],
  shared: { exclude: [], mask: {}, options: {} },
  streams: streams.map(streamConfig),
  ...sync,
})

export const codes = (outcome: EtlOutcome): readonly string[] => outcome.errors.map((error) => error.code)
