/** What docs/schedules.md promises, held against what the daemons of a made-up history did. It knows the store's rows and the runs, not the code. */
import { expect } from 'vitest'
import type { ControlStore } from '../../src/state/port.ts'
import type { Job, StoredSlot } from '../../src/state/slot-store.ts'
import type { Daemon, Ran, World } from './daemon-world.ts'

/** Waits in seconds, `window` in minutes. */
export type Def = {
  readonly times:
    | { readonly kind: 'every' | 'cron'; readonly minutes: number }
    | { readonly kind: 'at'; readonly instants: readonly number[] }
  readonly syncs: readonly string[]
  readonly overlap: 'skip' | 'buffer_one' | 'allow'
  readonly catchup: 'none' | 'latest' | 'all'
  readonly window: number
  readonly timeout: number
  readonly attempts: number
  readonly initial: number
  readonly max: number
  readonly jitter: number
  readonly enabled: boolean
}
export type File = { readonly maxRuns: number; readonly defs: { readonly [name: string]: Def } }

export const minuteMs = 60_000
/** A daemon has read a changed file, and done what was due. */
const noticedMs = 8_000
/** A daemon that died is found by another's beat; one that was frozen itself waits for the others' first. */
const handedOnMs = 55_000
/** Daemons have told a Redis that was emptied what they know. */
const toldMs = 12_000

export function instantsOf({ times }: Def, afterMs: number, untilMs: number): readonly number[] {
  if (times.kind === 'at') return times.instants.filter((ms) => ms > afterMs && ms <= untilMs)
  const stepMs = times.minutes * minuteMs
  const found: number[] = []
  for (let ms = (Math.floor(afterMs / stepMs) + 1) * stepMs; ms <= untilMs; ms += stepMs) found.push(ms)
  return found
}

export const connectionOf = (sync: string) => (sync === 'a' || sync === 'b' ? 'stripe' : 'free')
const idOf = ({ schedule, instant }: Pick<StoredSlot, 'schedule' | 'instant'>) => `${schedule} ${instant}`

export class Rules {
  readonly #world: World
  readonly #store: ControlStore
  readonly #files: { readonly sinceMs: number; readonly file: File }[] = []
  readonly #pauses: { readonly sinceMs: number; readonly name: string; readonly isPaused: boolean }[] = []
  /** From when on each instant of a schedule has a row; Infinity: once a daemon has surely seen the file. */
  readonly #from = new Map<string, number>()
  /** Since when a schedule may have been known. */
  readonly #first = new Map<string, number>()
  readonly #rows = new Map<string, StoredSlot>()
  readonly #mayRunSince = new Map<string, number>()
  #read: { revision: string; atMs: number; slots: readonly StoredSlot[] } = { revision: '', atMs: 0, slots: [] }
  /** Steady: when something went wrong; when the clock was set; when a Redis was emptied. */
  readonly #disturbedMs = [0]
  readonly #clockSetMs: number[] = []
  readonly emptiedMs: number[] = []
  /** Since when the store was away, for at most 90 seconds. */
  readonly awayMs: number[] = []
  /** The latest that the wall clock has shown; before it nothing is decided a second time. */
  latestMs = 0
  #clockWentBack = false

  constructor(world: World, store: ControlStore) {
    this.#world = world
    this.#store = store
  }

  disturb = () => void this.#disturbedMs.push(this.#world.time.nowMs)

  /** Still, or not yet calm again. */
  #isDisturbed = (fromMs: number, untilMs = Infinity): boolean =>
    this.#disturbedMs.some((ms) => ms > fromMs - toldMs && ms <= untilMs)

