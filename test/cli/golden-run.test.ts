/** A day in the life of a project, as somebody types it: each command a process, each with its exit code and its words. */
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  edit,
  emptyDirectory,
  launcher,
  linesOf,
  serveSmallWorld,
  millrace,
  newProject,
  startMillrace,
  until,
  type Ended,
  type Line,
} from './command.ts'

let project = ''
let endSandbox: (() => Promise<Ended>) | undefined
/** In the project, against a small world. */
const run = (...args: readonly string[]) => millrace(project, ...args)
const json = async (...args: readonly string[]) => linesOf(await run(...args, '--json'))
const resultOf = (ended: Ended) => linesOf(ended).at(-1)

beforeAll(async () => {
  project = await newProject()
  // Left on: the commands find it, and need not start one each.
  endSandbox = await serveSmallWorld(project)
})

afterAll(async () => {
  expect(await endSandbox?.()).toMatchObject({ code: 0, signal: null })
})

describe('a new project', () => {
  test('is whole, and lists its syncs', async () => {
    const validated = await run('sync', 'validate')
    expect(validated.stdout).toContain('2 syncs, 1 model, 2 connections, 2 targets: ok')
    expect(validated.code).toBe(0)
    const lines = await json('sync', 'list')
    expect(lines.map((line) => [line['type'], line['name']])).toEqual([
      ['sync', 'customerio_people'],
      ['sync', 'stripe'],
      ['result', undefined],
    ])
  })

  test('is not written over', async () => {
    const { code, stderr } = await run('init')
    expect(stderr).toContain('it already has millrace.yaml')
    expect(code).toBe(2)
  })

  test('has no state before its first run', async () => {
    expect((await run('sync', 'status')).stdout).toContain('never run on this target')
    expect((await run('sync', 'state', 'show', 'stripe')).stdout).toContain('nothing has been loaded on this target')
    expect(existsSync(join(project, '.millrace/sandbox.duckdb'))).toBe(false)
  })

  test.for(['plan', 'preview'])(
    '%s before anything was loaded names what loads it, and nothing that delivers',
    async (word) => {
      const { code, stderr } = await run('sync', word, 'customerio_people')
      expect(stderr).toContain('nothing has been loaded on this target')
      expect(stderr).toContain('Next: millrace sync run stripe   loads it')
      expect(stderr).not.toContain('--all')
      expect(code).toBe(1)
    },
  )
})

describe('a first run', () => {
  let ended: Ended
  let runs: readonly Line[]
  beforeAll(async () => {
    ended = await run('sync', 'run', '--all', '--json')
    runs = resultOf(ended)?.['runs'] ?? []
  })

  test('ends with the result that programs rely on', () => {
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' })
    expect(resultOf(ended)).toMatchObject({ type: 'result', exit_code: 0 })
    expect(runs.map(({ sync, kind, status }) => ({ sync, kind, status }))).toEqual([
      { sync: 'stripe', kind: 'etl', status: 'ok' },
      { sync: 'customerio_people', kind: 'reverse_etl', status: 'ok' },
    ])
    const [etl, reverse] = runs.map((each) => each['ledger'])
    expect(etl.loaded).toBeGreaterThan(50)
    expect(etl.read + etl.derived).toBe(
      etl.loaded + etl.unchanged + etl.stale + etl.duplicates + etl.filtered + etl.rejected,
    )
    expect(reverse.added).toBe(reverse.delivered)
    expect(Object.keys(runs[0]?.['streams'])).toEqual(['customers', 'subscriptions'])
  })

  test('says every event on a line of its own with its type', () => {
    const types = new Set(linesOf(ended).map((line) => line.type))
    expect([...types]).toEqual(
      expect.arrayContaining(['run.started', 'cursor.committed', 'batch.answered', 'run.finished']),
    )
  })

  test('is in the history, with a ledger for each stream', async () => {
    const listed = await json('runs')
    expect(listed.filter((line) => line.type === 'run')).toHaveLength(2)
    const { stdout, code } = await run('run', 'show', String(runs[0]?.['run_id']))
    expect(stdout).toMatch(/customers +subscriptions/)
    expect(stdout).toMatch(/inserted +\d+ +\d+/)
    expect(code).toBe(0)
    expect((await run('run', 'show', 'nosuch')).code).toBe(2)
  })

  test('is shown as the warehouse has it, where the control store is lost', async () => {
    const store = join(project, '.millrace')
    const kept = readdirSync(store).filter((name) => name.startsWith('control.sqlite'))
    for (const name of kept) renameSync(join(store, name), join(project, name))
    const { stdout, code } = await run('run', 'show', String(runs[0]?.['run_id']))
    for (const name of kept) renameSync(join(project, name), join(store, name))
    expect(code).toBe(0)
    expect(stdout).toContain('as the warehouse has it')
    expect(stdout).toMatch(/inserted +\d+ +\d+/)
  })

  test('has moved the cursors and filled the snapshot', async () => {
    const [etl] = await json('sync', 'state', 'show', 'stripe')
    expect(etl?.['cursors']).toHaveLength(2)
    expect(etl?.['cursors'][0]).toMatchObject({ stream: 'customers', scan: null, watermark: expect.any(String) })
    const [reverse] = await json('sync', 'state', 'show', 'customerio_people')
    expect(reverse?.['snapshot'].accepted).toBe(runs[1]?.['ledger'].delivered)
    expect(await json('rejects', 'customerio_people')).toEqual([{ type: 'result', exit_code: 0, open: 0 }])
  })

  test('leaves nothing to do, and the plan says so by its exit code', async () => {
    const plan = await run('sync', 'plan', 'customerio_people', '--detailed-exitcode')
    expect(plan.stdout).toContain('nothing to send')
    expect(plan.code).toBe(0)
  })

  test('is at the vendor as the warehouse has it', async () => {
    const shown = await json('sandbox', 'show', 'customerio', 'person')
    const people = shown.flatMap((line) => (line.type === 'record' ? [line['record']] : []))
    const customers = await json('sandbox', 'show', 'stripe', 'customers')
    // Somebody who signed up there before has the address already: Customer.io answers 200 and leaves it with them.
    const taken = new Set(people.filter((person) => !isOurs(person.id)).map((person) => person.email))
    const free = customers.flatMap((line) =>
      line.type === 'record' && !taken.has(line['record'].email) ? [line['record'].id] : [],
    )
    expect(
      people
        .filter((person) => isOurs(person.id))
        .map((person) => person.id)
        .toSorted(byText),
    ).toEqual(free.toSorted(byText))
    const record = people.find((person) => isOurs(person.id))
    const one = await run('sandbox', 'show', 'customerio', 'person', record.id)
    expect(JSON.parse(one.stdout)).toEqual(record)
  })
})

