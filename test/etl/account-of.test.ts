import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { OpenedConnector, Stream } from '../../src/connector/contract.ts'
import { connector } from '../../src/connector/define.ts'
import type { Host } from '../../src/connector/host.ts'
import type { ErrorCode } from '../../src/model/error-catalogue.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
let vendor: Vendor
let asked: number
beforeEach(() => {
  world = openWorld()
  begin()
})
afterEach(() => world.close())

function begin(people: Partial<Stream> = {}): void {
  vendor = createVendor({ readAt: world.clock, withoutChildren: true, people })
  vendor.put(1, { name: 'a' })
  vendor.pass()
  asked = 0
}

/** The vendor with a key of this account. `more`: what else the connection says of itself. */
const keyOf = (account: string, more: Partial<OpenedConnector> = {}): OpenedConnector => ({
  ...vendor.connector,
  rowsAreOfAccount: true,
  account() {
    asked++
    return Promise.resolve(account)
  },
  ...more,
})
const failing = (code: ErrorCode): OpenedConnector =>
  keyOf('', { account: () => Promise.reject(new MillraceError(code, { message: 'the account is not told' })) })
const run = async (connector: OpenedConnector, options: RunOptions = {}) => {
  const { errors, events } = await world.run(connector, { streams: [{}], ...options })
  expect(events.filter(({ type }) => type === 'run.warning')).toEqual([])
  return errors
}
const refused = [
  expect.objectContaining({
    code: 'MR-2201',
    message:
      'people: the rows of crm.people are of the account acct_1, and what comes now is of acct_2: they would stand beside each other, or in each other’s place.',
    next: [
      expect.stringContaining('give the connection those of the account before'),
      expect.stringContaining('drop table crm.people;'),
      expect.stringContaining('another  schema .'),
    ],
  }),
]

it('rows of another account are refused, also with --full-refresh and by a backfill, until the key is the right one again', async () => {
  begin({ boundedBy: 'updated_at' })
  const range = { from: '2025-12-01T00:00:00.000Z', to: '2026-01-01T00:00:00.500Z' }
  expect(await run(keyOf('acct_1'))).toEqual([])
  vendor.put(1, { name: 'of another' })
  vendor.pass()
  expect(await run(keyOf('acct_2'))).toEqual(refused)
  expect(await run(keyOf('acct_2'), { fullRefresh: true })).toEqual(refused)
  await expect(world.backfill(keyOf('acct_2'), range, { streams: [{}] })).rejects.toMatchObject({ code: 'MR-2201' })
  expect(vendor.scans).toHaveLength(1)
  expect(await world.rows('SELECT name FROM crm.people')).toEqual([{ name: 'a' }])
  expect(await world.backfill(keyOf('acct_1'), range, { streams: [{}] })).toMatchObject({ errors: [] })
  expect(await run(keyOf('acct_1'))).toEqual([])
})

it('what a connector does not say is of its account is read by any key, which is not asked for its own', async () => {
  expect(await run(keyOf('acct_1', { rowsAreOfAccount: false }))).toEqual([])
  expect(await run(keyOf('acct_2', { rowsAreOfAccount: false }))).toEqual([])
  begin({ source: 'acct_3' })
  const named = { sync: { name: 'named', schema: 'named' } }
  expect(await run(keyOf('acct_1'), named)).toEqual([])
  expect(await run(keyOf('acct_2'), named)).toEqual([])
  expect(asked).toBe(0)
})

it('rows of before the account was written down are loaded further, and from then on it is known', async () => {
  const unsaid = { rowsAreOfAccount: false }
  expect(await run(keyOf('', unsaid))).toEqual([])
  expect(await run(keyOf('acct_1'))).toEqual([])
  expect(await run(keyOf('acct_2'))).toEqual(refused)
})

it('a key that is not told its account loads as before, and what is known stays known', async () => {
  expect(await run(keyOf(''))).toEqual([])
  expect(await run(keyOf('acct_1'))).toEqual([])
  vendor.put(1, { name: 'b' })
  vendor.pass()
  expect(await run(keyOf(''))).toEqual([])
  expect(await world.rows('SELECT name FROM crm.people')).toEqual([{ name: 'b' }])
  expect(await run(keyOf('acct_2'))).toEqual(refused)
})

it.each(['MR-3001', 'MR-3002', 'MR-3004'] as const)('an error of the account ends the run: %s', async (code) => {
  await expect(run(failing(code))).rejects.toMatchObject({ code })
})

it('a table that was dropped is loaded by another account, and one that is replaced as a whole by each', async () => {
  expect(await run(keyOf('acct_1'))).toEqual([])
  await world.rows('DROP TABLE crm.people')
  const { errors } = await world.run(keyOf('acct_2'), { streams: [{}] })
  expect(errors).toEqual([])
  expect(await run(keyOf('acct_1'))).toEqual([expect.objectContaining({ code: 'MR-2201' })])
  const whole = { sync: { name: 'whole', schema: 'whole' }, streams: [{ mode: 'full_refresh' }] } as const
  expect(await run(keyOf('acct_1'), whole)).toEqual([])
  expect(await run(keyOf('acct_2'), whole)).toEqual([])
  expect(await run(keyOf('acct_1'), { ...whole, streams: [{}] })).toEqual([
    expect.objectContaining({ code: 'MR-2201' }),
  ])
})

