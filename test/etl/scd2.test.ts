import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { codes, openWorld, type RunOptions, type World } from './world.ts'

const streams = [{ mode: 'scd2' }] as const

describe('scd2', () => {
  let world: World
  beforeEach(() => {
    world = openWorld()
  })
  afterEach(() => world.close())
  const lone = (options: Partial<Parameters<typeof createVendor>[0]> = {}) =>
    createVendor({ readAt: world.clock, withoutChildren: true, ...options })
  const history = (columns = 'id, name') =>
    world.rows(`SELECT ${columns}, is_current FROM crm.people ORDER BY id, valid_from, valid_to NULLS LAST`)

  test('keeps what a row was, and when', async () => {
    const vendor = lone()
    vendor.put(1, { name: 'Ann' })
    vendor.put(2, { name: 'Bob' })
    vendor.pass(60_000)
    await world.run(vendor.connector, { streams })
    vendor.put(1, { name: 'Anna' })
    vendor.softDelete(2)
    vendor.pass(60_000)
    const second = await world.run(vendor.connector, { streams })
    expect(second.streams['people']).toMatchObject({ read: 2, updated: 1, deleted: 1, closed: 2 })
    expect(await history('id, name, valid_from, valid_to')).toEqual([
      { id: '1', name: 'Ann', valid_from: '2026-01-01 00:00:00', valid_to: '2026-01-01 00:01:00', is_current: 'false' },
      { id: '1', name: 'Anna', valid_from: '2026-01-01 00:01:00', valid_to: null, is_current: 'true' },
      { id: '2', name: 'Bob', valid_from: '2026-01-01 00:00:00', valid_to: '2026-01-01 00:01:00', is_current: 'false' },
    ])
  })

  test('ends what a full pass does not see any more, and keeps the history of the rest', async () => {
    const vendor = lone()
    for (const id of [1, 2, 3]) vendor.put(id, { name: `n${id}` })
    vendor.pass()
    await world.run(vendor.connector, { streams })
    vendor.hardDelete(3)
    vendor.put(1, { name: 'other' })
    vendor.pass()
    const full = await world.run(vendor.connector, { streams, fullRefresh: true })
    expect(full.streams['people']).toMatchObject({ read: 2, updated: 1, unchanged: 1, swept: 1, closed: 2 })
    expect((await history()).map((row) => `${row['name']} ${row['is_current']}`)).toEqual([
      'n1 false',
      'other true',
      'n2 true',
      'n3 false',
    ])
  })

  test('lets a vendor’s column of such a name give way, the same way every time', async () => {
    const vendor = lone({ columns: { valid_from: 'string', is_current: 'string' } })
    vendor.put(1, { valid_from: 'spring', is_current: 'no' })
    vendor.pass()
    for (let n = 0; n < 2; n++) expect(codes(await world.run(vendor.connector, { streams }))).toEqual([])
    expect(await history('valid_from_2, is_current_2')).toEqual([
      { valid_from_2: 'spring', is_current_2: 'no', is_current: 'true' },
    ])
  })

  test('takes over a table that was merged, whatever schema_changes says of new columns', async () => {
    const vendor = lone()
    vendor.put(1, { name: 'Ann' })
    vendor.pass()
    await world.run(vendor.connector, { streams: [{}] })
    vendor.put(1, { name: 'Anna' })
    vendor.pass()
    await world.run(vendor.connector, { streams: [{ mode: 'scd2', schemaChanges: 'freeze' }] })
    vendor.put(1, { name: 'Anne' })
    vendor.pass()
    await world.run(vendor.connector, { streams: [{ mode: 'scd2', schemaChanges: 'ignore' }] })
    expect((await history()).map(({ name }) => name)).toEqual(['Ann', 'Anna', 'Anne'])
  })

  test.each(['merge', 'full_refresh'] as const)('gives its table to no other mode: not to %s', async (mode) => {
    const vendor = lone()
    vendor.put(1, { name: 'Ann' })
    vendor.pass()
    await world.run(vendor.connector, { streams })
    expect(codes(await world.run(vendor.connector, { streams: [{ mode }] }))).toEqual(['MR-2201'])
    expect(await history()).toHaveLength(1)
  })

  test('does not take a vendor’s columns for its own', async () => {
    const vendor = lone({ columns: { valid_from: 'timestamp' } })
    vendor.put(1, { valid_from: '2026-01-01T00:00:00Z' })
    vendor.pass()
    await world.run(vendor.connector, { streams: [{}] })
    expect(codes(await world.run(vendor.connector, { streams }))).toEqual(['MR-2201'])
    expect(codes(await world.run(vendor.connector, { streams: [{}] }))).toEqual([])
  })

  test('merges the children of its rows', async () => {
    const vendor = createVendor({ readAt: world.clock })
    vendor.put(1, { items: ['x'] })
    vendor.pass()
    const both = { streams: [{ mode: 'scd2' }, { name: 'items' }] } as const
    await world.run(vendor.connector, both)
    vendor.put(1, { items: ['y'] })
    vendor.pass()
    await world.run(vendor.connector, both)
    expect(await world.rows('SELECT id, _deleted_at IS NULL AS live FROM crm.items ORDER BY id')).toEqual([
      { id: '1-x', live: 'false' },
      { id: '1-y', live: 'true' },
    ])
  })
})

