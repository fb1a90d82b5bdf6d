/** What every control store must do, with real processes. One call per adapter: `controlStoreConformance('sqlite', url)`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Clock } from '../../src/model/clock.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import type { ControlStore, ProcessId } from '../../src/state/port.ts'
import type { Job } from '../../src/state/slot-store.ts'
import { withLease, type HeldLease } from '../../src/state/with-lease.ts'
import { withTicket } from '../../src/state/with-ticket.ts'
import { aReverseRun } from './a-reverse-run.ts'
import { aRun } from './a-run.ts'
import { aJob, aSlot } from './a-slot.ts'

export type OpenStore = (
  location: string,
  options: {
    readonly clock?: Clock
    readonly process?: ProcessId
    readonly target?: string
    readonly silentMs?: number
  },
) => Promise<ControlStore>

/** `adapterUrl`: a module that exports `open: OpenStore`; child processes import it too. */
export function controlStoreConformance(
  name: string,
  { open, adapterUrl }: { readonly open: OpenStore; readonly adapterUrl: string },
): void {
  describe(`${name} keeps the contract of a control store`, () => {
    let folder: string
    let location: string
    let store: ControlStore
    let children: ChildProcess[]
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'millrace-state-'))
      location = join(folder, 'nested', 'control.db')
      store = await open(location, {})
      children = []
    })
    afterEach(async () => {
      for (const child of children) child.kill('SIGKILL')
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    })

    const start = (role: string, ...args: readonly (string | number)[]) => {
      const child = spawn(process.execPath, [childFile, adapterUrl, location, role, ...args.map(String)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      children.push(child)
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const hear = async (): Promise<{ [name: string]: unknown }> => {
        const { value, done } = await lines.next()
        if (done) throw new Error(`the child process (${role}) ended before it said anything`)
        return JSON.parse(value)
      }
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      return { child, hear, go: () => child.stdin.write('go\n'), ended }
    }
    const lease = (runId: string, times: { ttlMs: number; graceMs: number } = { ttlMs: 60_000, graceMs: 1_000 }) => ({
      name: 'customerio/person',
      runId,
      ...times,
    })
    const know = async (name: string) => {
      const known = (await store.knowSchedules([name])).get(name)
      if (!known) throw new Error(`${name} is not known`)
      return known
    }
    const take = async (as: 'running' | 'dispatched', from = store) => {
      const job = await from.takeJob(
        (all) => ({ take: all.find(({ state }) => state === 'queued') ?? null, skip: [], again: [] }),
        as,
      )
      if (!job) throw new Error('there was no job')
      return job
    }
    const openJobs = async (from: ControlStore) => {
      let jobs: readonly Job[] = []
      await from.takeJob((all) => {
        jobs = all
        return { take: null, skip: [], again: [] }
      }, 'running')
      return jobs
    }
    const signal = new AbortController().signal
    const ended = (runId: string, sync: string, at: Date) =>
      aRun(runId, { sync, status: 'ok', started_at: at.toISOString(), finished_at: at.toISOString() })

    describe('leases', () => {
      test('one holder at a time, and the next one once it is given back, with a higher token', async () => {
        const first = await store.acquireLease(lease('run-1'))
        expect(first).toMatchObject({ granted: true, from: null })
        const refused = await store.acquireLease(lease('run-2'))
        expect(refused).toMatchObject({ granted: false, holder: { runId: 'run-1', process: { pid: process.pid } } })
        if (!first.granted) return
        await store.releaseLease(first.lease)
        const second = await store.acquireLease(lease('run-2'))
        expect(second).toMatchObject({ granted: true, from: null })
        if (second.granted) expect(second.lease.token).toBeGreaterThan(first.lease.token)
        expect(await store.holdsLease(first.lease)).toBe(false)
        expect(await store.renewLease(first.lease)).toBe(false)
      })

      test('the holder that was killed is taken over at once, and named', async () => {
        const holder = start('hold-lease', 'customerio/person', 'dead-run', 3_600_000, 3_600_000)
        expect(await holder.hear()).toEqual({ held: true })
        expect(await store.acquireLease(lease('run-2'))).toMatchObject({ granted: false })
        holder.child.kill('SIGKILL')
        await holder.ended
        const grant = await store.acquireLease(lease('run-2'))
        expect(grant).toMatchObject({ granted: true, from: { runId: 'dead-run', process: { pid: holder.child.pid } } })
      })

      test('the holder that was stopped is taken over only after ttl and grace, and then cannot renew', async () => {
        const holder = start('hold-lease', 'customerio/person', 'stopped-run', 400, 300)
        expect(await holder.hear()).toEqual({ held: true })
        const since = performance.now()
        holder.child.kill('SIGSTOP')
        let grant = await store.acquireLease(lease('run-2', { ttlMs: 60_000, graceMs: 300 }))
        while (!grant.granted && performance.now() - since < 5_000) {
          await sleep(10)
          grant = await store.acquireLease(lease('run-2', { ttlMs: 60_000, graceMs: 300 }))
        }
        const heldSince = grant.granted && grant.from ? Date.parse(grant.from.since) : Number.NaN
        expect(Date.now() - heldSince).toBeGreaterThanOrEqual(700)
        expect(grant).toMatchObject({ granted: true, from: { runId: 'stopped-run' } })
        holder.child.kill('SIGCONT')
        holder.go()
        expect(await holder.hear()).toEqual({ renewed: false, holds: false })
      })

      test('a holder on another host is taken over only after ttl and grace', async () => {
        let nowMs = Date.parse('2026-11-21T09:00:00Z')
        const clock = { now: () => new Date(nowMs) }
        const far = await open(location, { clock, process: { host: 'elsewhere', pid: 1, startedAt: 'x' } })
        const near = await open(location, { clock })
        expect(await far.acquireLease(lease('far', { ttlMs: 10_000, graceMs: 5_000 }))).toMatchObject({ granted: true })
        nowMs += 14_999
        expect(await near.acquireLease(lease('near', { ttlMs: 1, graceMs: 0 }))).toMatchObject({
          granted: false,
          retryAfterMs: 1,
        })
        nowMs += 1
        expect(await near.acquireLease(lease('near', { ttlMs: 1, graceMs: 0 }))).toMatchObject({
          granted: true,
          from: { runId: 'far' },
        })
        await far.close()
        await near.close()
      })

      test('a renewal may lengthen the grace, and later ones keep it', async () => {
        let nowMs = Date.parse('2026-11-21T09:00:00Z')
        const clock = { now: () => new Date(nowMs) }
        const far = await open(location, { clock, process: { host: 'elsewhere', pid: 1, startedAt: 'x' } })
        const near = await open(location, { clock })
        const grant = await far.acquireLease(lease('far', { ttlMs: 10_000, graceMs: 5_000 }))
        if (!grant.granted) expect.unreachable()
        expect(await far.renewLease({ ...grant.lease, graceMs: 120_000 })).toBe(true)
        expect(await far.renewLease(grant.lease)).toBe(true)
        nowMs += 129_999
        expect(await near.acquireLease(lease('near', { ttlMs: 1, graceMs: 0 }))).toMatchObject({
          granted: false,
          retryAfterMs: 1,
        })
        nowMs += 1
        expect(await near.acquireLease(lease('near', { ttlMs: 1, graceMs: 0 }))).toMatchObject({ granted: true })
        await far.close()
        await near.close()
      })

      test('a lease that ran out no longer counts as held, though nobody took it', async () => {
        let nowMs = Date.parse('2026-11-21T09:00:00Z')
        const slow = await open(location, { clock: { now: () => new Date(nowMs) } })
        const grant = await slow.acquireLease(lease('run-1', { ttlMs: 1_000, graceMs: 60_000 }))
        if (!grant.granted) expect.unreachable()
        expect(await slow.holdsLease(grant.lease)).toBe(true)
        nowMs += 1_000
        expect(await slow.holdsLease(grant.lease)).toBe(false)
        expect(await slow.renewLease(grant.lease)).toBe(true)
        expect(await slow.holdsLease(grant.lease)).toBe(true)
        await slow.close()
      })

      test('of two processes that race for a lease and a slot, exactly one gets it, every time', async () => {
        const rounds = 100
        const racers = [start('race', 'run-a', rounds), start('race', 'run-b', rounds)]
        for (const racer of racers) expect(await racer.hear()).toEqual({ ready: true })
        for (let round = 0; round < rounds; round++) {
          for (const racer of racers) racer.go()
          const said = await Promise.all(racers.map((racer) => racer.hear()))
          expect([round, said.filter((one) => one['lease']).length, said.filter((one) => one['slot']).length]).toEqual([
            round,
            1,
            1,
          ])
        }
      })
    })

    describe('withLease', () => {
      test('renews while the work is on, and gives the lease back after it', async () => {
        const request = lease('run-1', { ttlMs: 1_000, graceMs: 0 })
        const held = await withLease(store, request, { signal, wait: false }, async (mine) => {
          await sleep(2_200)
          const refused = await store.acquireLease(lease('run-2', { ttlMs: 1_000, graceMs: 0 }))
          return { holds: await store.holdsLease(mine), refused: !refused.granted, lost: mine.lost.aborted }
        })
        expect(held).toEqual({ holds: true, refused: true, lost: false })
        expect(await store.acquireLease(lease('run-2'))).toMatchObject({ granted: true, from: null })
      })

      test('with wait: false says who holds it since when, and runs nothing', async () => {
        await store.acquireLease(lease('run-1'))
        const attempt = withLease(store, lease('run-2'), { signal, wait: false }, async () => expect.unreachable())
        await expect(attempt).rejects.toMatchObject({
          code: 'MR-4001',
          message: expect.stringMatching(/customerio\/person is held by run run-1 \(pid \d+ on .*\) since 20\d\d-/),
        })
      })

      test('waits, says once for whom, and goes on when the lease is given back', async () => {
        const grant = await store.acquireLease(lease('run-1'))
        if (!grant.granted) expect.unreachable()
        const waiting: string[] = []
        const work = withLease(
          store,
          lease('run-2'),
          { signal, wait: true, onWaiting: (holder) => waiting.push(holder.runId) },
          async () => 'done',
        )
        await sleep(700)
        expect(waiting).toEqual(['run-1'])
        await store.releaseLease(grant.lease)
        expect(await work).toBe('done')
      })

      test('stops waiting when it is told to', async () => {
        await store.acquireLease(lease('run-1'))
        const stop = new AbortController()
        const work = withLease(store, lease('run-2'), { signal: stop.signal, wait: true }, async () =>
          expect.unreachable(),
        )
        stop.abort(new RangeError('stopped by the test'))
        await expect(work).rejects.toThrow('stopped by the test')
      })

      test('tells the work when the lease is lost to another', async () => {
        let skewMs = 0
        const far = await open(location, {
          clock: { now: () => new Date(Date.now() + skewMs) },
          process: { host: 'elsewhere', pid: 1, startedAt: 'x' },
        })
        const reason = await withLease(
          store,
          lease('run-1', { ttlMs: 300, graceMs: 0 }),
          { signal, wait: false },
          async (mine) => {
            skewMs = 10_000
            expect(await far.acquireLease(lease('run-2'))).toMatchObject({ granted: true })
            await new Promise<void>((resolve) => mine.lost.addEventListener('abort', () => resolve()))
            return mine.lost.reason
          },
        )
        expect(reason).toMatchObject({ code: 'MR-2005' })
        // What belongs to the other one is not given back by the one who lost it.
        expect(await store.acquireLease(lease('run-3'))).toMatchObject({ granted: false, holder: { runId: 'run-2' } })
        await far.close()
      })
    })

    describe('a lease that nobody can renew', () => {
      const failing = (renewLease: ControlStore['renewLease']) =>
        withLease(
          { ...store, renewLease },
          lease('run-1', { ttlMs: 300, graceMs: 0 }),
          { signal, wait: false },
          (mine) => atItsEnd(mine),
        )
      const atItsEnd = async (mine: HeldLease) => {
        const began = performance.now()
        mine.check()
        await new Promise<void>((resolve) => mine.lost.addEventListener('abort', () => resolve()))
        expect(() => mine.check()).toThrow('could not be renewed in time')
        return { reason: mine.lost.reason, afterMs: performance.now() - began }
      }

      test.each([
        ['since the store fails', () => Promise.reject(new RangeError('away'))],
        ['since the store does not answer', () => sleep(4_000).then(() => true)],
      ])('is lost when its time is over, %s', async (_why, renewLease) => {
        const { reason, afterMs } = await failing(renewLease)
        expect(reason).toMatchObject({ code: 'MR-2005' })
        expect(afterMs).toBeLessThanOrEqual(3_000)
      })

      test('is lost to a process that slept through its time, before it does anything else', async () => {
        const work = withLease(
          store,
          lease('run-1', { ttlMs: 200, graceMs: 0 }),
          { signal, wait: false },
          async (mine) => {
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
            mine.check()
          },
        )
        await expect(work).rejects.toMatchObject({ code: 'MR-2005' })
      })

      test('is lost to a process whose machine slept: the steady clock stood still, the wall clock did not', async () => {
        await withLease(store, lease('run-1'), { signal, wait: false }, async (mine) => {
          mine.check()
          vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 })
          try {
            expect(() => mine.check()).toThrow('could not be renewed in time')
          } finally {
            vi.useRealTimers()
          }
        })
      })

      test('goes on being renewed where the store comes back: whoever only commits needs no more', async () => {
        let isAway = true
        const renewLease: ControlStore['renewLease'] = (mine) =>
          isAway ? Promise.reject(new RangeError('away')) : store.renewLease(mine)
        const away = { ...store, renewLease }
        await withLease(away, lease('run-1', { ttlMs: 300, graceMs: 0 }), { signal, wait: false }, async (mine) => {
          await sleep(400)
          isAway = false
          await sleep(400)
          expect(mine.lost.aborted).toBe(true)
          expect(await store.holdsLease(mine)).toBe(true)
        })
      })

      test('may wait longer for requests, and says so where another has it by then', async () => {
        const asked: unknown[] = []
        const spied = {
          ...store,
          renewLease: (mine: Parameters<ControlStore['renewLease']>[0]) => {
            asked.push(mine.graceMs)
            return Promise.resolve(mine.graceMs !== 9_000)
          },
        }
        await withLease(spied, lease('run-1'), { signal, wait: false }, async (mine) => {
          await mine.waitForRequests(500)
          await mine.waitForRequests(8_000)
          await expect(mine.waitForRequests(9_000)).rejects.toMatchObject({ code: 'MR-2005' })
        })
        expect(asked).toEqual([8_000, 9_000])
      })
    })

    describe('tickets', () => {
      const request = { resource: 'warehouse.duckdb', runId: 'run-1', purpose: 'commit' }

      test('first come, first served; a second ticket of the same process waits like any other', async () => {
        const first = await store.takeTicket(request)
        const second = await store.takeTicket({ ...request, runId: 'run-2' })
        expect(await store.ticketBefore(first)).toBeNull()
        expect(await store.ticketBefore(second)).toMatchObject({ runId: 'run-1', process: { pid: process.pid } })
        await store.returnTicket(first)
        expect(await store.ticketBefore(second)).toBeNull()
      })

      test('queues of different resources do not wait for each other', async () => {
        await store.takeTicket(request)
        const other = await store.takeTicket({ ...request, resource: 'other.duckdb' })
        expect(await store.ticketBefore(other)).toBeNull()
      })

      test('the tickets of a killed process are skipped', async () => {
        const holder = start('hold-ticket', 'warehouse.duckdb')
        await holder.hear()
        const mine = await store.takeTicket(request)
        expect(await store.ticketBefore(mine)).toMatchObject({ runId: 'child' })
        holder.child.kill('SIGKILL')
        await holder.ended
        expect(await store.ticketBefore(mine)).toBeNull()
      })

      test('a ticket of another host is skipped after two minutes without a sign of life, not before', async () => {
        let nowMs = Date.parse('2026-11-21T09:00:00Z')
        const clock = { now: () => new Date(nowMs) }
        const far = await open(location, { clock, process: { host: 'elsewhere', pid: 1, startedAt: 'x' } })
        const near = await open(location, { clock })
        const theirs = await far.takeTicket(request)
        const mine = await near.takeTicket(request)
        nowMs += 100_000
        expect(await near.ticketBefore(mine)).not.toBeNull()
        expect(await far.ticketBefore(theirs)).toBeNull() // the sign of life
        nowMs += 100_000
        expect(await near.ticketBefore(mine)).not.toBeNull()
        nowMs += 100_000
        expect(await near.ticketBefore(mine)).toBeNull()
        await expect(far.ticketBefore(theirs)).rejects.toMatchObject({ code: 'MR-6003' })
        await far.close()
        await near.close()
      })

      test('4 processes with 50 tickets each are never in at once, and get in in the order of their tickets', async () => {
        const journal = join(folder, 'journal')
        writeFileSync(journal, '')
        const workers = [1, 2, 3, 4].map(() => start('tickets', 'warehouse.duckdb', 50, journal))
        for (const worker of workers) expect(await worker.hear()).toEqual({ ready: true })
        for (const worker of workers) worker.go()
        for (const worker of workers) expect(await worker.hear()).toEqual({ done: true })
        const lines = readFileSync(journal, 'utf8').trim().split('\n')
        expect(lines).toHaveLength(400)
        lines.forEach((line, index) => {
          const [what, pid] = line.split(' ')
          expect([index, what]).toEqual([index, index % 2 === 0 ? 'in' : 'out'])
          if (what === 'out') expect(lines[index - 1]).toMatch(new RegExp(`^in ${pid} `))
        })
        const tickets = lines.filter((line) => line.startsWith('in')).map((line) => Number(line.split(' ')[2]))
        expect(tickets).toEqual([...tickets].sort((a, b) => a - b))
      })

      test('withTicket gives its ticket back when the work fails, and when it is told to stop waiting', async () => {
        await expect(
          withTicket(store, request, { signal }, async () => {
            throw new RangeError('the work failed')
          }),
        ).rejects.toThrow('the work failed')
        const held = await store.takeTicket(request)
        const stop = new AbortController()
        const waiting = withTicket(store, request, { signal: stop.signal }, async () => expect.unreachable())
        await sleep(50)
        stop.abort(new RangeError('stopped by the test'))
        await expect(waiting).rejects.toThrow('stopped by the test')
        await store.returnTicket(held)
        expect(await store.ticketBefore(await store.takeTicket(request))).toBeNull()
      })
    })

    describe('tickets with places', () => {
      const request = { resource: 'connection sandbox stripe', runId: 'run-1', purpose: 'run', places: 2 }
      const take = (runId: string, from = store) => from.takeTicket({ ...request, runId })

      test('as many have their turn as there are places, and the next in line follows whoever ends first', async () => {
        const first = await take('run-1')
        const second = await take('run-2')
        const third = await take('run-3')
        const fourth = await take('run-4')
        expect(await store.ticketBefore(first)).toBeNull()
        expect(await store.ticketBefore(second)).toBeNull()
        expect(await store.ticketBefore(third)).toMatchObject({ runId: 'run-1', process: { pid: process.pid } })
        expect(await store.ticketBefore(fourth)).toMatchObject({ runId: 'run-1' })
        await store.returnTicket(second)
        expect(await store.ticketBefore(third)).toBeNull()
        expect(await store.ticketBefore(fourth)).toMatchObject({ runId: 'run-1' })
        expect(await store.ticketBefore(first)).toBeNull()
      })

      test('the place of a killed process is free', async () => {
        const holder = start('hold-ticket', request.resource)
        await holder.hear()
        await take('run-1')
        const mine = await take('run-2')
        expect(await store.ticketBefore(mine)).toMatchObject({ runId: 'child' })
        holder.child.kill('SIGKILL')
        await holder.ended
        expect(await store.ticketBefore(mine)).toBeNull()
      })

      test('withTicket lets the next one of this process in without waiting until it asks again', async () => {
        const began = performance.now()
        const slow = { signal, pollMs: 5000 }
        const works = [1, 2, 3].map((n) => withTicket(store, { ...request, runId: `run-${n}` }, slow, async () => n))
        expect(await Promise.all(works)).toEqual([1, 2, 3])
        expect(performance.now() - began).toBeLessThan(4000)
      })

      test('withTicket lets two in at once and never three, and says how long each waited', async () => {
        let inside = 0
        let most = 0
        const waits: number[] = []
        const options = { signal, pollMs: 2, onTurn: (waitedMs: number) => waits.push(waitedMs) }
        await Promise.all(
          Array.from({ length: 6 }, (_, n) =>
            withTicket(store, { ...request, runId: `run-${n}` }, options, async () => {
              most = Math.max(most, ++inside)
              await sleep(60)
              inside--
            }),
          ),
        )
        expect(most).toBe(2)
        expect(waits).toHaveLength(6)
        const [first, second, , , fifth, sixth] = waits.toSorted((a, b) => a - b) as [number, number, ...number[]]
        // Two turns of 60 ms lie between the first pair and the third, however slow the machine is.
        expect(fifth).toBeGreaterThanOrEqual(first + 100)
        expect(sixth).toBeGreaterThanOrEqual(second + 100)
      })

      test('withTicket that is not to wait names the holder and leaves nothing in the queue', async () => {
        const [first, second] = [await take('run-1'), await take('run-2')]
        const impatient = withTicket(store, { ...request, runId: 'run-3' }, { signal, wait: false }, async () =>
          expect.unreachable(),
        )
        await expect(impatient).rejects.toMatchObject({
          code: 'MR-4001',
          message: expect.stringMatching(/^connection sandbox stripe is held by run run-1 /),
        })
        await store.returnTicket(first)
        await store.returnTicket(second)
        const next = await store.takeTicket({ ...request, places: 1 })
        expect(await store.ticketBefore(next)).toBeNull()
      })
    })

    describe('runs, slots and events', () => {
      test('a run is found again, newest first, by sync and by status', async () => {
        await store.recordRun(aRun('r1', { sync: 'stripe', started_at: '2026-11-21T09:00:00Z' }))
        await store.recordRun(aRun('r2', { sync: 'salesforce', started_at: '2026-11-21T09:01:00Z' }))
        await store.recordRun(aRun('r3', { sync: 'stripe', started_at: '2026-11-21T09:02:00Z' }))
        await store.recordRun(aRun('r1', { sync: 'stripe', started_at: '2026-11-21T09:00:00Z', status: 'ok' }))
        expect((await store.runs({})).map((run) => run.run_id)).toEqual(['r3', 'r2', 'r1'])
        expect((await store.runs({ sync: 'stripe', limit: 1 })).map((run) => run.run_id)).toEqual(['r3'])
        expect((await store.runs({ status: 'ok' })).map((run) => run.run_id)).toEqual(['r1'])
        expect(await store.run('r2')).toMatchObject({ sync: 'salesforce', alive: true, process: { pid: process.pid } })
        expect(await store.run('none')).toBeNull()
      })

      test('a run whose process was killed is known as not alive, and keeps its process when another one ends it', async () => {
        const runner = start('record-run', JSON.stringify(aRun('r1', {})))
        await runner.hear()
        expect(await store.run('r1')).toMatchObject({ alive: true, process: { pid: runner.child.pid } })
        runner.child.kill('SIGKILL')
        await runner.ended
        expect(await store.run('r1')).toMatchObject({ status: 'running', alive: false })
        await store.recordRun(aRun('r1', { status: 'failed' }))
        expect(await store.run('r1')).toMatchObject({ status: 'failed', process: { pid: runner.child.pid } })
      })

      test('old runs go, with their events', async () => {
        let nowMs = Date.parse('2026-01-01T00:00:00Z')
        const aging = await open(location, { clock: { now: () => new Date(nowMs) } })
        await aging.recordRun(aRun('died', { started_at: '2026-01-01T00:00:00Z' }))
        await aging.recordRun(ended('old', 'stripe', new Date(nowMs)))
        for (const run_id of ['died', 'old'])
          await aging.recordEvent(run_id, { type: 'run.warning', run_id, message: 'w' })
        nowMs += 91 * 24 * 3_600_000
        // The last one of its sync, and 1,000 of the rest.
        for (let n = 0; n < 1_002; n++) await aging.recordRun(ended(`new-${n}`, 'stripe', new Date(nowMs + n)))
        for (const gone of ['died', 'old']) {
          expect(await aging.run(gone)).toBeNull()
          expect(await aging.events(gone)).toEqual([])
        }
        expect(await aging.runs({})).toHaveLength(1_001)
        expect(await aging.run('new-0')).toBeNull()
        expect(await aging.run('new-1')).not.toBeNull()
        await aging.close()
      })

      test('of runs that were killed the newest 1,000 stay, of the last days all: one of them may be on', async () => {
        let nowMs = Date.parse('2026-01-01T00:00:00Z')
        const aging = await open(location, { clock: { now: () => new Date(nowMs) } })
        const begin = (run_id: string) => aging.recordRun(aRun(run_id, { started_at: new Date(nowMs++).toISOString() }))
        for (let n = 0; n < 1_002; n++) await begin(`killed-${n}`)
        await aging.recordEvent('killed-0', { type: 'run.warning', run_id: 'killed-0', message: 'w' })
        expect(await aging.run('killed-0')).not.toBeNull()
        nowMs += 4 * 24 * 3_600_000
        await begin('on')
        expect(await aging.run('killed-2')).toBeNull()
        expect(await aging.events('killed-0')).toEqual([])
        expect(await aging.run('killed-3')).not.toBeNull()
        expect(await aging.runs({})).toHaveLength(1_000)
        await aging.close()
      })

      test('a run that is on stays, with its events, however many begin and end meanwhile, and so does its end', async () => {
        const at = Date.parse('2026-11-21T09:00:00Z')
        const big = aRun('big', { started_at: new Date(at).toISOString() })
        const cancelled: EngineEvent = { type: 'run.cancelled', run_id: 'big', by: 'ann' }
        await store.recordRun(big)
        await store.recordEvent('big', cancelled)
        const endSmall = async (from: number, to: number) => {
          for (let n = from; n <= to; n++) await store.recordRun(ended(`small-${n}`, 'stripe', new Date(at + n)))
        }
        await endSmall(1, 1_002)
        expect(await store.run('small-1')).toBeNull()
        expect(await store.run('big')).toMatchObject({ status: 'running', alive: true })
        expect(await store.events('big')).toEqual([cancelled])
        await store.recordRun({ ...big, status: 'failed', finished_at: new Date(at + 2_000).toISOString() })
        await endSmall(2_001, 2_010)
        expect(await store.run('big')).toMatchObject({ status: 'failed' })
        expect(await store.run('small-11')).toBeNull()
        expect(await store.run('small-13')).not.toBeNull()
      })

      test('the last run of each sync stays, of each target, however old and whatever runs beside it', async () => {
        let nowMs = Date.parse('2026-01-01T00:00:00Z')
        const aging = await open(location, { clock: { now: () => new Date(nowMs) } })
        for (const day of [0, 1, 2])
          for (const target of ['dev', 'prod'])
            await aging.recordRun({ ...ended(`${target}-${day}`, 'weekly', new Date(nowMs + day)), target })
        await aging.recordRun({ ...ended('late', 'weekly', new Date(nowMs + 1)), target: 'dev' })
        await aging.recordRun(
          aRun('on', { sync: 'weekly', target: 'dev', started_at: new Date(nowMs + 3).toISOString() }),
        )
        nowMs += 91 * 24 * 3_600_000
        await aging.recordRun(ended('other', 'stripe', new Date(nowMs)))
        expect((await aging.runs({ sync: 'weekly' })).map(({ run_id }) => run_id).toSorted()).toEqual([
          'dev-2',
          'prod-2',
        ])
        await aging.recordRun({ ...ended('dev-3', 'weekly', new Date(nowMs)), target: 'dev' })
        for (let n = 0; n < 1_002; n++) await aging.recordRun(ended(`m-${n}`, 'stripe', new Date(nowMs + n)))
        expect((await aging.runs({ sync: 'weekly' })).map(({ run_id }) => run_id).toSorted()).toEqual([
          'dev-3',
          'prod-2',
        ])
        await aging.close()
      })

      test('what is decided anew can be claimed again from there on, unless it ran; what was before stays', async () => {
        const [before, at, after, ran] = ['01', '02', '03', '04'].map((hour) => `2999-01-01T${hour}:00:00.000Z`)
        if (!before || !at || !after || !ran) return expect.unreachable()
        const { since } = await know('nightly')
        await know('hourly')
        const missed = (instant: string, schedule = 'nightly') =>
          aSlot({ schedule, instant, state: 'missed', reason: 'no daemon ran', jobs: [] })
        await store.claimSlots([missed(before), missed(at), missed(after), aSlot({ instant: ran })])
        await store.claimSlots([missed(after, 'hourly')])
        await store.decideAnew(['nightly'], at)
        expect(await know('nightly')).toMatchObject({ since, decidedUntil: at })
        expect(await know('hourly')).toMatchObject({ decidedUntil: after })
        expect((await store.slots({ schedule: 'nightly' })).map(({ instant }) => instant)).toEqual([ran, at, before])
        const again = [before, at, after, ran].map((instant) => aSlot({ instant }))
        expect(await store.claimSlots(again)).toEqual([false, false, true, false])
        expect(await store.claimSlots([aSlot({ schedule: 'hourly', instant: after })])).toEqual([false])
      })

      test('a schedule that is decided anew from before it was known is known since then', async () => {
        const { since } = await know('nightly')
        const from = new Date(Date.parse(since) - 60_000).toISOString()
        await store.decideAnew(['nightly'], from)
        expect(await know('nightly')).toEqual({ since: from, decidedUntil: from, pause: null })
      })

      test('old slots go when a slot is claimed, but none that is still open', async () => {
        let nowMs = Date.parse('2026-01-01T00:00:00Z')
        const aging = await open(location, { clock: { now: () => new Date(nowMs) } })
        await aging.claimSlots([aSlot(), aSlot({ schedule: 'hourly', state: 'missed', jobs: [] })])
        nowMs += 401 * 24 * 3_600_000
        await aging.claimSlots([aSlot({ schedule: 'new' })])
        expect((await aging.slots({})).map(({ schedule }) => schedule).sort()).toEqual(['new', 'nightly'])
        await aging.close()
      })

      test('that a sync has delivered is known when its runs are long gone, of the target where it did', async () => {
        let nowMs = Date.parse('2026-01-01T00:00:00Z')
        const aging = await open(location, { clock: { now: () => new Date(nowMs) } })
        await aging.recordRun(aReverseRun('old', { started_at: '2026-01-01T00:00:00Z', delivered: 1 }))
        nowMs += 91 * 24 * 3_600_000
        const started_at = new Date(nowMs).toISOString()
        await aging.recordRun(aReverseRun('new', { started_at, delivered: 0 }))
        await aging.recordRun(aReverseRun('idle', { sync: 'idle', started_at, delivered: 0 }))
        expect(await aging.run('old')).toBeNull()
        expect(await aging.hasDelivered({ sync: 'people', target: 'prod' })).toBe(true)
        expect(await aging.hasDelivered({ sync: 'people', target: 'dev' })).toBe(false)
        expect(await aging.hasDelivered({ sync: 'idle', target: 'prod' })).toBe(false)
        await aging.close()
      })

      test('a slot is claimed once', async () => {
        expect(await store.claimSlots([aSlot(), aSlot()])).toEqual([true, false])
        expect(await store.claimSlots([aSlot(), aSlot({ instant: '2026-11-22T02:00:00.000Z' })])).toEqual([false, true])
        expect(await store.claimSlots([aSlot({ schedule: 'hourly' })])).toEqual([true])
        expect(await store.claimSlots([])).toEqual([])
        expect((await store.slots({ schedule: 'nightly' })).map(({ instant }) => instant)).toEqual([
          '2026-11-22T02:00:00.000Z',
          '2026-11-21T02:00:00.000Z',
        ])
      })

      test('slots are given up to an instant, that one too, of one schedule or of all', async () => {
        const slots = ['21', '22', '23'].map((day) => aSlot({ instant: `2026-11-${day}T02:00:00.000Z` }))
        await store.claimSlots([...slots, ...slots.map((slot) => ({ ...slot, schedule: 'hourly' }))])
        const upTo = '2026-11-22T02:00:00.000Z'
        const found = async (filter: Parameters<typeof store.slots>[0]) =>
          (await store.slots({ upTo, ...filter })).map(({ schedule, instant }) => `${schedule} ${instant.slice(8, 10)}`)
        expect(await found({ schedule: 'nightly' })).toEqual(['nightly 22', 'nightly 21'])
        expect((await found({})).sort()).toEqual(['hourly 21', 'hourly 22', 'nightly 21', 'nightly 22'])
        expect(await found({ schedule: 'nightly', limit: 1 })).toEqual(['nightly 22'])
      })

      test('a schedule is known since it was first seen, and decided up to its newest slot by the clock', async () => {
        const first = await know('nightly')
        expect(first).toMatchObject({ decidedUntil: first.since, pause: null })
        await store.claimSlots([aSlot({ instant: '2999-01-02T02:00:00.000Z' })])
        await store.claimSlots([aSlot({ instant: '2999-01-01T02:00:00.000Z' })])
        await store.claimSlots([aSlot({ instant: '2999-01-03T02:00:00.000Z', trigger: 'hand' })])
        expect(await know('nightly')).toEqual({ ...first, decidedUntil: '2999-01-02T02:00:00.000Z' })
      })

      test('a pause is kept until it is taken back', async () => {
        const pause = { at: '2026-11-21T02:00:00.000Z', by: 'ann' }
        await store.pauseSchedule('nightly', pause)
        await know('hourly')
        expect(await know('nightly')).toMatchObject({ pause })
        expect(await store.pauses()).toEqual(new Map([['nightly', pause]]))
        await store.pauseSchedule('nightly', null)
        expect(await know('nightly')).toMatchObject({ pause: null })
      })

      test('the jobs of a slot are shown to whoever takes one, and a taken one runs until it is ended', async () => {
        await store.claimSlots([aSlot({ jobs: [aJob('crm'), aJob('people', { needs: ['crm'] })] })])
        const taken = await store.takeJob((open) => {
          expect(open.map(({ sync, state, needs }) => [sync, state, needs])).toEqual([
            ['crm', 'queued', []],
            ['people', 'queued', ['crm']],
          ])
          return { take: open[0] ?? null, skip: [], again: [] }
        }, 'running')
        expect(taken).toMatchObject({ sync: 'crm', state: 'running', attempt: 1, alive: true })
        if (!taken) return
        await store.noteRun(taken, 'run-1')
        await store.takeJob((open) => {
          expect(open[0]).toMatchObject({ sync: 'crm', state: 'running', runId: 'run-1', alive: true })
          return { take: null, skip: [], again: [] }
        }, 'running')
        await store.endJob(taken, { state: 'ok', reason: null })
        expect((await store.slots({}))[0]).toMatchObject({ state: 'queued', endedAt: null })
        await store.takeJob(
          (open) => ({
            take: null,
            skip: open.map((job) => ({ job, reason: 'people still runs' })),
            again: [],
          }),
          'running',
        )
        const [slot] = await store.slots({})
        expect(slot).toMatchObject({ state: 'skipped', endedAt: expect.any(String) })
        expect(slot?.jobs.map(({ state, reason }) => [state, reason])).toEqual([
          ['ok', null],
          ['skipped', 'people still runs'],
        ])
      })

      test('a job that is queued again is another attempt, later; so is one whose daemon died', async () => {
        await store.claimSlots([aSlot()])
        const take = () => store.takeJob((open) => ({ take: open[0] ?? null, skip: [], again: [] }), 'running')
        const first = await take()
        if (!first) throw new Error('there was no job')
        await store.endJob(first, {
          state: 'queued',
          reason: 'the vendor was down',
          notBefore: '2026-11-21T02:00:30.000Z',
        })
        expect(await take()).toMatchObject({
          attempt: 2,
          notBefore: '2026-11-21T02:00:30.000Z',
          reason: 'the vendor was down',
        })
        const other = await open(location, { process: { host: hostname(), pid: 999_999_999, startedAt: 'never' } })
        await other.claimSlots([aSlot({ schedule: 'hourly' })])
        await other.takeJob(
          (all) => ({
            take: all.find((job) => job.schedule === 'hourly') ?? null,
            skip: [],
            again: [],
          }),
          'running',
        )
        await other.close()
        await store.takeJob((all) => {
          const dead = all.filter((job) => !job.alive && job.state === 'running')
          expect(dead.map((job) => job.schedule)).toEqual(['hourly'])
          return { take: null, skip: [], again: dead }
        }, 'running')
        expect((await store.slots({ schedule: 'hourly' }))[0]?.jobs).toMatchObject([
          { state: 'queued', attempt: 2, owner: null },
        ])
      })

      test('a job that its daemon stopped goes on as the same attempt', async () => {
        await store.claimSlots([aSlot()])
        const job = await take('running')
        const notBefore = '2026-11-21T02:00:30.000Z'
        await store.endJob(job, { state: 'queued', reason: 'the daemon was stopped', notBefore, sameAttempt: true })
        expect(await openJobs(store)).toMatchObject([
          { state: 'queued', attempt: 1, notBefore, reason: 'the daemon was stopped', owner: null },
        ])
      })

      test('jobs of dead daemons end as it is decided: as another attempt later, or for good and their slot with them', async () => {
        await store.claimSlots([aSlot(), aSlot({ schedule: 'hourly' })])
        const other = await open(location, { process: { host: hostname(), pid: 999_999_999, startedAt: 'never' } })
        await take('running', other)
        await take('running', other)
        await other.close()
        const notBefore = '2026-11-21T02:00:30.000Z'
        await store.takeJob((all) => {
          const died = all.map((job) => {
            const isOver = job.schedule === 'hourly'
            return {
              job,
              end: {
                reason: 'gone',
                ...(isOver ? { state: 'failed' as const } : { state: 'queued' as const, notBefore }),
              },
            }
          })
          expect(died.map(({ job }) => [job.state, job.alive])).toEqual([
            ['running', false],
            ['running', false],
          ])
          return { take: null, skip: [], again: [], died }
        }, 'running')
        expect(await store.slots({ schedule: 'nightly' })).toMatchObject([
          { endedAt: null, jobs: [{ state: 'queued', attempt: 2, notBefore, reason: 'gone', owner: null }] },
        ])
        expect(await store.slots({ schedule: 'hourly' })).toMatchObject([
          {
            state: 'failed',
            endedAt: expect.any(String),
            jobs: [{ state: 'failed', attempt: 1, reason: 'gone', owner: null }],
          },
        ])
      })

      test('a job says whether its slot is caught up', async () => {
        await store.claimSlots([aSlot(), aSlot({ schedule: 'hourly', reason: 'caught up: no daemon ran' })])
        const said = (jobs: readonly Job[]) => new Map(jobs.map(({ schedule, caughtUp }) => [schedule, caughtUp]))
        const each = new Map([
          ['hourly', true],
          ['nightly', false],
        ])
        expect(said(await openJobs(store))).toEqual(each)
        expect(said([await take('running'), await take('running')])).toEqual(each)
      })

      test('a dispatched job is begun once, by whoever comes first with its newest ticket', async () => {
        await store.claimSlots([aSlot()])
        const dispatched = await take('dispatched')
        expect(dispatched).toMatchObject({ state: 'dispatched', owner: null, attempt: 1, takenAt: expect.any(String) })
        const forgotten = await store.takeJob((all) => ({ take: null, skip: [], again: all }), 'dispatched')
        expect(forgotten).toBeNull()
        const again = await take('dispatched')
        expect(again.attempt).toBe(1) // it never began
        expect(await store.beginJob(dispatched)).toBeNull()
        expect(await store.beginJob(again)).toMatchObject({
          state: 'running',
          alive: true,
          owner: { pid: process.pid },
        })
        expect(await store.beginJob(again)).toBeNull()
      })

      test('a daemon that comes late with a job that another one has now changes nothing', async () => {
        let nowMs = Date.parse('2026-11-21T09:00:00Z')
        const clock = { now: () => new Date(nowMs) }
        const far = { host: 'elsewhere', pid: 1, startedAt: 'x' }
        const frozen = await open(location, { clock, process: far, silentMs: 30_000 })
        const near = await open(location, { clock, silentMs: 30_000 })
        await near.claimSlots([aSlot()])
        const late = await take('running', frozen)
        nowMs += 20_000
        await frozen.beat()
        nowMs += 30_000
        expect((await openJobs(near))[0]).toMatchObject({ alive: true, owner: far })
        nowMs += 1
        expect((await openJobs(near))[0]).toMatchObject({ alive: false, owner: far })
        await near.takeJob((all) => ({ take: null, skip: [], again: all }), 'running')
        const now = await take('running', near)
        expect(now).toMatchObject({ attempt: 2, owner: { pid: process.pid } })
        await frozen.noteRun(late, 'late-run')
        expect(await frozen.endJob(late, { state: 'ok', reason: null })).toBe(false)
        expect((await openJobs(near))[0]).toMatchObject({ state: 'running', runId: null, token: now.token })
        expect(await near.endJob(now, { state: 'failed', reason: 'no' })).toBe(true)
        expect(await near.endJob(now, { state: 'ok', reason: null })).toBe(false)
        expect((await near.slots({}))[0]).toMatchObject({ state: 'failed', jobs: [{ reason: 'no', owner: null }] })
        await frozen.close()
        await near.close()
      })

      test('a daemon whose machine slept keeps its jobs in its own eyes; for the others it was silent', async () => {
        let nowMs = Date.parse('2026-11-21T09:00:00Z')
        const clock = { now: () => new Date(nowMs) }
        const mine = await open(location, { clock })
        const other = await open(location, { clock, process: { host: 'elsewhere', pid: 1, startedAt: 'x' } })
        await mine.claimSlots([aSlot()])
        await take('running', mine)
        nowMs += 600_000
        expect((await openJobs(mine))[0]).toMatchObject({ alive: true })
        expect((await openJobs(other))[0]).toMatchObject({ alive: false })
        await mine.close()
        await other.close()
      })

      test.each(['takes a job', 'gives a sign of life'])(
        'of two daemons whose machine slept, the first to wake leaves the other its jobs until that had time for a sign of life (%s)',
        async (first) => {
          let nowMs = Date.parse('2026-11-21T09:00:00Z')
          const clock = { now: () => new Date(nowMs) }
          const mine = await open(location, { clock })
          const other = await open(location, { clock, process: { host: 'elsewhere', pid: 1, startedAt: 'x' } })
          const isAlive = async () => (await openJobs(mine)).map(({ alive }) => alive)
          await mine.beat()
          await other.claimSlots([aSlot()])
          await take('running', other)
          nowMs += 8 * 3_600_000
          if (first === 'gives a sign of life') await mine.beat()
          expect(await isAlive()).toEqual([true])
          nowMs += 20_000
          await mine.beat()
          expect(await isAlive()).toEqual([true])
          for (let beats = 0; beats < 2; beats++) {
            nowMs += 20_000
            await mine.beat()
          }
          expect(await isAlive()).toEqual([false])
          await other.beat()
          expect(await isAlive()).toEqual([true])
          await mine.close()
          await other.close()
        },
      )

      test('a daemon whose clock was ahead by days, and is right again, finds one that died since', async () => {
        let nowMs = Date.parse('2026-11-21T09:00:00Z')
        const clock = { now: () => new Date(nowMs) }
        const [mine, other] = [
          await open(location, { clock }),
          await open(location, { clock, process: { host: 'elsewhere', pid: 1, startedAt: 'x' } }),
        ]
        await mine.beat()
        await other.claimSlots([aSlot()])
        await take('running', other)
        const aheadMs = 3 * 86_400_000
        nowMs += aheadMs
        expect((await openJobs(mine))[0]).toMatchObject({ alive: true })
        nowMs += 10_000 - aheadMs
        expect((await openJobs(mine))[0]).toMatchObject({ alive: true })
        for (let beats = 0; beats < 4; beats++) {
          nowMs += 20_000
          await mine.beat()
        }
        expect((await openJobs(mine))[0]).toMatchObject({ alive: false })
        await mine.close()
        await other.close()
      })

      test('what matters more is shown first, then what has waited longer', async () => {
        const at = (sync: string, priority: number, notBefore: string) => aJob(sync, { priority, notBefore })
        await store.claimSlots([
          aSlot({ jobs: [at('late', 0, '2026-11-21T03:00:00.000Z'), at('early', 0, '2026-11-21T01:00:00.000Z')] }),
          aSlot({ schedule: 'urgent', jobs: [at('first', 10, '2026-11-21T04:00:00.000Z')] }),
        ])
        expect((await openJobs(store)).map(({ sync }) => sync)).toEqual(['first', 'early', 'late'])
      })

      test('two targets know nothing of each other’s schedules, slots and jobs', async () => {
        const dev = await open(location, { target: 'dev' })
        const prod = await open(location, { target: 'prod' })
        expect(await dev.claimSlots([aSlot()])).toEqual([true])
        expect(await prod.slots({})).toEqual([])
        expect(await openJobs(prod)).toEqual([])
        await prod.pauseSchedule('nightly', { at: '2026-11-21T02:00:00.000Z', by: 'ann' })
        expect(await dev.pauses()).toEqual(new Map())
        expect(await prod.claimSlots([aSlot()])).toEqual([true])
        expect(await dev.endJob(await take('running', dev), { state: 'ok', reason: null })).toBe(true)
        expect((await prod.slots({}))[0]).toMatchObject({ state: 'queued' })
        await dev.close()
        await prod.close()
      })

      test('the revision changes with every slot, job and pause, whoever made it, and else not', async () => {
        const other = await open(location, {})
        const seen = new Set<string>()
        const isNew = async () => {
          const revision = await store.revision()
          const fresh = !seen.has(revision)
          seen.add(revision)
          return fresh
        }
        await isNew()
        expect(await isNew()).toBe(false)
        await other.claimSlots([aSlot()])
        expect(await isNew()).toBe(true)
        const job = await take('running', other)
        expect(await isNew()).toBe(true)
        await other.endJob(job, { state: 'ok', reason: null })
        expect(await isNew()).toBe(true)
        await store.pauseSchedule('nightly', { at: '2026-11-21T02:00:00.000Z', by: 'ann' })
        expect(await isNew()).toBe(true)
        expect(await isNew()).toBe(false)
        // A daemon asks for a job whenever the revision is another one: it would ask for ever.
        expect(await store.takeJob(() => ({ take: null, skip: [], again: [] }), 'running')).toBeNull()
        await store.beat()
        expect(await isNew()).toBe(false)
        await other.close()
      })

      test('a slot that was missed has ended, and says why', async () => {
        await store.claimSlots([aSlot({ state: 'missed', reason: 'no daemon was running', jobs: [] })])
        expect(await store.slots({})).toMatchObject([
          { state: 'missed', reason: 'no daemon was running', endedAt: expect.any(String), jobs: [] },
        ])
      })

      test('of progress the latest sum is kept, of the rest every event in its order', async () => {
        const started: EngineEvent = { type: 'run.started', run: aRun('r1', {}) }
        const warning: EngineEvent = { type: 'run.warning', run_id: 'r1', message: 'careful' }
        const extracted = (stream: string, rows: number): EngineEvent => ({
          type: 'batch.extracted',
          run_id: 'r1',
          stream,
          rows,
        })
        await store.recordEvent('r1', started)
        for (let n = 0; n < 1_000; n++) await store.recordEvent('r1', extracted('charges', 100))
        await store.recordEvent('r1', extracted('invoices', 7))
        await store.recordEvent('r1', warning)
        const elsewhere = await open(location, {})
        expect(await elsewhere.events('r1')).toEqual([
          started,
          extracted('charges', 100_000),
          extracted('invoices', 7),
          warning,
        ])
        await elsewhere.close()
      })

      test('the events that tell of a key are erased, of the runs of a sync or of all, and nothing else', async () => {
        const rejected = (run_id: string, key: string) =>
          ({ type: 'row.rejected', run_id, where: 'person', key, code: 'BAD', message: `${key} is bad` }) as const
        for (const run_id of ['r1', 'r2']) {
          await store.recordRun(aRun(run_id, { sync: `of ${run_id}` }))
          await store.recordEvent(run_id, rejected(run_id, "o'ann@x"))
          await store.recordEvent(run_id, rejected(run_id, 'bob'))
          await store.recordEvent(run_id, { type: 'run.warning', run_id, message: 'careful' })
        }
        const erase = { keys: ["o'ann@x", "O'Ann@x"], syncs: null, dryRun: true }
        expect(await store.eraseKey(erase)).toBe(2)
        expect(await store.eraseKey({ ...erase, syncs: ['of r1'], dryRun: false })).toBe(1)
        expect((await store.events('r1')).map((event) => ('key' in event ? event.key : event.type))).toEqual([
          'bob',
          'run.warning',
        ])
        expect(await store.events('r2')).toHaveLength(3)
        expect(await store.eraseKey({ ...erase, dryRun: false })).toBe(1)
        expect(await store.eraseKey({ ...erase, dryRun: false })).toBe(0)
      })

      test('the events of a run are capped, and its beginning stays, and that somebody cancelled it', async () => {
        await store.recordEvent('r1', { type: 'run.started', run: aRun('r1', {}) })
        await store.recordEvent('r1', { type: 'run.cancelled', run_id: 'r1', by: 'ann' })
        for (let n = 0; n < 2_500; n++)
          await store.recordEvent('r1', { type: 'run.warning', run_id: 'r1', message: `w${n}` })
        const events = await store.events('r1')
        expect(events.length).toBeLessThanOrEqual(2_100)
        expect(events.length).toBeGreaterThanOrEqual(2_000)
        expect(events.slice(0, 2)).toMatchObject([{ type: 'run.started' }, { type: 'run.cancelled', by: 'ann' }])
        expect(events.at(-1)).toMatchObject({ message: 'w2499' })
      })
    })
  })
}

const childFile = fileURLToPath(new URL('child.ts', import.meta.url))
