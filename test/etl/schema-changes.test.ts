import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { createVendor } from './vendor.ts'
import { codes, openWorld, type RunOptions, type World } from './world.ts'

describe('a stream whose fields change', () => {
  let world: World
  beforeEach(() => {
    world = openWorld()
  })
  afterEach(() => world.close())

  /** A run over rows with these extra fields. */
  async function load(
    columns: { readonly [field: string]: LogicalType },
    values: readonly object[],
    options: RunOptions = {},
    hoursLater = 24,
  ) {
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true, columns })
    vendor.setClock(Date.parse('2026-01-01T00:00:00.000Z') + (hours += hoursLater) * 3_600_000)
    for (const [index, fields] of values.entries()) vendor.put(index + 1, { ...fields })
    vendor.pass()
    return world.run(vendor.connector, { streams: [{}], chunkRows: 100, ...options })
  }
  let hours = 0
  const cells = async (column: string) =>
    (await world.rows(`SELECT ${column} FROM crm.people ORDER BY id`)).map((row) => row[column])

  test('gains a column, says so, and keeps the old rows', async () => {
    await load({}, [{}])
    const outcome = await load({ email: 'string' }, [{}, { email: 'b@c.d' }])
    expect(outcome.events).toContainEqual(
      expect.objectContaining({
        type: 'schema.changed',
        change: expect.objectContaining({ kind: 'column_added', column: 'email' }),
      }),
    )
    expect(await cells('email')).toEqual([null, 'b@c.d'])
  })

  test('says once that the rows of before have none of it, and how to read it', async () => {
    const warnings = async (columns: Parameters<typeof load>[0], options: RunOptions = {}) =>
      (await load(columns, [{}], options, 1)).events.flatMap((event) =>
        event.type === 'run.warning' ? [event.message] : [],
      )
    expect(await warnings({})).toEqual([])
    expect(await warnings({ email: 'string' })).toEqual([
      'people: rows that were loaded before have no email, or an old one, until they are read again. To read them now:  millrace backfill crm --stream people --column email',
    ])
    expect(await warnings({ email: 'string' })).toEqual([])
    expect(await warnings({ email: 'string', a: 'string', b: 'string' })).toEqual([
      expect.stringMatching(/have no a, b, or .* --stream people$/),
    ])
    expect(await warnings({ email: 'string', a: 'string', b: 'string', c: 'string' }, { fullRefresh: true })).toEqual(
      [],
    )
    const without = { streams: [{ exclude: ['d'] }] }
    const columns = { d: 'string' } as const
    expect(await warnings(columns, without)).toEqual([])
    expect(await warnings(columns)).toEqual([expect.stringContaining('have no d, or an old one, until')])
  })

  test('says so too of a column that was left out for a while: what is in it may be old', async () => {
    const email = { email: 'string' } as const
    const told = async (options: RunOptions) =>
      (await load(email, [{ email: 'a@b.c' }], options, 1)).events.filter(({ type }) => type === 'run.warning').length
    expect(await told({})).toBe(0)
    expect(await told({ streams: [{ exclude: ['email'] }] })).toBe(0)
    expect(await told({ streams: [{ exclude: ['email'] }] })).toBe(0)
    expect(await told({})).toBe(1)
    expect(await told({})).toBe(0)
    await told({ streams: [{ exclude: ['email'] }] })
    expect(await told({ fullRefresh: true })).toBe(0)
  })

  test('keeps the column of a field beside which another of like name comes, and when that one is gone again', async () => {
    await load({ Foo_Bar: 'string' }, [{ Foo_Bar: 'old' }, { Foo_Bar: 'old too' }])
    const both = { FooBar: 'string', Foo_Bar: 'string' } as const
    await load(both, [{ Foo_Bar: 'old', FooBar: 'new' }, { Foo_Bar: 'old too' }], {}, 1)
    expect([await cells('foo_bar'), await cells('foo_bar_2')]).toEqual([
      ['old', 'old too'],
      ['new', null],
    ])
    await load({ FooBar: 'string' }, [{ FooBar: 'newer' }], {}, 1)
    expect([await cells('foo_bar'), await cells('foo_bar_2')]).toEqual([
      ['old', 'old too'],
      ['newer', null],
    ])
    await load({ Foo_Bar: 'string' }, [{ Foo_Bar: 'back' }], {}, 1)
    expect([await cells('foo_bar'), await cells('foo_bar_2')]).toEqual([
      ['back', 'old too'],
      ['newer', null],
    ])
  })

  test('takes a field by any name, also one that every JavaScript object has', async () => {
    const odd = { constructor: 'string', toString: 'string', hasOwnProperty: 'string' } as const
    const row = { constructor: 'c', toString: 't', hasOwnProperty: 'h' }
    for (const mask of [{}, Object.fromEntries([['toString', 'redact' as const]])])
      expect(codes(await load(odd, [row], { streams: [{ mask }] }))).toEqual([])
    expect(await world.rows('SELECT constructor, to_string, has_own_property FROM crm.people')).toEqual([
      { constructor: 'c', to_string: '***', has_own_property: 'h' },
    ])
  })

  test('keeps a column, and what it holds, that the vendor has no more', async () => {
    await load({ email: 'string' }, [{ email: 'a@b.c' }])
    await load({}, [{ name: 'new' }])
    expect([await cells('email'), await cells('name')]).toEqual([['a@b.c'], ['new']])
  })

  test.each([
    ['integer', 1, 'decimal(20,2)', '2.50', ['2.50']],
    ['decimal(10,2)', '1.50', 'string', 'many', ['many']],
    ['string', 'text', 'integer', 7, ['7']],
    ['string', 'text', 'json', { a: 1 }, ['{"a":1}']],
    ['json', { a: 1 }, 'string', 'plain', ['"plain"']],
    ['json', { a: 1 }, 'integer', 5, ['5']],
    ['boolean', true, 'integer', 5, ['5']],
  ] as const)('takes a field that was %s (%j) and becomes %s (%j)', async (from, first, to, second, expected) => {
    await load({ v: from }, [{ v: first }])
    const outcome = await load({ v: to }, [{ v: second }])
    expect([outcome.errors, outcome.ledger.rejected]).toEqual([[], 0])
    expect(await cells('v')).toEqual(expected)
  })

  test('that became doubles keeps the digits that no double holds, in rows that come again, too', async () => {
    const numbers = ['123456789012345678', '123456789012345679', '12']
    const values = (name: string) => numbers.map((v) => ({ v, name }))
    await load({ v: 'decimal(18,0)' }, values('first'))
    expect((await load({ v: 'double' }, values('second'))).errors).toEqual([])
    expect(await cells('v')).toEqual(numbers)
    const third = await load({ v: 'double' }, [...values('third'), { v: 'many' }, { v: '123456789012345.6789' }])
    expect(third.ledger).toMatchObject({ updated: 3, inserted: 1, rejected: 1 })
    expect(await cells('v')).toEqual([...numbers, '123456789012345.6789'])
    const full = { streams: [{ mode: 'full_refresh' }] } as const
    expect((await load({ v: 'double' }, values('fourth'), full)).errors).toEqual([])
    expect(await cells('v')).toEqual(numbers)
  })

  test('with freeze stops that stream, and says what changed', async () => {
    await load({}, [{}])
    const outcome = await load({ email: 'string' }, [{ name: 'new' }], { streams: [{ schemaChanges: 'freeze' }] })
    expect(codes(outcome)).toEqual(['MR-2201'])
    expect(outcome.errors[0]?.message).toContain('email')
    expect(await cells('name')).toEqual(['nobody'])
  })

  test('with ignore loads the columns that it has', async () => {
    await load({}, [{}])
    const outcome = await load({ email: 'string' }, [{ name: 'new', email: 'x' }], {
      streams: [{ schemaChanges: 'ignore' }],
    })
    expect(outcome.errors).toEqual([])
    expect(await cells('name')).toEqual(['new'])
    expect((await world.rows('SELECT * FROM crm.people'))[0]).not.toHaveProperty('email')
  })

  test('with ignore takes what the sync includes by name, and says what rows of before lack', async () => {
    const email = { email: 'string', phone: 'string' } as const
    const values = [{ email: 'a@b.c', phone: '1' }]
    const ignoring = (include: readonly string[]) => ({ streams: [{ schemaChanges: 'ignore' as const, include }] })
    await load(email, values, ignoring(['name']))
    const { events, errors } = await load(email, values, ignoring(['name', 'email']), 1)
    expect(errors).toEqual([])
    expect(await cells('email')).toEqual(['a@b.c'])
    expect(Object.keys((await world.rows('SELECT * FROM crm.people'))[0] ?? {})).not.toContain('phone')
    expect(events.filter(({ type }) => type === 'schema.changed' || type === 'run.warning')).toMatchObject([
      { change: { kind: 'column_added', column: 'email' } },
      { message: expect.stringContaining('rows that were loaded before have no email') },
    ])
    const again = await load(email, values, ignoring(['name', 'email']), 1)
    expect(again.events.filter(({ type }) => type === 'schema.changed' || type === 'run.warning')).toEqual([])
  })

  test('with ignore leaves out what is new in a child, too', async () => {
    const vendor = createVendor({ readAt: world.clock })
    const withoutItem = {
      ...vendor.connector,
      streams: async (request: { readonly signal: AbortSignal }) =>
        ((await vendor.connector.streams?.(request)) ?? []).map((stream) => ({
          ...stream,
          children: stream.children.map((child) => ({
            ...child,
            columns: { id: 'string', person: 'integer' } as const,
          })),
        })),
    }
    vendor.put(1, { items: ['x'] })
    vendor.pass()
    await world.run(withoutItem)
    vendor.put(1, { items: ['x', 'y'] })
    vendor.pass()
    const ignoring = await world.run(vendor.connector, { streams: [{}, { name: 'items', schemaChanges: 'ignore' }] })
    expect(ignoring.errors).toEqual([])
    expect(await world.rows('SELECT id FROM crm.items ORDER BY id')).toEqual([{ id: '1-x' }, { id: '1-y' }])
  })

  test('freezes by itself: the stream beside it loads', async () => {
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true })
    vendor.put(1)
    vendor.pass()
    const both = (extra: { readonly [field: string]: LogicalType }) => ({
      ...vendor.connector,
      streamNames: () => Promise.resolve(['people', 'deals']),
      streams: async (request: { readonly signal: AbortSignal }) =>
        ((await vendor.connector.streams?.(request)) ?? []).flatMap((stream) => [
          { ...stream, name: 'deals', columns: { ...stream.columns, ...extra } },
          stream,
        ]),
    })
    await world.run(both({}), { streams: [{}, { name: 'deals' }] })
    vendor.put(2)
    vendor.pass()
    const outcome = await world.run(both({ extra: 'string' }), {
      streams: [{}, { name: 'deals', schemaChanges: 'freeze' }],
    })
    expect(codes(outcome)).toEqual(['MR-2201'])
    expect(outcome.streams).toMatchObject({ people: { inserted: 1 } })
  })
})
