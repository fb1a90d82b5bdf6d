import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Stream } from '../../src/connector/contract.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

function flaggedBy(deletedWhen: Stream['deletedWhen'], columns?: Stream['columns']): Vendor {
  const people = { deletedWhen, ...(columns && { columns }) }
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people })
  vendor.put(1)
  vendor.softDelete(2)
  vendor.pass()
  return vendor
}

const warnings = async ({ connector }: Vendor, options: RunOptions = {}) => {
  const { events } = await world.run(connector, { streams: [{}], ...options })
  return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
}

const flag = { column: 'deleted', is: 'true' } as const

it('rows that were loaded before anything said that they are deleted are told once, and marked when they are read again', async () => {
  await warnings(flaggedBy(undefined))
  expect(await warnings(flaggedBy(flag))).toEqual([
    'people: rows that were loaded before with deleted true are not marked as deleted until they are read again. A run with --full-refresh reads everything again.',
  ])
  expect(await warnings(flaggedBy(flag))).toEqual([])
  expect(await warnings(flaggedBy(flag), { fullRefresh: true })).toEqual([])
  expect(await world.rows('SELECT id FROM crm.people WHERE _deleted_at IS NULL')).toEqual([{ id: '1' }])
})

it('nothing is told where all are read again, and of a flag that is a new column as of any', async () => {
  await warnings(flaggedBy(undefined, { id: 'integer', name: 'string', updated_at: 'timestamp' }))
  expect(await warnings(flaggedBy(flag))).toEqual([expect.stringContaining('have no deleted, or an old one')])
  await warnings(flaggedBy(undefined))
  expect(await warnings(flaggedBy(flag), { fullRefresh: true })).toEqual([])
})
