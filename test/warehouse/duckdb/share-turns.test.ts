import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../../../src/duckdb/open-database.ts'
import { openDuckDBWarehouse } from '../../../src/warehouse/duckdb/warehouse.ts'
import type { Session, SessionRequest, Warehouse } from '../../../src/warehouse/port.ts'
import { collect } from '../workbench.ts'

/** Every turn at the file, by the purpose of its first session, and when it was over. */
let turns: string[] = []
let waited: Record<string, number> = {}
/** Turns that are over, and somebody else's. */
let givenOn = 0
let path = ''
let warehouse: Warehouse
/** Another process has the file for so long before each turn. */
let othersMs = 0

beforeEach(() => {
  turns = []
  givenOn = 0
  waited = {}
  othersMs = 0
  path = join(mkdtempSync(join(tmpdir(), 'turns-')), 'warehouse.duckdb')
  let last: Promise<unknown> = Promise.resolve()
  warehouse = openDuckDBWarehouse({
    path,
    memoryLimit: '200MB',
    threads: 1,
    onTurn: ({ purpose }, ms) => (waited[purpose] = ms),
    inTurn: (request, work) => {
      const mine = last.then(async () => {
        await sleep(othersMs, undefined, request.signal && { signal: request.signal })
        turns.push(request.purpose)
        const result = await work()
        await sleep(5)
        givenOn++
        return result
      })
      last = mine.catch(() => undefined)
      return mine
    },
  })
})

afterEach(() => warehouse.close())

const session = <T>(purpose: string, work: (session: Session) => Promise<T>, rest: Partial<SessionRequest> = {}) =>
  warehouse.session({ runId: 'run', purpose, ...rest }, work)

const ask = (purpose: string, sql = 'SELECT 1 AS one') => session(purpose, (open) => collect(open.query(sql)))

/** As another program sees it: it may not be open here. */
async function tablesFromOutside(): Promise<readonly string[]> {
  const db = await openDatabase({ path, memoryLimit: '200MB', spillDirectory: tmpdir(), threads: 1 })
  const rows = await db.rows(`SELECT table_name FROM duckdb_tables() WHERE schema_name = 'models' ORDER BY 1`)
  db.close()
  return rows.map((row) => row['table_name'] ?? '')
}

describe('sessions of one process', () => {
  test('that wait for the file together share one turn, in their order', async () => {
    const order: string[] = []
    await Promise.all(['a', 'b', 'c'].map((name) => session(name, async () => void order.push(name))))
    expect({ order, turns }).toEqual({ order: ['a', 'b', 'c'], turns: ['a'] })
  })

  test('that follow one another have a turn each, and find the file as others left it', async () => {
    await ask('first')
    const outside = await openDatabase({ path, memoryLimit: '200MB', spillDirectory: tmpdir(), threads: 1 })
    await outside.run('CREATE TABLE models.theirs AS SELECT 42 AS answer')
    outside.close()
    expect(await ask('second', 'SELECT answer FROM models.theirs')).toEqual([{ answer: '42' }])
    expect(turns).toEqual(['first', 'second'])
  })

  test('ask again where the lock of another process goes within a fifth of a second', async () => {
    await ask('first')
    const holder = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { DuckDBInstance } from '@duckdb/node-api'
       const instance = await DuckDBInstance.create(${JSON.stringify(path)})
       console.log('held')
       process.stdin.once('data', () => setTimeout(() => { instance.closeSync(); process.exit() }, 100))`,
    ])
    await once(holder.stdout, 'data')
    holder.stdin.write('now')
    const gone = once(holder, 'exit')
    expect(await ask('second')).toEqual([{ one: '1' }])
    await gone
  })

  test('hear of their end when the file is closed and the turn given on, if they fail too', async () => {
    const ends = await Promise.all(['a', 'b'].map((name) => ask(name)))
    expect(ends).toEqual([[{ one: '1' }], [{ one: '1' }]])
    expect(givenOn).toBe(turns.length)
    expect(await tablesFromOutside()).toEqual([])
    await expect(ask('bad', 'SELECT nonsense')).rejects.toMatchObject({ code: 'MR-2003' })
    expect(givenOn).toBe(turns.length)
  })

  test('do not see what another one has set or put aside', async () => {
    await ask('before')
    const after = await Promise.all([
      session('rehearsal', (open) => open.ensureView('models', 'm', 'SELECT 1 AS one'), { rehearsal: true }),
      ask('after', `SELECT count(*) AS n FROM duckdb_views() WHERE view_name = 'm'`),
    ])
    expect(after[1]).toEqual([{ n: '0' }])
  })

  test('are not drawn into the failure of one of them', async () => {
    const [bad, good] = await Promise.allSettled([ask('bad', 'SELECT nonsense'), ask('good')])
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'MR-2003' } })
    expect(good).toEqual({ status: 'fulfilled', value: [{ one: '1' }] })
    expect(turns).toEqual(['bad', 'good'])
  })

  test('that are told to stop while they wait leave the queue, whoever is before them', async () => {
    othersMs = 2_000
    const stop = new AbortController()
    const first = ask('first')
    const waiting = session('waiting', async () => expect.unreachable(), { signal: stop.signal })
    const last = ask('last')
    setTimeout(() => stop.abort(), 20)
    let isFirstOn = true
    void first.then(() => (isFirstOn = false))
    await expect(waiting).rejects.toMatchObject({ code: 'MR-7001' })
    expect(isFirstOn).toBe(true)
    await Promise.all([first, last])
    // On a busy machine the last one may have a turn of its own.
    expect(turns).toContain('first')
    expect(turns).not.toContain('waiting')
  })

  test('that are told to stop before their turn give it to the next', async () => {
    othersMs = 80
    const stop = new AbortController()
    const first = session('first', async () => expect.unreachable(), { signal: stop.signal })
    const second = ask('second')
    stop.abort()
    await expect(first).rejects.toThrow()
    await second
    expect(turns).toEqual(['second'])
  })

  test('each tell how long they waited', async () => {
    othersMs = 50
    await Promise.all([session('a', () => sleep(30)), ask('b')])
    expect(waited['a']).toBeGreaterThan(45)
    expect(waited['b']).toBeGreaterThan((waited['a'] ?? 0) + 25)
  })
})
