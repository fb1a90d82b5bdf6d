import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { EngineEvent } from '../../src/model/event.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { chooseColor, chooseRenderMode, type RenderMode } from '../../src/render/render-mode.ts'
import type { Verbosity } from '../../src/render/renderer-contract.ts'
import { createRenderer } from '../../src/render/renderer.ts'
import { fakeOutput, screenOf } from './fake-output.ts'
import { etlEnd, etlEvents, etlRun, reverseRun } from './some-runs.ts'

function start(
  mode: RenderMode,
  over: { readonly verbosity?: Verbosity; readonly rows?: number; readonly columns?: number } = {},
) {
  const stdout = fakeOutput()
  const stderr = fakeOutput({ isTTY: mode === 'tty', columns: over.columns ?? 80, rows: over.rows ?? 24 })
  const renderer = createRenderer({
    mode,
    stdout: stdout.output,
    stderr: stderr.output,
    color: false,
    verbosity: over.verbosity ?? 'normal',
  })
  return { renderer, stdout, stderr, hear: (events: readonly EngineEvent[]) => events.forEach(renderer.onEvent) }
}
const reject = (key: string): EngineEvent => ({
  type: 'row.rejected',
  run_id: 'r1',
  where: 'Account',
  key,
  code: 'MR-5002',
  message: 'not a date\u001b[2J',
})

describe('plain', () => {
  test('says a line per change of state on stderr, and the outcome on stdout, last line last', () => {
    const { renderer, stdout, stderr, hear } = start('plain')
    hear([...etlEvents, ...etlEnd])
    renderer.finish({ exit_code: 5, runs: [etlRun, reverseRun] })
    expect(`\n${stderr.text()}`).toBe(`
 salesforce  started run r1 on sandbox
 salesforce  Account: scan 8f2c of everything to 2026-11-21 09:55 UTC
 salesforce  Account: the vendor counts 12,408 rows
 salesforce  Account: salesforce.account: new column region (string)
 salesforce  Account: 12,408 rows committed, scan complete
 salesforce  ok in 9.8 s
`)
    expect(`\n${stdout.text()}`).toBe(`
 salesforce         ok       read 24,118 · loaded 24,118 (24,000 inserted, 100 updated, 18 deleted) · 118 requests · 9.8 s
 customerio_people  partial  48,112 model rows · 131 added, 412 changed · 540 delivered · 3 rejected · 1 opt-in withheld · 6 requests · 1.2 s
 2 runs: 1 ok, 1 partial (exit 5) · 24,118 rows loaded · 540 rows delivered · 3 rejected · 11 s
`)
  })

  test('shows ten rejects of a run and then where the others are, without their control characters', () => {
    const { stderr, hear } = start('plain')
    hear([etlEvents[0]!, ...Array.from({ length: 500 }, (_, n) => reject(`k${n}`))])
    const lines = stderr.text().trimEnd().split('\n')
    expect(lines).toHaveLength(12)
    expect(lines[1]).toBe(' salesforce  warning: Account: row k0 rejected, MR-5002: not a date␛[2J')
    expect(lines.at(-1)).toBe(' salesforce  warning: more rejected rows:  millrace rejects salesforce')
  })

  test('quiet says nothing of a run that went well, and verbose tells every batch', () => {
    const quiet = start('plain', { verbosity: 'quiet' })
    quiet.hear([...etlEvents, ...etlEnd])
    quiet.renderer.finish({ exit_code: 0, runs: [etlRun] })
    expect(quiet.stderr.text() + quiet.stdout.text()).toBe('')
    const verbose = start('plain', { verbosity: 'verbose' })
    verbose.hear(etlEvents)
    expect(verbose.stderr.text()).toContain('Account: 6,204 rows read')
    expect(verbose.stderr.text()).toContain('salesforce: GET /query')
  })

  test('nothing to do is said too', () => {
    const { renderer, stdout } = start('plain')
    renderer.finish({ exit_code: 0, runs: [] })
    expect(stdout.text()).toBe(' Nothing to do.\n')
  })
})

