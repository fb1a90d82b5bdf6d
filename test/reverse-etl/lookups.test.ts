/** A column of another model beside our rows, on a real warehouse. */
import { describe, expect, it } from 'vitest'
import { lookupColumns } from '../../src/config/lookups.ts'
import type { ModelLookup } from '../../src/config/project.ts'
import { personalFields } from '../../src/reverse-etl/personal-values.ts'
import { resolveMapping } from '../../src/reverse-etl/mapping.ts'
import type { LookupJoin } from '../../src/warehouse/lookup-join.ts'
import { makeVendor } from './vendor.ts'
import { column, makeWorld, modelOf, openRejects, optOut, run, rows, type World } from './world.ts'

const lookup: ModelLookup = {
  model: 'accounts',
  by: [{ ours: 'account', theirs: 'id' }],
  column: 'sf_id',
  onMissing: 'null',
}

type Account = { readonly id: string | null; readonly sf_id: string | null }

function worldWith(onMissing: ModelLookup['onMissing']) {
  const { place } = column('id')
  const world = makeWorld({
    sync: {
      map: [
        column('id'),
        optOut('unsubscribed', 'opted_out'),
        { kind: 'lookup', field: 'custom_account', lookup: { ...lookup, onMissing }, place },
      ],
    },
  })
  world.columns = { id: 'VARCHAR', account: 'VARCHAR', opted_out: 'BOOLEAN' }
  return world
}

/** The query that `syncQuery` makes for a run. */
function joined(world: World, accounts: readonly Account[], query = accountsQuery(accounts)): string {
  return world.warehouse.joinLookups(modelOf(world), [
    { query, by: [{ ours: text('account'), theirs: text('id') }], column: 'sf_id', ...lookupColumns(lookup) },
  ])
}

const text = (name: string) => ({ name, type: 'string' }) as const

const accountsQuery = (accounts: readonly Account[]) =>
  modelOf({ columns: { id: 'VARCHAR', sf_id: 'VARCHAR' }, people: accounts })

async function runWith(world: World, accounts: readonly Account[]) {
  const model = joined(world, accounts)
  return run(world, { model })
}

const person = (id: string, account: string | null, opted_out = false) => ({ id, account, opted_out })
const at = (world: World, id: string) => world.vendor.records.get(id)?.['custom_account']

