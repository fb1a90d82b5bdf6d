/** Daemons that share their work over a real redis-server, which is stopped, emptied and frozen under them. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hasRedis, startRedis, type RedisServer } from '../redis-server.ts'
import { daemonScenarios } from './daemon-scenarios.ts'
import { openDaemonStage, type DaemonStage, type RunningDaemon } from './daemon-stage.ts'
import { millrace, start } from './millrace-process.ts'

describe.skipIf(!hasRedis)('with Redis (skipped where redis-server is not installed)', () => {
  let redis: RedisServer
  let stage: DaemonStage

  const flush = async () => {
    const client = new Redis(redis.url)
    await client.flushall()
    client.disconnect()
  }
  beforeAll(async () => {
    redis = await startRedis()
    stage = await openDaemonStage(redis.url)
  }, 60_000)
  afterAll(async () => {
    await stage.close()
    await redis.stop()
  })
  beforeEach(async () => {
    if (!(await redis.isUp())) await redis.restart()
    await flush()
    await stage.reset()
  })
  afterEach(() => stage.killDaemons())

  daemonScenarios('sharing a Redis', () => stage)

  const problems = ({ lines }: RunningDaemon) =>
    lines.filter(({ type }) => type === 'daemon.problem').map(({ message }) => String(message))
  const childrenOf = (pid: number) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
  const jobs = async () => (await stage.slots()).flatMap((slot) => slot.jobs)

  it('frozen in the middle of a load, is replaced; what it commits and says when it wakes counts for nothing', async () => {
    const short = { MILLRACE_LEASE_MS: '1500', MILLRACE_GRACE_MS: '750', MILLRACE_SILENT_MS: '4000' }
    stage.project.file('syncs/only_charges.yaml', 'source: stripe\nstreams: { charges: {} }\n')
    await stage.schedule(
      `once: { select: [only_charges], at: '${stage.soon()}', retry: { attempts: 3, initial: 10ms } }`,
    )
    await stage.project.sandbox.setFault('stripe', 'delay', {
      ms: 3000,
      match: 'charges.*starting_after',
      times: 'always',
    })
    const frozen = stage.serve([], short)
    await stage.said(frozen, 'job.started', 1)
    const [first] = await stage.runs()
    await stage.until(() =>
      stage.inStore(async (store) =>
        (await store.events(first?.run_id ?? '')).some(({ type }) => type === 'cursor.committed'),
      ),
    )
    // Its session is over, and it waits for the next page: a process that is frozen with the file open keeps everybody from it.
    await new Promise((resolve) => setTimeout(resolve, 700))
    const pids = [frozen.child.pid ?? 0, ...childrenOf(frozen.child.pid ?? 0)]
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await stage.project.sandbox.setFault('stripe', 'delay', null)
    const other = stage.serve([], short)
    await stage.said(other, 'job.ended', 1)
    expect(stage.outcomes(other)).toEqual(['only_charges ok'])
    const loaded = await stage.project.rows('SELECT * FROM only_charges.charges ORDER BY id')
    for (const pid of pids) process.kill(pid, 'SIGCONT')
    await stage.said(frozen, 'daemon.problem', 1)
    expect(problems(frozen).at(-1)).toMatch(/ended here as .* after the job was given to another daemon/)
    expect(stage.outcomes(frozen)).toEqual([])
    expect(await jobs()).toMatchObject([{ state: 'ok', attempt: 2 }])
    expect(await stage.inStore((store) => store.run(first?.run_id ?? ''))).toMatchObject({
      status: 'failed',
      error: { code: 'MR-2005' },
    })
    expect(await stage.project.rows('SELECT * FROM only_charges.charges ORDER BY id')).toEqual(loaded)
  })

  it('frozen in the middle of a delivery, is replaced; what was sent late is sent right again by the next run', async () => {
    const short = { MILLRACE_LEASE_MS: '1500', MILLRACE_GRACE_MS: '750', MILLRACE_SILENT_MS: '4000' }
    await stage.schedule(`once: { select: [people], at: '${stage.soon()}', retry: { attempts: 3, initial: 10ms } }`)
    await stage.project.sandbox.setFault('customerio', 'slow', { match: 'batch' })
    const frozen = stage.serve([], short)
    await stage.until(async () =>
      (await stage.project.sandbox.journal('customerio')).some(({ path }) => path.includes('batch')),
    )
    const pids = [frozen.child.pid ?? 0, ...childrenOf(frozen.child.pid ?? 0)]
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await stage.project.sandbox.setFault('customerio', 'slow', null)
    await stage.project.write(`UPDATE raw.people SET plan = 'pro' WHERE id = 'p1'`)
    const other = stage.serve([], short)
    await stage.said(other, 'job.ended', 1)
    expect(stage.outcomes(other)).toEqual(['people ok'])
    for (const pid of pids) process.kill(pid, 'SIGCONT')
    await stage.said(frozen, 'daemon.problem', 1)
    const repair = start(['sync', 'run', 'people'], {
      directory: stage.project.directory,
      env: { MILLRACE_REDIS_URL: redis.url },
    })
    expect(await stage.ended(repair)).toBe(0)
    const held = JSON.stringify(await stage.project.sandbox.show('customerio', 'person'))
    expect(held.match(/"plan":"pro"/g)).toHaveLength(1)
    expect(await stage.project.rows('SELECT key FROM _millrace.intents')).toEqual([])
  })

  it('goes on after FLUSHALL: what waited runs, what had run does not run again, a pause is still a pause', async () => {
    await stage.schedule(
      `early: { select: [people], at: '${stage.soon()}' }\n  paused: { select: [people], every: 1h }\n  late: { select: [people], at: '${stage.soon(16_000)}' }`,
    )
    const daemon = stage.serve()
    await stage.said(daemon, 'job.ended', 1)
    const pause = await millrace(['schedule', 'pause', 'paused'], {
      directory: stage.project.directory,
      env: { MILLRACE_REDIS_URL: redis.url },
    })
    expect(pause.code).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    await flush()
    await stage.said(daemon, 'job.ended', 2)
    expect(problems(daemon)).toEqual([
      expect.stringMatching(/^Redis was emptied: telling it again of 3 schedules and 1 slots/),
    ])
    expect((await stage.slots()).map((slot) => `${slot.schedule} ${slot.state}`).toSorted()).toEqual([
      'early ok',
      'late ok',
    ])
    expect([...(await stage.inStore((store) => store.pauses())).keys()]).toEqual(['paused'])
    expect(stage.outcomes(daemon)).toEqual(['people ok', 'people ok'])
  })

  it('that starts when Redis has come back empty remembers what it had done', async () => {
    await stage.schedule(`once: { select: [people], at: '${stage.soon()}' }`)
    const first = stage.serve()
    await stage.said(first, 'job.ended', 1)
    first.child.kill('SIGTERM')
    expect(await stage.ended(first)).toBe(0)
    await redis.restart()
    const next = stage.serve()
    await stage.said(next, 'daemon.ready', 1)
    expect(await jobs()).toMatchObject([{ sync: 'people', state: 'ok', attempt: 1 }])
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(stage.outcomes(next)).toEqual([])
  })

  it('outlives a Redis that goes away in the middle of a run: the run ends, and what is due comes once Redis is back', async () => {
    await stage.schedule(
      `once: { select: [stripe], at: '${stage.soon()}' }\n  later: { select: [people], at: '${stage.soon(9_000)}' }`,
    )
    await stage.project.sandbox.setFault('stripe', 'delay', { ms: 60, times: 'always' })
    const daemon = stage.serve()
    await stage.said(daemon, 'job.started', 1)
    await redis.kill()
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    await redis.restart() // without a disk: it comes back empty
    await stage.project.sandbox.setFault('stripe', 'delay', null)
    await stage.until(
      async () => stage.outcomes(daemon).includes('people ok') && stage.outcomes(daemon).includes('stripe ok'),
      () => JSON.stringify(daemon.lines, null, 1),
    )
    expect(problems(daemon).length).toBeGreaterThan(0)
    await stage.isWhole()
  })

  it('waits for a Redis that is down when it starts, and says so', async () => {
    await stage.schedule(`never: { select: [people], at: '2999-01-01T00:00:00Z' }`)
    await redis.kill()
    const daemon = stage.serve()
    await stage.said(daemon, 'daemon.problem', 1)
    expect(problems(daemon)[0]).toMatch(/Redis/)
    await redis.restart()
    await stage.said(daemon, 'daemon.ready', 1)
  })

  it('does not begin on a Redis that throws keys away, and says how to mend it', async () => {
    const evicting = await startRedis({ flags: ['--maxmemory-policy', 'allkeys-lru'] })
    try {
      const daemon = stage.serve(['--redis', evicting.url])
      expect(await stage.ended(daemon)).toBe(2)
      expect(daemon.lines[0]).toMatchObject({
        code: 'MR-6005',
        message: expect.stringContaining('allkeys-lru'),
        next: [expect.stringContaining('CONFIG SET maxmemory-policy noeviction'), expect.any(String)],
      })
    } finally {
      await evicting.stop()
    }
  })

  it('that does not start since its port is taken has taken nothing from the queue', async () => {
    await stage.schedule(`later: { select: [people], at: '2999-01-01T00:00:00Z' }`)
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const address = holder.address()
    const listen = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const connection = new Redis(redis.url)
    const queue = new Queue('runs', { connection, prefix: '{millrace:faults}:sandbox:queue' })
    try {
      const ticket = await queue.add('run', {
        schedule: 'x',
        instant: '2026-01-01T00:00:00Z',
        sync: 'people',
        token: 1,
      })
      const daemon = stage.serve(['--listen', listen])
      expect(await stage.ended(daemon)).toBe(2)
      expect(daemon.lines[0]).toMatchObject({ code: 'MR-1001', message: expect.stringContaining('EADDRINUSE') })
      expect(await ticket.getState()).toBe('waiting')
    } finally {
      await queue.close()
      connection.disconnect()
      holder.close()
    }
  })

  it('answers from another terminal: schedule history, runs, logs, run cancel', async () => {
    await stage.schedule(`once: { select: [stripe], at: '${stage.soon()}' }`)
    await stage.project.sandbox.setFault('stripe', 'delay', { ms: 1500, times: 'always' })
    const daemon = stage.serve()
    await stage.said(daemon, 'job.started', 1)
    const { directory } = stage.project
    const terminal = { directory, env: { MILLRACE_REDIS_URL: redis.url } }
    expect((await millrace(['schedule', 'pause', 'once'], { directory })).lines[0]).toMatchObject({ code: 'MR-6006' })
    const history = await millrace(['schedule', 'history'], terminal)
    expect(history.lines[0]).toMatchObject({ schedule: 'once', jobs: [{ sync: 'stripe', state: 'running' }] })
    const runs = await millrace(['runs'], terminal)
    expect(runs.lines[0]).toMatchObject({ type: 'run', sync: 'stripe', status: 'running' })
    const logs = await millrace(['logs'], terminal)
    expect(logs.lines[0]).toMatchObject({ type: 'run.started' })
    const cancel = await millrace(['run', 'cancel', String(runs.lines[0]?.['run_id'])], terminal)
    expect(cancel.code).toBe(0)
    await stage.said(daemon, 'job.ended', 1)
    expect(daemon.lines.findLast(({ type }) => type === 'job.ended')).toMatchObject({
      sync: 'stripe',
      state: 'stopped',
      reason: expect.stringContaining('cancelled it'),
    })
  })
})
