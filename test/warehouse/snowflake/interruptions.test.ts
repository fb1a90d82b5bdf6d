/** What breaks in the middle of a load: its own message each, nothing half done, and the next run goes on. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { MillraceError } from '../../../src/model/millrace-error.ts'
import { openSnowflakeClient } from '../../../src/warehouse/snowflake/client/open-client.ts'
import { optionsOf } from '../snowflake-adapter.ts'
import { at, errorOf, people, tableOf } from '../workbench.ts'
import { row, useAccount, type Runner } from './account.ts'
import { loadStaged } from './load-staged.ts'
import type { Loading } from './loading-child.ts'

const account = useAccount()
const cursor = { watermark: at(1), scan: null }
const rows = [row(1, 'Ann'), row(2, 'Bob')]

/** What a run ends with that meets it, and that the next run loads everything, once. */
async function meet(bench: Runner, breakIt: () => void | Promise<void>, mend: () => void | Promise<void>) {
  const fence = await bench.take('first')
  await bench.commit({ fence, rows: [], sequence: 1 })
  const before = await account().state()
  await breakIt()
  const error = await errorOf(bench.commit({ fence, rows, cursor, sequence: 2 }))
  await mend()
  expect(await account().state()).toEqual(before)
  expect(
    account()
      .snowflake.sessions()
      .filter(({ inTransaction }) => inTransaction),
  ).toEqual([])
  const next = await bench.take('second')
  expect(await bench.commit({ fence: next, rows, cursor })).toMatchObject({ inserted: 2 })
  const held = await account().state()
  expect(held['table']?.map(({ name }) => name)).toEqual(['Ann', 'Bob'])
  expect(held['cursor']).toMatchObject([{ updated_by: next.runId }])
  return error
}

describe('a load that meets', () => {
  const nothing = () => undefined
  const messageOf = ({ code, message, next }: MillraceError) => `${code} ${message} ${next.join(' ')}`

  test('an upload that is cut', async () => {
    const error = await meet(account().open(), () => account().fault('cut_put', {}), nothing)
    expect(messageOf(error)).toMatch(
      /^MR-2207 staging .*parquet in Snowflake: the connection to Snowflake was lost .* Run again/s,
    )
  })

  test('a full stage', async () => {
    const error = await meet(account().open(), () => account().fault('full_stage', {}), nothing)
    expect(messageOf(error)).toMatch(/^MR-2004 staging .*no room for the file.*REMOVE/s)
  })

  test('the limit of a statement', async () => {
    const { open, fault, target } = account()
    const slow = () => fault('slow', { match: `^INSERT INTO ${target}`, ms: 10_000 })
    const began = performance.now()
    const error = await meet(open({ statementTimeoutMs: 1000 }), slow, nothing)
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(messageOf(error)).toMatch(/^MR-2206 .*Raise `statement_timeout`/s)
  })

  test('a warehouse that is suspended', async () => {
    const suspend = () => account().fault('suspended_warehouse', { times: 'always' })
    const resume = () => account().snowflake.fault('suspended_warehouse', null)
    expect(messageOf(await meet(account().open(), suspend, resume))).toMatch(/^MR-2205 .*AUTO_RESUME/s)
  })

  test('a right that was taken away', async () => {
    const { snowflake, open, target } = account()
    const admin = await openSnowflakeClient(optionsOf(snowflake.admin))
    const { role } = snowflake.connection
    // The schema is the adapter's own: what a role owns cannot be revoked, but it can be given away.
    const give = (to: string) => async () => {
      await admin.run(
        `GRANT OWNERSHIP ON TABLE ${snowflake.connection.database}.${target} TO ROLE ${to} COPY CURRENT GRANTS`,
      )
    }
    const error = await meet(open(), give('ACCOUNTADMIN'), give(role))
    await admin.close()
    expect(messageOf(error)).toMatch(/^MR-220[34]|^MR-2003/)
    expect(messageOf(error)).toMatch(/millrace grants snowflake|the role may not see it/)
  })

  test('an answer that is no answer', async () => {
    const broken = () => account().fault('html', { match: '"COMMITS"', times: 'always' })
    const mend = () => account().snowflake.fault('html', null)
    expect(messageOf(await meet(account().open(), broken, mend))).toMatch(/^MR-2207 .*millrace doctor/s)
  })

  test('an answer that never comes', async () => {
    const broken = () => account().fault('hang', { match: '"COMMITS"', times: 'always' })
    const mend = () => account().snowflake.fault('hang', null)
    const bench = account().open({ requestTimeoutMs: 1000 })
    expect(messageOf(await meet(bench, broken, mend))).toMatch(/^MR-2207/)
  })
})