type Step = {
  readonly edits: readonly { readonly kind: 'put' | 'soft' | 'hard'; readonly id: number; readonly name: string }[]
  readonly full: boolean
  readonly chunkRows: number
  readonly end: 'whole' | 'page fails' | 'aborted'
  readonly when: number
}

const step: fc.Arbitrary<Step> = fc.record({
  edits: fc.array(
    fc.record({
      kind: fc.constantFrom('put', 'put', 'put', 'soft', 'hard'),
      id: fc.integer({ min: 1, max: 6 }),
      name: fc.constantFrom('a', 'b', 'c'),
    }),
    { maxLength: 6 },
  ),
  full: fc.boolean(),
  chunkRows: fc.constantFrom(1, 100),
  end: fc.constantFrom('whole', 'whole', 'page fails', 'aborted'),
  when: fc.integer({ min: 1, max: 4 }),
})

async function play(world: World, vendor: Vendor, { edits, full, chunkRows, end, when }: Step): Promise<void> {
  for (const { kind, id, name } of edits) {
    if (kind === 'put') vendor.put(id, { name, deleted: false })
    else if (kind === 'hard') vendor.hardDelete(id)
    else if (vendor.people.has(id)) vendor.softDelete(id)
    vendor.pass()
  }
  const stop = new AbortController()
  let pages = 0
  let events = 0
  vendor.onPage = () => {
    if (end === 'page fails' && ++pages === when) throw new MillraceError('MR-3003', { message: 'the page fails' })
  }
  const options: RunOptions = {
    streams,
    fullRefresh: full,
    chunkRows,
    signal: stop.signal,
    onEvent: () => {
      if (end === 'aborted' && ++events === when * 4) stop.abort()
    },
  }
  await world.run(vendor.connector, options).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  vendor.onPage = () => undefined
}

test('whatever happens to the runs, intervals follow one another, and what is current is what the vendor holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
      const world = openWorld()
      try {
        const vendor = createVendor({ readAt: world.clock, withoutChildren: true })
        for (const next of steps) await play(world, vendor, next)
        vendor.pass()
        expect(codes(await world.run(vendor.connector, { streams, fullRefresh: true }))).toEqual([])
        const disorder = await world.rows(
          `SELECT id FROM (SELECT *, lead(valid_from) OVER (PARTITION BY id ORDER BY valid_from, valid_to NULLS LAST) AS next FROM crm.people) ` +
            `WHERE valid_to < valid_from OR next < coalesce(valid_to, TIMESTAMP '9999-01-01') OR is_current <> (valid_to IS NULL) OR (is_current AND _deleted_at IS NOT NULL) ` +
            `UNION ALL SELECT id FROM crm.people WHERE is_current GROUP BY id HAVING count(*) > 1`,
        )
        expect(disorder).toEqual([])
        // Two intervals that touch and say the same would be one that was written twice.
        const twice = await world.rows(
          `SELECT a.id FROM crm.people a JOIN crm.people b ON a.id = b.id AND a.valid_to = b.valid_from AND a._deleted_at IS NULL AND a.name = b.name AND a.updated_at = b.updated_at AND a.deleted = b.deleted AND a.rowid <> b.rowid`,
        )
        expect(twice).toEqual([])
        const current = await world.rows('SELECT id, name FROM crm.people WHERE is_current ORDER BY id')
        const held = [...vendor.people.values()].filter(({ deleted }) => !deleted).sort((a, b) => a.id - b.id)
        expect(current).toEqual(held.map(({ id, name }) => ({ id: String(id), name })))
        const before = await world.rows('SELECT count(*) AS n FROM crm.people')
        expect((await world.run(vendor.connector, { streams, fullRefresh: true })).ledger).toMatchObject({
          loaded: 0,
          closed: 0,
        })
        expect(await world.rows('SELECT count(*) AS n FROM crm.people')).toEqual(before)
      } finally {
        await world.close()
      }
    }),
    { numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? 5) },
  )
}, 120_000)
