/** What every executor must do, over a store that several daemons share. `executorConformance('in process', opener)`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/model/clock.ts'
import type { Executor, ExecutorContext } from '../../src/schedule/executor.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import type { ControlStore } from '../../src/state/port.ts'
import type { Job, JobEnd, NewJob } from '../../src/state/slot-store.ts'

export type OpenExecutor = (context: ExecutorContext) => Promise<Executor>

export type Daemon = {
  readonly executor: Executor
  readonly problems: readonly string[]
  /** How many jobs it works on, and the most that there ever were. */
  readonly working: () => number
  readonly most: () => number
}

/** Several daemons on one store, whose jobs take as long as the test says. */
export function openStage(open: OpenExecutor) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-executor-'))
  const stores: ControlStore[] = []
  const daemons: Daemon[] = []
  const stop = new AbortController()
  const pumps: Promise<void>[] = []
  const begun: { readonly sync: string; readonly attempt: number }[] = []
  const newStore = () => {
    const store = openSqliteStore({ path: join(folder, 'control.sqlite') })
    stores.push(store)
    return store
  }
  const store = newStore()
  return {
    store,
    begun,
    async daemon({
      maxRuns = 4,
      maxRunsOf = new Map<string, number>(),
      end = async (): Promise<JobEnd> => ({ state: 'ok', reason: null }),
    }: {
      readonly maxRuns?: number
      readonly maxRunsOf?: ReadonlyMap<string, number>
      readonly end?: (job: Job) => Promise<JobEnd>
    } = {}): Promise<Daemon> {
      const own = newStore()
      const problems: string[] = []
      let [working, most] = [0, 0]
      const work = async (job: Job) => {
        begun.push({ sync: job.sync, attempt: job.attempt })
        most = Math.max(most, ++working)
        const how = await end(job)
        working--
        await own.endJob(job, how)
      }
      const executor = await open({
        store: own,
        clock: systemClock,
        limits: () => ({ maxRunsOf, overlapOf: new Map(), retryOf: new Map() }),
        maxRuns: () => maxRuns,
        work,
        onProblem: (message) => problems.push(message),
      })
      const daemon = { executor, problems, working: () => working, most: () => most }
      daemons.push(daemon)
      pumps.push(pump(executor, stop.signal))
      return daemon
    },
    claim: (schedule: string, jobs: readonly (Partial<NewJob> & { readonly sync: string })[]) =>
      store.claimSlots([
        {
          schedule,
          instant: '2026-11-21T02:00:00.000Z',
          state: 'queued',
          reason: null,
          trigger: 'clock',
          jobs: jobs.map((job) => ({ needs: [], connection: job.sync, notBefore: past, priority: 0, ...job })),
        },
      ]),
    async untilDone(withinMs = 20_000) {
      const giveUp = performance.now() + withinMs
      while ((await store.slots({ limit: 1_000 })).some(({ endedAt }) => endedAt === null)) {
        if (performance.now() > giveUp) throw new Error(JSON.stringify(await store.slots({}), null, 1))
        await sleep(10)
      }
    },
    async close() {
      stop.abort()
      await Promise.all(pumps)
      await Promise.all(daemons.map(({ executor }) => executor.close()))
      for (const each of stores) await each.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What the daemon's loop does, without its economy. */
async function pump(executor: Executor, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await executor.dispatch().catch(() => undefined) // a queue that is down: the daemon's loop says it and goes on
    await sleep(10)
  }
}

const past = '2026-11-21T02:00:00.000Z'
const many = (count: number) => Array.from({ length: count }, (_, n) => ({ sync: `sync_${n}` }))

export function executorConformance(name: string, open: OpenExecutor): void {
  describe(`${name} keeps the contract of an executor`, () => {
    let stage: ReturnType<typeof openStage>
    beforeEach(() => {
      stage = openStage(open)
    })
    afterEach(() => stage.close())

    test('every job is worked on once, whichever of three daemons gets it', async () => {
      for (let n = 0; n < 3; n++) await stage.daemon({ maxRuns: 3 })
      await stage.claim('nightly', many(60))
      await stage.untilDone()
      expect(stage.begun.map(({ sync }) => sync).toSorted()).toEqual(
        many(60)
          .map(({ sync }) => sync)
          .toSorted(),
      )
    })

    test('a daemon works on as many at once as it may, and no more', async () => {
      const daemon = await stage.daemon({ maxRuns: 2, end: () => slowly(100) })
      await stage.claim('nightly', many(6))
      await stage.untilDone()
      expect(daemon.most()).toBe(2)
    })

    test('a connection’s limit holds for all daemons together', async () => {
      let [now, most] = [0, 0]
      const end = async () => {
        most = Math.max(most, ++now)
        const ended = await slowly(50)
        now--
        return ended
      }
      const maxRunsOf = new Map([['salesforce', 2]])
      for (let n = 0; n < 3; n++) await stage.daemon({ maxRunsOf, end })
      await stage.claim(
        'nightly',
        many(8).map((job) => ({ ...job, connection: 'salesforce' })),
      )
      await stage.untilDone()
      expect(most).toBe(2)
    })

    test('what a job of the same slot needs has ended when it begins', async () => {
      for (let n = 0; n < 2; n++) await stage.daemon({ end: () => slowly(30) })
      await stage.claim('nightly', [
        { sync: 'people', needs: ['crm', 'stripe'] },
        { sync: 'crm' },
        { sync: 'stripe', needs: ['crm'] },
      ])
      await stage.untilDone()
      expect(stage.begun.map(({ sync }) => sync)).toEqual(['crm', 'stripe', 'people'])
    })

    test('what matters more goes first where there is room for one', async () => {
      const first = gate()
      const ended = async (job: Job): Promise<JobEnd> => {
        if (job.sync === 'blocker') await first.opened
        return { state: 'ok', reason: null }
      }
      const daemon = await stage.daemon({ maxRuns: 1, end: ended })
      await stage.claim('blocking', [{ sync: 'blocker' }])
      while (daemon.working() === 0) await sleep(5)
      await stage.claim('low', [{ sync: 'low', priority: -1 }])
      await stage.claim('normal', [{ sync: 'normal' }])
      await stage.claim('high', [{ sync: 'high', priority: 1 }])
      await sleep(100)
      first.open()
      await stage.untilDone()
      expect(stage.begun.map(({ sync }) => sync)).toEqual(['blocker', 'high', 'normal', 'low'])
    })

    test('another attempt begins at its time, and not before', async () => {
      let againMs = 0
      let begunMs = 0
      const daemon = await stage.daemon({
        end: async ({ attempt }) => {
          if (attempt === 2) {
            begunMs = Date.now()
            return { state: 'ok', reason: null }
          }
          againMs = Date.now() + 300
          return { state: 'queued', reason: 'the vendor was down', notBefore: new Date(againMs).toISOString() }
        },
      })
      await stage.claim('nightly', [{ sync: 'crm' }])
      while (againMs === 0) await sleep(1)
      while (daemon.executor.nextMs() === Infinity) await sleep(1)
      expect(daemon.executor.nextMs()).toBe(againMs)
      await stage.untilDone()
      expect(begunMs).toBeGreaterThanOrEqual(againMs)
      expect(stage.begun).toEqual([
        { sync: 'crm', attempt: 1 },
        { sync: 'crm', attempt: 2 },
      ])
    })

    test('a job that the store says runs here, and on which nobody works, waits again; one that is worked on does not', async () => {
      await stage.claim('lost', [{ sync: 'unheard' }])
      // Written, and the answer was lost: so nobody has begun to work.
      await stage.store.takeJob(([take = null]) => ({ take, skip: [], again: [] }), 'running')
      const first = gate()
      const daemon = await stage.daemon({
        end: async () => {
          await first.opened
          return { state: 'ok', reason: null }
        },
      })
      await stage.claim('nightly', [{ sync: 'worked_on' }])
      while (daemon.working() === 0) await sleep(5)
      await daemon.executor.reconcile()
      while (daemon.working() === 1) await sleep(5)
      first.open()
      await stage.untilDone()
      expect(stage.begun).toEqual([
        { sync: 'worked_on', attempt: 1 },
        { sync: 'unheard', attempt: 2 },
      ])
    })

    test('one that is closed waits for what it works on and begins nothing more; another daemon does', async () => {
      const first = gate()
      const closing = await stage.daemon({
        maxRuns: 1,
        end: async () => {
          await first.opened
          return { state: 'ok', reason: null }
        },
      })
      await stage.claim('nightly', many(2))
      while (closing.working() === 0) await sleep(5)
      let isClosed = false
      const closed = closing.executor.close().then(() => (isClosed = true))
      await sleep(100)
      expect(isClosed).toBe(false)
      first.open()
      await closed
      expect(stage.begun).toHaveLength(1)
      await stage.daemon()
      await stage.untilDone()
      expect(stage.begun).toHaveLength(2)
    })

    test('one that is being closed begins nothing that comes meanwhile, room or no; another daemon does', async () => {
      const first = gate()
      const endOf = (name: string) => async (job: Job) => {
        by.push(`${job.sync} by ${name}`)
        if (job.sync === 'long') await first.opened
        return { state: 'ok' as const, reason: null }
      }
      const by: string[] = []
      const closing = await stage.daemon({ end: endOf('the closing') })
      await stage.claim('nightly', [{ sync: 'long' }])
      while (closing.working() === 0) await sleep(5)
      const closed = closing.executor.close()
      await stage.daemon({ end: endOf('the other') })
      await stage.claim('later', [{ sync: 'late' }])
      while (by.length < 2) await sleep(5)
      first.open()
      await closed
      await stage.untilDone()
      expect(by).toEqual(['long by the closing', 'late by the other'])
    })
  })
}

const slowly = async (ms: number): Promise<JobEnd> => {
  await sleep(ms)
  return { state: 'ok', reason: null }
}

export function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}
