/** Rows of several accounts in one table: what a pass did not read of, it takes nothing of. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenedConnector, ScanItem, Stream } from '../../src/connector/contract.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

type Held = { [account: string]: string[] }

let world: World
let held: Held
/** What it says that it has read, where that is not what it lists. */
let said: readonly string[] | null
/** What its stream is beside. */
let more: Partial<Stream>
beforeEach(() => {
  world = openWorld()
  held = { a: ['1', '2'], b: ['1', '2'], c: ['1'] }
  said = null
  more = {}
})
afterEach(() => world.close())

const stream = (): Stream => ({
  name: 'orders',
  docs: 'https://example.test',
  key: ['account', 'id'],
  columns: { account: 'string', id: 'string', size: 'integer' },
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
      yield {
        kind: 'records',
        readAt,
        records: ids.map((id) => ({ account: account || null, id, size: id === 'odd' ? 'no number' : 1 })),
      }
      const lines = ids.map((id) => ({ account, id: `line ${id}`, order: id }))
      yield { kind: 'records', readAt, records: lines, child: { stream: 'lines', parents: [] } }
      yield { kind: 'checkpoint', resume: account }
    }
    yield { kind: 'checkpoint', resume: 'end', wholeOf: { field: 'account', values: said ?? Object.keys(held) } }
  },
  ...more,
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
const lines = async () =>
  (await world.rows('SELECT id FROM crm.lines WHERE _deleted_at IS NULL ORDER BY 1')).map(({ id }) => id)
/** Lines that are known by their own id, and have such columns beside. */
const linesOf = (columns: Stream['columns']): Stream['children'] =>
  stream().children.map((child) => ({ ...child, key: ['id'], columns: { id: 'string', order: 'string', ...columns } }))

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

describe('of rows that were refused, those of an account that is not read stay open, and', () => {
  const open = async () =>
    (await world.rows("SELECT key FROM _millrace.rejects WHERE state = 'open' ORDER BY 1")).map(({ key }) => key)

  it.each([
    ['by the key', {}, {}],
    ['by the hash in the key', {}, { account: 'sha256' }],
    ['by a field beside the key', { key: ['id'], windowOf: ['account'] }, {}],
  ] as const)('known %s', async (_, fields, mask) => {
    more = { ...fields, enumerates: true, children: [] }
    const pass = () => world.run(connector, { streams: [{ name: 'orders', mask }], fullRefresh: true })
    held = { a: ['odd'] }
    await pass()
    const ofRead = await open()
    expect(ofRead).toHaveLength(1)
    held = { a: [], b: ['1'] }
    await pass()
    expect(await open()).toEqual([])
    held = { a: ['odd'] }
    await pass()
    held = { b: ['2'] }
    await pass()
    expect(await open()).toEqual(ofRead)
  })

  it('without the account, which is the key, are of no account: a pass over everything settles them', async () => {
    more = { key: ['account'], enumerates: true, children: [] }
    const pass = () => world.run(connector, { streams: [{ name: 'orders' }], fullRefresh: true })
    held = { a: ['1'], '': ['1'] }
    await pass()
    expect(await open()).toEqual(['null'])
    held = { a: ['1'] }
    await pass()
    expect(await open()).toEqual([])
  })
})

describe.each([
  ['a replacement', { mode: 'full_refresh' }, {}],
  ['a pass over everything', {}, { enumerates: true }],
] as const)('%s with a new mask', (_, config, lists) => {
  const warnings = async (mask: NonNullable<Parameters<typeof run>[0]['mask']>) => {
    more = { ...lists, children: [] }
    const streams = [{ name: 'orders', ...config, mask }]
    const { errors, events } = await world.run(connector, { streams, fullRefresh: true })
    expect(errors).toEqual([])
    return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
  }

  it('says once that rows of an account which it has not read keep the value in clear', async () => {
    expect(await warnings({})).toEqual([])
    held = { a: ['1'] }
    expect(await warnings({ size: 'redact' })).toEqual([
      expect.stringContaining(
        'orders: its options have changed: size of rows that are of an account which was not read stand in the table unmasked',
      ),
    ])
    expect(await warnings({ size: 'redact' })).toEqual([])
  })

  it('says nothing where it has read of all', async () => {
    await warnings({})
    expect(await warnings({ size: 'redact' })).toEqual([])
  })
})

