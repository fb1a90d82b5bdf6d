import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
})
