/** All or nothing: each statement of a commit fails once, one after the other, and every time nothing has changed. */
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { answer, meta, refused } from '../reverse.ts'
import { at, errorOf, unseen, type Columns, type Load } from '../workbench.ts'
import { row, useAccount, type Account, type Held } from './account.ts'

const account = useAccount()

/** Fails at its first statement, then at its second, until there is none left to fail: then it must have worked. */
async function failAtEach(
  { fault, snowflake }: Account,
  { attempt, look }: { readonly attempt: () => Promise<unknown>; readonly look: () => Promise<Held> },
): Promise<{ readonly failed: number; readonly before: Held; readonly after: Held }> {
  const before = await look()
  for (let failed = 0; ; failed++) {
    fault('statement_fails', { match: '.', after: failed })
    const outcome = await attempt().then(
      () => 'worked',
      (error: unknown) => String(error),
    )
    const isOver = outcome === 'worked'
    snowflake.fault('statement_fails', null)
    const after = await look()
    if (isOver) return { failed, before, after }
    const statement = snowflake.journal().findLast(({ status }) => status === 'failed')?.sql
    expect(outcome).toContain('A fault of the sandbox')
    // A COMMIT that fails raises the epoch: what is still open somewhere can be committed no more.
    const { fence, ...rest } = after
    expect({ ...rest, fence: before['fence'] }, `after ${statement} had failed`).toEqual(before)
    expect(fence?.map(({ owner }) => owner)).toEqual(before['fence']?.map(({ owner }) => owner))
    expect(snowflake.sessions().filter(({ inTransaction }) => inTransaction)).toEqual([])
  }
}

const amounts: Columns = { id: 'integer', name: 'string', day: 'date', amount: 'integer' }
const cells = (id: number, amount: number, version: number) => ({
  ...row(id, `n${id}`, version),
  day: '2026-11-01',
  amount,
})

type Case = { readonly first: Partial<Load>; readonly second: Partial<Load>; readonly statements: number }

const cases: { readonly [title: string]: Case } = {
  'a merge with tombstones, rejects and a sweep': {
    first: {
      rows: [row(1, 'a'), row(2, 'b'), row(3, 'c'), row(4, 'd')],
      rejects: [
        { key: '8', code: 'MR-5001' },
        { key: '1', code: 'MR-5001' },
      ],
    },
    second: {
      rows: [row(1, 'A', 5), row(5, 'e', 5)],
      more: [[row(5, 'E', 6)]],
      tombstones: [{ id: 2, _version: 5, _read_at: 5, _deleted_at: 5 }],
      rejects: [
        { key: '8', code: 'MR-5001' },
        { key: '9', code: 'MR-5001' },
      ],
      touchUnchanged: true,
      sweep: unseen(5, { fraction: 1 }),
    },
    statements: 25,
  },
  'the end of a generation': {
    first: { rows: [row(1, 'a'), row(2, 'b')], mode: 'generation', scanId: 'one', isLast: true },
    second: { rows: [row(2, 'B', 5), row(3, 'c', 5)], mode: 'generation', scanId: 'two', isLast: true },
    statements: 15,
  },
  intervals: {
    first: { rows: [row(1, 'a'), row(2, 'b')], mode: 'scd2' },
    second: {
      rows: [row(1, 'A', 5), row(3, 'c', 5)],
      tombstones: [{ id: 2, _version: 5, _read_at: 5, _deleted_at: 5 }],
      mode: 'scd2',
      touchUnchanged: true,
    },
    statements: 15,
  },
  'report days': {
    first: { columns: amounts, rows: [cells(1, 10, 1), cells(2, 20, 1)] },
    second: {
      columns: amounts,
      rows: [cells(1, 11, 5)],
      touchUnchanged: true,
      windows: [{ column: 'day', from: '2026-11-01', to: '2026-11-02', of: {}, readBefore: at(5) }],
    },
    statements: 15,
  },
}