it.each([
  ['a pass over everything', {}, {}],
  ['a pass over everything', {}, { order: 'sha256' }],
  ['a replacement', { mode: 'full_refresh' }, {}],
] as const)(
  '%s takes what came inside a row that is gone, where that does not say its account',
  async (_, config, mask) => {
    more = { enumerates: true, children: linesOf({}) }
    const streams = [
      { name: 'orders', ...config },
      { name: 'lines', mask },
    ]
    held = { a: ['a1', 'a2'], b: ['b1'] }
    await world.run(connector, { streams })
    held = { a: ['a2'] }
    expect((await world.run(connector, { streams, fullRefresh: true })).errors).toEqual([])
    expect(await lines()).toEqual(['line a2', 'line b1'])
  },
)

it.each([
  ['that is masked', { mask: { account: 'redact' } }, { mask: { account: 'redact' } }],
  ['of which the last signs are left', { mask: { account: 'last4' } }, { mask: { account: 'last4' } }],
  ['that was left out before', { exclude: ['account'] }, {}],
] as const)('so does what came inside one with an account %s', async (_, before, after) => {
  more = { enumerates: true, children: linesOf({ account: 'string' }) }
  const pass = (config: object) =>
    world.run(connector, { streams: [{ name: 'orders' }, { name: 'lines', ...config }], fullRefresh: true })
  held = { a: ['a1', 'a2'], b: ['b1'] }
  await pass(before)
  held = { a: ['a1'] }
  expect((await pass(after)).errors).toEqual([])
  expect(await lines()).toEqual(['line a1', 'line b1'])
})

it.each<{ readonly [field: string]: 'sha256' }>([{}, { order: 'sha256' }])(
  'what came inside a row that was refused, of an account that is not read, stays (mask: %o)',
  async (mask) => {
    more = { enumerates: true, children: linesOf({}) }
    const pass = () =>
      world.run(connector, { streams: [{ name: 'orders' }, { name: 'lines', mask }], fullRefresh: true })
    held = { a: ['a1', 'odd'], b: ['b1', 'b2'] }
    await pass()
    held = { b: ['b1'] }
    expect((await pass()).errors).toEqual([])
    expect(await lines()).toEqual(['line a1', 'line b1', 'line odd'])
    held = { a: ['a1'], b: ['b1'] }
    await pass()
    expect(await lines()).toEqual(['line a1', 'line b1'])
  },
)

it('max_shrink of a pass is of the rows of the accounts that it has read', async () => {
  held = { a: ['1', '2'], b: ['1', '2', '3', '4', '5'] }
  await run({ reconcileMs: 0 })
  held = { a: [] }
  const { errors } = await run({ reconcileMs: 0 }, { maxShrink: { fraction: 0.5 } })
  expect(errors.map(({ code }) => code)).toEqual(['MR-4105'])
})

it('a list that is not whole is not stopped where it finds nothing in the accounts that it has read, and they had nothing', async () => {
  more = { enumerates: false, children: [] }
  const pass = () =>
    world.run(connector, { streams: [{ name: 'orders' }], fullRefresh: true, maxShrink: { fraction: 0.2 } })
  held = { a: ['1', '2'], b: [] }
  await pass()
  held = { b: [] }
  expect((await pass()).errors).toEqual([])
  held = { a: [] }
  expect((await pass()).errors.map(({ code }) => code)).toEqual(['MR-4105'])
})

it.each<NonNullable<RunOptions['streams']>[number]>([
  { mask: { account: 'redact' } },
  { mask: { account: 'last4' } },
  { exclude: ['account'] },
])('but is where its rows may be theirs, which do not say their account (%o)', async (before) => {
  more = { enumerates: false, children: [], key: ['id'] }
  const pass = (config = {}) =>
    world.run(connector, { streams: [{ name: 'orders', ...config }], fullRefresh: true, maxShrink: { fraction: 0.2 } })
  held = { a: ['1', '2'] }
  await pass(before)
  held = { a: [] }
  expect((await pass(before)).errors.map(({ code }) => code)).toEqual(['MR-4105'])
  expect((await pass()).errors.map(({ code }) => code)).toEqual(['MR-4105'])
})

it('what rows lack is held against the rows of the accounts that were read: the guard still speaks', async () => {
  await run({ mode: 'full_refresh' })
  held = { a: [], c: ['1'] }
  const { errors } = await run({ mode: 'full_refresh' }, { maxShrink: { fraction: 0.5 } })
  expect(errors.map(({ code }) => code)).toEqual(['MR-4105'])
  expect(await standing()).toHaveLength(5)
})

