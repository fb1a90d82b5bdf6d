/** Daemons of one project in this process: real loop, store and supervision; the runs, the time, kills and freezes are made up. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { App } from '../../src/app/app.ts'
import { noteCancel } from '../../src/app/cancelled-run.ts'
import { runDaemon } from '../../src/app/run-daemon.ts'
import type { Project } from '../../src/config/project.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import type { ControlStore, ProcessId } from '../../src/state/port.ts'
import { thisProcess } from '../../src/state/process-id.ts'
import type { MadeUpTime } from './made-up-time.ts'

/** In whose name the code runs that asks who it is. */
export const self = new AsyncLocalStorage<Daemon>()
/** Process ids that are gone. */
export const gone = new Set<number>()

export type Behaviour = {
  readonly seconds: number
  readonly how: 'ok' | 'partial' | 'later' | 'never' | 'quota' | 'dies'
  /** Which signal ends it; 3: none. */
  readonly hears: 1 | 2 | 3
  readonly retryAfter: number
}
export const calm: Behaviour = { seconds: 2, how: 'ok', hears: 1, retryAfter: 0 }

/** Times are of the steady clock; Infinity: not yet. */
export type Ran = {
  readonly id: string
  readonly sync: string
  readonly schedule: string
  readonly instant: string
  readonly by: Daemon
  readonly behaviour: Behaviour
  readonly beganMs: number
  endedMs: number
  end: Behaviour['how'] | 'told' | 'killed' | null
  cancelled: boolean
  /** true: its end is in the store; false: the store has given the job to another. */
  recorded: boolean | null
  readonly signal: (signal: string) => boolean
}

export type DeathPoint = { readonly method: keyof ControlStore; readonly when: 'before' | 'after' }

export type Daemon = {
  readonly process: ProcessId
  readonly home: string
  readonly stopping: AbortController
  readonly now: AbortController
  /** Since when it works; null: it does not. */
  availableMs: number | null
  diedMs: number
  isOver: boolean
  /** From when on its runs are told to end. */
  endingMs: number
  dieAt: DeathPoint | null
  readonly frozen: { readonly fromMs: number; toMs: number }[]
  /** While it is frozen. */
  ice: { readonly melted: Promise<void>; readonly melt: () => void } | null
}

type OpenStore = (folder: string, process: ProcessId) => Promise<ControlStore>

export class World {
  readonly time: MadeUpTime
  readonly daemons: Daemon[] = []
  readonly runs: Ran[] = []
  project: Project
  behave: () => Behaviour = () => calm
  isAway = false
  readonly #open: OpenStore
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-histories-'))
  readonly #stores: ControlStore[] = []

  constructor(time: MadeUpTime, project: Project, open: OpenStore) {
    this.time = time
    this.project = project
    this.#open = open
  }

  /** As a process has it. */
  async openStore(process = thisProcess()): Promise<ControlStore> {
    const store = await this.#open(this.#folder, process)
    this.#stores.push(store)
    return store
  }

  alive = (): readonly Daemon[] => this.daemons.filter(({ diedMs, isOver }) => diedMs === Infinity && !isOver)
  working = (): readonly Daemon[] => this.daemons.filter(({ availableMs }) => availableMs !== null)