test.each([0, 5, 10])(
  'a session whose token expires in the middle of a load (after %s requests) notices nothing',
  async (after) => {
    const { open, fault, statements, state } = account()
    const bench = open()
    const fence = await bench.take()
    const before = statements().length
    fault('expire_session', { after })
    expect(await bench.commit({ fence, rows, cursor })).toMatchObject({ inserted: 2 })
    // So many requests were made that one of them met it.
    expect(statements().length - before).toBeGreaterThan(after)
    expect((await state())['commits']).toHaveLength(1)
    expect(statements().filter((sql) => sql.startsWith('ALTER SESSION'))).toHaveLength(2)
  },
)

test('a session that is over altogether in the middle of a load is a lost connection', async () => {
  const { open, fault, state } = account()
  const bench = open()
  const fence = await bench.take()
  await bench.commit({ fence, rows: [] })
  fault('expire_session', { after: 8, master: true })
  expect((await errorOf(bench.commit({ fence, rows, sequence: 2 }))).code).toBe('MR-2207')
  expect((await state())['table']).toEqual([])
  expect(await bench.commit({ fence, rows, sequence: 2 })).toMatchObject({ inserted: 2 })
})

describe('a signal to stop', () => {
  /** The milliseconds from the signal to the end of the work. */
  const stopped = async (work: (signal: AbortSignal, stop: () => void) => Promise<unknown>): Promise<number> => {
    const stop = new AbortController()
    let said = 0
    const { code } = await errorOf(
      work(stop.signal, () => {
        said ||= performance.now()
        stop.abort()
      }),
    )
    const took = performance.now() - said
    expect(code).toBe('MR-7001')
    await expect
      .poll(() =>
        account()
          .snowflake.sessions()
          .filter(({ inTransaction }) => inTransaction),
      )
      .toEqual([])
    return took
  }
  const load = (bench: Runner, signal: AbortSignal, path: string, runId: string) =>
    bench.warehouse.session({ runId, purpose: 'load', signal }, async (session) => {
      const table = tableOf(account().table, people)
      await session.ensureTable(table, 'evolve')
      const { previous: _previous, ...fence } = await session.state.takeFence(account().scope, runId)
      return loadStaged(session, { fence, table, path, rows: 2, watermark: null })
    })

  test('in the middle of a statement ends it at the server, and its transaction', async () => {
    const { open, fault, snowflake, stage, target, state } = account()
    const path = await stage(rows)
    fault('slow', { match: `^INSERT INTO ${target}`, ms: 20_000 })
    const took = await stopped(async (signal, stop) => {
      const loading = load(open(), signal, path, 'stopped')
      await expect.poll(() => snowflake.running().some((sql) => sql.startsWith(`INSERT INTO ${target}`))).toBe(true)
      stop()
      await loading
    })
    expect(took).toBeLessThan(10_000)
    const insert = snowflake.journal().find(({ sql }) => sql.startsWith(`INSERT INTO ${target}`))
    expect(insert).toMatchObject({ status: 'failed', code: '000604' })
    expect(await state()).toMatchObject({ table: [], commits: [] })
    expect(await load(open(), new AbortController().signal, path, 'next')).toMatchObject([{ ledger: { inserted: 2 } }])
  })

  test('while it waits for a lock ends the waiting', async () => {
    const { open, fault, snowflake, target } = account()
    const [holder, waiter] = [open(), open()]
    const fence = await holder.take('holder')
    await waiter.take('warm')
    const own = await holder.take('holder')
    fault('slow', { match: `^INSERT INTO ${target}`, ms: 5000 })
    let isHeld = true
    const held = holder.commit({ fence: own, rows }).finally(() => (isHeld = false))
    await expect.poll(() => snowflake.sessions().some(({ inTransaction }) => inTransaction)).toBe(true)
    const stop = new AbortController()
    const waiting = errorOf(
      waiter.warehouse.session({ runId: 'waiter', purpose: 'wait', signal: stop.signal }, ({ state }) =>
        state.takeFence(account().scope, 'waiter'),
      ),
    )
    await expect.poll(() => snowflake.waiting()).toBe(1)
    stop.abort()
    expect((await waiting).code).toBe('MR-7001')
    expect(isHeld).toBe(true)
    expect(snowflake.waiting()).toBe(0)
    expect(await held).toMatchObject({ inserted: 2 })
    expect(fence.epoch).toBe(1)
  })

  test('in the middle of a stream of rows ends it, and nothing more is fetched', async () => {
    const { open } = account()
    const took = await stopped((signal, stop) =>
      open().warehouse.session({ runId: 'r', purpose: 'read', signal }, async (session) => {
        let count = 0
        const many = `SELECT SEQ8() AS n, RPAD('x', 100, 'x') AS filling FROM TABLE(GENERATOR(ROWCOUNT => 200000))`
        for await (const chunk of session.query(many)) {
          count += chunk.length
          if (count > 4000) stop()
        }
      }),
    )
    expect(took).toBeLessThan(10_000)
  })

  test('in the middle of an upload ends with it', async () => {
    const { open, fault, snowflake, stage, state } = account()
    const path = await stage(rows)
    fault('slow', { match: '^PUT', ms: 20_000 })
    const took = await stopped(async (signal, stop) => {
      const loading = load(open(), signal, path, 'stopped')
      await expect.poll(() => snowflake.running().some((sql) => sql.startsWith('PUT'))).toBe(true)
      stop()
      await loading
    })
    expect(took).toBeLessThan(10_000)
    expect((await state())['table']).toEqual([])
  })

  test('while it signs in, or makes its tables, ends that', async () => {
    const { open, fault, snowflake } = account()
    for (const [fault_, match] of [
      ['delay', 'login-request'],
      ['slow', '^ALTER SESSION'],
      ['slow', '^SELECT count.*INFORMATION_SCHEMA.COLUMNS'],
    ] as const) {
      fault(fault_, { match, ms: 20_000 })
      const bench = open()
      const took = await stopped(async (signal, stop) => {
        setTimeout(stop, 500)
        await bench.warehouse.session({ runId: 'r', purpose: 'begin', signal }, ({ state }) =>
          state.readFence(account().scope),
        )
      })
      expect(took).toBeLessThan(10_000)
      snowflake.fault(fault_, null)
    }
  })

  test('that a process gets lets it end, at once and by itself', async () => {
    const { open, fault, snowflake, stage, scope, table, target } = account()
    const bench = open()
    await bench.take('warm')
    const load_: Loading = {
      scope,
      runId: `${scope.sync}-child`,
      table: tableOf(table, people),
      path: await stage(rows),
      rows: 2,
      watermark: at(1),
    }
    fault('slow', { match: `^INSERT INTO ${target}`, ms: 20_000 })
    const child = spawn(process.execPath, [childFile, adapterUrl, bench.location, JSON.stringify(load_)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said: string[] = []
    child.stdout.on('data', (data: Buffer) => said.push(String(data)))
    await expect.poll(() => snowflake.running().some((sql) => sql.startsWith(`INSERT INTO ${target}`))).toBe(true)
    const began = performance.now()
    child.kill('SIGTERM')
    const code = await new Promise((resolve) => child.once('exit', resolve))
    expect(code).toBe(0)
    expect(said.join('')).toContain('MR-7001')
    expect(performance.now() - began).toBeLessThan(5000)
  }, 60_000)
})

const childFile = fileURLToPath(new URL('./loading-child.ts', import.meta.url))
const adapterUrl = new URL('../snowflake-adapter.ts', import.meta.url).href
