/** What is known of a commit whose answer never came, and what becomes of what a dead or sleeping runner has locked. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { at, collect, errorOf, people, tableOf } from '../workbench.ts'
import { row, useAccount } from './account.ts'
import type { Loading } from './loading-child.ts'

describe('a COMMIT whose answer is lost', () => {
  const account = useAccount()
  const rows = [row(1, 'Ann'), row(2, 'Bob')]

  test.each(['cut', 'gone'])('is found (%s), its rows are there once, and the run goes on', async (retry) => {
    const { open, fault, state } = account()
    const bench = open()
    const fence = await bench.take()
    fault('lose_commit_answer', { retry })
    const counted = await bench.commit({ fence, rows, cursor: { watermark: at(1), scan: null }, sequence: 1 })
    expect(counted).toMatchObject({ read: 2, inserted: 2 })
    expect((await state())['fence']).toEqual([{ epoch: String(fence.epoch + 1), owner: fence.runId }])
    // Under the epoch that stands now, though the run knows only the one that it took.
    const next = [row(2, 'Bo', 2), row(3, 'Cid', 2)]
    expect(await bench.commit({ fence, rows: next, sequence: 2 })).toMatchObject({ inserted: 1, updated: 1 })
    fault('lose_commit_answer', { retry })
    const last = { fence, rows: [row(4, 'Dan', 3)], cursor: { watermark: at(3), scan: null }, sequence: 3 }
    expect(await bench.commit(last)).toMatchObject({ inserted: 1 })
    const held = await state()
    expect(held['table']?.map(({ id, name }) => `${id} ${name}`)).toEqual(['1 Ann', '2 Bo', '3 Cid', '4 Dan'])
    expect(held['commits']?.map(({ sequence }) => sequence)).toEqual(['1', '2', '3'])
    expect(held['cursor']).toMatchObject([{ watermark: at(3) }])
    expect(held['fence']).toEqual([{ epoch: String(fence.epoch + 2), owner: fence.runId }])
  })

  test.each(['reset_after', 'cut_json', 'truncated_gzip'])(
    'that is broken on its way (%s) is as good as lost',
    async (broken) => {
      const { open, fault, state } = account()
      const bench = open()
      const fence = await bench.take()
      fault(broken, { match: ' COMMIT$' })
      expect(await bench.commit({ fence, rows })).toMatchObject({ inserted: 2 })
      const held = await state()
      expect(held['table']).toHaveLength(2)
      expect(held['fence']).toMatchObject([{ epoch: String(fence.epoch + 1) }])
    },
  )

  test('is not looked for where the driver, asking again, is answered', async () => {
    const { open, fault, state, statements } = account()
    const bench = open({ retryTimeoutMs: 20_000 })
    const fence = await bench.take()
    fault('lose_commit_answer', { retry: 'answer' })
    expect(await bench.commit({ fence, rows })).toMatchObject({ inserted: 2 })
    expect(statements().filter((sql) => sql.includes('epoch = epoch + 1'))).toEqual([])
    expect((await state())['fence']).toEqual([{ epoch: String(fence.epoch), owner: fence.runId }])
  })

  test('stands, and the run loses its next one, where another took over in between', async () => {
    const { open, fault, state, statements } = account()
    const [bench, other] = [open(), open()]
    await other.take('warm')
    const mine = await bench.take('slow')
    fault('lose_commit_answer', {})
    // The one who lost the answer signs in anew; the other is quicker.
    fault('delay', { match: 'login-request', ms: 1500 })
    const commit = bench.commit({ fence: mine, rows, sequence: 1 })
    await expect.poll(() => statements().slice(-2)[0], { timeout: 5000 }).toContain('."COMMITS"')
    const taken = await other.take('quick')
    expect(taken.epoch).toBe(mine.epoch + 1)
    expect(await commit).toMatchObject({ inserted: 2 })
    const error = await errorOf(bench.commit({ fence: mine, rows: [row(9, 'late', 9)], sequence: 2 }))
    expect(error.code).toBe('MR-2005')
    expect(error.message).toContain(taken.runId)
    expect(await other.commit({ fence: taken, rows: [row(3, 'Cid', 2)], sequence: 1 })).toMatchObject({ inserted: 1 })
    const held = await state()
    expect(held['table']?.map(({ name }) => name)).toEqual(['Ann', 'Bob', 'Cid'])
    expect(held['fence']).toEqual([{ epoch: String(taken.epoch), owner: taken.runId }])
  })

  test('of answers is told from one that was never made: nothing is there, and the next run loads all, once', async () => {
    const { open, fault, state } = account()
    const bench = open()
    const fence = await bench.take('first')
    fault('reset_before', { match: ' COMMIT$' })
    const cursor = { watermark: at(1), scan: null }
    const error = await errorOf(bench.commit({ fence, rows, cursor }))
    expect(error.code).toBe('MR-2207')
    expect(await state()).toMatchObject({ table: [], cursor: [], commits: [] })
    const next = await bench.take('second')
    expect(await bench.commit({ fence: next, rows, cursor })).toMatchObject({ inserted: 2 })
    const held = await state()
    expect(held['table']).toHaveLength(2)
    expect(held['cursor']).toMatchObject([{ updated_by: next.runId }])
  })

  test('that was never made, of a run that was taken over meanwhile, says who has', async () => {
    const { open, fault, state } = account()
    const [bench, other] = [open(), open()]
    await other.take('warm')
    const fence = await bench.take('slow')
    fault('reset_before', { match: ' COMMIT$' })
    fault('delay', { match: 'login-request', ms: 1500 })
    const failed = errorOf(bench.commit({ fence, rows }))
    // Waits until the lost session has ended, and its transaction with it.
    const { statements } = account()
    await expect.poll(() => statements().some((sql) => sql.includes('."COMMITS"')), { timeout: 5000 }).toBe(true)
    const taken = await other.take('quick')
    const error = await failed
    expect(error.code).toBe('MR-2005')
    expect(error.message).toContain(taken.runId)
    expect((await state())['table']).toEqual([])
  })

  test('that fails in words is no commit either, and leaves no lock', async () => {
    const { open, fault, state, snowflake } = account()
    const bench = open()
    const fence = await bench.take('first')
    fault('statement_fails', { match: '^COMMIT$' })
    expect((await errorOf(bench.commit({ fence, rows }))).code).toBe('MR-2003')
    expect(snowflake.sessions().filter(({ inTransaction }) => inTransaction)).toEqual([])
    expect(await state()).toMatchObject({ table: [], commits: [] })
    expect(await bench.commit({ fence, rows })).toMatchObject({ inserted: 2 })
  })

  test('of a fence being taken: the run fails, and the next one has a later epoch', async () => {
    const { open, fault } = account()
    const bench = open()
    await bench.take('warm')
    fault('lose_commit_answer', {})
    expect((await errorOf(bench.take('first'))).code).toBe('MR-2207')
    expect((await bench.take('second')).epoch).toBe(3)
  })
})

describe('a session that is not heard of any more', () => {
  // Five minutes at the vendor.
  const account = useAccount({ idleTransactionMs: 2000 })
  let child: ChildProcess | undefined
  afterEach(() => {
    child?.kill('SIGKILL')
  })

  test.each([
    ['waits for its own commit', '^COMMIT$', 0],
    ['writes', '^INSERT INTO "CRM"', 0],
    ['has merged, and counts', '^SELECT count.*_millrace.rejects', 1],
  ])(
    'kill -9 of a process that %s: the next run waits, then loads all, once',
    async (_, match, earlier) => {
      const { open, fault, snowflake, state, scope, table, stage } = account()
      const bench = open()
      const warm = await bench.take('warm')
      await bench.commit({ fence: warm, rows: earlier > 0 ? [row(1, 'old', 0)] : [] })
      const rows = [row(1, 'Ann'), row(2, 'Bob')]
      const watermark = at(1)
      const load: Loading = {
        scope,
        runId: `${scope.sync}-killed`,
        table: tableOf(table, people),
        path: await stage(rows),
        rows: 2,
        watermark,
      }
      // The first COMMIT is that of the fence.
      fault('slow', { match, ms: 1000, after: match === '^COMMIT$' ? 1 : 0 })
      child = spawn(process.execPath, [childFile, adapterUrl, bench.location, JSON.stringify(load)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const heard = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]()
      expect((await heard.next()).value).toBe('fence 2')
      const isSlow = () => snowflake.running().some((sql) => new RegExp(match).test(sql))
      await expect.poll(isSlow, { timeout: 8000, interval: 10 }).toBe(true)
      child.kill('SIGKILL')
      const fence = await bench.take('next')
      const committed = match === '^COMMIT$'
      const cursor = { watermark, scan: null }
      const expected = committed ? { unchanged: 2 } : earlier > 0 ? { updated: 1, inserted: 1 } : { inserted: 2 }
      expect(await bench.commit({ fence, rows, cursor })).toMatchObject(expected)
      const held = await state()
      expect(held['table']?.map(({ name }) => name)).toEqual(['Ann', 'Bob'])
      expect(held['commits']?.map(({ run_id: run }) => run)).toContain(fence.runId)
    },
    30_000,
  )

  test('a process that stood still in the middle of a transaction writes nothing after it, in none', async () => {
    const { open, snowflake, scope, target } = account()
    const [sleeper, other] = [open(), open()]
    await other.commit({ fence: await other.take('warm'), rows: [] })
    const began = Promise.withResolvers<undefined>()
    const woken = Promise.withResolvers<undefined>()
    const asleep = errorOf(
      sleeper.session(async (session) => {
        const run = (sql: string) => collect(session.query(sql))
        await run('BEGIN TRANSACTION')
        await run('UPDATE _millrace.fences SET taken_at = SYSDATE()')
        await run(`INSERT INTO ${target} (id, name) SELECT 1, 'before'`)
        began.resolve(undefined)
        await woken.promise
        await run(`INSERT INTO ${target} (id, name) SELECT 2, 'after'`)
      }),
    )
    await began.promise
    const taken = other.take('other')
    await expect.poll(() => snowflake.waiting()).toBe(1)
    expect((await taken).epoch).toBe(2)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 300_000 })
    woken.resolve(undefined)
    const error = await asleep
    vi.useRealTimers()
    expect(error.code).toBe('MR-2207')
    expect(error.message).toContain('5 minutes')
    expect(await other.rows(`SELECT name FROM ${target}`)).toEqual([])
    expect(await other.session(({ state }) => state.readFence(scope))).toMatchObject({ epoch: 2 })
  })

  test('a connection that nobody used for hours is not trusted to be there', async () => {
    const bench = account().open()
    await bench.take('before')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5 * 3_600_000 })
    try {
      expect((await bench.take('after')).epoch).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })
})

const childFile = fileURLToPath(new URL('./loading-child.ts', import.meta.url))
const adapterUrl = new URL('../snowflake-adapter.ts', import.meta.url).href