  async start(): Promise<void> {
    // No process of Linux has such a number.
    const process = { ...thisProcess(), pid: 5_000_000 + this.daemons.length, startedAt: 'made up' }
    const store = await this.openStore(process)
    // Each machine has a folder of its own, which a daemon that is started again finds.
    const homes = ['one', 'two'].map((name) => join(this.#folder, name))
    const home = homes.find((each) => !this.alive().some((daemon) => daemon.home === each)) ?? this.#folder
    const daemon: Daemon = {
      process,
      home,
      stopping: new AbortController(),
      now: new AbortController(),
      availableMs: this.time.nowMs,
      diedMs: Infinity,
      isOver: false,
      endingMs: Infinity,
      dieAt: null,
      frozen: [],
      ice: null,
    }
    this.daemons.push(daemon)
    void self.run(daemon, () => this.#serve(daemon, store))
  }

  async #serve(daemon: Daemon, store: ControlStore): Promise<void> {
    let read = this.project
    const project = () => ({ ...read, home: daemon.home })
    // A daemon asks for no more of it.
    const app = {
      project: project(),
      target: { name: 'prod' },
      store: this.#through(daemon, store),
      redisUrl: null,
      clock: { now: this.time.wall },
      env: {},
      signal: daemon.now.signal,
    } as unknown as App
    const look = async () => {
      await this.#pass(daemon, 'look', 'before')
      const said = read === this.project ? 'same' : 'changed'
      read = this.project
      return said
    }
    await runDaemon(app, {
      launcher: 'millrace.js',
      stopping: daemon.stopping.signal,
      follower: { project, look: () => this.time.during(look) },
      onEvent: () => undefined,
    })
    daemon.isOver = true
    daemon.availableMs = null
    gone.add(daemon.process.pid)
  }

  kill(daemon: Daemon): void {
    daemon.diedMs = Math.min(daemon.diedMs, this.time.nowMs)
    daemon.availableMs = null
    gone.add(daemon.process.pid)
  }

  freeze(daemon: Daemon): void {
    const { promise: melted, resolve: melt } = Promise.withResolvers<void>()
    daemon.ice = { melted, melt }
    daemon.frozen.push({ fromMs: this.time.nowMs, toMs: Infinity })
    daemon.availableMs = null
  }

  thaw(daemon: Daemon): void {
    const last = daemon.frozen.at(-1)
    if (!daemon.ice || !last) return
    last.toMs = this.time.nowMs
    daemon.ice.melt()
    daemon.ice = null
    if (daemon.diedMs === Infinity && !daemon.stopping.signal.aborted) daemon.availableMs = this.time.nowMs
  }

  /** SIGTERM; the second one is at once. */
  stop(daemon: Daemon): void {
    const isSecond = daemon.stopping.signal.aborted
    daemon.availableMs = null
    daemon.endingMs = Math.min(daemon.endingMs, this.time.nowMs + (isSecond ? 0 : 60_000))
    ;(isSecond ? daemon.now : daemon.stopping).abort()
  }

  /** As `run cancel`. */
  async cancel(store: ControlStore): Promise<void> {
    const run = this.runs.findLast(({ endedMs, by }) => endedMs === Infinity && by.diedMs === Infinity)
    if (!run) return
    await noteCancel(store, { runId: run.id, by: 'ann' })
    run.cancelled = true
    run.signal('SIGTERM')
  }

  /** What stands in for the process of a run. */
  spawn(args: readonly string[]): EventEmitter {
    const by = self.getStore()
    if (!by) throw new Error('a run that no daemon began')
    const [schedule = '', instant = ''] = (args.at(-1) ?? '').split(' ')
    const behaviour = this.behave()
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() }
    const child = Object.assign(new EventEmitter(), streams)
    const say = (line: object) => void child.stdout.write(`${JSON.stringify(line)}\n`)
    let heard = 0
    const finish = (end: NonNullable<Ran['end']>) => {
      if (run.endedMs < Infinity) return
      run.end = end
      run.endedMs = this.time.nowMs
      const error = errors[end]
      const retryAfter = end === 'quota' ? { retry_after_seconds: behaviour.retryAfter } : {}
      const more = error ? { error: { code: error, message: end, ...retryAfter } } : {}
      if (error || end === 'ok' || end === 'partial')
        say({
          type: 'result',
          runs: [{ run_id: run.id, status: error ? 'failed' : end, ledger: { loaded: 1 }, ...more }],
        })
      for (const stream of Object.values(streams)) stream.end()
      const [code, signal] = end === 'dies' || end === 'killed' ? [null, 'SIGKILL'] : [end === 'told' ? 143 : 1, null]
      setImmediate(() => setImmediate(() => child.emit('close', code, signal)))
    }
    const signal = (name: string) => {
      if (run.endedMs < Infinity || by.diedMs < Infinity) return false
      if (name === 'SIGKILL') finish('killed')
      else if (++heard === behaviour.hears) this.time.after(() => finish('told'), 700)
      return true
    }
    const run: Ran = {
      id: `run_${this.runs.length}`,
      sync: args[args.indexOf('run') + 1] ?? '',
      schedule,
      instant,
      by,
      behaviour,
      beganMs: this.time.nowMs,
      endedMs: Infinity,
      end: null,
      cancelled: false,
      recorded: null,
      signal,
    }
    this.runs.push(run)
    setImmediate(() => {
      child.emit('spawn')
      say({ type: 'run.started', run: { run_id: run.id } })
    })
    this.time.after(() => finish(behaviour.how), behaviour.seconds * 1000)
    return Object.assign(child, { kill: signal })
  }

  async close(): Promise<void> {
    for (const daemon of this.daemons) this.kill(daemon)
    await this.time.settle()
    for (const store of this.#stores) await store.close()
    rmSync(this.#folder, { recursive: true, force: true })
    gone.clear()
  }

  /** The store, as a daemon has it that may die or freeze at each of its calls. */
  #through<T extends object>(daemon: Daemon, store: T): T {
    return new Proxy(store, {
      get: (_, name) => {
        const value: unknown = Reflect.get(store, name)
        if (name === 'memory' && typeof value === 'object' && value !== null) return this.#through(daemon, value)
        if (typeof value !== 'function' || name === 'wentBack') return value
        return (...args: readonly unknown[]) =>
          this.time.during(async () => {
            await this.#pass(daemon, name, 'before')
            const answer: unknown = await value.apply(store, args)
            if (name === 'endJob') this.#note(daemon, args[0], answer === true)
            await this.#pass(daemon, name, 'after')
            return answer
          })
      },
    })
  }

  #note(daemon: Daemon, ticket: unknown, recorded: boolean): void {
    const { sync, schedule, instant } = ticket as Ran // what names a job
    const isIt = (run: Ran) =>
      run.by === daemon && run.sync === sync && run.schedule === schedule && run.instant === instant
    const run = this.runs.findLast(isIt)
    if (run) run.recorded = recorded
  }

  /** A dead daemon waits for ever, a frozen one until it is thawed. */
  async #pass(daemon: Daemon, name: string | symbol, when: 'before' | 'after'): Promise<void> {
    if (daemon.dieAt?.method === name && daemon.dieAt.when === when) this.kill(daemon)
    while (daemon.diedMs === Infinity && daemon.ice) await this.time.outside(daemon.ice.melted)
    if (daemon.diedMs < Infinity) await this.time.outside(new Promise(() => undefined))
    if (this.isAway && when === 'before' && name !== 'look')
      throw new MillraceError('MR-6004', { message: 'the store is away' })
  }
}

const errors: { readonly [end: string]: string | undefined } = {
  told: 'MR-7001',
  later: 'MR-3002',
  never: 'MR-3001',
  quota: 'MR-3006',
}