  get #calmSinceMs(): number {
    return this.#disturbedMs.at(-1) ?? 0
  }

  get file(): File {
    return this.#files.at(-1)?.file ?? { maxRuns: 1, defs: {} }
  }

  take(file: File): void {
    const before = this.file
    this.#files.push({ sinceMs: this.#world.time.nowMs, file })
    if (this.#world.alive().length === 0) return
    for (const name of Object.keys({ ...before.defs, ...file.defs }))
      if (JSON.stringify(before.defs[name]?.times) !== JSON.stringify(file.defs[name]?.times)) this.#see(name)
  }

  pause(name: string, isPaused: boolean): void {
    this.#pauses.push({ sinceMs: this.#world.time.nowMs, name, isPaused })
    if (!this.#first.has(name)) this.#see(name)
  }

  /** A daemon is about to begin: what was known goes on from where it was decided. */
  async begin(): Promise<void> {
    for (const name of Object.keys(this.file.defs)) if (!this.#first.has(name)) this.#see(name)
    if (this.#world.alive().length > 0) return
    // One that was emptied may hold more than was looked at since.
    const held = await this.#store.slots({ limit: 1_000_000 })
    for (const { schedule, instant } of [...this.#rows.values(), ...held]) {
      const from = this.#from.get(schedule) ?? Infinity
      if (from !== Infinity) this.#from.set(schedule, Math.max(from, Date.parse(instant)))
    }
  }

  setClock(minutes: number): void {
    this.#world.time.wallMs += minutes * minuteMs
    this.#clockWentBack ||= minutes < 0
    this.#clockSetMs.push(this.#world.time.nowMs)
    for (const [name, from] of this.#from)
      if (from !== Infinity && this.#world.time.wall().getTime() < this.latestMs)
        this.#from.set(name, Math.max(from, this.latestMs))
  }

  #see(name: string): void {
    this.#from.set(name, Infinity)
    if (!this.#first.has(name)) this.#first.set(name, this.#world.time.wall().getTime())
  }

  /** Those that a daemon may have gone by at some time between. */
  #filesAt(fromMs: number, untilMs = fromMs): readonly File[] {
    const latestMs = fromMs - (this.#isDisturbed(fromMs, untilMs) ? 300_000 : toldMs)
    const first = this.#files.findLastIndex(({ sinceMs }) => sinceMs <= latestMs)
    return this.#files.flatMap(({ sinceMs, file }, index) => (index >= first && sinceMs <= untilMs ? [file] : []))
  }

  #isPaused(name: string, steadyMs: number): boolean {
    return this.#pauses.findLast((each) => each.name === name && each.sinceMs <= steadyMs)?.isPaused ?? false
  }

  get latestPauseMs(): number {
    return this.#pauses.at(-1)?.sinceMs ?? -Infinity
  }

  paused = (): readonly string[] =>
    [...this.#first.keys()].filter((name) => this.#isPaused(name, this.#world.time.nowMs))

  /** Asked each second. */
  async look(): Promise<void> {
    const { time, isAway } = this.#world
    const [now, wall] = [time.nowMs, time.wall().getTime()]
    this.latestMs = Math.max(this.latestMs, wall)
    const working = this.#world.working()
    const since = Math.max(
      Math.min(...working.map(({ availableMs }) => availableMs ?? Infinity)),
      this.#files.at(-1)?.sinceMs ?? 0,
      this.#calmSinceMs,
    )
    // One that was emptied holds nothing until it is told.
    if (this.emptiedMs.length > 0 && now - since < toldMs) return
    const revision = await this.#store.revision()
    if (revision !== this.#read.revision || now - this.#read.atMs >= 5_000) {
      this.#read = { revision, atMs: now, slots: await this.#store.slots({ limit: 1_000_000 }) }
      this.#claims(this.#read.slots)
    }
    if (now - since >= noticedMs && !isAway) this.#instants(wall)
    this.#waiting(working)
  }

  #claims(slots: readonly StoredSlot[]): void {
    expect(new Set(slots.map(idOf)).size).toBe(slots.length)
    const fresh = slots.filter((slot) => !this.#rows.has(idOf(slot)))
    for (const slot of slots) this.#rows.set(idOf(slot), slot)
    for (const slot of fresh) this.#claim(slot, fresh)
  }

  /** What a new row says. */
  #claim(slot: StoredSlot, fresh: readonly StoredSlot[]): void {
    const { schedule, state, reason, claimedAt, jobs } = slot
    const { time } = this.#world
    const madeMs = time.nowMs - Math.max(0, time.wall().getTime() - Date.parse(claimedAt))
    const told = `${idOf(slot)} is ${state} at ${claimedAt}: ${reason}`
    const isUnsure = this.#isDisturbed(madeMs)
    const defs = this.#filesAt(madeMs, time.nowMs).flatMap((file) => file.defs[schedule] ?? [])
    const [age, at] = [Date.parse(claimedAt) - Date.parse(slot.instant), Date.parse(slot.instant)]
    expect(age, told).toBeGreaterThanOrEqual(0)
    expect(
      defs.some((def) => instantsOf(def, at - 1, at).length === 1),
      `${told}, and is an instant of ${JSON.stringify(defs)}`,
    ).toBe(true)
    if (!this.#clockWentBack) expect(at, told).toBeGreaterThan((this.#first.get(schedule) ?? Infinity) - 61_000)
    const isPaused = [madeMs, madeMs - 2_000].map((ms) => this.#isPaused(schedule, ms))
    const isSkipped = state === 'skipped' && jobs.length === 0
    if (isSkipped && reason?.startsWith('paused by')) expect(isUnsure || isPaused.includes(true), told).toBe(true)
    else if (isSkipped)
      expect(
        defs.map(({ enabled }) => enabled),
        told,
      ).toContain(false)
    else if (!isUnsure)
      expect([isPaused.includes(false), defs.some(({ enabled }) => enabled)], told).toEqual([true, true])
    const [def] = defs
    if (isSkipped || defs.length > 1 || !def) return
    const isLater = (each: StoredSlot) =>
      each.schedule === schedule && each.instant > slot.instant && each.claimedAt <= claimedAt
    const isMadeUpFor = def.catchup === 'all' || (def.catchup === 'latest' && !fresh.some(isLater))
    const [windowMs, jitterMs] = [def.window * minuteMs, def.jitter * 1000]
    if (state === 'missed') {
      expect(age, told).toBeGreaterThan(minuteMs)
      if (age < windowMs) expect(isMadeUpFor, told).toBe(false)
    } else if (age > minuteMs + jitterMs) {
      expect(age, told).toBeLessThanOrEqual(windowMs + jitterMs)
      expect(isMadeUpFor, told).toBe(true)
    }
    for (const { attempt, notBefore, ...job } of jobs)
      if (attempt === 1 && job.reason === null && job.state === 'queued') {
        expect(Date.parse(notBefore), told).toBeGreaterThanOrEqual(at)
        expect(Date.parse(notBefore), told).toBeLessThanOrEqual(at + jitterMs)
      }
  }

  /** Each instant has its row. */
  #instants(wall: number): void {
    for (const [name, def] of Object.entries(this.file.defs)) {
      const [seen, from] = [this.latestMs, this.#from.get(name) ?? Infinity]
      if (from !== Infinity)
        for (const at of instantsOf(def, from, wall - 3_000)) {
          const id = `${name} ${new Date(at).toISOString()}`
          expect(this.#rows.has(id), `${id} has a row at ${new Date(wall).toISOString()}`).toBe(true)
        }
      this.#from.set(name, from === Infinity ? seen : Math.max(from, wall - 3 * minuteMs))
    }
  }

  /** Nothing that may run waits. */
  #waiting(working: readonly Daemon[]): void {
    const { time, isAway } = this.#world
    const open = this.#read.slots
      .flatMap(({ endedAt, jobs }) => (endedAt === null ? jobs : []))
      .filter(({ state }) => state === 'queued' || state === 'running')
    const running = open.filter(({ state, alive }) => state === 'running' && alive)
    const hasRoom = working.some(
      (daemon) => running.filter(({ owner }) => owner?.pid === daemon.process.pid).length < this.file.maxRuns,
    )
    const mayRun = (job: Job) =>
      hasRoom &&
      Date.parse(job.notBefore) <= time.wall().getTime() &&
      !(this.#isPaused(job.schedule, time.nowMs) && (job.attempt > 1 || job.reason !== null)) &&
      !running.some(({ sync }) => sync === job.sync) &&
      !(connectionOf(job.sync) === 'stripe' && running.some(({ connection }) => connection === 'stripe')) &&
      !open.some((other) => idOf(other) === idOf(job) && job.needs.includes(other.sync))
    for (const job of open) {
      const key = `${job.sync} for ${idOf(job)}`
      const isFree = job.state === 'running' ? !job.alive : mayRun(job)
      if (!isFree || working.length === 0 || isAway) this.#mayRunSince.delete(key)
      else {
        const since = Math.max(this.#mayRunSince.get(key) ?? time.nowMs, this.#calmSinceMs)
        this.#mayRunSince.set(key, since)
        expect(time.nowMs - since, `${key} may run, and waits`).toBeLessThan(handedOnMs)
      }
    }
  }

  /** At the end: all runs, beside each other and against what became of their jobs. */
  runs(): void {
    const runs = this.#world.runs.filter((run) => !this.#isForgotten(run))
    const counted = runs.filter((run) => !isLost(run))
    for (const [index, run] of counted.entries()) {
      const beside = counted.slice(0, index).filter(({ endedMs }) => endedMs > run.beganMs)
      const told = `${run.id}: ${run.sync} for ${idOf(run)}`
      const files = this.#filesAt(run.beganMs)
      const sameOf = (of: (sync: string) => string) => beside.find(({ sync }) => of(sync) === of(run.sync))?.id
      if (!files.some(({ defs }) => defs[run.schedule]?.overlap === 'allow'))
        expect(
          sameOf((sync) => sync),
          told,
        ).toBeUndefined()
      if (connectionOf(run.sync) === 'stripe') expect(sameOf(connectionOf), told).toBeUndefined()
      const here = beside.filter(({ by }) => by === run.by)
      expect(here.length, told).toBeLessThan(Math.max(...files.map(({ maxRuns }) => maxRuns)))
    }
    for (const group of Map.groupBy(this.#world.runs, (run) => `${idOf(run)} ${run.sync}`).values())
      if (!group.some((run) => this.#isForgotten(run))) this.#ofJob(group)
    for (const slot of this.#rows.values())
      for (const job of slot.jobs)
        if (job.state === 'skipped') expect(slot.reason, `${idOf(slot)} is made up for, and is not skipped`).toBeNull()
  }

  /** What was written in the second before a Redis was emptied is known to its daemon alone, which may end without a store to tell. */
  #isForgotten = ({ beganMs, endedMs, by }: Ran): boolean =>
    this.emptiedMs.some(
      (ms) =>
        ms >= beganMs &&
        ms <= endedMs + 2_000 &&
        (by.diedMs < Infinity || by.frozen.length > 0 || (by.endingMs < Infinity && this.#wasAway(ms))),
    )

  #wasAway = (atMs: number): boolean => this.awayMs.some((ms) => ms <= atMs && ms > atMs - 95_000)

  /** Behind each run of a slot comes another one, or its end, as the rules say. */
  #ofJob(group: readonly Ran[]): void {
    const [first] = group
    const job = first && this.#rows.get(idOf(first))?.jobs.find(({ sync }) => sync === first.sync)
    let attempt = 1
    for (const [index, run] of group.entries()) {
      const next = group[index + 1]
      const told = `${run.id}, which ended as ${run.end}: ${run.sync} for ${idOf(run)}, job ${JSON.stringify(job)}`
      const become = [next?.id, job?.state]
      if (run.recorded !== true) {
        // Its daemon died, or was silent, or was told twice to end while there was no store to write to.
        const isUnheard = run.by.endingMs <= run.endedMs && this.#wasAway(run.endedMs)
        expect(run.by.diedMs < Infinity || run.by.frozen.length > 0 || isUnheard, told).toBe(true)
        attempt++
        continue
      }
      if (run.end === 'ok' || run.end === 'partial') {
        expect(become, told).toEqual([undefined, run.end])
        continue
      }
      if (Math.abs(run.endedMs - run.by.endingMs) < 1_500) return
      if (run.endedMs > run.by.endingMs) continue
      if (run.cancelled) {
        // Who cancelled it a Redis that is emptied forgets.
        if (this.emptiedMs.some((ms) => ms >= run.beganMs)) return
        expect(become, told).toEqual([undefined, 'stopped'])
        continue
      }
      const files = this.#filesAt(run.beganMs)
      const policy = files[0]?.defs[run.schedule]
      if (files.length > 1 || !policy) return
      const isTimedOut = run.endedMs - run.beganMs >= policy.timeout * 1000
      if ((run.end === 'never' && !isTimedOut) || attempt >= policy.attempts) {
        expect(become, told).toEqual([undefined, 'failed'])
        continue
      }
      // A daemon that died as it took the job has used up an attempt without a run.
      if (!next)
        expect(job?.state, told).toBe((job?.attempt ?? 0) > attempt && job?.state === 'failed' ? 'failed' : 'skipped')
      else if (!this.#clockSetMs.some((ms) => ms >= run.beganMs && ms < next.beganMs + 1_000)) {
        const waits = [Math.min(policy.max, policy.initial * 2 ** (attempt - 1))]
        if (run.end === 'quota' && !isTimedOut) waits.push(run.behaviour.retryAfter)
        expect(next.beganMs - run.endedMs, told).toBeGreaterThanOrEqual(Math.max(...waits) * 1000 - 50)
      }
      attempt++
    }
  }
}

const isLost = ({ by, beganMs, endedMs }: Ran) =>
  by.diedMs < endedMs || by.frozen.some(({ fromMs, toMs }) => toMs >= beganMs && fromMs <= endedMs)
