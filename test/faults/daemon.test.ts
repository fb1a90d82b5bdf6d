/** The daemon with real runs, real processes and real signals, on one DuckDB file. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { commit, git, hasGit, initRepository, needsGit } from '../app/git-repository.ts'
import { daemonScenarios } from './daemon-scenarios.ts'
import { openDaemonStage, type DaemonStage } from './daemon-stage.ts'

let stage: DaemonStage

beforeAll(async () => {
  stage = await openDaemonStage()
}, 60_000)
afterAll(() => stage.close())
beforeEach(() => stage.reset())
afterEach(() => stage.killDaemons())

daemonScenarios('on its own', () => stage)

describe('the daemon and its project', () => {
  it('says why a run never began, and does not try again what is wrong for good', async () => {
    const restore = stage.project.edit('millrace.yaml', (text) =>
      text.replace('connections:', '  dev: { warehouse: { type: duckdb, path: .millrace/dev.duckdb } }\nconnections:'),
    )
    stage.useTarget('dev')
    await stage.schedule(`once: { select: [stripe], at: '${stage.soon()}', retry: { attempts: 3, initial: 10ms } }`)
    const daemon = stage.serve(['--target', 'dev'])
    await stage.said(daemon, 'job.ended', 1)
    restore()
    expect((await stage.slots())[0]?.jobs[0]).toMatchObject({
      state: 'failed',
      attempt: 1,
      reason: expect.stringMatching(/^MR-1301 .*STRIPE_API_KEY is not set$/),
    })
  })

  it('follows the project: a change is taken over between runs, and a wrong one leaves the last good schedules', async () => {
    await stage.schedule(`later: { select: [stripe], at: '2999-01-01T00:00:00Z' }`)
    const daemon = stage.serve()
    await stage.said(daemon, 'daemon.ready', 1)
    await stage.schedule(`broken: { select: [nobody], every: 1s }`)
    await stage.said(daemon, 'daemon.problem', 1)
    expect(daemon.lines.at(-1)).toMatchObject({
      message: expect.stringMatching(/The last good one stays\. MR-1204 schedules\.yaml:3: /),
    })
    await stage.schedule(`once: { select: [people], at: '${stage.soon(8000)}' }`)
    await stage.said(daemon, 'daemon.reloaded', 1)
    await stage.said(daemon, 'job.ended', 1)
    expect(stage.outcomes(daemon)).toEqual(['people ok'])
  })

  it('has its runs read what was right: one that begins while the project is wrong works', async () => {
    await stage.schedule(`once: { select: [people], at: '${stage.soon(5000)}' }`)
    const daemon = stage.serve()
    await stage.said(daemon, 'daemon.ready', 1)
    const restore = stage.project.edit('syncs/people.yaml', (text) =>
      text.replace('destination: customerio', 'destination: nobody'),
    )
    await stage.said(daemon, 'job.ended', 1)
    await stage.said(daemon, 'daemon.problem', 1)
    restore()
    expect(stage.outcomes(daemon)).toEqual(['people ok'])
    expect((await stage.runs())[0]?.ledger).toMatchObject({ delivered: 100 })
  })

  it.skipIf(!hasGit)(`follows a git ref, whatever is in the folder; each run says its commit${needsGit}`, async () => {
    initRepository(stage.project.directory)
    stage.project.file('.gitignore', '.millrace/\n')
    await stage.schedule(`later: { select: [stripe], at: '2999-01-01T00:00:00Z' }`)
    commit(stage.project.directory, {})
    const restore = stage.project.edit('millrace.yaml', () => 'wrong: true\n')
    const daemon = stage.serve(['--git-ref', 'main'])
    await stage.said(daemon, 'daemon.ready', 1)
    restore()
    await stage.schedule(`once: { select: [people], at: '${stage.soon(9000)}' }`)
    const second = commit(stage.project.directory, {})
    stage.project.file('syncs/people.yaml', 'wrong: true\n')
    await stage.said(daemon, 'job.ended', 1)
    git(stage.project.directory, 'checkout', '--quiet', '--', 'syncs')
    for (const path of ['.git', '.gitignore']) rmSync(join(stage.project.directory, path), { recursive: true })
    expect(stage.outcomes(daemon)).toEqual(['people ok'])
    expect((await stage.runs()).map(({ commit: of }) => of)).toEqual([second])
  })
})

describe('the daemon’s /healthz', () => {
  it('answers 200 while it looks, 503 while it is stopping, and nothing else', async () => {
    await stage.schedule(`once: { select: [stripe], at: '${stage.soon()}' }`)
    await stage.project.sandbox.setFault('stripe', 'delay', { ms: 200, times: 'always' })
    const daemon = stage.serve(['--listen', '127.0.0.1:0'])
    await stage.said(daemon, 'job.started', 1)
    const port = Number(daemon.lines.find(({ type }) => type === 'daemon.ready')?.['port'])
    const ask = async (path: string, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
      return { status: response.status, body: await response.text() }
    }
    const healthy = await ask('/healthz')
    expect(healthy.status).toBe(200)
    expect(JSON.parse(healthy.body)).toEqual({
      ok: true,
      schedules: 1,
      running: 1,
      stopping: false,
      looked_seconds_ago: expect.any(Number),
    })
    expect(await ask('/healthz', 'HEAD')).toEqual({ status: 200, body: '' })
    expect(await ask('/')).toEqual({ status: 404, body: '' })
    expect(await ask('/healthz', 'POST')).toMatchObject({ status: 404 })
    daemon.child.kill('SIGTERM')
    await stage.until(async () => (await ask('/healthz')).status === 503)
    expect(await stage.ended(daemon)).toBe(0)
  })

  it('does not start where its port is taken or its address is none', async () => {
    await stage.schedule(`later: { select: [stripe], at: '2999-01-01T00:00:00Z' }`)
    for (const address of ['127.0.0.1:99999', 'nonsense']) {
      const daemon = stage.serve(['--listen', address])
      expect(await stage.ended(daemon)).toBe(2)
      expect(daemon.lines[0]).toMatchObject({ code: 'MR-1001', message: expect.stringContaining(address) })
    }
  })
})