describe('json', () => {
  test('every line of stdout is an object with a type, the last one the result, and stderr is empty', () => {
    const { renderer, stdout, stderr, hear } = start('json')
    hear([...etlEvents, reject('a\n\u009b\u2028'), ...etlEnd])
    renderer.error(
      new MillraceError('MR-1203', {
        message: 'unknown key',
        place: { file: 'a.yaml', line: 3, column: 1, length: 2, text: 'canary' },
      }),
    )
    renderer.finish({ exit_code: 0, runs: [etlRun] })
    expect(stdout.text()).not.toMatch(/[^\P{Cc}\n]|\u2028|canary/u)
    const lines = stdout
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(etlEvents.length + etlEnd.length + 3)
    for (const line of lines) expect(line).toMatchObject({ type: expect.any(String) })
    expect(lines[etlEvents.length]).toEqual(reject('a\n\u009b\u2028'))
    expect(lines.at(-2)).toMatchObject({
      type: 'error',
      code: 'MR-1203',
      exit_code: 2,
      place: { file: 'a.yaml', line: 3, column: 1 },
    })
    expect(stdout.text().trimEnd().split('\n').at(-1)).toMatch(
      /^\{"type":"result","exit_code":0,"runs":\[\{"run_id":"r1","sync":"salesforce","kind":"etl","status":"ok"/,
    )
    expect(stderr.text()).toBe('')
  })
})

describe('github', () => {
  test('annotates an error at its place, escaped', () => {
    const { renderer, stderr } = start('github')
    renderer.error(
      new MillraceError('MR-1203', {
        message: '100% unknown',
        next: 'did you mean `x`?',
        place: { file: 'syncs/a,b.yaml', line: 3, column: 1, length: 2, text: '' },
      }),
    )
    expect(stderr.text().trimEnd().split('\n').at(-1)).toBe(
      '::error file=syncs/a%2Cb.yaml,line=3,col=1,title=MR-1203::100%25 unknown%0Adid you mean `x`?',
    )
  })

  test('a vendor cannot give commands to the runner', () => {
    const { stderr, hear } = start('github')
    hear([etlEvents[0]!, { ...reject('k'), message: 'x\n::add-mask::y ##[set-env]z' } as EngineEvent])
    expect(stderr.text()).not.toMatch(/^\s*::|##\[/m)
  })
})

describe('tty', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
  afterEach(() => vi.useRealTimers())

  test('draws rows of counted, speed, calls, and what it waits for', () => {
    const { stderr, hear } = start('tty')
    hear(etlEvents)
    vi.advanceTimersByTime(2_100)
    const lines = screenOf(stderr.text())
    expect(lines.slice(-4, -1)).toEqual([
      ' salesforce  scan 8f2c · to 2026-11-21 09:55 UTC',
      '   Account  6,204 of 12,408    2,954/s  ██████████░░░░░░░░░░  2.1 s',
      ' API calls 1 · 0 retries',
    ])
    hear([{ type: 'waiting', run_id: 'r1', for: 'the warehouse file', holder: 'run 7c1e' }])
    vi.advanceTimersByTime(100)
    expect(screenOf(stderr.text()).at(-2)).toBe(
      ' API calls 1 · 0 retries · waiting for the warehouse file, held by run 7c1e',
    )
  })

  test('is redrawn at most ten times a second, whatever happens', () => {
    const { stderr, hear } = start('tty')
    hear(etlEvents)
    vi.advanceTimersByTime(100)
    const before = stderr.writes.length
    for (let n = 0; n < 1_000; n++) {
      hear([{ type: 'batch.extracted', run_id: 'r1', stream: 'Account', rows: 1 }])
      vi.advanceTimersByTime(1)
    }
    expect(stderr.writes.length - before).toBeLessThanOrEqual(10)
    expect(stderr.writes.length - before).toBeGreaterThan(5)
  })

  test('leaves only what lasts, the cursor shown, and no timer', () => {
    const { renderer, stdout, stderr, hear } = start('tty')
    const listeners = process.listenerCount('exit')
    hear(etlEvents)
    vi.advanceTimersByTime(300)
    expect(process.listenerCount('exit')).toBe(listeners + 1)
    hear(etlEnd)
    renderer.finish({ exit_code: 0, runs: [etlRun] })
    expect(screenOf(stderr.text()).filter((line) => line !== '')).toEqual([
      ' salesforce  Account: salesforce.account: new column region (string)',
      ' salesforce  ok in 9.8 s',
    ])
    expect(stderr.text().lastIndexOf('\u001b[?25h')).toBeGreaterThan(stderr.text().lastIndexOf('\u001b[?25l'))
    expect([vi.getTimerCount(), process.listenerCount('exit')]).toEqual([0, listeners])
    expect(stdout.text().trimEnd().split('\n').at(-1)).toBe(' 1 run: 1 ok · 24,118 rows loaded · 9.8 s')
  })

  test('never draws more lines, or wider ones, than the terminal has', () => {
    const { stderr, hear } = start('tty', { rows: 10, columns: 40 })
    hear([etlEvents[0]!])
    for (let n = 0; n < 200; n++)
      hear([{ type: 'stream.counted', run_id: 'r1', stream: `A_stream_with_a_rather_long_name_${n}`, count: 10 }])
    vi.advanceTimersByTime(100)
    const lines = screenOf(stderr.text())
    expect(lines.length).toBeLessThanOrEqual(10)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(40)
    expect(lines.at(-3)).toMatch(/… 19\d more/)
  })
})

describe('the choice of a renderer', () => {
  const tty = { write: () => {}, isTTY: true }
  const pipe = { write: () => {} }

  test('draws only on a terminal that somebody looks at', () => {
    expect(chooseRenderMode({ json: false, stderr: tty, env: {} })).toBe('tty')
    expect(chooseRenderMode({ json: false, stderr: pipe, env: {} })).toBe('plain')
    expect(chooseRenderMode({ json: false, stderr: tty, env: { CI: 'true' } })).toBe('plain')
    expect(chooseRenderMode({ json: false, stderr: tty, env: { TERM: 'dumb' } })).toBe('plain')
    expect(chooseRenderMode({ json: false, stderr: pipe, env: { GITHUB_ACTIONS: 'true' } })).toBe('github')
    expect(chooseRenderMode({ json: true, stderr: tty, env: { GITHUB_ACTIONS: 'true' } })).toBe('json')
  })

  test('colours a terminal, unless NO_COLOR or --no-color say otherwise', () => {
    expect(chooseColor({ noColor: false, output: tty, env: {} })).toBe(true)
    expect(chooseColor({ noColor: false, output: pipe, env: {} })).toBe(false)
    expect(chooseColor({ noColor: false, output: tty, env: { NO_COLOR: '1' } })).toBe(false)
    expect(chooseColor({ noColor: true, output: tty, env: { FORCE_COLOR: '1' } })).toBe(false)
    expect(chooseColor({ noColor: false, output: pipe, env: { FORCE_COLOR: '1' } })).toBe(true)
  })
})
