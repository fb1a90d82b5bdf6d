/** Two runners at one account: who has the fence commits, who waits for it loses, and nothing of the loser's stays. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { answer, fenceOf, openReverse } from '../reverse.ts'
import { at, collect, errorOf } from '../workbench.ts'
import { row, useAccount } from './account.ts'

const account = useAccount()

describe('two runners at one scope', () => {
  let children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL')
    children = []
  })

  test('the second waits for the first, has lost then, and leaves nothing', async () => {
    const { open, fault, snowflake, state, target } = account()
    const [late, now] = [open(), open()]
    const stale = await late.take('late')
    const fence = await now.take('now')
    fault('slow', { match: `^INSERT INTO ${target}`, ms: 1500 })
    const first = now.commit({ fence, rows: [row(1, 'now')], cursor: { watermark: at(2), scan: null } })
    await expect.poll(() => snowflake.sessions().some((session) => session.inTransaction)).toBe(true)
    const second = errorOf(
      late.commit({ fence: stale, rows: [row(1, 'late', 9)], cursor: { watermark: at(1), scan: null } }),
    )
    await expect.poll(() => snowflake.waiting(), { timeout: 5000 }).toBe(1)
    expect(await first).toMatchObject({ inserted: 1 })
    const error = await second
    expect(error.code).toBe('MR-2005')
    expect(error.message).toContain(fence.runId)
    const held = await state()
    expect(held['table']).toMatchObject([{ name: 'now' }])
    expect(held['cursor']).toMatchObject([{ watermark: at(2), updated_by: fence.runId }])
    expect(held['commits']).toHaveLength(1)
  })

  test('the first that has the fence commits, also where the second began to wait before it was taken over', async () => {
    const { open, fault, snowflake, state, target } = account()
    const [holder, other] = [open(), open()]
    const fence = await holder.take('holder')
    fault('slow', { match: `^INSERT INTO ${target}`, ms: 1500 })
    const first = holder.commit({ fence, rows: [row(1, 'holder')] })
    await expect.poll(() => snowflake.sessions().some((session) => session.inTransaction)).toBe(true)
    const taken = other.take('other')
    await expect.poll(() => snowflake.waiting()).toBe(1)
    expect(await first).toMatchObject({ inserted: 1 })
    const next = await taken
    expect(next.epoch).toBe(fence.epoch + 1)
    expect((await errorOf(holder.commit({ fence, rows: [row(2, 'late')] }))).code).toBe('MR-2005')
    expect(await other.commit({ fence: next, rows: [row(3, 'other')] })).toMatchObject({ inserted: 1 })
    expect((await state())['table']).toMatchObject([{ name: 'holder' }, { name: 'other' }])
  })

  test('a wait longer than LOCK_TIMEOUT ends with what to do; the run after it commits', async () => {
    const { open, fault, snowflake, target } = account()
    const [holder, waiter] = [open(), open({ lockTimeoutMs: 1000 })]
    const fence = await waiter.take('waiter')
    const own = await holder.session(({ state }) => state.takeFence({ ...account().scope, stream: 'else' }, 'holder'))
    fault('slow', { match: `^INSERT INTO ${target}`, ms: 3000 })
    const first = holder.commit({ fence: own, rows: [row(1, 'holder')] })
    await expect.poll(() => snowflake.sessions().some((session) => session.inTransaction)).toBe(true)
    const error = await errorOf(waiter.commit({ fence, rows: [row(2, 'waiter')] }))
    expect(error.code).toBe('MR-2206')
    expect(error.next.join()).toMatch(/Run again.*SHOW LOCKS/s)
    await first
    expect(await waiter.commit({ fence, rows: [row(2, 'waiter')] })).toMatchObject({ inserted: 1 })
  })

  test('a fence row that goes while its owner waits for it holds for nobody', async () => {
    const { open, snowflake, state, scope } = account()
    const [editor, waiter] = [open(), open()]
    const fence = await waiter.take('waiter')
    const deleted = Promise.withResolvers<undefined>()
    const waited = Promise.withResolvers<undefined>()
    const editing = editor.session(async (session) => {
      const run = (sql: string) => collect(session.query(sql))
      await run('BEGIN TRANSACTION')
      await run(`DELETE FROM _millrace.fences WHERE sync = '${scope.sync}'`)
      deleted.resolve(undefined)
      await waited.promise
      await run('COMMIT')
    })
    await deleted.promise
    const second = errorOf(waiter.commit({ fence, rows: [row(1, 'waiter')] }))
    await expect.poll(() => snowflake.waiting(), { timeout: 5000 }).toBe(1)
    waited.resolve(undefined)
    await editing
    expect(await second).toMatchObject({ code: 'MR-2005', message: expect.stringContaining('gone') })
    expect((await state())['table']).toEqual([])
  })

  test('who take the fence at once get an epoch each, in a row that is made once', async () => {
    const { open, state, scope } = account()
    const takers = Array.from({ length: 4 }, () => open())
    const taken = await Promise.all(takers.map((taker, index) => taker.take(`run-${index}`)))
    expect(taken.map(({ epoch }) => epoch).sort((a, b) => a - b)).toEqual([1, 2, 3, 4])
    const [last] = taken.filter(({ epoch }) => epoch === 4)
    expect((await state())['fence']).toEqual([{ epoch: '4', owner: last?.runId }])
    const others = taken.filter(({ epoch }) => epoch !== 4)
    const codes = await Promise.all(
      others.map(async (fence) => (await errorOf(open().commit({ fence, rows: [row(1, 'x')] }))).code),
    )
    expect(codes).toEqual(['MR-2005', 'MR-2005', 'MR-2005'])
    expect(await open().session(({ state: tables }) => tables.readFence(scope))).toEqual({
      epoch: 4,
      runId: last?.runId,
    })
  })

  test('a late sender reopens its intent while the holder commits the answer of that key: it is open afterwards', async () => {
    const { open, fault, snowflake, scope } = account()
    const [holder, late] = [open(), open()]
    const delivery = await openReverse(holder, {
      sync: scope.sync,
      model: `SELECT 'a' AS id`,
      columns: [{ name: 'id', type: 'string' }],
      key: ['id'],
    })
    await delivery.intend([{ key: 'a', op: 'upsert' }])
    await late.rows('SELECT 1')
    fault('slow', { match: '^COMMIT', ms: 3000, times: 1 })
    const acknowledged = delivery.acknowledge([answer('a', { values: ['a'] })])
    await expect.poll(() => snowflake.journal().at(-1)?.sql, { timeout: 5000 }).toMatch(/^INSERT INTO.*COMMITS/)
    const keys = [{ key: 'a', op: 'upsert' }]
    const reopened = late.session(({ reverse }) =>
      reverse.reopenIntents({ fence: fenceOf('run-late', scope.sync), keys }),
    )
    await expect.poll(() => snowflake.waiting(), { timeout: 5000 }).toBe(1)
    await acknowledged
    expect(await reopened).toBe(1)
    expect(await late.rows(`SELECT key, run_id FROM _millrace.intents WHERE sync = '${scope.sync}'`)).toEqual([
      { key: 'a', run_id: 'run-late' },
    ])
  })

  test('two processes: one waits in the middle of the other’s transaction, and loses', async () => {
    const { open, fault, snowflake } = account()
    const bench = open()
    const start = (runId: string) => {
      const child = spawn(process.execPath, [childFile, adapterUrl, bench.location, runId], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      children.push(child)
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      return {
        hear: async (): Promise<string> => (await lines.next()).value ?? 'ended',
        go: () => child.stdin.write('go\n'),
      }
    }
    const late = start('late')
    const epoch = Number((await late.hear()).replace('fence ', ''))
    const now = start('now')
    expect(await now.hear()).toBe(`fence ${epoch + 1}`)
    fault('slow', { match: '^MERGE INTO "_MILLRACE"."CURSORS"', ms: 1500 })
    now.go()
    await expect.poll(() => snowflake.sessions().some((session) => session.inTransaction), { timeout: 5000 }).toBe(true)
    late.go()
    await expect.poll(() => snowflake.waiting(), { timeout: 5000 }).toBe(1)
    expect(await now.hear()).toBe('committed')
    expect(await late.hear()).toBe('MR-2005')
    const scope = { sync: 'crm', stream: 'people', partition: '' }
    expect(await bench.session(({ state }) => state.readCursor(scope))).toEqual({
      watermark: null,
      scan: null,
      marks: { last: 'now' },
    })
  }, 20_000)
})

describe('the tables of millrace', () => {
  const fresh = useAccount()

  test('are made once where several begin at once, and a begun making is gone on with', async () => {
    const { open, fault } = fresh()
    fault('statement_fails', { match: '^ALTER TABLE "_MILLRACE"."REJECTS" ADD COLUMN' })
    expect((await errorOf(open().take())).code).toBe('MR-2003')
    const taken = await Promise.all(['a', 'b', 'c'].map((runId) => open().take(runId)))
    expect(taken.map(({ epoch }) => epoch).sort((a, b) => a - b)).toEqual([1, 2, 3])
  })
})

const childFile = fileURLToPath(new URL('../committing-child.ts', import.meta.url))
const adapterUrl = new URL('../snowflake-adapter.ts', import.meta.url).href
