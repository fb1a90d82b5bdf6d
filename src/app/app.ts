/** The composition root: the project, and the adapters that its target asks for. Nobody else builds adapters. */
import { join } from 'node:path'
import { loadProject } from '../config/load.ts'
import { realPath } from '../config/project-paths.ts'
import type { Project, Target } from '../config/project.ts'
import { systemClock, type Clock } from '../model/clock.ts'
import type { Emit, EngineEvent } from '../model/event.ts'
import type { ControlStore } from '../state/port.ts'
import { withTicket } from '../state/with-ticket.ts'
import type { Warehouse } from '../warehouse/port.ts'
import { chooseTarget } from './choose-target.ts'
import { countPagesAsMemory } from './count-pages-as-memory.ts'
import { holdAt } from './test-knobs.ts'
import { openControlStore, redisVariable } from './open-control-store.ts'
import { openProjectSandbox, type ProjectSandbox } from './project-sandbox.ts'
import { watchWaits, type Waits } from './waits.ts'

export type AppOptions = {
  readonly directory: string
  /** Where `.millrace/` is, for a frozen copy. @default the project */
  readonly home?: string
  /** One that was loaded already. @default it is loaded from `directory` */
  readonly project?: Project
  /** @default the project's `default_target` */
  readonly target?: string
  /** Listens to everything the engine says. */
  readonly onEvent: Emit
  readonly env: { readonly [name: string]: string | undefined }
  /** Aborts everything at once. */
  readonly signal: AbortSignal
  /** Somebody asked to stop at the next checkpoint. @default never */
  readonly isStopping?: () => boolean
  readonly clock?: Clock
}

export type App = {
  readonly project: Project
  readonly target: Target
  readonly store: ControlStore
  /** Where the control store is shared with other machines; null: it is a file of this project. It may hold a password. */
  readonly redisUrl: string | null
  readonly warehouse: Warehouse
  readonly env: AppOptions['env']
  readonly emit: Emit
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly isStopping: () => boolean
  /** How long the runs of this process had to wait. */
  readonly waits: Waits
  /** Under `.millrace`, per target. */
  readonly spoolDir: string
  /** The simulators of this project, started when first asked for. */
  readonly sandbox: () => Promise<ProjectSandbox>
  readonly close: () => Promise<void>
}

/** @throws MillraceErrors with every finding of the project; MR-1204 for a target that is not there */
export async function openApp(options: AppOptions): Promise<App> {
  countPagesAsMemory()
  const project = options.project ?? (await loadProject(options.directory, options))
  const target = chooseTarget(project, options.target ?? project.defaultTarget)
  const clock = options.clock ?? systemClock
  const redisUrl = options.env[redisVariable] || null
  const store = await openControlStore({ project, target: target.name, redisUrl, env: options.env })
  const hold = holdAt(options.env['MILLRACE_HOLD_AT'])
  const recording = recordEvents(store)
  const emit: Emit = (event) => {
    recording.add(event)
    options.onEvent(event)
    hold(event)
  }
  const waits = watchWaits()
  let opened: Promise<ProjectSandbox> | undefined
  const sandbox = () => (opened ??= openProjectSandbox(project))
  const { env, signal } = options
  const warehouse = await openWarehouse({ project, target, env, store, emit, signal, waits, sandbox })
  return {
    project,
    target,
    store,
    redisUrl,
    warehouse,
    env,
    emit,
    clock,
    signal,
    isStopping: options.isStopping ?? (() => false),
    waits,
    spoolDir: join(project.home, '.millrace', 'spool', target.name),
    sandbox,
    async close() {
      await recording.settled()
      await store.close()
      await warehouse.close()
      // Why it could not be opened was told by whoever asked for it.
      await opened?.then(
        (it) => it.close(),
        () => undefined,
      )
    },
  }
}

type WarehouseParts = Pick<App, 'project' | 'target' | 'env' | 'store' | 'emit' | 'signal' | 'waits' | 'sandbox'>

/** Each warehouse is a hundred modules: the other one is not loaded. */
async function openWarehouse(parts: WarehouseParts): Promise<Warehouse> {
  const { project, target, env, store, emit, signal, waits, sandbox } = parts
  const { warehouse } = target
  if (warehouse.type === 'snowflake') {
    const { openSnowflake } = await import('./open-snowflake.ts')
    return openSnowflake({ project, target, env, sandbox })
  }
  const { openDuckDBWarehouse } = await import('../warehouse/duckdb/warehouse.ts')
  return openDuckDBWarehouse({
    path: warehouse.path,
    memoryLimit: warehouse.memoryLimit,
    threads: warehouse.threads,
    onTurn: ({ runId }, waitedMs) => waits.add(runId, waitedMs),
    inTurn: (request, work) =>
      withTicket(
        store,
        // A folder may have two names (a link to the release of the day): it is one file, for which all take turns.
        { resource: realPath(warehouse.path), runId: request.runId, purpose: request.purpose },
        {
          signal: request.signal ?? signal,
          onWaiting: (holder) =>
            // Runs of one process take turns all the time; only another process is worth a word.
            holder.process.pid === process.pid
              ? undefined
              : emit({
                  type: 'waiting',
                  run_id: request.runId,
                  for: 'the warehouse file',
                  holder: `run ${holder.runId} (pid ${holder.process.pid})`,
                }),
        },
        work,
      ),
  })
}

/** Events reach the control store in order, without anybody waiting for them; those of no run (a plan, a preview) do not. */
function recordEvents(store: ControlStore): {
  readonly add: (event: EngineEvent) => void
  readonly settled: () => Promise<void>
} {
  let last: Promise<void> = Promise.resolve()
  const started = new Set<string>()
  return {
    add(event) {
      const runId = 'run' in event ? event.run.run_id : event.run_id
      if (event.type === 'run.started') started.add(runId)
      if (!started.has(runId)) return
      if (event.type === 'run.finished') started.delete(runId)
      // History that cannot be written must not stop a run that can.
      last = last.then(() => store.recordEvent(runId, event)).catch(() => undefined)
    },
    settled: () => last,
  }
}