describe('rows inside others are of the account, too', () => {
  const both = { streams: [{}, { name: 'items' }] }
  const alone = { streams: [{}] }
  /** Of each account a person of its own, with two items. */
  const ofAccount = (account: string, people: Partial<Stream> = {}): OpenedConnector => {
    const own = createVendor({ readAt: world.clock, people })
    own.put(account === 'acct_1' ? 1 : 2, { name: account, items: ['x', 'y'] })
    own.pass()
    return { ...own.connector, rowsAreOfAccount: true, account: () => Promise.resolve(account) }
  }
  const refusedFor = (...tables: readonly string[]) => [
    expect.objectContaining({
      code: 'MR-2201',
      message: expect.stringContaining(`people: the rows of ${tables.join(', ')} are of `),
      next: expect.arrayContaining([
        expect.stringContaining(`:  ${tables.map((table) => `drop table ${table};`).join(' ')}  the next run`),
      ]),
    }),
  ]
  const errorsOf = async (account: string, options: RunOptions, people?: Partial<Stream>) =>
    (await world.run(ofAccount(account, people), options)).errors
  const drop = (table: string) => world.rows(`DROP TABLE ${table}`)
  const items = async () => (await world.rows('SELECT id FROM crm.items ORDER BY 1')).map(({ id }) => id)

  it.each([
    ['account', true, false],
    ['account', false, false],
    ['source', false, true],
  ])(
    'and are refused with theirs, by another %s, until each table is dropped (lists all: %s)',
    async (_, enumerates, isSaid) => {
      const people = (account: string) => ({ enumerates, ...(isSaid && { source: account }) })
      const load = (account: string) => errorsOf(account, both, people(account))
      expect(await load('acct_1')).toEqual([])
      expect(await load('acct_2')).toEqual(refusedFor('crm.people', 'crm.items'))
      await drop('crm.people')
      expect(await load('acct_2')).toEqual(refusedFor('crm.items'))
      await drop('crm.items')
      expect(await load('acct_2')).toEqual([])
      expect(await items()).toEqual(['2-x', '2-y'])
    },
  )

  it('and go with theirs where those have another key', async () => {
    const columns = { tenant: 'string', id: 'integer', name: 'string' } as const
    const more = { key: ['tenant', 'id'], columns, version: undefined, deletedWhen: undefined }
    expect(await errorsOf('acct_1', both)).toEqual([])
    expect((await errorsOf('acct_1', both, more)).flatMap(({ next }) => next)).toContainEqual(
      expect.stringContaining('  drop table crm.people; drop table crm.items;  '),
    )
  })

  it('and stay where those have another version: theirs is the time of their request', async () => {
    expect(await errorsOf('acct_1', both, { version: undefined, deletedWhen: undefined })).toEqual([])
    expect((await errorsOf('acct_1', both)).flatMap(({ next }) => next)).toContainEqual(
      expect.stringContaining('  drop table crm.people;  '),
    )
  })

  it('also where they are left out for a while', async () => {
    expect(await errorsOf('acct_1', both)).toEqual([])
    expect(await errorsOf('acct_1', alone)).toEqual([])
    expect(await errorsOf('acct_2', alone)).toEqual(refusedFor('crm.people', 'crm.items'))
    await drop('crm.people')
    expect(await errorsOf('acct_2', alone)).toEqual(refusedFor('crm.items'))
  })

  it('and are not looked for where they were never loaded', async () => {
    expect(await errorsOf('acct_1', alone)).toEqual([])
    await world.rows('CREATE TABLE crm.items AS SELECT 1 AS mine')
    expect(await errorsOf('acct_2', alone)).toEqual(refusedFor('crm.people'))
  })
})

describe('a replacement that was stopped', () => {
  const whole = { streams: [{ mode: 'full_refresh' }] } as const
  const names = async () =>
    (await world.rows('SELECT DISTINCT name FROM crm.people ORDER BY name')).map((row) => row['name'])
  beforeEach(async () => {
    for (let id = 2; id <= 9; id++) vendor.put(id, { name: 'a' })
    vendor.pass()
    vendor.onPage = (page) => {
      if (page === 2) throw new Error('the vendor is away')
    }
    expect((await world.run(keyOf('acct_1'), whole)).errors).toHaveLength(1)
    vendor.onPage = () => undefined
    // The people of another account.
    for (const person of vendor.people.values()) vendor.people.set(person.id, { ...person, name: 'b' })
  })

  it('begins again with the key of another account, and says so', async () => {
    const { errors, events } = await world.run(keyOf('acct_2'), whole)
    expect(errors).toEqual([])
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'run.warning', message: expect.stringContaining('so it begins again') }),
    )
    expect(await names()).toEqual(['b'])
  })

  it.each([
    ['of the same account', () => keyOf('acct_1')],
    ['that does not tell its account', () => keyOf('')],
  ])('is gone on with by a key %s', async (_, key) => {
    expect(await run(key(), whole)).toEqual([])
    expect(await names()).toEqual(['a', 'b'])
  })
})

it('the account is asked for once, whatever many streams there are', async () => {
  const [people] = (await vendor.connector.streams?.({ signal: new AbortController().signal })) ?? []
  if (!people) throw new Error('the vendor has no people')
  const names = ['people', 'others']
  const streams = () => Promise.resolve(names.map((name) => ({ ...people, name })))
  const both = keyOf('acct_1', { streams, streamNames: () => Promise.resolve(names) })
  expect(await run(both, { streams: names.map((name) => ({ name })) })).toEqual([])
  expect(asked).toBe(1)
})

it('a declared connector says by its declaration that its rows are of its account', async () => {
  const definition = { name: 'acme', config: z.object({}), account: () => Promise.resolve('acct_1') }
  // It makes no request here.
  const opening = { config: {} as never, host: {} as Host }
  for (const rowsAreOfAccount of [true, false])
    expect(await connector({ ...definition, rowsAreOfAccount }).open(opening)).toMatchObject({ rowsAreOfAccount })
  expect(await connector(definition).open(opening)).not.toHaveProperty('rowsAreOfAccount')
})
