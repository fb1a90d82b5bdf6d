import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { superviseRun } from '../../src/app/supervise-run.ts'
import type { Job, JobEnd } from '../../src/state/slot-store.ts'

describe('a run that is told to end because its time is up', () => {
  const tooLong: Partial<JobEnd> = { state: 'queued', reason: 'it took longer than 1.5 s' }
  it.each<readonly [string, object | null, Partial<JobEnd>]>([
    ['and ends ok within its grace is ok', { status: 'ok', ledger: { loaded: 3 } }, { state: 'ok', reason: null }],
    [
      'and ends with rejects within its grace is partial',
      { status: 'partial', ledger: { delivered: 3, rejected: 1, unknown: 0 } },
      { state: 'partial' },
    ],
    [
      'and stops its delivery half way is run again',
      { status: 'partial', ledger: { delivered: 3, rejected: 0, unknown: 7 } },
      tooLong,
    ],
    [
      'and stops at a checkpoint is run again',
      { status: 'failed', ledger: null, error: { code: 'MR-7001', message: 'stopped' } },
      tooLong,
    ],
    ['and ends without a result is run again', null, tooLong],
  ])('%s', async (_, result, end) => {
    expect(await superviseRun(job, optionsWith(result, new AbortController().signal))).toMatchObject(end)
  })
})

describe('a run that does not hear the first signal', () => {
  /** Ends with the nth signal that it gets. */
  const deaf = (nth: number) => {
    const options = optionsWith(null, new AbortController().signal)
    writeFileSync(
      options.launcher,
      `import { appendFileSync } from 'node:fs'
       let heard = 0
       process.on('SIGTERM', () => {
         appendFileSync(${JSON.stringify(join(options.root, 'heard'))}, '.')
         if (++heard === ${nth}) process.exit(143)
       })
       setInterval(() => {}, 1000)`,
    )
    const heard = () => readFileSync(join(options.root, 'heard'), 'utf8').length
    return { options: { ...options, policy: { ...options.policy, timeoutMs: 1000, graceMs: 300 } }, heard }
  }
  const tooLong: Partial<JobEnd> = { state: 'queued', reason: 'it took longer than 1 s' }

  it('gets a second one after its grace', async () => {
    const { options, heard } = deaf(2)
    expect(await superviseRun(job, { ...options, killAfterMs: 600_000 })).toMatchObject(tooLong)
    expect(heard()).toBe(2)
  }, 10_000)

  it('nor the second is killed', async () => {
    const { options, heard } = deaf(Infinity)
    expect(await superviseRun(job, { ...options, killAfterMs: 300 })).toMatchObject(tooLong)
    expect(heard()).toBe(2)
  }, 10_000)
})

describe('a run that somebody else ends', () => {
  const told = (status: string, unknown: number) => ({ status, ledger: { delivered: 3, rejected: 1, unknown } })
  const options = (result: object | null) => {
    const { signal } = new AbortController()
    const all = optionsWith(result, signal)
    return { ...all, policy: { ...all.policy, timeoutMs: 60_000 }, onRun: () => setTimeout(endRuns, 50) }
  }
  /** As `kill` does from another terminal. */
  let endRuns: () => void
  const ended = async (result: object | null, signal: NodeJS.Signals = 'SIGTERM') => {
    const all = options(result)
    endRuns = () => process.kill(Number(readFileSync(join(all.root, 'pid'), 'utf8')), signal)
    return superviseRun(job, all)
  }

  it('in the middle of its delivery is run again, and it is said why', async () => {
    expect(await ended(told('partial', 7))).toMatchObject({
      state: 'queued',
      reason: 'it was told to end before all of its rows were sent',
    })
    expect(await ended(told('partial', 0))).toMatchObject({ state: 'partial' })
  })

  it('by a kill is said to have ended so, whatever it said before', async () => {
    expect(await ended(null, 'SIGKILL')).toMatchObject({ state: 'queued', reason: 'its process ended with SIGKILL' })
  })
})

describe('a run that is told to end because the daemon ends', () => {
  it.each<readonly [string, object, Partial<JobEnd>]>([
    ['and ends ok is ok', { status: 'ok', ledger: { loaded: 3 } }, { state: 'ok' }],
    [
      'and stops at a checkpoint waits for the next daemon',
      { status: 'failed', ledger: null, error: { code: 'MR-7001', message: 'stopped' } },
      { state: 'queued', reason: 'the daemon was stopped' },
    ],
  ])('%s', async (_, result, end) => {
    const stop = new AbortController()
    const options = optionsWith(result, stop.signal)
    const policy = { ...options.policy, timeoutMs: 60_000 }
    const ended = superviseRun(job, { ...options, policy, onRun: () => stop.abort() })
    expect(await ended).toMatchObject(end)
  })

  it('and that begins as the daemon ends is told, too', async () => {
    const options = optionsWith(null, AbortSignal.abort())
    const policy = { ...options.policy, timeoutMs: 600_000 }
    expect(await superviseRun(job, { ...options, policy })).toMatchObject({ reason: 'the daemon was stopped' })
  }, 10_000)
})