describe('the next day', () => {
  test('passes, and the plan has changes (exit 3), previewed with nothing personal in them', async () => {
    const [day] = await json('sandbox', 'move')
    expect(day).toMatchObject({ type: 'day', day: 1, events: { opt_out: expect.any(Number) } })
    edit(project, 'syncs/customerio_people.yaml', (text) =>
      text.replace('  plan_state:', '  source: { value: warehouse }\n  plan_state:'),
    )
    const plan = await run('sync', 'plan', '--detailed-exitcode', '--json')
    expect(plan.code).toBe(3)
    expect(linesOf(plan).map((line) => line['kind'])).toEqual(['etl', 'reverse_etl', undefined])
    const preview = await json('sync', 'preview', 'customerio_people', '--limit', '2')
    expect(preview[0]).toMatchObject({ type: 'request', method: 'POST' })
    expect(JSON.stringify(preview)).not.toContain('@')
  })

  test('is stopped by a guard (exit 4), which names the flag that allows it', async () => {
    const stopped = await run('sync', 'run', 'customerio_people', '--max-changed', '1%')
    expect(stopped.stderr).toContain('stopped[MR-4102]')
    expect(stopped.stderr).toContain('--max-changed')
    expect(stopped.code).toBe(4)
    const allowed = await run('sync', 'run', 'customerio_people', '--max-changed', '100%')
    expect(allowed.code).toBe(0)
  })

  test('is quiet with -q, and has no colour in a pipe', async () => {
    const quiet = await run('-q', 'sync', 'run', '--all')
    expect(quiet).toMatchObject({ code: 0, stdout: '', stderr: '' })
    const loud = await run('sync', 'run', 'stripe')
    expect(loud.stdout + loud.stderr).not.toContain('\u001b')
    expect(loud.stderr).toContain('stripe  started run')
  })
})

