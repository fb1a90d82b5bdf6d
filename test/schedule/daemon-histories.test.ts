/**
 * Histories of one or two daemons that are killed, frozen, stopped and told other times, held against docs/schedules.md. A failure
 * prints fast-check's seed and path; `MILLRACE_SEED=… MILLRACE_PATH=…` plays it again.
 */
import type * as childProcess from 'node:child_process'
import type * as files from 'node:fs/promises'
import { join } from 'node:path'
import type * as timers from 'node:timers/promises'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import type { Project } from '../../src/config/project.ts'
import type { ControlStore } from '../../src/state/port.ts'
import type * as processId from '../../src/state/process-id.ts'
import { openRedisStore } from '../../src/state/redis/redis-store.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { makeProjectFolder } from '../app/project-folder.ts'
import { hasRedis, startRedis, type RedisServer } from '../redis-server.ts'
import { connectionOf, minuteMs, Rules, type Def, type File } from './daemon-rules.ts'
import { calm, gone, self, World, type Behaviour, type DeathPoint } from './daemon-world.ts'
import { MadeUpTime } from './made-up-time.ts'

let world: World | null = null
vi.mock('../../src/state/process-id.ts', async (original) => {
  const real = await original<typeof processId>()
  return {
    ...real,
    thisProcess: () => self.getStore()?.process ?? real.thisProcess(),
    isAlive: (id: Parameters<typeof real.isAlive>[0]) => !gone.has(id.pid),
  }
})
vi.mock('node:child_process', async (original) => {
  const real = await original<typeof childProcess>()
  const spawn = (...args: Parameters<typeof real.spawn>) =>
    self.getStore() ? world?.spawn(args[1]) : real.spawn(...args)
  return { ...real, spawn }
})
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof timers>()
  // A store that waits for a moment is not done, and no time passes until it is.
  const setTimeout = (...args: Parameters<typeof real.setTimeout>) =>
    world && (args[0] ?? 0) > 10 ? world.time.sleep(args[0] ?? 0) : real.setTimeout(...args)
  return { ...real, setTimeout }
})
// What a daemon beside a Redis remembers.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof files>()
  const timed = Object.entries(real).map(([name, work]) => {
    if (typeof work !== 'function') return [name, work]
    return [
      name,
      (...args: readonly unknown[]) => {
        const call = () => Reflect.apply(work, real, args)
        return world && self.getStore() ? world.time.during(call) : call()
      },
    ]
  })
  return Object.fromEntries(timed)
})