describe('a commit that fails at any of its statements changes nothing', () => {
  test.each(Object.entries(cases))(
    '%s',
    async (_, { first, second, statements }) => {
      const { open } = account()
      const [bench, reader] = [open(), open()]
      const fence = await bench.take()
      await bench.commit({ fence, ...first, cursor: { watermark: at(1), scan: null }, sequence: 1 })
      const { failed, before, after } = await failAtEach(account(), {
        attempt: () => bench.commit({ fence, ...second, cursor: { watermark: at(5), scan: null }, sequence: 2 }),
        look: () => account().state(reader),
      })
      // One too few, and the last of them were never tried.
      expect(failed).toBeGreaterThanOrEqual(statements)
      expect(before['cursor']).toMatchObject([{ watermark: at(1) }])
      expect(after['cursor']).toMatchObject([{ watermark: at(5) }])
      expect(after['commits']).toHaveLength(2)
      expect(after['table']).not.toEqual(before['table'])
    },
    60_000,
  )

  test('intents, and what the destination said of them', async () => {
    const { open, scope, table } = account()
    const [bench, reader] = [open(), open()]
    const fence = await bench.take()
    await bench.commit({ fence, rows: [row(1, 'a'), row(2, 'b'), row(3, 'c')] })
    const { sync } = scope
    const columns = [{ name: 'name', type: 'string' }] as const
    await bench.session(({ reverse }) => reverse.ensureSnapshot(sync, columns))
    const file = (lines: readonly object[]) => {
      const path = bench.path('lines.ndjson')
      writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      return path
    }
    const look = async (): Promise<Held> => ({
      ...(await account().state(reader)),
      snapshot: await reader.rows(`SELECT key, state, v_name FROM _millrace.snapshot_${sync} ORDER BY key`),
      changes: await reader.rows(`SELECT key, op, status FROM _millrace.changes WHERE sync = '${sync}' ORDER BY key`),
      snapshots: await reader.rows(`SELECT object FROM _millrace.snapshots WHERE sync = '${sync}'`),
    })
    const keys = ['1', '2', '3']
    const intended = await failAtEach(account(), {
      attempt: () =>
        bench.session(({ reverse }) =>
          reverse.openIntents({ fence, path: file(keys.map((key) => ({ key, op: 'upsert' }))), meta }),
        ),
      look,
    })
    expect(intended.failed).toBeGreaterThanOrEqual(9)
    expect(intended.before['intents']).toEqual([])
    expect(intended.after['intents']?.map(({ key }) => key)).toEqual(keys)
    const answers = [
      answer('1', { values: ['a'], fields: '{"name":[null,"a"]}' }),
      refused('2'),
      answer('3', { values: null, state: 'removed', status: 'ignored' }),
    ]
    const said = await failAtEach(account(), {
      attempt: () =>
        bench.session(({ reverse }) =>
          reverse.acknowledge({ fence, sequence: 2, columns, mappingVersion: 'm1', path: file(answers), ledger: {} }),
        ),
      look,
    })
    expect(said.failed).toBeGreaterThanOrEqual(20)
    expect(said.after['intents']).toEqual([])
    expect(said.after['snapshot']).toEqual([
      { key: '1', state: 'accepted', v_name: 'a' },
      { key: '3', state: 'removed', v_name: null },
    ])
    expect(said.after['rejects']).toMatchObject([{ key: '2', state: 'open' }])
    expect(table).toMatch(/^t/)
  }, 60_000)
})

test('a transaction that cannot even be rolled back leaves no lock, and its connection to nobody', async () => {
  const { open, fault, snowflake, target } = account()
  const bench = open()
  const fence = await bench.take()
  await bench.commit({ fence, rows: [row(1, 'a')], sequence: 1 })
  fault('statement_fails', { match: `^(INSERT INTO "_MILLRACE"."COMMITS"|ROLLBACK)`, times: 2 })
  expect((await errorOf(bench.commit({ fence, rows: [row(2, 'b', 2)], sequence: 2 }))).message).toContain('COMMITS')
  expect(snowflake.sessions().filter(({ inTransaction }) => inTransaction)).toEqual([])
  expect(await bench.rows(`SELECT name FROM ${target}`)).toEqual([{ name: 'a' }])
  expect(await bench.commit({ fence, rows: [row(2, 'b', 2)], sequence: 2 })).toMatchObject({ inserted: 1 })
})