describe('a replacement leaves each row once, and takes what it reads no more, where', () => {
  const report = { key: ['id'], windowOf: ['account'], children: [] }
  const ids = async () => (await world.rows('SELECT id FROM crm.orders ORDER BY 1')).map(({ id }) => id)
  const replace = async (config: Parameters<typeof run>[0] = {}, options: RunOptions = {}) =>
    (await world.run(connector, { streams: [{ name: 'orders', mode: 'full_refresh', ...config }], ...options })).errors
  beforeEach(() => {
    held = { a: ['a1', 'a2'], b: ['b1'] }
  })

  it.each([
    ['gets a mask', {}, { account: 'sha256' }],
    ['loses its mask', { account: 'sha256' }, {}],
  ] as const)('the key that names the account %s', async (_, before, after) => {
    await replace({ mask: before })
    held = { a: ['a1'], b: ['b1'] }
    expect(await replace({ mask: after })).toEqual([])
    expect(await ids()).toEqual(['a1', 'b1'])
  })

  it.each(['sha256', 'last4', 'redact'] as const)('the account was masked by %s', async (mask) => {
    more = report
    await replace({ mode: 'merge', mask: { account: mask } })
    held = { a: ['a1'], b: ['b1'] }
    expect(await replace()).toEqual([])
    expect(await ids()).toEqual(['a1', 'b1'])
  })

  it.each(['evolve', 'ignore', 'freeze'] as const)(
    'the account was left out, and schema_changes is %s: the mode asks for its column',
    async (schemaChanges) => {
      more = report
      await replace({ mode: 'merge', exclude: ['account'] })
      held = { a: ['a1'], b: ['b1'] }
      expect(await replace({ schemaChanges, exclude: ['account'] })).toEqual([])
      expect(await ids()).toEqual(['a1', 'b1'])
      held = { b: [] }
      await replace({ schemaChanges, exclude: ['account'] })
      expect(await ids()).toEqual(['a1'])
    },
  )

  it.each(['evolve', 'ignore'] as const)('a connection comes to name its accounts (%s)', async (schemaChanges) => {
    more = { key: ['id'], columns: { id: 'string' }, children: [] }
    said = []
    await replace({ mode: 'merge' })
    more = { children: [] }
    said = null
    held = { a: ['a1'], b: ['b1'] }
    expect(await replace({ schemaChanges })).toEqual([])
    expect(await ids()).toEqual(['a1', 'b1'])
  })

  it('rows do not say whose they are: the guard speaks of them', async () => {
    more = report
    await replace({ mode: 'merge', exclude: ['account'] })
    held = { a: ['a1', 'a2'] }
    const errors = await replace({ schemaChanges: 'ignore' }, { maxShrink: { rows: 0 } })
    expect(errors.map(({ code }) => code)).toEqual(['MR-4105'])
    expect(await ids()).toEqual(['a1', 'a2', 'b1'])
  })
})

it.each([
  ['was left out', { exclude: ['account'] }],
  ['was masked', { mask: { account: 'redact' } }],
  ['was cut to its last signs', { mask: { account: 'last4' } }],
  ['was a hash', { mask: { account: 'sha256' } }],
  ['was in clear', {}],
] as const)('days of a report take the place of rows of another mode, in which the account %s', async (_, config) => {
  const day = '2026-11-19'
  more = {
    key: ['day', 'id'],
    columns: { account: 'string', id: 'string', day: 'date' },
    boundedBy: 'day',
    reportsDays: true,
    windowOf: ['account'],
    children: [],
    async *read(): AsyncGenerator<ScanItem> {
      for (const [account, ids] of Object.entries(held)) {
        yield { kind: 'records', readAt: world.clock(), records: ids.map((id) => ({ account, id, day })) }
        yield { kind: 'checkpoint', resume: account, windows: [{ from: day, to: day, of: { account } }] }
      }
    },
  }
  held = { 'account a': ['a1', 'a2'], 'account b': ['b1'] }
  await world.run(connector, { streams: [{ name: 'orders', mode: 'merge', ...config }] })
  held = { 'account a': ['a1'], 'account b': ['b1'] }
  const streams = [{ name: 'orders', mode: 'replace_window' }] as const
  expect((await world.run(connector, { streams, fullRefresh: true })).errors).toEqual([])
  expect(await standing()).toEqual(['account a a1', 'account b b1'])
})