describe('a lookup in another model', () => {
  it('fills the field, and a change over there is a change of the row', async () => {
    const world = worldWith('null')
    world.people = [person('a', 'A'), person('b', 'B'), person('c', null)]
    const accounts = [
      { id: 'A', sf_id: '001' },
      { id: 'B', sf_id: '002' },
      { id: null, sf_id: 'nobody' },
    ]
    await runWith(world, accounts)
    expect([at(world, 'a'), at(world, 'b'), at(world, 'c')]).toEqual(['001', '002', null])
    expect((await runWith(world, accounts)).ledger).toMatchObject({ unchanged: 3, delivered: 0 })
    const { ledger } = await runWith(world, [{ id: 'A', sf_id: '009' }, ...accounts.slice(1)])
    expect(ledger).toMatchObject({ changed: 1, delivered: 1 })
    expect(at(world, 'a')).toBe('009')
    expect(await rows(world, `SELECT fields FROM _millrace.changes WHERE run_id = '${world.sync.name}-3'`)).toEqual([
      { fields: '{"custom_account":["001","009"]}' },
    ])
  })

  it('refuses a row that finds several, and sends the others', async () => {
    const world = worldWith('null')
    world.people = [person('a', 'A'), person('b', 'B')]
    const { ledger } = await runWith(world, [
      { id: 'A', sf_id: '001' },
      { id: 'B', sf_id: '002' },
      { id: 'B', sf_id: '002' },
    ])
    expect(ledger).toMatchObject({ model_rows: 2, added: 2, delivered: 1, rejected: 1 })
    expect(
      await rows(
        world,
        `SELECT key, message FROM _millrace.rejects WHERE sync = '${world.sync.name}' AND state = 'open'`,
      ),
    ).toEqual([
      {
        key: 'b',
        message:
          "custom_account: several rows of accounts by account have this row's key; make the model one row per key",
      },
    ])
    const again = await runWith(world, [
      { id: 'A', sf_id: '001' },
      { id: 'B', sf_id: '002' },
    ])
    expect(again.ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(await openRejects(world)).toEqual([])
  })

  it.each([
    ['null', { delivered: 3, rejected: 0, held_back: 0 }, { unchanged: 3 }],
    ['reject', { delivered: 1, rejected: 2, held_back: 0 }, { retry: 2 }],
    ['hold', { delivered: 1, rejected: 0, held_back: 2 }, { added: 2 }],
  ] as const)('that finds nothing, or null, on_missing: %s', async (onMissing, first, second) => {
    const world = worldWith(onMissing)
    world.people = [person('a', 'A'), person('b', 'B'), person('c', null)]
    const missing = [{ id: 'B', sf_id: null }]
    expect((await runWith(world, missing)).ledger).toMatchObject({ added: 3, ...first })
    expect((await runWith(world, missing)).ledger).toMatchObject(second)
    await runWith(world, [
      { id: 'A', sf_id: '001' },
      { id: 'B', sf_id: '002' },
    ])
    expect([at(world, 'a'), at(world, 'b'), at(world, 'c')]).toEqual(['001', '002', null])
    expect(
      (
        await runWith(world, [
          { id: 'A', sf_id: '001' },
          { id: 'B', sf_id: '002' },
        ])
      ).ledger,
    ).toMatchObject({ unchanged: 3 })
  })

  it('does not keep an opt-out waiting', async () => {
    const world = worldWith('hold')
    world.people = [person('a', 'A')]
    await runWith(world, [{ id: 'A', sf_id: '001' }])
    world.people = [person('a', 'B', true)]
    await runWith(world, [])
    expect(world.vendor.records.get('a')).toMatchObject({ unsubscribed: true, custom_account: '001' })
    await runWith(world, [{ id: 'B', sf_id: '002' }])
    expect(world.vendor.records.get('a')).toMatchObject({ unsubscribed: true, custom_account: '002' })
    expect(await openRejects(world)).toEqual([])
  })

  it('compares columns of different types as text, and several columns together', async () => {
    const world = worldWith('null')
    const people = modelOf({
      columns: { id: 'VARCHAR', n: 'BIGINT' },
      people: [
        { id: 'a', n: 7 },
        { id: 'b', n: 8 },
      ],
    })
    const query = modelOf({
      columns: { id: 'VARCHAR', code: 'VARCHAR', v: 'VARCHAR' },
      people: [
        { id: 'a', code: '7', v: 'yes' },
        { id: 'b', code: 'x', v: 'no' },
      ],
    })
    const by: LookupJoin['by'] = [
      { ours: text('id'), theirs: text('id') },
      { ours: { name: 'n', type: 'integer' }, theirs: text('code') },
    ]
    const sql = world.warehouse.joinLookups(people, [
      { query, by, column: 'v', value: 'found "it"', matches: 'how many' },
    ])
    expect(await rows(world, `${sql} ORDER BY 1`)).toEqual([
      { id: 'a', n: '7', 'found "it"': 'yes', 'how many': '1' },
      { id: 'b', n: '8', 'found "it"': null, 'how many': '0' },
    ])
  })

  it('of a personal column is personal, in templates and objects, too', () => {
    const { place } = column('id')
    const sync = {
      ...worldWith('null').sync,
      map: [
        column('id'),
        { kind: 'lookup', field: 'custom_account', lookup, place },
        { kind: 'object', field: 'custom_a', parts: { b: { kind: 'template', template: '{{ account }}' } }, place },
        column('custom_plain', 'opted_out'),
      ] as const,
    }
    const { value, matches } = lookupColumns(lookup)
    const columns = [
      ...['id', 'account', 'opted_out', value].map((name) => ({ name, type: 'string' as const })),
      { name: matches, type: 'integer' as const },
    ]
    const mapping = resolveMapping(sync, makeVendor().object, columns, new Set(['sf_id', 'account']))
    expect(personalFields(mapping)).toEqual(new Set(['custom_account', 'custom_a']))
  })
})