const startMs = Date.parse('2026-11-21T01:47:13Z')
const names = ['s1', 's2', 's3']
const name = fc.constantFrom(...names)
const seconds = fc.constantFrom(0, 1, 4, 15, 45, 70, 100, 150)
const def: fc.Arbitrary<Def> = fc.record({
  times: fc.oneof(
    fc.record({ kind: fc.constantFrom('every' as const, 'cron' as const), minutes: fc.constantFrom(1, 1, 2, 3, 20) }),
    fc.record({
      kind: fc.constant('at' as const),
      instants: fc
        .uniqueArray(fc.integer({ min: -5, max: 60 }), { minLength: 1, maxLength: 6 })
        .map((minutes) => minutes.map((minute) => startMs + minute * minuteMs)),
    }),
  ),
  syncs: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 }),
  overlap: fc.constantFrom('skip', 'skip', 'buffer_one', 'allow'),
  catchup: fc.constantFrom('none', 'latest', 'all'),
  window: fc.constantFrom(10, 60),
  timeout: fc.constantFrom(20, 60, 7200),
  attempts: fc.integer({ min: 1, max: 3 }),
  initial: fc.constantFrom(0, 5, 30),
  max: fc.constantFrom(30, 60),
  jitter: fc.constantFrom(0, 0, 20, 90),
  enabled: fc.constantFrom(true, true, true, true, false),
})
const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  seconds: fc.constantFrom(0, 3, 3, 10, 40, 70, 130),
  how: fc.constantFrom('ok', 'ok', 'ok', 'partial', 'later', 'later', 'never', 'quota', 'dies'),
  hears: fc.constantFrom(1, 1, 2, 3),
  retryAfter: fc.constantFrom(0, 20, 90),
})
const deathPoint: fc.Arbitrary<DeathPoint> = fc.record({
  method: fc.constantFrom('claimSlots', 'takeJob', 'endJob', 'noteRun', 'beat', 'knowSchedules', 'decideAnew', 'slots'),
  when: fc.constantFrom('before', 'after'),
})
const kind = <K extends string>(...kinds: readonly K[]) => fc.constantFrom(...kinds)
const step = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ kind: kind('pass', 'kill', 'start', 'start', 'stop', 'cancel', 'empty'), seconds }),
  },
  { weight: 3, arbitrary: fc.record({ kind: kind('edit'), name, def: fc.option(def, { freq: 4 }), seconds }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('pause'), name, isPaused: fc.boolean(), seconds }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('die'), point: deathPoint, seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('freeze'), for: fc.constantFrom(10, 50, 80, 200), seconds }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('away'), for: fc.constantFrom(3, 20, 90), seconds }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('down'), minutes: fc.constantFrom(1, 2, 6, 30, 200), seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('clock'), minutes: fc.constantFrom(-30, -2, 2, 10, 45), seconds }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('ahead'), for: fc.constantFrom(4, 45, 100), seconds }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const history = fc.record({
  maxRuns: fc.integer({ min: 1, max: 4 }),
  defs: fc.tuple(def, def, fc.option(def)),
  behaviours: fc.array(behaviour, { minLength: 6, maxLength: 20, size: 'max' }),
  steps: fc.array(step, { minLength: 8, maxLength: 20, size: 'max' }),
})
type Drawn = typeof history extends fc.Arbitrary<infer T> ? T : never

/** A daemon that begins does not know why the others gave no sign of life just then. */
const knownMs = 20_000

const folder = makeProjectFolder()
let base: Project
let redis: RedisServer | null = null
beforeAll(async () => {
  folder.write(
    'millrace.yaml',
    `project: histories
default_target: prod
targets: { prod: { sandbox: true, warehouse: { type: duckdb, path: one.duckdb } } }
connections: { stripe: { connector: stripe, max_runs: 1 }, free: { connector: stripe } }
`,
  )
  const more = { a: '', b: 'after: [a]\n', c: 'after: [a]\n', d: '' }
  for (const [sync, after] of Object.entries(more))
    folder.write(`syncs/${sync}.yaml`, `source: ${connectionOf(sync)}\nstreams: { charges: {} }\n${after}`)
  base = await loadProject(folder.directory)
  if (hasRedis) redis = await startRedis()
})
afterAll(async () => {
  await redis?.stop()
  folder.remove()
})

class History {
  readonly #world: World
  readonly #store: ControlStore
  readonly #rules: Rules
  #startsFromMs = 0

  constructor(played: World, store: ControlStore) {
    this.#world = played
    this.#store = store
    this.#rules = new Rules(played, store)
  }

  async play({ maxRuns, defs: [s1, s2, s3], behaviours, steps }: Drawn): Promise<void> {
    let next = 0
    this.#world.behave = () => behaviours[next++ % behaviours.length] ?? calm
    this.#take({ maxRuns, defs: { s1, s2, ...(s3 && { s3 }) } })
    await this.#start()
    await this.#pass(20)
    for (const each of steps) {
      await this.#act(each)
      await this.#pass(each.seconds)
    }
    await this.#settle()
  }