describe('state', () => {
  test('is not forgotten without a reason, nor without a yes', async () => {
    expect((await run('sync', 'state', 'reset', 'stripe', '--yes')).stderr).toContain('--reason')
    expect((await run('sync', 'state', 'reset', 'stripe', '--reason', 'x')).stderr).toContain('--yes')
    const wrong = await run('sync', 'state', 'reset', 'stripe', '--yes', '--reason', 'x', '--stream', 'custmers')
    expect(wrong.stderr).toContain('Did you mean `customers`?')
    expect(wrong.code).toBe(2)
  })

  test('is forgotten on a word, which is written down', async () => {
    const { code } = await run(
      'sync',
      'state',
      'reset',
      'stripe',
      '--stream',
      'customers',
      '--yes',
      '--reason',
      'a test',
    )
    expect(code).toBe(0)
    const [state] = await json('sync', 'state', 'show', 'stripe')
    expect(state?.['cursors'].map((cursor: Line) => cursor['stream'])).toEqual(['subscriptions'])
    const audit = JSON.parse(readFileSync(join(project, '.millrace/audit.ndjson'), 'utf8'))
    expect(audit).toMatchObject({
      what: 'state reset',
      sync: 'stripe',
      stream: 'customers',
      reason: 'a test',
      target: 'sandbox',
    })
    expect(audit.before.cursors).toHaveLength(2)
    const again = resultOf(await run('sync', 'run', 'stripe', '--json'))
    expect(again?.['runs'][0].streams.customers.unchanged).toBeGreaterThan(0)
  })
})

describe('connections', () => {
  test('are listed, tried, and tell what they have', async () => {
    expect(await json('connection', 'list')).toContainEqual({
      type: 'connection',
      name: 'stripe',
      connector: 'stripe',
      syncs: ['stripe'],
    })
    const tried = await run('connection', 'test')
    expect(tried.stdout).toMatch(/✓ stripe/)
    expect(tried.stdout).toMatch(/✓ customerio/)
    const [stream] = await json('connection', 'discover', 'stripe', 'customers')
    expect(stream).toMatchObject({ type: 'stream', name: 'customers', key: ['id'] })
    const [object] = await json('connection', 'discover', 'customerio', 'person')
    expect(object).toMatchObject({ type: 'object', fields: { email: 'string' } })
  })

  test('and everything else are looked at by the doctor', async () => {
    const { code, stdout } = await run('doctor')
    expect(stdout).not.toContain('✗')
    expect(stdout).toContain('✓ connection customerio')
    expect(code).toBe(0)
  })
})

describe('a fault', () => {
  test('is turned on for a vendor, fails a run (exit 1) that says what is kept, and is gone after it', async () => {
    const set = await run('sandbox', 'fault', 'stripe', 'status', '--times', 'always', '--status', '401')
    expect(set.stdout).toContain('stripe: status is on, always')
    const failed = await run('sync', 'run', 'stripe')
    expect(failed.stderr).toContain('failed[MR-3001]')
    expect(failed.stdout).toContain('1 failed (exit 1)')
    expect(failed.code).toBe(1)
    const journal = await json('sandbox', 'journal', 'stripe', '--limit', '1000')
    expect(journal.some((entry) => entry['status'] === 401 && entry['fault'] === 'status')).toBe(true)
    expect((await run('sandbox', 'fault', 'stripe', 'status', '--off')).stdout).toContain('status is off')
    expect((await run('sync', 'run', 'stripe')).code).toBe(0)
  })

  test('that does not exist is refused, and those that do are listed', async () => {
    const wrong = await run('sandbox', 'fault', 'stripe', 'earthquake')
    expect(wrong.stderr).toContain('there is no such fault')
    expect(wrong.code).toBe(2)
    const listed = await json('sandbox', 'fault')
    expect(listed).toContainEqual(expect.objectContaining({ type: 'fault', name: 'reset_after' }))
  })
})

describe('a fault that would not do what was asked', () => {
  test.for([
    [['status', '--statuss', '429'], 'Did you mean status?'],
    [['delay', '--ms', '2s'], 'ms is "2s", and must be a number'],
    [['hang', '--handled', 'yes'], 'handled is "yes", and must be true or false'],
    [['account_revoked'], 'without account it would do nothing'],
    [['refused', '--times', '1'], 'it takes no times'],
  ] as const)('is refused, and not set: %s', async ([words, said]) => {
    const { code, stderr } = await run('sandbox', 'fault', 'stripe', ...words)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) })
    expect(await json('sandbox', 'fault', 'stripe')).not.toContainEqual(
      expect.objectContaining({ type: 'active_fault' }),
    )
  })
})

test('a vendor on whose port nobody listens is told to be so until that is taken away', async () => {
  expect((await run('sandbox', 'fault', 'stripe', 'refused')).stdout).toBe(
    ' stripe: refused is on, until it is taken away (--off)\n',
  )
  const listed = await run('sandbox', 'fault', 'stripe')
  expect(listed.stdout).toMatch(/^ stripe: refused is on, until it is taken away \(--off\)$/m)
  expect(listed.stdout).not.toContain('expire_tokens')
  await run('sandbox', 'fault', 'stripe', 'refused', '--off')
})

