/** Time that passes when a test says so: timers, the steady clock, and a wall clock that can be set. */
import { vi } from 'vitest'

type Timer = { readonly atMs: number; readonly everyMs: number | null; readonly work: () => void }

export class MadeUpTime {
  nowMs = 0
  /** Of the wall clock: what it shows beside the steady one. */
  wallMs: number
  readonly #timers = new Map<object, Timer>()
  #busy = 0

  constructor(wallMs: number) {
    this.wallMs = wallMs
  }

  readonly wall = (): Date => new Date(this.wallMs + this.nowMs)

  readonly after = (work: () => void, ms = 0, everyMs: number | null = null): object => {
    const handle = { ref: () => handle, unref: () => handle }
    this.#timers.set(handle, { atMs: this.nowMs + Math.max(1, ms), everyMs, work })
    return handle
  }

  readonly sleep = (ms: number): Promise<void> => new Promise((resolve) => void this.after(resolve, ms))

  /** In the place of what everybody asks, until `vi.unstubAllGlobals` and `vi.restoreAllMocks`. */
  install(): void {
    const clear = (handle: object) => void this.#timers.delete(handle)
    vi.stubGlobal('setTimeout', (work: () => void, ms?: number) => this.after(work, ms))
    vi.stubGlobal('setInterval', (work: () => void, ms: number) => this.after(work, ms, ms))
    vi.stubGlobal('clearTimeout', clear)
    vi.stubGlobal('clearInterval', clear)
    vi.spyOn(performance, 'now').mockImplementation(() => this.nowMs)
  }

  async pass(ms: number): Promise<void> {
    const until = this.nowMs + ms
    await this.settle()
    for (let next = this.#next(until); next; next = this.#next(until)) {
      const [handle, { atMs, everyMs, work }] = next
      this.nowMs = Math.max(this.nowMs, atMs)
      if (everyMs === null) this.#timers.delete(handle)
      else this.#timers.set(handle, { atMs: this.nowMs + everyMs, everyMs, work })
      work()
      await this.settle()
    }
    this.nowMs = until
  }

  #next(until: number): readonly [object, Timer] | undefined {
    let next: readonly [object, Timer] | undefined
    for (const each of this.#timers) if (each[1].atMs <= until && !(next && next[1].atMs <= each[1].atMs)) next = each
    return next
  }

  /** No time passes before this is done. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++
    try {
      return await work()
    } finally {
      this.#busy--
    }
  }

  /** But while this is waited for, within `during`. */
  async outside(waiting: Promise<void>): Promise<void> {
    this.#busy--
    await waiting
    this.#busy++
  }

  /** Until nothing is under way any more. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      await new Promise((resolve) => void setImmediate(resolve))
      if (this.#busy > 0) quiet = -1
    }
  }
}