  async #pass(count: number): Promise<void> {
    for (let second = 0; second < count; second++) {
      await this.#world.time.pass(1_000)
      await this.#rules.look()
    }
  }

  #take(file: File): void {
    this.#rules.take(file)
    this.#world.project = projectWith(file)
  }

  async #start(): Promise<void> {
    await this.#rules.begin()
    await this.#world.start()
    await this.#pass(1)
  }

  async #pause(schedule: string, isPaused: boolean): Promise<void> {
    const at = this.#world.time.wall().toISOString()
    await this.#store.pauseSchedule(schedule, isPaused ? { at, by: 'ann' } : null)
    this.#rules.pause(schedule, isPaused)
  }

  async #act(each: Step): Promise<void> {
    const [played, rules, { time }] = [this.#world, this.#rules, this.#world]
    const [daemon] = played.working()
    const { [('name' in each && each.name) || '']: old, ...others } = rules.file.defs
    switch (each.kind) {
      case 'pass':
        return
      case 'edit':
        if (old || each.def)
          this.#take({ ...rules.file, defs: each.def ? { ...others, [each.name]: each.def } : others })
        return
      case 'pause':
        // One that was emptied does not know until it is told that there is a pause to end.
        return old && (each.isPaused || rules.emptiedMs.length === 0)
          ? this.#pause(each.name, each.isPaused)
          : undefined
      case 'cancel':
        return played.cancel(this.#store)
      case 'start':
        if (played.alive().length < 2 && !played.isAway && time.nowMs >= this.#startsFromMs) await this.#start()
        return
      case 'die':
        if (daemon) daemon.dieAt = each.point
        return
      case 'kill':
        if (daemon) played.kill(daemon)
        return this.#rules.disturb()
      case 'stop':
        for (const first of played.alive().slice(0, 1)) played.stop(first)
        return this.#rules.disturb()
      case 'freeze':
        if (!daemon) return
        played.freeze(daemon)
        time.after(() => {
          played.thaw(daemon)
          this.#rules.disturb()
        }, each.for * 1000)
        return this.#rules.disturb()
      case 'away':
        played.isAway = true
        rules.awayMs.push(time.nowMs)
        time.after(() => {
          played.isAway = false
          this.#startsFromMs = time.nowMs + knownMs
          this.#rules.disturb()
        }, each.for * 1000)
        return this.#rules.disturb()
      case 'empty':
        if (!redis || this.#store.memory === null || !daemon) return
        // A pause is of a command that is over, and known to no daemon before one has looked.
        if (rules.latestPauseMs > time.nowMs - 100_000) return
        await emptied(redis)
        rules.emptiedMs.push(time.nowMs)
        return this.#rules.disturb()
      case 'down':
        for (const alive of played.alive()) played.kill(alive)
        await this.#pass(2)
        this.#rules.setClock(each.minutes)
        await this.#start()
        return this.#rules.disturb()
      case 'clock':
        this.#rules.setClock(each.minutes)
        this.#startsFromMs = time.nowMs + knownMs
        return this.#rules.disturb()
      case 'ahead':
        return this.#beAhead(each.for)
    }
  }

  /** By days, while runs end of which nothing is scheduled any more. */
  async #beAhead(forSeconds: number): Promise<void> {
    const { file, latestMs } = this.#rules
    // What a daemon remembers of a Redis it forgets by then.
    if (this.#store.memory !== null || this.#world.isAway) return
    if (this.#world.working().length !== this.#world.alive().length) return
    this.#take({ ...file, defs: {} })
    await this.#pass(10)
    const days = 3 * 1440
    this.#rules.setClock(days)
    this.#rules.disturb()
    await this.#pass(forSeconds)
    this.#rules.setClock(-days)
    this.#rules.latestMs = latestMs
    this.#take(file)
    this.#rules.disturb()
    await this.#pass(knownMs / 1000)
  }

  /** Calm again: whatever is open is settled, and nothing new comes. */
  async #settle(): Promise<void> {
    const [played, rules] = [this.#world, this.#rules]
    await this.#pass(knownMs / 1000)
    const backMinutes = (rules.latestMs - played.time.wall().getTime()) / minuteMs
    if (backMinutes > 0) this.#rules.setClock(backMinutes)
    played.isAway = false
    played.behave = () => calm
    for (const daemon of played.daemons) {
      played.thaw(daemon)
      daemon.dieAt = null
    }
    this.#rules.disturb()
    const off = Object.entries(rules.file.defs).map(([of, each]) => [of, { ...each, enabled: false }] as const)
    this.#take({ ...rules.file, defs: Object.fromEntries(off) })
    await this.#pass(knownMs / 1000)
    if (played.working().length === 0) await this.#start()
    await this.#pass(knownMs / 1000)
    for (const schedule of rules.paused()) await this.#pause(schedule, false)
    const open = async () => (await this.#store.slots({ limit: 1_000_000 })).filter(({ endedAt }) => endedAt === null)
    for (let rounds = 0; rounds < 30 || (await open()).length > 0; rounds++) {
      if (rounds === 150) expect(await open(), 'is settled').toEqual([])
      await this.#pass(10)
    }
    rules.runs()
  }
}

/** As `resolveSchedules` leaves it. */
function projectWith({ maxRuns, defs }: File): Project {
  const written = Object.entries(defs).map(([of, { times, ...each }]) => [
    of,
    {
      select: each.syncs,
      exclude: [],
      timezone: 'UTC',
      overlap: each.overlap,
      catchup: { mode: each.catchup, window: `${each.window}m` },
      timeout: `${each.timeout}s`,
      grace: '5s',
      retry: { attempts: each.attempts, initial: `${each.initial}s`, max: `${each.max}s` },
      jitter: `${each.jitter}s`,
      priority: 'normal',
      enabled: each.enabled,
      ...(times.kind === 'at' && { at: times.instants.map((ms) => new Date(ms).toISOString()) }),
      ...(times.kind === 'every' && { every: `${times.minutes}m` }),
      ...(times.kind === 'cron' && { cron: `*/${times.minutes} * * * *` }),
    },
  ])
  return { ...base, schedules: { max_runs: maxRuns, schedules: Object.fromEntries(written) } }
}

async function emptied({ url }: RedisServer): Promise<void> {
  const client = new Redis(url)
  await client.flushall()
  client.disconnect()
}

async function play(drawn: Drawn): Promise<void> {
  const time = new MadeUpTime(startMs)
  const more = { target: 'prod', clock: { now: time.wall } }
  const played = new World(time, base, async (place, process) =>
    redis && isOnRedis
      ? openRedisStore({ url: redis.url, project: place.replaceAll('/', '_'), process, ...more })
      : openSqliteStore({ path: join(place, 'control.sqlite'), process, ...more }),
  )
  const store = await played.openStore()
  world = played
  time.install()
  try {
    await new History(played, store).play(drawn)
  } finally {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    await played.close()
    world = null
  }
}

let isOnRedis = false

/** null: none failed. */
async function failureIn(usually: number): Promise<string | null> {
  const seed = process.env['MILLRACE_SEED']
  const result = await fc.check(fc.asyncProperty(history, play), {
    numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? usually),
    ...(seed ? { seed: Number(seed), path: process.env['MILLRACE_PATH'] ?? '' } : {}),
    interruptAfterTimeLimit: 240_000,
  })
  return result.failed ? `${String(result.errorInstance)}\n${await fc.asyncDefaultReportMessage(result)}` : null
}

describe('each slot is claimed once and comes to what the rules say, whatever becomes of its daemons', () => {
  test('on SQLite', async () => {
    isOnRedis = false
    expect(await failureIn(10)).toBeNull()
  }, 300_000)

  test.skipIf(!hasRedis)(
    'on Redis (skipped where redis-server is not installed)',
    async () => {
      isOnRedis = true
      expect(await failureIn(10)).toBeNull()
    },
    300_000,
  )
})
