/** What a daemon does, wherever its control store is. */
import { describe, expect, it } from 'vitest'
import type { DaemonStage } from './daemon-stage.ts'

export function daemonScenarios(name: string, current: () => DaemonStage): void {
  describe(`${name}: a daemon`, () => {
    it('runs a slot once, then what follows it, and ends with 0 when it is asked to', async () => {
      const stage = current()
      await stage.schedule(
        `once: { select: [stripe], at: '${stage.soon()}' }\n  next: { select: [people], after: { all: [once] } }`,
      )
      const daemon = stage.serve()
      await stage.said(daemon, 'job.ended', 2)
      expect(stage.outcomes(daemon)).toEqual(['stripe ok', 'people ok'])
      expect(
        (await stage.slots()).map(({ schedule: name, state, trigger }) => `${name} ${state} ${trigger}`).toSorted(),
      ).toEqual(['next ok after', 'once ok clock'])
      expect(
        (await stage.runs()).map(({ sync, trigger, slot }) => `${sync} ${trigger} ${String(slot).split(' ')[0]}`),
      ).toEqual(['people schedule next', 'stripe schedule once'])
      daemon.child.kill('SIGTERM')
      expect(await stage.ended(daemon)).toBe(0)
    })

    it('begins a run whose process was killed again, and nothing is lost or loaded twice', async () => {
      const stage = current()
      await stage.schedule(`once: { select: [stripe], at: '${stage.soon()}', retry: { attempts: 3, initial: 10ms } }`)
      await stage.project.sandbox.setFault('stripe', 'delay', { ms: 100, times: 'always' })
      const daemon = stage.serve()
      await stage.said(daemon, 'job.started', 1)
      const [first] = await stage.runs()
      process.kill(first?.process.pid ?? 0, 'SIGKILL')
      await stage.said(daemon, 'job.ended', 1)
      await stage.project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
      await stage.said(daemon, 'job.ended', 2)
      expect(stage.outcomes(daemon)).toEqual(['stripe queued', 'stripe ok'])
      expect((await stage.slots())[0]?.jobs[0]).toMatchObject({ state: 'ok', attempt: 2 })
      await stage.isWhole()
    })

    it('lets the runs under way end when it is asked to stop, and begins no other', async () => {
      const stage = current()
      await stage.schedule(`once: { select: [stripe, people], at: '${stage.soon()}' }`, 'max_runs: 1')
      await stage.project.sandbox.setFault('stripe', 'delay', { ms: 60, times: 'always' })
      const daemon = stage.serve()
      await stage.said(daemon, 'job.started', 1)
      daemon.child.kill('SIGTERM')
      expect(await stage.ended(daemon)).toBe(0)
      expect(stage.outcomes(daemon)).toHaveLength(1)
      const states = (await stage.slots())[0]?.jobs.map(({ state }) => (state === 'dispatched' ? 'queued' : state))
      expect(states?.toSorted()).toEqual(['ok', 'queued'])
    })

    it('stops runs at their checkpoint when their time to end is over, and the next daemon goes on', async () => {
      const stage = current()
      await stage.schedule(`once: { select: [stripe], at: '${stage.soon()}' }`)
      await stage.project.sandbox.setFault('stripe', 'delay', { ms: 300, times: 'always' })
      const daemon = stage.serve(['--drain', '100ms'])
      await stage.said(daemon, 'job.started', 1)
      daemon.child.kill('SIGTERM')
      expect(await stage.ended(daemon)).toBe(0)
      expect((await stage.slots())[0]?.jobs[0]).toMatchObject({
        state: 'queued',
        attempt: 1,
        reason: 'the daemon was stopped',
      })
      await stage.project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
      const next = stage.serve()
      await stage.said(next, 'job.ended', 1)
      expect(stage.outcomes(next)).toEqual(['stripe ok'])
      await stage.isWhole()
    })

    it('stops at once when it is told a second time, and its run waits for the next one', async () => {
      const stage = current()
      await stage.schedule(`once: { select: [stripe], at: '${stage.soon()}', retry: { attempts: 3, initial: 10ms } }`)
      await stage.project.sandbox.setFault('stripe', 'delay', { ms: 300, times: 'always' })
      const daemon = stage.serve()
      await stage.said(daemon, 'job.started', 1)
      daemon.child.kill('SIGTERM')
      await new Promise((resolve) => setTimeout(resolve, 300))
      const toldAgain = performance.now()
      daemon.child.kill('SIGTERM')
      expect(await stage.ended(daemon)).toBe(143)
      expect(performance.now() - toldAgain).toBeLessThan(15_000)
      const job = async () => (await stage.slots())[0]?.jobs[0]
      expect(['queued', 'running']).toContain((await job())?.state)
      await stage.project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
      const next = stage.serve()
      await stage.said(next, 'job.ended', 1)
      expect(stage.outcomes(next)).toEqual(['stripe ok'])
      await stage.isWhole()
    })

    it('ends a run that takes too long, and says so', async () => {
      const stage = current()
      await stage.schedule(`once: { select: [stripe], at: '${stage.soon()}', timeout: 1500ms, retry: { attempts: 1 } }`)
      await stage.project.sandbox.setFault('stripe', 'delay', { ms: 500, times: 'always' })
      const daemon = stage.serve()
      await stage.said(daemon, 'job.ended', 1)
      expect((await stage.slots())[0]?.jobs[0]).toMatchObject({ state: 'failed', reason: 'it took longer than 1.5 s' })
    })

    it('that was killed is replaced: another one runs its job again, while the old run loses its lease or ends', async () => {
      const stage = current()
      await stage.schedule(`once: { select: [stripe], at: '${stage.soon()}', retry: { attempts: 3, initial: 10ms } }`)
      await stage.project.sandbox.setFault('stripe', 'delay', { ms: 60, times: 'always' })
      const daemon = stage.serve()
      await stage.said(daemon, 'job.started', 1)
      daemon.child.kill('SIGKILL')
      await stage.ended(daemon)
      const next = stage.serve()
      await stage.said(next, 'job.ended', 1)
      expect(stage.outcomes(next)).toEqual(['stripe ok'])
      expect((await stage.slots())[0]?.jobs[0]).toMatchObject({ state: 'ok', attempt: 2 })
      await stage.isWhole()
    })

    it('shares one store with another: each slot ran once, whoever took it', async () => {
      const stage = current()
      const instants = Array.from({ length: 6 }, (_, n) => `'${stage.soon(3000 + n * 700)}'`)
      await stage.schedule(`often: { select: [people], at: [${instants.join(', ')}], overlap: buffer_one }`)
      const both = [stage.serve(), stage.serve()]
      await stage.until(async () => {
        const all = await stage.slots()
        return all.length === instants.length && all.every(({ endedAt }) => endedAt !== null)
      })
      const done = (await stage.slots()).flatMap(({ jobs }) => jobs).filter(({ state }) => state !== 'skipped')
      expect(done.length).toBeGreaterThan(0)
      expect(done.every(({ state, attempt }) => state === 'ok' && attempt === 1)).toBe(true)
      expect(await stage.runs()).toHaveLength(done.length)
      const told = () => both.flatMap(stage.outcomes).filter((outcome) => outcome === 'people ok').length
      // What a daemon says comes behind what it has written down.
      await stage.until(async () => told() >= done.length)
      expect(told()).toBe(done.length)
    })
  })
}
