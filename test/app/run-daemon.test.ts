import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { loadProject } from '../../src/config/load.ts'
import { redisVariable } from '../../src/app/open-control-store.ts'
import { runDaemon, type DaemonEvent } from '../../src/app/run-daemon.ts'
import type { SlotMemory } from '../../src/state/slot-store.ts'
import { aJob, aSlot } from '../state/a-slot.ts'
import { makeProjectFolder } from './project-folder.ts'

/** With one sync, each second. @param run what stands in for `sync run` */
function aProject(run: string, more = '') {
  const folder = makeProjectFolder()
  folder.write(
    'millrace.yaml',
    'project: stopped\ntargets: { sandbox: { sandbox: true, warehouse: { type: duckdb, path: a.duckdb } } }\nconnections: { stripe: { connector: stripe } }\n',
  )
  folder.write('syncs/stripe.yaml', 'source: stripe\nstreams: { charges: {} }\n')
  folder.write('schedules.yaml', `schedules: { often: { select: [stripe], every: 1s${more} } }\n`)
  const launcher = folder.path('launcher.mjs')
  writeFileSync(launcher, run)
  return { folder, launcher }
}

/** Its project stays as it is. */
const daemonOf = (app: App, options: Omit<Parameters<typeof runDaemon>[1], 'follower'>) =>
  runDaemon(app, { ...options, follower: { project: () => app.project, look: async () => 'same' } })

it('a daemon that is told twice to stop, before it has begun to stop, has its runs end at once', async () => {
  const { folder, launcher } = aProject('setInterval(() => {}, 1000)') // a run that takes long
  const [stopping, now] = [new AbortController(), new AbortController()]
  const events: DaemonEvent[] = []
  await folder.inApp(
    (app) =>
      daemonOf(app, {
        launcher,
        stopping: stopping.signal,
        onEvent(event) {
          events.push(event)
          if (event.type !== 'slot.claimed') return
          stopping.abort()
          now.abort()
        },
      }),
    { signal: now.signal },
  )
  folder.remove()
  expect(events.at(-1)).toMatchObject({
    type: 'job.ended',
    end: { state: 'queued', reason: 'the daemon was stopped' },
  })
}, 20_000)

it('the runs of a daemon without the Redis that the machine names have none either', async () => {
  const { folder, launcher } = aProject(
    `import { writeFileSync } from 'node:fs'
     writeFileSync(new URL('told.json', import.meta.url), JSON.stringify([process.env.${redisVariable} ?? null, process.env.KEY]))`,
  )
  vi.stubEnv(redisVariable, 'redis://10.0.0.9:6379')
  const stopping = new AbortController()
  await folder.inApp(
    (app) =>
      daemonOf(app, {
        launcher,
        stopping: stopping.signal,
        onEvent: (event) => event.type === 'job.ended' && stopping.abort(),
      }),
    { env: { ...process.env, KEY: 'k', [redisVariable]: undefined } }, // as `daemon --no-redis` has it
  )
  vi.unstubAllEnvs()
  const told: unknown = JSON.parse(readFileSync(folder.path('told.json'), 'utf8'))
  folder.remove()
  expect(told).toEqual([null, 'k'])
}, 20_000)

it('a daemon that sees a schedule put back runs it from then on, and not at once for the day before', async () => {
  const { folder, launcher } = aProject('', ', enabled: false') // the second brings a slot of another one
  const stopping = new AbortController()
  const events: DaemonEvent[] = []
  await folder.inApp(async (app) => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString()
    await app.store.knowSchedules(['activation'])
    await app.store.decideAnew(['activation'], yesterday)
    folder.write(
      'schedules.yaml',
      'schedules: { often: { select: [stripe], every: 1s, enabled: false }, activation: { select: [stripe], every: 23h, enabled: false } }\n',
    )
    const changed = await loadProject(folder.directory)
    let project = app.project
    await runDaemon(app, {
      launcher,
      stopping: stopping.signal,
      follower: {
        project: () => project,
        async look() {
          const said = project === changed ? 'same' : 'changed'
          project = changed
          return said
        },
      },
      onEvent(event) {
        events.push(event)
        const reloaded = events.findIndex(({ type }) => type === 'daemon.reloaded')
        if (reloaded !== -1 && event.type === 'slot.claimed' && events.length > reloaded + 3) stopping.abort()
      },
    })
  })
  folder.remove()
  const claimed = events.flatMap((event) => (event.type === 'slot.claimed' ? [event.slot.schedule] : []))
  expect(claimed.length).toBeGreaterThan(0)
  expect(claimed).not.toContain('activation')
}, 30_000)

