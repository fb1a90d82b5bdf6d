import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type World } from './world.ts'

let world: World
let vendor: Vendor

beforeEach(async () => {
  world = openWorld()
  vendor = createVendor({ readAt: world.clock })
  for (let id = 1; id <= 9; id++) vendor.put(id, { name: `p${id}`, items: ['a'] })
  vendor.pass()
  await world.run(vendor.connector)
  vendor.put(9, { name: 'changed', items: ['a'] })
  vendor.pass()
})
afterEach(() => world.close())

const warnings = (events: readonly { readonly type: string; readonly message?: string }[]) =>
  events.flatMap(({ type, message }) => (type === 'run.warning' ? [message] : []))

describe('a table that is not there any more', () => {
  it.each(['crm.people', 'crm.items'])('as %s: everything is read again, and said', async (table) => {
    await world.rows(`DROP TABLE ${table}`)
    const { errors, events } = await world.run(vendor.connector)
    expect(errors).toEqual([])
    expect(warnings(events)).toEqual([expect.stringMatching(/^people: a table of it was not there/)])
    expect(await world.rows('SELECT name FROM crm.people WHERE id = 9')).toEqual([{ name: 'changed' }])
    expect(await world.rows('SELECT id FROM crm.people')).toHaveLength(9)
    expect(await world.rows('SELECT * FROM crm.items WHERE _deleted_at IS NULL')).toHaveLength(9)
  })

  it('and its sync has another schema', async () => {
    const { errors } = await world.run(vendor.connector, { sync: { schema: 'other' } })
    expect(errors).toEqual([])
    expect(await world.rows('SELECT id FROM other.people')).toHaveLength(9)
    const again = await world.run(vendor.connector, { sync: { schema: 'other' } })
    expect(again.streams['people']).toMatchObject({ read: 0 })
    expect(warnings(again.events)).toEqual([])
  })

  it.each([
    ['was dropped', () => world.rows('DROP TABLE crm.people'), {}],
    ['has another schema', () => Promise.resolve(), { sync: { schema: 'other' } }],
    ['had children left out', () => world.run(vendor.connector, { streams: [{}] }), {}],
  ])('is loaded whole also where the first run after it %s fails', async (_, change, options) => {
    await change()
    vendor.onPage = () => {
      throw new MillraceError('MR-3003', { message: 'no' })
    }
    expect((await world.run(vendor.connector, options)).errors).toMatchObject([{ code: 'MR-3003' }])
    vendor.onPage = () => undefined
    const { streams } = await world.run(vendor.connector, options)
    expect(streams).toMatchObject({ people: { read: 9 }, items: { derived: 9 } })
  })

  it('and comes back: what changed meanwhile is not missing', async () => {
    await world.run(vendor.connector, { sync: { schema: 'other' } })
    const { events, streams } = await world.run(vendor.connector)
    expect(warnings(events)).toEqual(['people: the last run loaded it into other.people, so everything is read again.'])
    expect(streams['people']).toMatchObject({ read: 9, updated: 1 })
  })

  it('gets no backfill, which would look like all of it', async () => {
    await world.rows('DROP TABLE crm.people')
    const backfill = await world.backfill(vendor.connector, { from: null, to: null }).catch((error: unknown) => error)
    expect(backfill).toMatchObject({
      code: 'MR-2201',
      message: expect.stringContaining('cannot be filled from the past'),
    })
    await world.run(vendor.connector)
    expect(await world.rows('SELECT id FROM crm.people')).toHaveLength(9)
  })
})
