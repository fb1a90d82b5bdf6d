/** State in a person's hands: moved, taken out, put back, and a person taken out of all of it. Each command a process. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/duckdb/open-database.ts'
import { edit, linesOf, millrace, newProject, serveSmallWorld, startMillrace, until, type Ended } from './command.ts'

let project = ''
let endSandbox: (() => Promise<Ended>) | undefined
const run = (...args: readonly string[]) => millrace(project, ...args)
const json = async (...args: readonly string[]) => linesOf(await run(...args, '--json'))
const path = (file: string) => join(project, file)
const why = ['--yes', '--reason', 'a test'] as const
const refusedAs = (code: string, words: string) =>
  expect.objectContaining({ code: 4, stderr: expect.stringMatching(new RegExp(`\\[${code}\\] [^]*${words}`)) })
const nothingToDo = async (sync: string) =>
  expect(await run('sync', 'plan', sync, '--detailed-exitcode')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing to send'),
  })
const sql = async (text: string) => {
  const db = await openDatabase({
    path: path('.millrace/sandbox.duckdb'),
    memoryLimit: '500MB',
    spillDirectory: path('.millrace'),
    threads: 1,
  })
  try {
    return await db.rows(text)
  } finally {
    db.close()
  }
}
const audit = () =>
  readFileSync(path('.millrace/audit.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

beforeAll(async () => {
  project = await newProject()
  endSandbox = await serveSmallWorld(project)
  expect((await run('sync', 'run', '--all')).code).toBe(0)
})

afterAll(async () => {
  await endSandbox?.()
})

describe('an exported state', () => {
  test('asks why, is for its owner only, and is never written over another file', async () => {
    expect((await run('sync', 'state', 'export', 'customerio_people', 'people.ndjson')).stderr).toContain('--reason')
    expect(existsSync(path('people.ndjson'))).toBe(false)
    const [result] = await json('sync', 'state', 'export', 'customerio_people', 'people.ndjson', '--reason', 'a test')
    expect(result).toMatchObject({ type: 'result', rows: { snapshots: 1, snapshot: 57, intents: 0, rejects: 0 } })
    expect(statSync(path('people.ndjson')).mode & 0o777).toBe(0o600)
    const again = await run('sync', 'state', 'export', 'customerio_people', 'people.ndjson', '--reason', 'a test')
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('not there yet') })
    expect(audit().at(-1)).toMatchObject({ what: 'state export', sync: 'customerio_people', reason: 'a test' })
  })

  test('is the same lines on stdout', async () => {
    const { stdout, code } = await run('sync', 'state', 'export', 'customerio_people', '--reason', 'a test')
    const rowsOf = (text: string) => text.split('\n').slice(1, -2)
    expect(rowsOf(stdout).toSorted(byText)).toEqual(
      rowsOf(readFileSync(path('people.ndjson'), 'utf8')).toSorted(byText),
    )
    expect(code).toBe(0)
  })

  test('brings a lost snapshot back: nothing is sent again', async () => {
    await run('sync', 'state', 'reset', 'customerio_people', ...why)
    const lost = await run('sync', 'run', 'customerio_people')
    expect(lost).toMatchObject({ code: 4, stderr: expect.stringContaining('sync state import customerio_people') })
    const put = await run('sync', 'state', 'import', 'customerio_people', 'people.ndjson', ...why)
    expect(put).toMatchObject({ code: 0, stderr: expect.stringContaining('57 keys of the snapshot') })
    await nothingToDo('customerio_people')
    const [ran] = (await json('sync', 'run', 'customerio_people')).at(-1)?.['runs'] ?? []
    expect(ran).toMatchObject({ requests: 0, ledger: { unchanged: 57, delivered: 0 } })
  })

  test('of cursors goes on where it was, and not where the tables are missing', async () => {
    await run('sync', 'state', 'export', 'stripe', 'stripe.ndjson', '--reason', 'a test')
    const before = (await json('sync', 'state', 'show', 'stripe'))[0]?.['cursors']
    await run('sync', 'state', 'reset', 'stripe', ...why)
    expect((await run('sync', 'state', 'import', 'stripe', 'stripe.ndjson', ...why)).code).toBe(0)
    expect((await json('sync', 'state', 'show', 'stripe'))[0]?.['cursors']).toEqual(before)
    const elsewhere = await run('sync', 'state', 'import', 'stripe', 'stripe.ndjson', ...why, '--target', 'dev')
    expect(elsewhere).toMatchObject({ code: 2, stderr: expect.stringContaining('has no tables') })
  })

  test('that is damaged, foreign or newer is refused, and the state is as it was', async () => {
    const good = readFileSync(path('people.ndjson'), 'utf8')
    const lines = good.trimEnd().split('\n')
    const checksummed = (text: string) => {
      const body = text.split('\n').slice(0, -2).join('\n') + '\n'
      const sha256 = createHash('sha256').update(body).digest('hex')
      return `${body}${JSON.stringify({ ...JSON.parse(text.trimEnd().split('\n').at(-1) ?? ''), sha256 })}\n`
    }
    const cases: { readonly [file: string]: readonly [text: string, says: string] } = {
      'cut.ndjson': [good.slice(0, -20), 'cut off'],
      'without-end.ndjson': [`${lines.slice(0, -1).join('\n')}\n`, 'cut off'],
      'edited.ndjson': [good.replace('active', 'canceled'), 'checksum'],
      'short-row.ndjson': [checksummed(good.replace(/^\["snapshot",("[^"]*"),/m, '["snapshot",')), 'not a row'],
      'one-less.ndjson': [checksummed(`${lines.filter((_, index) => index !== 5).join('\n')}\n`), 'not all there'],
      'newer.ndjson': [checksummed(good.replace('"version":1', '"version":2')), 'newer millrace'],
      'other-object.ndjson': [
        checksummed(good.replace('"object":"person"', '"object":"event"')),
        'another destination',
      ],
      'other-file.ndjson': ['id,name\n1,x\n', 'no state file'],
      'bad-value.ndjson': [
        checksummed(good.replace(/^(\["snapshot",.*?)\d{4}-\d\d-\d\d \d\d:\d\d/m, '$1someday')),
        'does not fit',
      ],
    }
    const before = await sql('SELECT * FROM _millrace.snapshot_customerio_people ORDER BY key')
    for (const [file, [text, says]] of Object.entries(cases)) {
      writeFileSync(path(file), text)
      const refused = await run('sync', 'state', 'import', 'customerio_people', file, ...why)
      expect([file, refused.code, refused.stderr]).toEqual([file, 2, expect.stringContaining(says)])
    }
    const foreign = await run('sync', 'state', 'import', 'stripe', 'people.ndjson', ...why)
    expect(foreign).toMatchObject({ code: 2, stderr: expect.stringContaining('which is reverse ETL') })
    expect(await sql('SELECT * FROM _millrace.snapshot_customerio_people ORDER BY key')).toEqual(before)
  })
})

describe('a sync that got another name', () => {
  test('takes its state along, and sends nothing again', async () => {
    renameSync(path('syncs/customerio_people.yaml'), path('syncs/people.yaml'))
    const moved = await run('sync', 'state', 'move', 'customerio_people', 'people', ...why)
    expect(moved).toMatchObject({ code: 0 })
    await nothingToDo('people')
    expect((await run('sync', 'run', 'people')).code).toBe(0)
    expect(audit().at(-1)).toMatchObject({ what: 'state move', from: 'customerio_people', sync: 'people' })
  })

  test('goes on with a move that died before the snapshot had its new name', async () => {
    // As Snowflake leaves it, which renames tables behind the COMMIT of all else.
    await sql('ALTER TABLE _millrace.snapshot_people RENAME TO snapshot_customerio_people')
    expect(await run('sync', 'state', 'move', 'customerio_people', 'people', ...why)).toMatchObject({ code: 0 })
    await nothingToDo('people')
  })

  test('finds nothing under a name that is not there, and takes nothing from one that is', async () => {
    const none = await run('sync', 'state', 'move', 'nobody', 'people', ...why)
    expect(none).toEqual(refusedAs('MR-4007', 'there is no state of nobody'))
    const taken = await run('sync', 'state', 'move', 'stripe', 'people', ...why)
    expect(taken).toEqual(refusedAs('MR-4007', 'is ETL'))
    const own = await run('sync', 'state', 'move', 'people', 'people', ...why)
    expect(own).toEqual(refusedAs('MR-4007', 'its own already'))
  })

  test('that loads keeps its tables with `schema`, and is told so', async () => {
    renameSync(path('syncs/stripe.yaml'), path('syncs/billing.yaml'))
    edit(project, 'syncs/people.yaml', (text) => text.replace('after: [stripe]', 'after: [billing]'))
    edit(project, 'models/people.sql', (text) => text.replaceAll("source('stripe'", "source('billing'"))
    const refused = await run('sync', 'state', 'move', 'stripe', 'billing', ...why)
    expect(refused).toEqual(refusedAs('MR-4007', 'schema: stripe'))
    edit(project, 'syncs/billing.yaml', (text) => text.replace('source: stripe\n', 'source: stripe\nschema: stripe\n'))
    expect((await run('sync', 'state', 'move', 'stripe', 'billing', ...why)).code).toBe(0)
    const [ran] = (await json('sync', 'run', 'billing')).at(-1)?.['runs'] ?? []
    expect(ran.ledger.inserted).toBe(0)
  })

  test('or options goes on with its own state, once somebody says that the records are the same', async () => {
    edit(project, 'syncs/people.yaml', (text) => text.replace('match: id', 'match: email'))
    const stopped = await run('sync', 'run', 'people')
    expect(stopped).toMatchObject({ code: 4, stderr: expect.stringContaining('sync state move people people') })
    expect((await run('sync', 'state', 'move', 'people', 'people', '--reason', 'x')).stderr).toContain('--yes')
    expect((await run('sync', 'state', 'move', 'people', 'people', ...why)).code).toBe(0)
    expect((await run('sync', 'plan', 'people')).code).toBe(0)
    edit(project, 'syncs/people.yaml', (text) => text.replace('match: email', 'match: id'))
    expect((await run('sync', 'state', 'move', 'people', 'people', ...why)).code).toBe(0)
    await nothingToDo('people')
  })

  test('and another key cannot', async () => {
    edit(project, 'syncs/people.yaml', (text) => text.replace('primary_key: customer_id', 'primary_key: email'))
    const refused = await run('sync', 'state', 'move', 'people', 'people', ...why)
    expect(refused).toEqual(refusedAs('MR-4007', '--baseline'))
    edit(project, 'syncs/people.yaml', (text) => text.replace('primary_key: email', 'primary_key: customer_id'))
  })
})

describe('a person who is forgotten', () => {
  let key = ''
  const everywhere = async () => {
    const found: string[] = []
    for (const table of ['intents', 'rejects', 'changes', 'snapshot_people'])
      for (const row of await sql(`SELECT * FROM _millrace.${table}`))
        if (Object.values(row).some((cell) => cell?.includes(key))) found.push(table)
    return [...new Set(found)]
  }
  beforeAll(async () => {
    key = (await sql('SELECT key FROM _millrace.snapshot_people ORDER BY key'))[0]?.['key'] ?? ''
    await sql(
      `INSERT INTO _millrace.rejects (run_id, sync, stream, key, code, message, retryable, attempts, first_at, last_at, row, state) VALUES ('r', 'people', 'person', '${key}', 'BAD', '${key} is bad', false, 1, now(), now(), NULL, 'open')`,
    )
  })

  test('is nobody where nothing was loaded', async () => {
    rmSync(path('.millrace/dev.duckdb'), { force: true })
    const { code, stderr } = await run('forget', key, '--target', 'dev', '--dry-run')
    expect({ code, stderr }).toEqual({ code: 0, stderr: ' millrace keeps nothing of this key.\n' })
    expect(existsSync(path('.millrace/dev.duckdb'))).toBe(false)
  })

  test('is looked for without a trace', async () => {
    const before = [await everywhere(), existsSync(path('.millrace/audit.ndjson')) && audit().length]
    const [found] = await json('forget', ` ${key.toUpperCase()} `, '--dry-run')
    expect(found).toMatchObject({ erased: false, rows: { snapshot: 0 } })
    const [exact] = await json('forget', key, '--dry-run')
    expect(exact).toMatchObject({
      erased: false,
      rows: { snapshot: 1, rejects: 1, changes: 1 },
      keeps_hash: ['people'],
    })
    expect([await everywhere(), audit().length]).toEqual(before)
  })

  test('while the model still has the person, loses every value and is not sent as new', async () => {
    const { code, stderr, stdout } = await run('forget', key, ...why)
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('its model still has this person') })
    expect(stdout).toContain('snapshot_people')
    expect(await everywhere()).toEqual(['snapshot_people'])
    expect(await sql(`SELECT v_email, state FROM _millrace.snapshot_people WHERE key = '${key}'`)).toEqual([
      { v_email: null, state: 'ignored' },
    ])
    const [ran] = (await json('sync', 'run', 'people')).at(-1)?.['runs'] ?? []
    expect(ran).toMatchObject({ requests: 0, ledger: { coalesced: 1, delivered: 0 } })
  })

  test('waits where a destination is still to be told', async () => {
    edit(project, 'syncs/people.yaml', (text) =>
      text.replace('on_removed: ignore', 'on_removed: { clear: [plan_state] }'),
    )
    const refused = await run('forget', key, ...why)
    expect(refused).toEqual(refusedAs('MR-4008', 'once it has not'))
    edit(project, 'models/people.sql', (text) => `select * from (\n${text}\n) where customer_id <> '${key}'\n`)
    const pending = await run('forget', key, ...why)
    expect(pending).toEqual(refusedAs('MR-4008', 'was not told yet'))
    // As it would stand had the person left while that was ignored: the next run tells the destination all the same.
    await sql(`UPDATE _millrace.snapshot_people SET state = 'ignored' WHERE key = '${key}'`)
    expect((await run('forget', key, ...why)).stderr).toContain('was not told yet')
    expect((await run('sync', 'run', 'people')).code).toBe(0)
  })

  test('is gone from all of it, the audit too', async () => {
    expect(await everywhere()).toEqual(['changes', 'snapshot_people'])
    mkdirSync(path('.millrace/spool/sandbox/people/dead'), { recursive: true })
    appendFileSync(path('.millrace/spool/sandbox/people/dead/changes.ndjson'), `{"key":"${key}"}\n`)
    const [done] = await json('forget', key, ...why)
    expect(done).toMatchObject({ erased: true, rows: { snapshot: 1, spool: 1 }, keeps_hash: [] })
    expect(await everywhere()).toEqual([])
    expect(existsSync(path('.millrace/spool/sandbox/people/dead'))).toBe(false)
    expect(readFileSync(path('.millrace/audit.ndjson'), 'utf8')).not.toContain(key)
    expect(audit().at(-1)).toMatchObject({
      what: 'forget',
      key_sha256: createHash('sha256').update(key).digest('hex'),
      erased: { snapshot: 1 },
    })
    expect((await run('forget', key, ...why)).stderr).toContain('keeps nothing of this key')
    await nothingToDo('people')
  })

  test('not while a run is on', async () => {
    const other = (await sql('SELECT key FROM _millrace.snapshot_people ORDER BY key'))[0]?.['key'] ?? ''
    edit(project, 'syncs/people.yaml', (text) => text.replace('map:', 'map:\n  source: { value: warehouse }'))
    const held = startMillrace(project, ['sync', 'run', 'people', '--max-changed', '100%', '--json'], {
      MILLRACE_HOLD_AT: 'batch.sent',
    })
    await until(() => held.said().includes('"intents.committed"'))
    const refused = await run('forget', other, ...why)
    for (const command of ['export', 'move'])
      expect(await run('sync', 'state', command, 'people', 'people', ...why)).toMatchObject({ code: 4 })
    held.child.kill('SIGKILL')
    await held.ended
    expect(refused).toMatchObject({ code: 4 })
  })
})

describe('a cursor that was edited by hand', () => {
  test('is refused by run, plan and show, and the reset that they name mends it', async () => {
    await sql(`UPDATE _millrace.cursors SET scan = '{"a":1}' WHERE sync = 'billing' AND stream = 'customers'`)
    for (const command of [['run'], ['plan'], ['state', 'show']]) {
      const { code, stdout, stderr } = await run('sync', ...command, 'billing')
      expect(stdout + stderr).toContain('millrace sync state reset billing --stream customers')
      expect(stdout + stderr).not.toContain('MR-7000')
      expect(code).toBe(1)
    }
    expect((await run('sync', 'state', 'reset', 'billing', '--stream', 'customers', ...why)).code).toBe(0)
    expect(audit().at(-1)).toMatchObject({ what: 'state reset', before: { unreadable: expect.any(String) } })
    expect((await run('sync', 'run', 'billing')).code).toBe(0)
  })
})

const byText = (a: string, b: string) => (a < b ? -1 : 1)

describe('a sync that is reset after a run of it was killed', () => {
  test('keeps nothing that the run had learned, and tells of a job that it had begun', async () => {
    const held = startMillrace(project, ['sync', 'run', 'people', '--max-changed', '100%', '--json'], {
      MILLRACE_HOLD_AT: 'acknowledge.started',
    })
    await until(() => held.said().includes('"batch.answered"') && readdirSync(path(spool)).length > 0)
    await until(() => held.said().includes('"acknowledge.started"'))
    held.child.kill('SIGKILL')
    await held.ended
    expect(readdirSync(path(spool))).toHaveLength(1)
    const [intent] = await sql(`SELECT run_id FROM _millrace.intents WHERE sync = 'people'`)
    // Another request of it had begun a job, and was not answered.
    await sql(
      `INSERT INTO _millrace.intents (sync, key, op, run_id, epoch, receipt, opened_at) SELECT sync, 'unanswered', op, run_id, epoch, '{"id":"job-1"}', opened_at FROM _millrace.intents WHERE sync = 'people' LIMIT 1`,
    )
    const reset = await run('sync', 'state', 'reset', 'people', ...why)
    expect(reset).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`a job that run ${intent?.['run_id']} began`),
    })
    expect(existsSync(path(spool))).toBe(false)
    expect(audit().at(-1)).toMatchObject({ what: 'state reset', jobs_of: [intent?.['run_id']] })
    // The next run has nothing of it to take over.
    const [ran] = (await json('sync', 'run', 'people', '--baseline')).at(-1)?.['runs'] ?? []
    expect(ran).toMatchObject({ requests: 0, ledger: { retry: 0, removed: 0 } })
    expect(await sql(`SELECT key FROM _millrace.intents WHERE sync = 'people'`)).toEqual([])
  })
})

const spool = '.millrace/spool/sandbox/people'
