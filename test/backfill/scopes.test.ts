/** A backfill beside the live sync, step by step, with a vendor that says when (promises 1, 9, 10). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createVendor, type Vendor, type VendorOptions } from '../etl/vendor.ts'
import { codes, openWorld, type RunOptions, type World } from '../etl/world.ts'

const begin = '2026-01-01T00:00:00.000Z'
let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

/** A person a second. */
function vendorOf(count: number, options: Partial<VendorOptions> = {}): Vendor {
  const vendor = createVendor({
    readAt: world.clock,
    withoutChildren: true,
    ...options,
    people: { boundedBy: 'updated_at', ...options.people },
  })
  for (let id = 1; id <= count; id++) {
    vendor.put(id, { name: `n${id}` })
    vendor.pass()
  }
  return vendor
}
const only: RunOptions = { streams: [{}] }
const seconds = (n: number) => new Date(Date.parse(begin) + n * 1000).toISOString()
const people = async () =>
  (await world.rows('SELECT id, name FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(
    (row) => `${row['id']} ${row['name']}`,
  )
const cursors = (which: string) =>
  world.rows(`SELECT * FROM _millrace.cursors WHERE "partition" ${which} '' ORDER BY stream, "partition"`)

describe('a partition', () => {
  test('reads its range and nothing else, and the live cursor stays byte for byte', async () => {
    const vendor = vendorOf(10)
    await world.run(vendor.connector, only)
    const before = await cursors('=')
    await world.rows('DELETE FROM crm.people RETURNING id')
    const outcome = await world.backfill(vendor.connector, { from: seconds(3), to: seconds(6) }, only)
    expect(outcome).toMatchObject({ errors: [], ledger: { read: 3, inserted: 3, swept: 0 } })
    expect(await people()).toEqual(['4 n4', '5 n5', '6 n6'])
    expect(await cursors('=')).toEqual(before)
    expect(await cursors('<>')).toMatchObject([
      { partition: `backfill:${seconds(3)}/${seconds(6)}`, watermark: seconds(6), scan: null },
    ])
  })

  test.each([
    ['by other options', { streams: [{ where: 'id < 9' }] }, only],
    ['with other fields', { streams: [{ exclude: ['name'] }] }, only],
    ['into another table', only, { ...only, sync: { schema: 'crm_new' } }],
  ])('that was read %s is read again', async (_, before: RunOptions, after: RunOptions) => {
    const vendor = vendorOf(6)
    const range = { from: begin, to: seconds(5) }
    await world.run(vendor.connector, before)
    await world.backfill(vendor.connector, range, before)
    expect(await world.backfill(vendor.connector, range, before)).toBeNull()
    await world.run(vendor.connector, after)
    expect(await world.backfill(vendor.connector, range, after)).toMatchObject({ errors: [], ledger: { read: 5 } })
    expect(await world.backfill(vendor.connector, range, after)).toBeNull()
  })

  test('that was read before the vendor had a field is read again; and a field that comes back is told with --again', async () => {
    const range = { from: begin, to: seconds(5) }
    const { connector } = vendorOf(6)
    await world.run(connector, only)
    await world.backfill(connector, range, only)
    const later = vendorOf(6, { columns: { email: 'string' } }).connector
    const warned = async (options: RunOptions) =>
      (await world.run(later, options)).events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
    expect(await warned(only)).toEqual([expect.stringMatching(/have no email, or an old one.*--step 6mo$/)])
    expect(await world.backfill(later, range, only)).toMatchObject({ errors: [], ledger: { read: 5 } })
    expect(await world.backfill(later, range, only)).toBeNull()
    expect(await warned({ streams: [{ exclude: ['email', 'name'] }] })).toEqual([])
    expect(await warned(only)).toEqual([expect.stringMatching(/have no name, email.* --again$/)])
  })

  test('that is done stays done where resume points come to mean something else, and one under way begins again', async () => {
    const paging = (resumesAs: string) => vendorOf(6, { people: { resumesAs } })
    const range = { from: begin, to: seconds(5) }
    expect(await world.backfill(paging('by id').connector, range, only)).toMatchObject({ errors: [] })
    expect(await world.backfill(paging('by page').connector, range, only)).toBeNull()
    const away = paging('by id')
    away.onPage = (page) => {
      if (page === 2) throw new Error('the vendor is away')
    }
    const again = { ...only, again: true }
    expect((await world.backfill(away.connector, range, again))?.errors).toHaveLength(1)
    const after = paging('by page')
    expect(await world.backfill(after.connector, range, only)).toMatchObject({ errors: [], ledger: { read: 5 } })
    expect(after.scans[0]).toMatchObject({ resume: null })
  })

  test('that was done when its cursor still said what its resume points meant is done', async () => {
    const paging = (resumesAs: string) => vendorOf(6, { people: { resumesAs } })
    const range = { from: begin, to: seconds(5) }
    const stopped = paging('by id')
    stopped.onPage = (page) => {
      if (page === 2) throw new Error('the vendor is away')
    }
    await world.backfill(stopped.connector, range, only)
    const [open] = await world.rows(`SELECT scan->>'by' AS "by" FROM _millrace.cursors WHERE "partition" <> ''`)
    await world.backfill(paging('by id').connector, range, only)
    await world.rows(
      `UPDATE _millrace.cursors SET marks = json_merge_patch(marks, '{"asked":{"by":"${open?.['by']}"}}') WHERE "partition" <> ''`,
    )
    expect(await world.backfill(paging('by id').connector, range, only)).toBeNull()
    expect(await world.backfill(paging('by page').connector, range, only)).not.toBeNull()
  })

  test('begun by other options begins again', async () => {
    const vendor = vendorOf(9)
    const range = { from: begin, to: seconds(9) }
    const masked: RunOptions = { streams: [{ mask: { name: 'redact' } }] }
    vendor.onPage = (page) => {
      if (page === 2) throw new Error('the vendor is away')
    }
    await world.backfill(vendor.connector, range, only)
    vendor.onPage = () => undefined
    expect(await world.backfill(vendor.connector, range, masked)).toMatchObject({ errors: [], ledger: { read: 9 } })
    expect(await world.rows('SELECT DISTINCT name FROM crm.people')).toEqual([{ name: '***' }])
  })

  test('is forgotten with its table', async () => {
    const vendor = vendorOf(6)
    const range = { from: begin, to: seconds(5) }
    const late: RunOptions = { ...only, sync: { start: seconds(4) } }
    await world.run(vendor.connector, late)
    await world.backfill(vendor.connector, range, late)
    await world.rows('DROP TABLE crm.people')
    await world.run(vendor.connector, late)
    expect(await world.backfill(vendor.connector, range, late)).toMatchObject({ errors: [], ledger: { read: 5 } })
    expect((await people()).length).toBe(6)
  })

  test('that is done is not read again, unless somebody says so', async () => {
    const vendor = vendorOf(6)
    const range = { from: begin, to: seconds(5) }
    await world.backfill(vendor.connector, range, only)
    const pages = vendor.pagesRead()
    expect(await world.backfill(vendor.connector, range, only)).toBeNull()
    expect(vendor.pagesRead()).toBe(pages)
    expect(await world.backfill(vendor.connector, range, { ...only, again: true })).toMatchObject({
      ledger: { read: 5, unchanged: 5 },
    })
  })

  test('that failed goes on after its last commit, and every row is there once', async () => {
    const vendor = vendorOf(9)
    const range = { from: begin, to: seconds(9) }
    vendor.onPage = (page) => {
      if (page === 3) throw new TypeError('the vendor is gone')
    }
    const failed = await world.backfill(vendor.connector, range, only)
    expect(failed).toMatchObject({ ledger: { read: 6 } })
    expect(failed?.errors).toHaveLength(1)
    vendor.onPage = () => undefined
    expect(await world.backfill(vendor.connector, range, only)).toMatchObject({
      errors: [],
      ledger: { read: 3, inserted: 3 },
    })
    expect(await people()).toHaveLength(9)
  })

  test('never sweeps, though the stream lists everything', async () => {
    const vendor = vendorOf(6)
    await world.run(vendor.connector, only)
    vendor.hardDelete(2)
    vendor.hardDelete(3)
    await world.backfill(vendor.connector, { from: begin, to: seconds(6) }, only)
    expect(await people()).toHaveLength(6)
  })

  test('of a stream that cannot be cut is one whole pass, which sweeps nothing either', async () => {
    const vendor = vendorOf(6, { people: { boundedBy: undefined } })
    await world.run(vendor.connector, only)
    vendor.hardDelete(2)
    expect(await world.backfill(vendor.connector, { from: null, to: null }, only)).toMatchObject({
      ledger: { read: 5, unchanged: 5, swept: 0 },
    })
    expect(await people()).toHaveLength(6)
  })

  test('cannot end after what the vendor is done with: the rest would count as done before it is there', async () => {
    const vendor = vendorOf(3)
    await world.backfill(vendor.connector, { from: begin, to: seconds(1000) }, only)
    vendor.put(4, { name: 'later' })
    vendor.pass()
    await world.backfill(vendor.connector, { from: begin, to: seconds(1000) }, only)
    expect(await people()).toEqual(['1 n1', '2 n2', '3 n3', '4 later'])
  })

  test('of a stream that is replaced by every run, or has no key, is refused', async () => {
    const vendor = vendorOf(3)
    const range = { from: begin, to: seconds(3) }
    await expect(
      world.backfill(vendor.connector, range, { streams: [{ mode: 'full_refresh' }] }),
    ).rejects.toMatchObject({
      errors: [{ code: 'MR-1208', message: expect.stringContaining('full_refresh') }],
    })
    const keyless = vendorOf(3, { people: { key: [], appendOnly: true, boundedBy: 'updated_at' } })
    await expect(world.backfill(keyless.connector, range, only)).rejects.toMatchObject({
      errors: [{ code: 'MR-1208', message: expect.stringContaining('no key') }],
    })
    expect([vendor.pagesRead(), keyless.pagesRead()]).toEqual([0, 0])
  })

  test('without a start and without --from is refused', async () => {
    const vendor = vendorOf(3)
    await expect(world.backfill(vendor.connector, { from: null, to: null }, only)).rejects.toMatchObject({
      code: 'MR-1001',
    })
    await world.backfill(vendor.connector, { from: null, to: null }, { ...only, sync: { start: seconds(1) } })
    expect(await people()).toEqual(['2 n2', '3 n3'])
  })
})

test.each([
  ['a field', { columns: { email: 'string' } }, 'email IS NULL'],
  ['a flag', { people: { deletedWhen: { column: 'deleted', is: 'true' } } }, '_deleted_at IS NULL'],
] as const)('a part that was stopped before %s came begins again, and says so', async (_, now, lacks) => {
  const before = { people: { deletedWhen: undefined } }
  const nine = (options: Partial<VendorOptions>) => {
    const vendor = vendorOf(9, { ...options, people: { ...before.people, ...options.people } })
    for (const { id, at, ...person } of vendor.people.values())
      vendor.people.set(id, { ...person, id, at, email: 'x', deleted: true })
    return vendor
  }
  const old = nine(before)
  await world.run(old.connector, only)
  const first = old.pagesRead()
  old.onPage = (page) => {
    if (page === first + 2) throw new Error('the vendor is away')
  }
  const range = { from: begin, to: seconds(20) }
  expect((await world.backfill(old.connector, range, only))?.errors).toHaveLength(1)
  const heard: string[] = []
  const vendor = nine(now)
  const outcome = await world.backfill(vendor.connector, range, {
    ...only,
    onEvent: (event) => event.type === 'run.warning' && heard.push(event.message),
  })
  expect(outcome).toMatchObject({ errors: [], ledger: { read: 9 } })
  expect(heard).toEqual([expect.stringMatching(/its fields, .* have changed since the scan .* it begins again/)])
  expect(await world.backfill(vendor.connector, range, only)).toBeNull()
  expect(await world.rows(`SELECT count(*) AS n FROM crm.people WHERE ${lacks}`)).toEqual([{ n: '0' }])
})

describe('what a backfill read before the live sync', () => {
  // Without a version the moment of the request decides.
  const unversioned = { people: { version: undefined, enumerates: false } } as const

  /** While the backfill holds its first page, the vendor changes and the live sync runs to its end. */
  async function between(vendor: Vendor, live: () => Promise<void>) {
    let isHeld = false
    vendor.onPage = async () => {
      if (isHeld) return
      isHeld = true
      const old = new Map(vendor.people)
      await live()
      // The page had been made before.
      vendor.show = ({ id, at }) => ({ id, name: old.get(id)?.['name'], updated_at: new Date(at).toISOString() })
    }
  }

  test('and commits after it does not come over what changed meanwhile', async () => {
    const vendor = vendorOf(3, { ...unversioned, pageRows: 10 })
    await world.run(vendor.connector, only)
    await between(vendor, async () => {
      vendor.people.forEach((person, id) => vendor.people.set(id, { ...person, name: 'new' }))
      await world.run(vendor.connector, { ...only, fullRefresh: true })
    })
    const outcome = await world.backfill(vendor.connector, { from: begin, to: seconds(3) }, only)
    expect(codes(outcome ?? expect.unreachable())).toEqual([])
    expect(await people()).toEqual(['1 new', '2 new', '3 new'])
    expect(outcome?.ledger).toMatchObject({ read: 3, stale: 3 })
  })

  test('nor over what the live sync saw unchanged: it raises _read_at while the partition is open', async () => {
    const vendor = vendorOf(3, { ...unversioned, pageRows: 10 })
    await world.run(vendor.connector, only)
    // For a moment they were `passing`, which only the backfill saw; the live sync then finds what is stored already.
    const truth = new Map(vendor.people)
    vendor.people.forEach((person, id) => vendor.people.set(id, { ...person, name: 'passing' }))
    await between(vendor, async () => {
      truth.forEach((person, id) => vendor.people.set(id, person))
      expect(await world.run(vendor.connector, { ...only, fullRefresh: true })).toMatchObject({
        ledger: { unchanged: 3 },
      })
    })
    await world.backfill(vendor.connector, { from: begin, to: seconds(3) }, only)
    expect(await people()).toEqual(['1 n1', '2 n2', '3 n3'])
  })
})
