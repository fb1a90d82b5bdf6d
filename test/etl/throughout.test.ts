/** A field or a flag that comes while a scan is under way: rows that it read before are without it, and that is told. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createVendor, type Vendor, type VendorOptions } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

/** Nine people on three pages. */
function vendorOf(options: Partial<VendorOptions> = {}): Vendor {
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, ...options })
  vendor.softDelete(1)
  for (let id = 2; id <= 9; id++) vendor.put(id, { email: `${id}@x` })
  vendor.pass(60_000)
  return vendor
}
const withEmail = () => vendorOf({ columns: { email: 'string' } })
const flag = { column: 'deleted', is: 'true' } as const
const unflagged = () => vendorOf({ people: { deletedWhen: undefined } })
const flagged = () => vendorOf({ people: { deletedWhen: flag } })

const warnings = async ({ connector }: Vendor, options: RunOptions = {}) => {
  const { errors, events } = await world.run(connector, { streams: [{}], ...options })
  expect(errors).toEqual([])
  return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
}
/** It reads one page more of its scan. */
async function interrupted(vendor: Vendor, options: RunOptions = {}): Promise<void> {
  const first = vendor.pagesRead()
  vendor.onPage = (page) => {
    if (page === first + 2) throw new Error('the vendor is away')
  }
  expect((await world.run(vendor.connector, { streams: [{}], ...options })).errors).toHaveLength(1)
}
const lacksEmail = [expect.stringContaining('rows that were loaded before have no email, or an old one')]
const without = (column: string) => world.rows(`SELECT count(*) AS n FROM crm.people WHERE ${column} IS NULL`)

it.each([
  ['the first scan', false],
  ['one over everything', true],
])('%s: rows of before a field came are told of by the next run, until they are read again', async (_, fullRefresh) => {
  if (fullRefresh) await warnings(vendorOf())
  await interrupted(vendorOf(), { fullRefresh })
  expect(await warnings(withEmail())).toEqual([])
  expect(await without('email')).toEqual([{ n: '3' }])
  expect(await warnings(withEmail())).toEqual(lacksEmail)
  expect(await warnings(withEmail())).toEqual([])
  expect(await warnings(withEmail(), { fullRefresh: true })).toEqual([])
  expect(await without('email')).toEqual([{ n: '1' }])
})

it('a field that was away for a part of the scan is missing in that part', async () => {
  await interrupted(withEmail())
  await interrupted(vendorOf())
  await warnings(withEmail())
  expect(await without('email')).toEqual([{ n: '4' }])
  expect(await warnings(withEmail())).toEqual(lacksEmail)
})

it('a field of what comes inside is told of by its name', async () => {
  const inside = (columns: { readonly [field: string]: 'string' }) => {
    const child = { name: 'items', docs: 'https://docs.example.com/items', key: ['id'], parent: 'person' }
    const children = [{ ...child, columns: { id: 'string', person: 'integer', ...columns } as const }]
    return vendorOf({ withoutChildren: false, people: { children } })
  }
  const both = { streams: [{}, { name: 'items' }] }
  await interrupted(inside({}), both)
  expect(await warnings(inside({ item: 'string' }), both)).toEqual([])
  expect(await warnings(inside({ item: 'string' }), both)).toEqual([
    expect.stringContaining('items: rows that were loaded before have no item'),
  ])
})

it('rows of before a flag came are told of by the next run, until they are read again', async () => {
  await interrupted(unflagged())
  expect(await warnings(flagged())).toEqual([])
  expect(await world.rows('SELECT id FROM crm.people WHERE deleted AND _deleted_at IS NULL')).toEqual([{ id: '1' }])
  expect(await warnings(flagged())).toEqual([expect.stringContaining('with deleted true are not marked as deleted')])
  expect(await warnings(flagged())).toEqual([])
})

it('where the same came all the time nothing is told', async () => {
  await interrupted(withEmail())
  expect(await warnings(withEmail())).toEqual([])
  expect(await warnings(withEmail())).toEqual([])
})
