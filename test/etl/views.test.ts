import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StreamConfig } from '../../src/config/project.ts'
import type { Stream } from '../../src/connector/contract.ts'
import { planDecimalViews } from '../../src/etl/decimal-view.ts'
import { recordHistoryView } from '../../src/etl/record-history.ts'
import { resolveStreams } from '../../src/etl/resolve-streams.ts'
import type { FieldHistoryView } from '../../src/warehouse/field-history.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, syncOf, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

const minorUnits = { currency: 'Currency', amounts: ['Amount', 'fee'] }
const money = { Amount: 'integer', Currency: 'string', fee: 'integer' } as const

function sell(people: Partial<Stream> = {}): Vendor {
  const vendor = createVendor({
    columns: money,
    withoutChildren: true,
    people: { minorUnits, ...people },
    readAt: world.clock,
  })
  vendor.put(1, { Amount: 1999, Currency: 'usd', fee: 30 })
  vendor.put(2, { Amount: 500, Currency: 'JPY', fee: null })
  vendor.pass(1000)
  return vendor
}
const only = (config: Partial<StreamConfig> = {}) => ({ streams: [config] })
const views = async () =>
  (await world.rows(`SELECT view_name FROM duckdb_views() WHERE schema_name = 'crm' ORDER BY 1`)).map(
    (row) => row['view_name'],
  )

describe('amounts in minor units', () => {
  test('stand as decimals in a view beside the table, of each row as it is now', async () => {
    const vendor = sell()
    await world.run(vendor.connector, only())
    const select = 'SELECT amount, amount_decimal AS a, fee_decimal AS f, name FROM crm.people_decimal ORDER BY id'
    expect(await world.rows(select)).toEqual([
      { amount: '1999', a: '19.990', f: '0.300', name: 'nobody' },
      { amount: '500', a: '500.000', f: null, name: 'nobody' },
    ])
    vendor.put(2, { Amount: 501, Currency: 'KWD' })
    vendor.pass(1000)
    const { events } = await world.run(vendor.connector, only())
    expect((await world.rows(select)).map((row) => row['a'])).toEqual(['19.990', '0.501'])
    expect(events.filter(({ type }) => type === 'run.warning')).toEqual([])
  })

  test('of children too', async () => {
    const vendor = createVendor({
      readAt: world.clock,
      people: {
        children: [
          {
            name: 'items',
            docs: 'https://docs.example.com/items',
            key: ['id'],
            parent: 'person',
            columns: { id: 'string', person: 'integer', item: 'string' },
            // Any text will do.
            minorUnits: { currency: 'item', amounts: ['person'] },
          },
        ],
      },
    })
    vendor.put(7, { items: ['eur'] })
    vendor.pass(1000)
    await world.run(vendor.connector)
    expect(await world.rows('SELECT person_decimal AS d FROM crm.items_decimal')).toEqual([{ d: '0.070' }])
  })

  test('are not told where the currency is left out or masked: one warning names the tables', async () => {
    for (const config of [{ exclude: ['Currency'] }, { mask: { Currency: 'redact' } }] as const) {
      const { events, errors } = await world.run(sell().connector, only(config))
      expect(errors).toEqual([])
      const warnings = events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
      expect(warnings.filter((message) => message.includes('decimal'))).toEqual([
        expect.stringMatching(/^crm\.people: no view with decimal amounts/),
      ])
    }
    expect(await views()).toEqual([])
  })

  test('need no view and no warning where none of them is loaded', async () => {
    const config = { exclude: ['Currency', 'Amount'], mask: { fee: 'redact' } } as const
    const { events } = await world.run(sell().connector, only(config))
    expect(events.filter(({ type }) => type === 'run.warning')).toEqual([])
    expect(await views()).toEqual([])
  })

  test.each([
    [{ Amount: 'redact', fee: 'redact' }],
    [{ Amount: 'redact', fee: 'redact', Currency: 'redact' }],
  ] as const)('a view that stands can be read after all of them were masked: %o', async (mask) => {
    const vendor = sell()
    await world.run(vendor.connector, only())
    await world.run(vendor.connector, { ...only({ mask }), fullRefresh: true })
    const [row] = await world.rows('SELECT * FROM crm.people_decimal ORDER BY id')
    expect(row).toMatchObject({ amount: '***', name: 'nobody' })
    expect(row).not.toHaveProperty('amount_decimal')
  })

  test('one that is left out is left out there', async () => {
    await world.run(sell().connector, only({ exclude: ['fee'] }))
    const columns = Object.keys((await world.rows('SELECT * FROM crm.people_decimal'))[0] ?? {})
    expect(columns).toContain('amount_decimal')
    expect(columns).not.toContain('fee_decimal')
  })

  test('give way to what the vendor calls so: a column, a table', async () => {
    const vendor = createVendor({
      columns: { ...money, amount_decimal: 'string' },
      withoutChildren: true,
      people: { minorUnits },
      readAt: world.clock,
    })
    vendor.put(1, { Amount: 1999, Currency: 'usd', amount_decimal: 'theirs' })
    vendor.pass(1000)
    await world.run(vendor.connector, only())
    expect(await world.rows('SELECT amount_decimal AS theirs, amount_decimal_2 AS d FROM crm.people_decimal')).toEqual([
      { theirs: 'theirs', d: '19.990' },
    ])
    const [own] = (await vendor.connector.streams?.({ signal: AbortSignal.timeout(1000) })) ?? []
    if (!own) throw new Error('no stream')
    const streams = [own, { ...own, name: 'peopleDecimal', minorUnits: undefined }]
    const plans = await resolveStreams(
      syncOf({ streams: [{}, { name: 'peopleDecimal' }] }),
      { ...vendor.connector, streams: async () => streams, streamNames: async () => streams.map(({ name }) => name) },
      { signal: AbortSignal.timeout(1000) },
    )
    expect(planDecimalViews(plans).views.map(({ table, name }) => [table, name])).toEqual([
      ['people', 'people_decimal_2'],
    ])
  })
})

describe('whole records over time', () => {
  const fields: FieldHistoryView = {
    schema: 'crm',
    name: 'account_field_history',
    history: { table: 'h', key: 'id', record: 'r', field: 'f', from: 'o', to: 'n', at: 'a', by: 'b', kind: 'k' },
    parent: { table: 'account', key: 'id', createdAt: 'created_date' },
    who: null,
    tracked: { Name: 'name', Owner: 'owner_id', OwnerId: 'owner_id', ValidFrom: 'valid_from' },
  }

  test('have a column for each tracked one of the table, under its name, unless the view has that itself', () => {
    expect(recordHistoryView(fields, { keyKind: 'EntityId', tables: new Set() })).toEqual({
      schema: 'crm',
      name: 'account_history_scd2',
      fieldHistory: 'account_field_history',
      keyKind: 'EntityId',
      columns: [
        { name: 'name', fields: ['Name'] },
        { name: 'owner_id', fields: ['Owner', 'OwnerId'] },
        { name: 'valid_from_2', fields: ['ValidFrom'] },
      ],
    })
  })

  test('leave a vendor’s table its name', () => {
    const tables = new Set(['account_history_scd2'])
    expect(recordHistoryView(fields, { keyKind: undefined, tables })).toMatchObject({
      name: 'account_history_scd2_2',
      keyKind: null,
    })
  })

  test('need a tracked field', () => {
    expect(recordHistoryView({ ...fields, tracked: {} }, { keyKind: undefined, tables: new Set() })).toBeUndefined()
  })
})
