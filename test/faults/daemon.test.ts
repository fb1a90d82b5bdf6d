/** The daemon with real runs, real processes and real signals, on one DuckDB file. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import type { StoredSlot } from '../../src/state/slot-store.ts'
import { commit, git, hasGit, initRepository, needsGit } from '../app/git-repository.ts'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { start } from './millrace-process.ts'

let project: FaultProject
let target: string
let daemons: ReturnType<typeof start>[] = []

beforeAll(async () => {
  project = await makeFaultProject()
}, 60_000)
afterAll(() => project.close())

beforeEach(async () => {
  target = 'sandbox'
  await project.sandbox.reset()
  await project.forgetWarehouse()
  await project.write(
    'CREATE SCHEMA raw',
    `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 'free' AS plan, n = 3 AS email_opt_out FROM range(100) r(n)`,
  )
})
afterEach(async () => {
  const left = daemons.filter(({ child }) => child.exitCode === null && child.signalCode === null)
  for (const { child } of left) child.kill('SIGKILL')
  await Promise.all(left.map(ended))
  daemons = []
})

describe('the daemon', () => {
  it('runs a slot once, then what follows it, and ends with 0 when it is asked to', async () => {
    await schedule(`once: { select: [stripe], at: '${soon()}' }\n  next: { select: [people], after: { all: [once] } }`)
    const daemon = serve()
    await said(daemon, 'job.ended', 2)
    expect(outcomes(daemon)).toEqual(['stripe ok', 'people ok'])
    expect(
      (await slots()).map(({ schedule: name, state, trigger }) => `${name} ${state} ${trigger}`).toSorted(),
    ).toEqual(['next ok after', 'once ok clock'])
    expect((await runs()).map(({ sync, trigger, slot }) => `${sync} ${trigger} ${String(slot).split(' ')[0]}`)).toEqual(
      ['people schedule next', 'stripe schedule once'],
    )
    daemon.child.kill('SIGTERM')
    expect(await ended(daemon)).toBe(0)
  })

  it('begins a run whose process was killed again, and nothing is lost or loaded twice', async () => {
    await schedule(`once: { select: [stripe], at: '${soon()}', retry: { attempts: 3, initial: 10ms } }`)
    await project.sandbox.setFault('stripe', 'delay', { ms: 100, times: 'always' })
    const daemon = serve()
    await said(daemon, 'job.started', 1)
    const [first] = await runs()
    process.kill(first?.process.pid ?? 0, 'SIGKILL')
    await said(daemon, 'job.ended', 1)
    await project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
    await said(daemon, 'job.ended', 2)
    expect(outcomes(daemon)).toEqual(['stripe queued', 'stripe ok'])
    expect((await slots())[0]?.jobs[0]).toMatchObject({ state: 'ok', attempt: 2 })
    await isWhole()
  })

  it('lets the runs under way end when it is asked to stop, and begins no other', async () => {
    await schedule(`once: { select: [stripe, people], at: '${soon()}' }`, 'max_runs: 1')
    await project.sandbox.setFault('stripe', 'delay', { ms: 60, times: 'always' })
    const daemon = serve()
    await said(daemon, 'job.started', 1)
    daemon.child.kill('SIGTERM')
    expect(await ended(daemon)).toBe(0)
    expect(outcomes(daemon)).toHaveLength(1)
    expect((await slots())[0]?.jobs.map(({ state }) => state).toSorted()).toEqual(['ok', 'queued'])
  })

  it('stops runs at their checkpoint when their time to end is over, and the next daemon goes on', async () => {
    await schedule(`once: { select: [stripe], at: '${soon()}' }`)
    await project.sandbox.setFault('stripe', 'delay', { ms: 300, times: 'always' })
    const daemon = serve(['--drain', '100ms'])
    await said(daemon, 'job.started', 1)
    daemon.child.kill('SIGTERM')
    expect(await ended(daemon)).toBe(0)
    expect((await slots())[0]?.jobs[0]).toMatchObject({ state: 'queued', attempt: 2, reason: 'the daemon was stopped' })
    await project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
    const next = serve()
    await said(next, 'job.ended', 1)
    expect(outcomes(next)).toEqual(['stripe ok'])
    await isWhole()
  })

  it('ends a run that takes too long, and says so', async () => {
    await schedule(`once: { select: [stripe], at: '${soon()}', timeout: 1500ms, retry: { attempts: 1 } }`)
    await project.sandbox.setFault('stripe', 'delay', { ms: 500, times: 'always' })
    const daemon = serve()
    await said(daemon, 'job.ended', 1)
    expect((await slots())[0]?.jobs[0]).toMatchObject({ state: 'failed', reason: 'it took longer than 1.5 s' })
  })

  it('says why a run never began, and does not try again what is wrong for good', async () => {
    const restore = project.edit('millrace.yaml', (text) =>
      text.replace('connections:', '  dev: { warehouse: { type: duckdb, path: .millrace/dev.duckdb } }\nconnections:'),
    )
    target = 'dev'
    await schedule(`once: { select: [stripe], at: '${soon()}', retry: { attempts: 3, initial: 10ms } }`)
    const daemon = serve(['--target', target])
    await said(daemon, 'job.ended', 1)
    restore()
    expect((await slots())[0]?.jobs[0]).toMatchObject({
      state: 'failed',
      attempt: 1,
      reason: expect.stringMatching(/^MR-1301 .*STRIPE_API_KEY is not set$/),
    })
  })

  it('that was killed is replaced: another one runs its job again, while the old run loses its lease or ends', async () => {
    await schedule(`once: { select: [stripe], at: '${soon()}' }`)
    await project.sandbox.setFault('stripe', 'delay', { ms: 60, times: 'always' })
    const daemon = serve()
    await said(daemon, 'job.started', 1)
    daemon.child.kill('SIGKILL')
    await ended(daemon)
    const next = serve()
    await said(next, 'job.ended', 1)
    expect(outcomes(next)).toEqual(['stripe ok'])
    expect((await slots())[0]?.jobs[0]).toMatchObject({ state: 'ok', attempt: 2 })
    await isWhole()
  })

  it('follows the project: a change is taken over between runs, and a wrong one leaves the last good schedules', async () => {
    await schedule(`later: { select: [stripe], at: '2999-01-01T00:00:00Z' }`)
    const daemon = serve()
    await said(daemon, 'daemon.ready', 1)
    await schedule(`broken: { select: [nobody], every: 1s }`)
    await said(daemon, 'daemon.problem', 1)
    expect(daemon.lines.at(-1)).toMatchObject({
      message: expect.stringMatching(/The last good one stays\. MR-1204 schedules\.yaml:3: /),
    })
    await schedule(`once: { select: [people], at: '${soon(8000)}' }`)
    await said(daemon, 'daemon.reloaded', 1)
    await said(daemon, 'job.ended', 1)
    expect(outcomes(daemon)).toEqual(['people ok'])
  })

  it('has its runs read what was right: one that begins while the project is wrong works', async () => {
    await schedule(`once: { select: [people], at: '${soon(5000)}' }`)
    const daemon = serve()
    await said(daemon, 'daemon.ready', 1)
    const restore = project.edit('syncs/people.yaml', (text) =>
      text.replace('destination: customerio', 'destination: nobody'),
    )
    await said(daemon, 'job.ended', 1)
    await said(daemon, 'daemon.problem', 1)
    restore()
    expect(outcomes(daemon)).toEqual(['people ok'])
    expect((await runs())[0]?.ledger).toMatchObject({ delivered: 100 })
  })

  it.skipIf(!hasGit)(`follows a git ref, whatever is in the folder; each run says its commit${needsGit}`, async () => {
    initRepository(project.directory)
    project.file('.gitignore', '.millrace/\n')
    await schedule(`later: { select: [stripe], at: '2999-01-01T00:00:00Z' }`)
    commit(project.directory, {})
    const restore = project.edit('millrace.yaml', () => 'wrong: true\n')
    const daemon = serve(['--git-ref', 'main'])
    await said(daemon, 'daemon.ready', 1)
    restore()
    await schedule(`once: { select: [people], at: '${soon(9000)}' }`)
    const second = commit(project.directory, {})
    project.file('syncs/people.yaml', 'wrong: true\n')
    await said(daemon, 'job.ended', 1)
    git(project.directory, 'checkout', '--quiet', '--', 'syncs')
    for (const path of ['.git', '.gitignore']) rmSync(join(project.directory, path), { recursive: true })
    expect(outcomes(daemon)).toEqual(['people ok'])
    expect((await runs()).map(({ commit: of }) => of)).toEqual([second])
  })

  it('shares one store with another: each slot ran once, whoever took it', async () => {
    const instants = Array.from({ length: 6 }, (_, n) => `'${soon(3000 + n * 700)}'`)
    await schedule(`often: { select: [people], at: [${instants.join(', ')}], overlap: buffer_one }`)
    const both = [serve(), serve()]
    await until(async () => {
      const all = await slots()
      return all.length === instants.length && all.every(({ endedAt }) => endedAt !== null)
    })
    const done = (await slots()).flatMap(({ jobs }) => jobs).filter(({ state }) => state !== 'skipped')
    expect(done.length).toBeGreaterThan(0)
    expect(done.every(({ state, attempt }) => state === 'ok' && attempt === 1)).toBe(true)
    expect(await runs()).toHaveLength(done.length)
    expect(both.flatMap(outcomes).filter((outcome) => outcome === 'people ok')).toHaveLength(done.length)
  })
})

const soon = (inMs = 3000) => new Date(Date.now() + inMs).toISOString()

/** Known to the store before a daemon is there, however long one takes to start: its slots come after that. */
async function schedule(schedules: string, head = '') {
  for (const [, name = ''] of schedules.matchAll(/^ *(\w+): \{/gm))
    await inStore((store) => store.knowSchedules([name]))
  project.file('schedules.yaml', `${head}\nschedules:\n  ${schedules}\n`)
}

function serve(flags: readonly string[] = []) {
  const daemon = start(['daemon', ...flags], project)
  daemons.push(daemon)
  return daemon
}

/** Until the daemon has said so many events of the type. */
const said = ({ lines, stderr }: ReturnType<typeof start>, type: string, count: number) =>
  until(async () => lines.filter((line) => line.type === type).length >= count, stderr)

const outcomes = ({ lines }: ReturnType<typeof start>) =>
  lines
    .filter(({ type }) => type === 'job.ended')
    .map((line) => {
      const { job, end } = line as unknown as { job: { sync: string }; end: { state: string } } // what the daemon prints
      return `${job.sync} ${end.state}`
    })

const ended = ({ child }: ReturnType<typeof start>): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.on('exit', resolve))

async function until(holds: () => Promise<boolean>, tell = () => '') {
  const giveUp = Date.now() + 45_000
  while (!(await holds())) {
    if (Date.now() > giveUp) throw new Error(`it did not come: ${tell()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function inStore<T>(work: (store: ReturnType<typeof openSqliteStore>) => Promise<T>): Promise<T> {
  const store = openSqliteStore({ path: join(project.directory, '.millrace', 'control.sqlite'), target })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const slots = (): Promise<readonly StoredSlot[]> => inStore((store) => store.slots({}))
const runs = () => inStore((store) => store.runs({}))

/** As many rows as the vendor has, each once. */
async function isWhole() {
  for (const table of ['customers', 'subscriptions', 'charges']) {
    const [count] = await project.rows(`SELECT count(*) AS n, count(DISTINCT id) AS d FROM stripe.${table}`)
    const there = String((await project.sandbox.show('stripe', table)).length)
    expect(count, table).toEqual({ n: there, d: there })
  }
}