describe('a run that fails since its vendor asks to come back later', () => {
  const day = 24 * 3_600
  /** As a run that says so and ends by itself. */
  const asked = (seconds: number, retry: Partial<Parameters<typeof superviseRun>[1]['policy']['retry']> = {}) => {
    const error = { code: 'MR-3006', message: 'busy', retry_after_seconds: seconds }
    const options = optionsWith(null, new AbortController().signal)
    const line = JSON.stringify({ type: 'result', runs: [{ status: 'failed', ledger: null, error }] })
    writeFileSync(options.launcher, `console.log(${JSON.stringify(line)})\nprocess.exitCode = 1`)
    const policy = { timeoutMs: 60_000, graceMs: 1, retry: { ...options.policy.retry, ...retry } }
    return superviseRun(job, { ...options, policy })
  }

  it('within a day is tried again then', async () => {
    expect(await asked(day)).toEqual({
      state: 'queued',
      reason: 'MR-3006 busy',
      notBefore: '1970-01-02T00:00:00.000Z',
    })
  })

  it.each([
    ['at an instant, written where seconds belong', 1_795_392_000],
    ['at one that no calendar has', Number('9223372036854775807')],
  ])('%s, has failed, and the next slot tries', async (_, seconds) => {
    expect(await asked(seconds)).toEqual({ state: 'failed', reason: 'MR-3006 busy' })
  })

  it('later than in a day is tried again where the schedule itself waits for as long, though no later than dates go', async () => {
    const maxMs = 2 * day * 1_000
    expect(await asked(2 * day, { maxMs })).toMatchObject({ notBefore: '1970-01-03T00:00:00.000Z' })
    expect(await asked(0, { initialMs: 1e18, maxMs: 1e18 })).toMatchObject({ notBefore: '9999-12-31T00:00:00.000Z' })
  })
})

describe('a run whose process cannot be started', () => {
  const { signal } = new AbortController()
  it.each<readonly [string, Partial<Parameters<typeof superviseRun>[1]>, string]>([
    ['since Node is not there is run again', { node: '/nowhere/node' }, 'spawn /nowhere/node ENOENT'],
    ['since its environment is too large is run again', { env: { LARGE: 'x'.repeat(3_000_000) } }, 'spawn E2BIG'],
  ])('%s', async (_, more, why) => {
    const options = { ...optionsWith(null, signal), ...more }
    expect(await superviseRun(job, options)).toEqual({
      state: 'queued',
      reason: `its process could not be started: ${why}`,
      notBefore: '1970-01-01T00:00:00.001Z',
    })
    expect(await superviseRun({ ...job, attempt: 2 }, options)).toMatchObject({ state: 'failed' })
  })
})

/** A run that answers the first signal with this result. */
function optionsWith(result: object | null, stop: AbortSignal): Parameters<typeof superviseRun>[1] {
  const root = mkdtempSync(join(tmpdir(), 'millrace-supervise-'))
  const launcher = join(root, 'launcher.mjs')
  const line = result === null ? '' : `${JSON.stringify({ type: 'result', runs: [result] })}\n`
  writeFileSync(
    launcher,
    `import { writeFileSync } from 'node:fs'
     process.on('SIGTERM', () => { process.stdout.write(${JSON.stringify(line)}, () => process.exit(143)) })
     setInterval(() => {}, 1000)
     console.error('Stopping at the next checkpoint; another signal stops at once.')
     writeFileSync(${JSON.stringify(join(root, 'pid'))}, String(process.pid))
     console.log('{"type":"run.started","run":{"run_id":"r1"}}')`,
  )
  return {
    launcher,
    root,
    home: root,
    target: 'sandbox',
    env: {},
    policy: { timeoutMs: 1500, graceMs: 20_000, retry: { attempts: 2, initialMs: 1, maxMs: 1 } },
    now: () => new Date(0),
    stop,
    onRun: () => undefined,
  }
}

const job: Job = {
  schedule: 'hourly',
  instant: '2026-01-01T00:00:00.000Z',
  sync: 'stripe',
  token: 1,
  needs: [],
  connection: 'stripe',
  notBefore: '2026-01-01T00:00:00.000Z',
  priority: 0,
  state: 'running',
  attempt: 1,
  runId: null,
  reason: null,
  takenAt: null,
  owner: null,
  alive: true,
  caughtUp: false,
}
