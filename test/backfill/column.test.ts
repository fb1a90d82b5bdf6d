/** `--column`: one field of all rows that stand, and nothing else of them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createVendor, personColumns, type Vendor, type VendorOptions } from '../etl/vendor.ts'
import { openWorld, type RunOptions, type World } from '../etl/world.ts'

const begin = '2026-01-01T00:00:00.000Z'
const seconds = (n: number) => new Date(Date.parse(begin) + n * 1000).toISOString()
let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

/** A person a second, with a score that a sync may leave out. */
function vendorOf(count: number, options: Partial<VendorOptions> = {}): Vendor {
  const vendor = createVendor({
    readAt: world.clock,
    withoutChildren: true,
    columns: { ...personColumns, score: 'integer' },
    ...options,
    people: { boundedBy: 'updated_at', ...options.people },
  })
  for (let id = 1; id <= count; id++) {
    vendor.put(id, { name: `n${id}`, score: id * 10 })
    vendor.pass()
  }
  return vendor
}

const without: RunOptions = { streams: [{ exclude: ['score'] }] }
const only: RunOptions = { streams: [{}] }
const all = { from: begin, to: null, column: 'score' }
const people = async () =>
  (await world.rows('SELECT id, name, score FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(
    (row) => `${row['id']} ${row['name']} ${row['score']}`,
  )
const cursors = (which: string) =>
  world.rows(`SELECT * FROM _millrace.cursors WHERE "partition" ${which} '' ORDER BY stream, "partition"`)

describe('a column', () => {
  test('that is new comes into all rows that stand; the others stay as they are, and so does the live cursor', async () => {
    const vendor = vendorOf(5)
    await world.run(vendor.connector, without)
    const before = await cursors('=')
    // Whatever the vendor says of other fields now is the live sync's.
    vendor.show = ({ id, at, score }) => ({ id, name: 'not asked', score, updated_at: new Date(at).toISOString() })
    const outcome = await world.backfill(vendor.connector, all, only)
    expect(outcome).toMatchObject({ errors: [], ledger: { read: 5, updated: 5, inserted: 0, swept: 0 } })
    expect(await people()).toEqual(['1 n1 10', '2 n2 20', '3 n3 30', '4 n4 40', '5 n5 50'])
    expect([...(vendor.scans.at(-1)?.fields ?? [])].toSorted()).toEqual(['deleted', 'id', 'score', 'updated_at'])
    expect(await cursors('=')).toEqual(before)
    expect(await cursors('<>')).toMatchObject([{ partition: `column:score:${begin}/${seconds(5)}`, scan: null }])
  })

  test('of rows that are not stored, were deleted, or changed since, is left to their own read', async () => {
    const vendor = vendorOf(4)
    await world.run(vendor.connector, without)
    await world.rows('DELETE FROM crm.people WHERE id = 1 RETURNING id')
    await world.rows(`UPDATE crm.people SET _version = _version - INTERVAL 1 DAY WHERE id = 2 RETURNING id`)
    await world.rows(`UPDATE crm.people SET _deleted_at = now() WHERE id = 3 RETURNING id`)
    expect(await world.backfill(vendor.connector, all, only)).toMatchObject({
      ledger: { read: 4, updated: 1, filtered: 3, inserted: 0 },
    })
    expect(await people()).toEqual(['2 n2 null', '4 n4 40'])
  })

  test('comes from a vendor without stamps, too, and its rows grow no newer by it', async () => {
    const vendor = vendorOf(3, { people: { version: undefined, boundedBy: undefined, enumerates: false } })
    await world.run(vendor.connector, without)
    const stamps = () => world.rows('SELECT id, _version, _read_at FROM crm.people ORDER BY id')
    const before = await stamps()
    await world.rows('UPDATE crm.people SET _deleted_at = now() WHERE id = 3 RETURNING id')
    expect(await world.backfill(vendor.connector, { ...all, from: null }, only)).toMatchObject({
      ledger: { read: 3, updated: 2, filtered: 1 },
    })
    expect(await people()).toEqual(['1 n1 10', '2 n2 20'])
    await world.backfill(vendor.connector, { ...all, from: null }, { ...only, again: true })
    expect((await stamps()).slice(0, 2)).toEqual(before.slice(0, 2))
    expect(await cursors('<>')).toMatchObject([{ partition: 'column:score:whole' }])
  })

  test('of a vendor without stamps does not come over what a live sync brought while it was read', async () => {
    const vendor = vendorOf(2, { pageRows: 10, people: { version: undefined, enumerates: false } })
    await world.run(vendor.connector, only)
    let isHeld = false
    vendor.onPage = async () => {
      if (isHeld) return
      isHeld = true
      const old = new Map(vendor.people)
      vendor.put(1, { name: 'new', score: 99 })
      vendor.pass()
      await world.run(vendor.connector, { ...only, fullRefresh: true })
      vendor.show = ({ id, at }) => ({ id, score: old.get(id)?.['score'], updated_at: new Date(at).toISOString() })
      vendor.people.set(1, old.get(1) ?? expect.unreachable())
    }
    expect(await world.backfill(vendor.connector, all, only)).toMatchObject({ ledger: { read: 2, stale: 2 } })
    expect(await people()).toEqual(['1 new 99', '2 n2 20'])
  })

  test('goes on after its last commit, is not read again, and counts for no other column or whole rows', async () => {
    const vendor = vendorOf(9)
    await world.run(vendor.connector, without)
    const pages = vendor.pagesRead()
    vendor.onPage = (page) => {
      if (page === pages + 3) throw new TypeError('the vendor is gone')
    }
    expect(await world.backfill(vendor.connector, all, only)).toMatchObject({ ledger: { read: 6, updated: 6 } })
    vendor.onPage = () => undefined
    expect(await world.backfill(vendor.connector, all, only)).toMatchObject({ ledger: { read: 3, updated: 3 } })
    expect(await world.backfill(vendor.connector, all, only)).toBeNull()
    expect(await world.backfill(vendor.connector, { ...all, column: 'name' }, only)).toMatchObject({
      ledger: { read: 9, unchanged: 9 },
    })
    expect(await world.backfill(vendor.connector, { ...all, column: null }, only)).toMatchObject({
      ledger: { read: 9, unchanged: 9 },
    })
  })

  test('is masked as the sync says', async () => {
    const vendor = vendorOf(1)
    await world.run(vendor.connector, { streams: [{ exclude: ['name'] }] })
    await world.backfill(
      vendor.connector,
      { ...all, column: 'name' },
      { streams: [{ mask: { name: 'redact' }, ownFields: ['name'] }] },
    )
    const [row] = await world.rows('SELECT name FROM crm.people')
    expect(row?.['name']).not.toBeNull()
    expect(row?.['name']).not.toContain('n1')
  })

  test('of a stream whose rows never change is read alike', async () => {
    const vendor = vendorOf(2, { people: { appendOnly: true } })
    await world.run(vendor.connector, without)
    expect(await world.backfill(vendor.connector, all, only)).toMatchObject({ ledger: { read: 2, updated: 2 } })
  })

  test('may be called as the table calls it', async () => {
    const vendor = vendorOf(1, { columns: { ...personColumns, LifetimeScore: 'integer' } })
    vendor.put(1, { LifetimeScore: 7 })
    vendor.pass()
    await world.run(vendor.connector, { streams: [{ exclude: ['LifetimeScore'] }] })
    vendor.show = ({ id, at }) => ({ id, LifetimeScore: 7, updated_at: new Date(at).toISOString() })
    await world.backfill(vendor.connector, { ...all, column: 'lifetime_score' }, only)
    expect(await world.rows('SELECT lifetime_score FROM crm.people')).toEqual([{ lifetime_score: '7' }])
    expect(await cursors('<>')).toMatchObject([{ partition: expect.stringMatching(/^column:LifetimeScore:/) }])
  })
})

describe('refused, before anything is read:', () => {
  const cases: readonly (readonly [
    why: string,
    column: string,
    config: NonNullable<RunOptions['streams']>,
    message: RegExp,
  ])[] = [
    ['no such field', 'scroe', [{}], /people has no field scroe; did you mean score\?/],
    [
      'one that the sync excludes',
      'score',
      [{ exclude: ['score'] }],
      /left out by the sync: it stands under {2}exclude\. \(syncs\/crm\.yaml:3\)/,
    ],
    [
      'one that it does not include',
      'score',
      [{ include: ['name'] }],
      /left out by the sync: it does not stand under {2}include/,
    ],
    ['the key', 'id', [{}], /people\.id is what rows are loaded by/],
    ['the stamp', 'updated_at', [{}], /people\.updated_at is what rows are loaded by/],
    ['a stream that is replaced', 'score', [{ mode: 'full_refresh' }], /full_refresh/],
    ['a stream that keeps intervals', 'score', [{ mode: 'scd2' }], /lands by scd2/],
  ]
  test.for(cases)('%s', async ([, column, streams, message]) => {
    const vendor = vendorOf(2)
    await world.run(vendor.connector, without)
    const scans = vendor.scans.length
    await expect(world.backfill(vendor.connector, { ...all, column }, { streams })).rejects.toMatchObject({
      errors: [{ code: 'MR-1208', message: expect.stringMatching(message) }],
    })
    expect(vendor.scans).toHaveLength(scans)
  })

  test('a child stream has it', async () => {
    const vendor = vendorOf(2, { withoutChildren: false })
    await world.run(vendor.connector)
    await expect(world.backfill(vendor.connector, { ...all, streams: [], column: 'item' })).rejects.toMatchObject({
      errors: [{ message: expect.stringContaining('items has it, which comes inside people') }],
    })
  })

  test('nothing was loaded yet', async () => {
    const vendor = vendorOf(2)
    await expect(world.backfill(vendor.connector, all, only)).rejects.toMatchObject({
      errors: [{ code: 'MR-1208', message: expect.stringContaining('was not loaded on this target yet') }],
    })
  })

  test('the table gets no column for it', async () => {
    const vendor = vendorOf(2)
    await world.run(vendor.connector, without)
    await expect(
      world.backfill(vendor.connector, all, { streams: [{ schemaChanges: 'ignore' }] }),
    ).rejects.toMatchObject({ code: 'MR-2201' })
    expect(vendor.scans).toHaveLength(1)
  })
})
