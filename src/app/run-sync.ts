/** One run of one sync: lease, pipeline, record. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { EtlSync, Limit, ReverseLimits, ReverseSync, Sync } from '../config/project.ts'
import { defaultChunk } from '../etl/context.ts'
import { runEtl } from '../etl/run-etl.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import type { RunRecord, RunStatus, StreamReport } from '../model/run.ts'
import type { ReverseLedger } from '../model/ledger.ts'
import { runReverse } from '../reverse-etl/run-reverse.ts'
import { withLease, type HeldLease } from '../state/with-lease.ts'
import type { App } from './app.ts'
import { buildAllModels, buildModel, modelQuery } from './build-models.ts'
import { deliveredBefore, refuseDelivery, refuseStaleInputs } from './may-deliver.ts'
import { openConnection, type OpenedConnection } from './open-connection.ts'

export type RunOptions = {
  readonly fullRefresh: boolean
  readonly limit: number | null
  /** Wait where another run is at it; false: MR-4001. */
  readonly wait: boolean
  readonly firstRun: boolean
  readonly baseline: boolean
  readonly rejectedOnly: boolean
  /** Guards for this run only. */
  readonly limits: Partial<ReverseLimits> & { readonly maxShrink?: Limit }
}

export const defaultRunOptions: RunOptions = {
  fullRefresh: false,
  limit: null,
  wait: true,
  firstRun: false,
  baseline: false,
  rejectedOnly: false,
  limits: {},
}

/** Never throws for what can go wrong in a run: the record says it, `thrown` carries the whole error. */
export async function runSync(app: App, sync: Sync, options: RunOptions): Promise<{ readonly run: RunRecord; readonly errors: readonly MillraceError[] }> {
  const started = app.clock.now()
  const running: RunRecord = {
    run_id: newRunId(started),
    sync: sync.name,
    kind: sync.kind,
    status: 'running',
    target: app.target.name,
    trigger: 'cli',
    slot: null,
    requests: 0,
    seconds: 0,
    started_at: started.toISOString(),
    finished_at: null,
    commit: await projectCommit(app.project.root),
    ledger: null,
  }
  await app.store.recordRun(running)
  app.emit({ type: 'run.started', run: running })
  const work: Work = { app, options, runId: running.run_id, requests: 0 }
  const began = performance.now()
  const outcome = await (sync.kind === 'etl' ? runEtlSync(work, sync) : runReverseSync(work, sync)).catch((error: unknown): Outcome => failed(error, sync))
  const [first] = outcome.errors
  const run: RunRecord = {
    ...running,
    status: outcome.status,
    requests: work.requests,
    seconds: Math.round(performance.now() - began) / 1000,
    finished_at: app.clock.now().toISOString(),
    ledger: outcome.ledger,
    ...(outcome.streams ? { streams: outcome.streams } : {}),
    ...(first ? { error: { code: first.code, message: first.message } } : {}),
  }
  await app.store.recordRun(run)
  await writeHistory(app, run)
  app.emit({ type: 'run.finished', run })
  return { run, errors: outcome.errors }
}

type Work = { readonly app: App; readonly options: RunOptions; readonly runId: string; requests: number }

type Outcome = {
  readonly status: RunStatus
  readonly ledger: RunRecord['ledger']
  readonly streams?: { readonly [stream: string]: StreamReport }
  readonly errors: readonly MillraceError[]
}