it('a schedule that a second change puts back while the store is away runs from then on, and not from the first', async () => {
  const { folder, launcher } = aProject('')
  const write = (...schedules: string[]) => folder.write('schedules.yaml', `schedules: { ${schedules.join(', ')} }\n`)
  const moved = (hour: number) => `moved: { select: [stripe], cron: '0 ${hour} 1 1 *' }`
  const activation = 'activation: { select: [stripe], every: 1h, catchup: { mode: latest, window: 12h } }'
  write(moved(1))
  const stopping = new AbortController()
  const events: DaemonEvent[] = []
  const reloads = () => events.filter(({ type }) => type === 'daemon.reloaded').length
  await folder.inApp(async (app) => {
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000)
    await app.store.knowSchedules(['moved', 'activation'])
    await app.store.decideAnew(['moved', 'activation'], ago(24).toISOString())
    const away = vi.spyOn(app.store, 'revision').mockRejectedValue(new Error('the store is away'))
    let [behindHours, project, told] = [4, app.project, app.project]
    const daemon = runDaemon(
      { ...app, clock: { now: () => ago(behindHours) } },
      {
        launcher,
        stopping: stopping.signal,
        follower: {
          project: () => project,
          async look() {
            const said = told === project ? 'same' : 'changed'
            told = project
            return said
          },
        },
        onEvent: (event) => void events.push(event),
      },
    )
    write(moved(2))
    project = await loadProject(folder.directory)
    await expect.poll(reloads, { timeout: 10_000 }).toBe(1)
    behindHours = 0
    write(moved(2), activation)
    project = await loadProject(folder.directory)
    await expect.poll(reloads, { timeout: 10_000 }).toBe(2)
    away.mockRestore()
    await expect.poll(() => events.map(({ type }) => type), { timeout: 10_000 }).toContain('daemon.ready')
    stopping.abort()
    await daemon
  })
  folder.remove()
  const minutesAgo = new Date(Date.now() - 10 * 60_000).toISOString()
  const claimed = events.flatMap((event) => (event.type === 'slot.claimed' ? [event.slot] : []))
  expect(claimed.filter(({ schedule, instant }) => schedule === 'activation' && instant < minutesAgo)).toEqual([])
}, 40_000)

it('a daemon says of which schedules a clock was ahead, once, and they go on', async () => {
  const { folder, launcher } = aProject('', ', enabled: false')
  const stopping = new AbortController()
  const events: DaemonEvent[] = []
  await folder.inApp(async (app) => {
    await app.store.knowSchedules(['often'])
    const instant = '2099-01-01T00:00:00.000Z'
    await app.store.claimSlots([aSlot({ schedule: 'often', instant, state: 'missed', jobs: [] })])
    await daemonOf(app, {
      launcher,
      stopping: stopping.signal,
      onEvent(event) {
        events.push(event)
        if (events.filter(({ type }) => type === 'slot.claimed').length > 62) stopping.abort()
      },
    })
  })
  folder.remove()
  expect(events.flatMap((event) => (event.type === 'daemon.problem' ? [event.message] : []))).toEqual([
    expect.stringMatching(/^A clock was ahead by more than a day.*: often\.$/),
  ])
}, 20_000)

it('a run that ends after its job was given away leaves its place to the next job at once', async () => {
  const { folder, launcher } = aProject(
    'await new Promise((resolve) => setTimeout(resolve, 3_000))',
    ', enabled: false',
  )
  folder.write('schedules.yaml', 'max_runs: 1\nschedules: { often: { select: [stripe], every: 1d } }\n')
  const stopping = new AbortController()
  const began: number[] = []
  await folder.inApp(async (app) => {
    await app.store.claimSlots([aSlot({ trigger: 'hand', jobs: [aJob('stripe')] })])
    const daemon = daemonOf(app, {
      launcher,
      stopping: stopping.signal,
      onEvent: (event) => event.type === 'daemon.problem' && began.push(performance.now()),
    })
    const jobs = async () => (await app.store.slots({})).flatMap((slot) => slot.jobs)
    await expect.poll(async () => (await jobs())[0]?.state).toBe('running')
    await app.store.takeJob((open) => ({ take: null, skip: [], again: open }), 'running')
    await expect.poll(() => began.length, { timeout: 6_000 }).toBe(1)
    await expect.poll(async () => (await jobs())[0]?.state, { timeout: 3_000 }).toBe('running')
    stopping.abort()
    await daemon
  })
  folder.remove()
}, 30_000)

it('a daemon waits while the store is being told what it forgot, also where a job is due meanwhile', async () => {
  const { folder, launcher } = aProject('', ', enabled: false')
  folder.write('schedules.yaml', 'schedules: { often: { select: [stripe], every: 1d } }\n')
  const stopping = new AbortController()
  await folder.inApp(async (app) => {
    let born = 'first'
    let bornAtMs = 0
    const memory: SlotMemory = {
      life: async () => ({ id: born, ageMs: Date.now() - bornAtMs }),
      wentBack: () => false,
      changes: async () => ({ revision: await app.store.revision(), schedules: new Map(), slots: [] }),
      restore: async () => undefined,
    }
    const notBefore = new Date(Date.now() + 2_000).toISOString()
    await app.store.claimSlots([aSlot({ trigger: 'hand', jobs: [aJob('stripe', { notBefore })] })])
    const store = { ...app.store, memory }
    const events: DaemonEvent[] = []
    const daemon = daemonOf(
      { ...app, store },
      { launcher, stopping: stopping.signal, onEvent: (event) => void events.push(event) },
    )
    await expect.poll(() => events.map(({ type }) => type)).toContain('daemon.ready')
    const asked = vi.spyOn(store, 'revision')
    ;[born, bornAtMs] = ['second', Date.now()]
    await app.store.pauseSchedule('other', null)
    await expect.poll(() => events.map(({ type }) => type), { timeout: 8_000 }).toContain('job.ended')
    expect(asked.mock.calls.length).toBeLessThan(20)
    stopping.abort()
    await daemon
  })
  folder.remove()
}, 30_000)