describe('a key of a fault that is a list', () => {
  test.for([[['--ids', 'r2,r3']], [['--ids', 'r2', '--ids', 'r3']], [['--ids=r2', '--ids=r3']]])(
    'takes %s',
    async ([words = []]) => {
      await run('sandbox', 'fault', 'customerio', 'bad_items', ...words)
      const known = await json('sandbox', 'fault', 'customerio')
      await run('sandbox', 'fault', 'customerio', 'bad_items', '--off')
      expect(known[0]).toMatchObject({ type: 'active_fault', name: 'bad_items', spec: { ids: ['r2', 'r3'] } })
    },
  )

  test('takes one, and a number as the text that identifiers are', async () => {
    const [set] = await json('sandbox', 'fault', 'customerio', 'bad_items', '--ids', '101', '--times', '2')
    await run('sandbox', 'fault', 'customerio', 'bad_items', '--off')
    expect(set).toMatchObject({ spec: { ids: ['101'], times: 2 } })
  })

  test('is refused without a value', async () => {
    const { code, stderr } = await run('sandbox', 'fault', 'customerio', 'bad_items', '--ids')
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('ids is [], and must be a list') })
  })

  test('is in the help', async () => {
    expect((await run('sandbox', 'fault', '--help')).stdout.replaceAll(/\s+/g, ' ')).toContain('`--ids r2,r3`')
  })
})

describe('signals', () => {
  const started = async (signal: NodeJS.Signals, times: number) => {
    // Long enough for another command to look at it meanwhile, on a busy machine too.
    await run('sandbox', 'fault', 'stripe', 'delay', '--times', 'always', '--ms', '1000')
    await run('sync', 'state', 'reset', 'stripe', '--yes', '--reason', 'signals')
    const { child, ended, said } = startMillrace(project, ['sync', 'run', 'stripe', '--full-refresh'])
    await until(() => said().includes('scan'))
    if (times === 1) expect((await run('sync', 'status', 'stripe')).stdout).toMatch(/running since .*, pid \d+/)
    for (let count = 0; count < times; count++) {
      child.kill(signal)
      await until(() => said().includes('Stopping at the next checkpoint'))
    }
    const asked = performance.now()
    const outcome = await ended
    await run('sandbox', 'fault', 'stripe', 'delay', '--off')
    return { ...outcome, ms: performance.now() - asked }
  }

  test('once: stops at the next checkpoint with 130, and the next run goes on', async () => {
    const { code, stderr } = await started('SIGINT', 1)
    expect(stderr).toContain('Ctrl-C again stops at once')
    expect(code).toBe(130)
    expect((await run('sync', 'run', 'stripe')).code).toBe(0)
  })

  test('Ctrl-C in the terminal of a daemon does not stop its runs: when they stop is the daemon’s word', async () => {
    await run('sandbox', 'fault', 'stripe', 'delay', '--times', 'always', '--ms', '200')
    const ofDaemon = ['sync', 'run', 'stripe', '--full-refresh', '--slot', 'nightly 2026-01-01T00:00:00.000Z']
    const { child, ended, said } = startMillrace(project, ofDaemon)
    await until(() => said().includes('scan'))
    child.kill('SIGINT')
    await run('sandbox', 'fault', 'stripe', 'delay', '--off')
    const { code, stderr } = await ended
    expect(stderr).not.toContain('Stopping')
    expect(code).toBe(0)
  })

  test('twice: stops at once, with 143 for SIGTERM', async () => {
    const { code, ms } = await started('SIGTERM', 2)
    expect(code).toBe(143)
    expect(ms).toBeLessThan(3000)
    expect((await run('sync', 'run', 'stripe')).code).toBe(0)
  })
})

test.skipIf(!existsSync('/dev/full'))('an output that cannot be written is told in a line, and ends with 1', () => {
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(process.execPath, [launcher, 'sync', 'list'], {
    cwd: project,
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  })
  closeSync(full)
  expect(stderr).toBe('millrace: the output cannot be written: no space left on device\n')
  expect(status).toBe(1)
})

test('a reader that goes away is no error', async () => {
  const { child, ended } = startMillrace(project, ['sandbox', 'show', 'stripe', 'events', '--json'])
  child.stdout?.destroy()
  const { code, stderr } = await ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('the schemas that are written are those that are kept', async () => {
  const directory = emptyDirectory()
  expect((await millrace(directory, 'schema', '--write', 'out')).code).toBe(0)
  expect(JSON.parse(readFileSync(join(directory, 'out/sync.json'), 'utf8')).title).toBe('sync.json')
})

const byText = (left: unknown, right: unknown) => (String(left) < String(right) ? -1 : 1)
const isOurs = (id: unknown) => String(id).startsWith('cus_')