async function runEtlSync(work: Work, sync: EtlSync): Promise<Outcome> {
  const { app, options, runId } = work
  return underLease(work, `etl:${app.target.name}:${sync.name}`, async () => {
    const connection = await connect(work, sync.source)
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

async function buildModelsAfterLoad({ app, runId }: Work): Promise<void> {
  const errors = await app.warehouse.session({ runId, purpose: 'models' }, (session) => buildAllModels(session, app.project, app.warehouse))
  for (const error of errors) app.emit({ type: 'run.warning', run_id: runId, message: error.message })
}

async function runReverseSync(work: Work, sync: ReverseSync): Promise<Outcome> {
  const { app, options, runId } = work
  refuseDelivery(app.target, sync)
  await refuseStaleInputs(app, sync, runId)
  return underLease(work, `object:${app.target.name}:${sync.destination}:${sync.object}`, async (lease) => {
    const connection = await connect(work, sync.destination)
    try {
      const object = await destinationObject(connection, sync, app.signal)
      const account = await connection.connector.account({ signal: app.signal })
      await app.warehouse.session({ runId, purpose: `model ${sync.model}` }, (session) => buildModel(session, { project: app.project, warehouse: app.warehouse, name: sync.model }))
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
          holdsLease: () => app.store.holdsLease(lease),
          acknowledgeRows: sizeFrom(app.env['MILLRACE_ACKNOWLEDGE_ROWS']) ?? 10_000,
        },
        {
          sync: { ...sync, limits: { ...sync.limits, ...withoutUndefined(options.limits) } },
          object,
          account,
          model: modelQuery(app.warehouse, sync.model),
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
      return { ledger: outcome.ledger, errors, status: errors.length > 0 ? statusOf(errors) : reverseStatus(outcome.ledger) }
    } finally {
      work.requests = connection.host.requests()
      await connection.close()
    }
  })
}

export async function destinationObject(connection: OpenedConnection, sync: ReverseSync, signal: AbortSignal) {
  const [object] = (await connection.connector.objects?.({ names: [sync.object], signal })) ?? []
  if (object) return object
  throw new MillraceError('MR-1209', {
    message: `${sync.name}: the connection ${sync.destination} has no object ${sync.object}.`,
    kept: 'Nothing was sent.',
    next: `millrace connection discover ${sync.destination}`,
  })
}

async function connect(work: Work, name: string): Promise<OpenedConnection> {
  return openConnection(work.app, name, work.runId)
}

function underLease<T>({ app, runId, options }: Work, name: string, work: (lease: HeldLease) => Promise<T>): Promise<T> {
  return withLease(
    app.store,
    { name, runId, ttlMs: leaseMs, graceMs: requestTimeoutMs },
    {
      signal: app.signal,
      wait: options.wait,
      onWaiting: (holder) =>
        app.emit({ type: 'waiting', run_id: runId, for: `the lease ${name}`, holder: `run ${holder.runId} (pid ${holder.process.pid}, since ${holder.since})` }),
    },
    work,
  )
}

function failed(error: unknown, sync: Sync): Outcome {
  const known = asMillraceError(error, `running ${sync.name}`)
  const errors = 'errors' in Object(error) ? (error as { readonly errors: readonly MillraceError[] }).errors : [known]
  return { status: statusOf([known]), ledger: null, errors }
}

/** A run of several streams fails where any of them does; a guard alone stops it. */
function statusOf(errors: readonly MillraceError[]): RunStatus {
  const exits = errors.map((error) => error.exitCode)
  if (exits.some((exit) => exit !== 4 && exit !== 5)) return 'failed'
  if (!exits.includes(4)) return 'partial'
  return errors.some((error) => error.code === 'MR-4001' || error.code === 'MR-4002') ? 'not_run' : 'stopped'
}

const reverseStatus = (ledger: ReverseLedger): RunStatus =>
  ledger.rejected + ledger.unknown + ledger.absent + ledger.invalid > 0 ? 'partial' : 'ok'

/** The warehouse keeps the history of runs; one that never got there is in the control store alone. */
async function writeHistory(app: App, run: RunRecord): Promise<void> {
  if (run.ledger === null) return
  try {
    await app.warehouse.session({ runId: run.run_id, purpose: 'history' }, (session) => session.state.writeRun(run))
  } catch (error) {
    app.emit({ type: 'run.warning', run_id: run.run_id, message: asMillraceError(error, 'writing the history of the run').message })
  }
}

function withoutUndefined({ maxShrink: _maxShrink, ...limits }: RunOptions['limits']): Partial<ReverseLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}

/** Small commits, for tests of what happens between two of them. */
const sizeFrom = (text: string | undefined): number | undefined => (text && /^\d+$/.test(text) ? Number(text) : undefined)

/** Sorts by time: `mlx3k2p1-9f3a`. */
export const newRunId = (now: Date): string => `${now.getTime().toString(36)}-${randomBytes(2).toString('hex')}`

let commitOf: Promise<string | null> | undefined

/** The project's git commit, for the history. null: not a repository. */
function projectCommit(root: string): Promise<string | null> {
  commitOf ??= promisify(execFile)('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { timeout: 2000 }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )
  return commitOf
}

const leaseMs = 60_000
const requestTimeoutMs = 30_000
