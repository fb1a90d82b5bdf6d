/** Rows of several accounts in one table: what a pass did not read of, it takes nothing of. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenedConnector, ScanItem, Stream } from '../../src/connector/contract.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

type Held = { [account: string]: string[] }

let world: World
let held: Held
/** What it says that it has read, where that is not what it lists. */
let said: readonly string[] | null
beforeEach(() => {
  world = openWorld()
  held = { a: ['1', '2'], b: ['1', '2'], c: ['1'] }
  said = null
})
afterEach(() => world.close())

const stream = (): Stream => ({
  name: 'orders',
  docs: 'https://example.test',
  key: ['account', 'id'],
  columns: { account: 'string', id: 'string' },
  order: 'none',
  lagMs: 0,
  overlapMs: 0,
  children: [
    {
      name: 'lines',
      docs: 'https://example.test',
      key: ['account', 'id'],
      columns: { account: 'string', id: 'string', order: 'string' },
      parent: 'order',
    },
  ],
  async *read(): AsyncGenerator<ScanItem> {
    const readAt = world.clock()
    for (const [account, ids] of Object.entries(held)) {
      yield { kind: 'records', readAt, records: ids.map((id) => ({ account, id })) }
      const lines = ids.map((id) => ({ account, id: `line ${id}`, order: id }))
      yield { kind: 'records', readAt, records: lines, child: { stream: 'lines', parents: [] } }
      yield { kind: 'checkpoint', resume: account }
    }
    yield { kind: 'checkpoint', resume: 'end', wholeOf: { field: 'account', values: said ?? Object.keys(held) } }
  },
})
const connector: OpenedConnector = {
  check: async () => undefined,
  account: async () => 'made-up',
  now: async () => world.clock(),
  streams: async () => [stream()],
  streamNames: async () => ['orders', 'lines'],
}
const run = (config: NonNullable<RunOptions['streams']>[number], options: RunOptions = {}) =>
  world.run(connector, {
    streams: [
      { name: 'orders', ...config },
      { name: 'lines', mask: config.mask ?? {} },
    ],
    ...options,
  })
const standing = async (table = 'orders') =>
  (await world.rows(`SELECT account, id FROM crm.${table} WHERE _deleted_at IS NULL ORDER BY ALL`)).map(
    ({ account, id }) => `${account} ${id}`,
  )

describe.each([
  ['a reconciliation', { reconcileMs: 0 }, []],
  ['a replacement', { mode: 'full_refresh' }, ['b line 1', 'c line 1']],
] as const)('%s', (_, config, lines) => {
  it('takes away what an account has no more, and nothing of one that is not read any more', async () => {
    await run(config)
    held = { b: ['1'] }
    expect((await run(config)).errors).toEqual([])
    expect(await standing()).toEqual(['a 1', 'a 2', 'b 1', 'c 1'])
  })

  it('takes away all that an account has, where it has read that it has none', async () => {
    await run(config)
    held = { a: ['1', '2'], b: [], c: ['1'] }
    await run(config)
    expect(await standing()).toEqual(['a 1', 'a 2', 'c 1'])
  })

  it('takes away nothing where it has read of none', async () => {
    await run(config)
    held = {}
    await run(config, { maxShrink: { rows: 0 } })
    expect(await standing()).toHaveLength(5)
  })

  it('knows accounts by the hash that a mask makes of them', async () => {
    const masked = { ...config, mask: { account: 'sha256' } } as const
    await run(masked)
    held = { b: ['1'] }
    await run(masked)
    expect(await standing()).toHaveLength(4)
  })

  if (lines.length > 0)
    it('leaves what comes inside others, too', async () => {
      await run(config)
      held = { a: ['2'], b: ['1'] }
      await run(config)
      expect(await standing('lines')).toEqual(['a line 2', ...lines])
    })
})

it('a replacement leaves the rows that stand of an account that was read in part', async () => {
  await run({ mode: 'full_refresh' })
  held = { a: ['9'], b: ['9'] }
  said = ['b']
  await run({ mode: 'full_refresh' })
  expect(await standing()).toEqual(['a 1', 'a 2', 'b 9', 'c 1'])
})

it('what rows lack is held against the rows of the accounts that were read: the guard still speaks', async () => {
  await run({ mode: 'full_refresh' })
  held = { a: [], c: ['1'] }
  const { errors } = await run({ mode: 'full_refresh' }, { maxShrink: { fraction: 0.5 } })
  expect(errors.map(({ code }) => code)).toEqual(['MR-4105'])
  expect(await standing()).toHaveLength(5)
})
