import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ScanItem } from '../../src/connector/contract.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { createVendor } from './vendor.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

const row = (id: number) => ({ id, name: 'a', updated_at: '2026-01-01T00:00:00Z', deleted: false })
/** It counts three. */
const vendorOf = (read: () => AsyncGenerator<ScanItem>) =>
  createVendor({ readAt: world.clock, withoutChildren: true, people: { count: () => Promise.resolve(3), read } })

it('rows that a checkpoint says are read again count once, over runs: the vendor’s count agrees', async () => {
  let runs = 0
  const vendor = vendorOf(async function* () {
    const isFirst = runs++ === 0
    const ids = isFirst ? [1, 2] : [1, 2, 3]
    for (const id of ids) yield { kind: 'records', records: [row(id)], readAt: world.clock() }
    if (!isFirst) return
    yield { kind: 'checkpoint', resume: 2 }
    // One is missing, nobody knows where.
    yield { kind: 'checkpoint', resume: null, again: 2 }
    throw new MillraceError('MR-3005', { message: 'three were promised, two came' })
  })
  const run = () => world.run(vendor.connector, { streams: [{}], sync: { verify: 'strict' } })
  expect((await run()).errors.map(({ code }) => code)).toEqual(['MR-3005'])
  expect((await run()).errors).toEqual([])
  expect(await world.rows('SELECT id FROM crm.people')).toHaveLength(3)
})

it.each([
  ['in one commit', 1000],
  ['in commits of their own', 1],
])('so do rows that come again within one run, %s', async (_, chunkRows) => {
  const vendor = vendorOf(async function* () {
    yield { kind: 'records', records: [row(1), row(2)], readAt: world.clock() }
    yield { kind: 'checkpoint', resume: 2 }
    yield { kind: 'checkpoint', resume: null, again: 2 }
    yield { kind: 'records', records: [row(1), row(2), row(3)], readAt: world.clock() }
    yield { kind: 'checkpoint', resume: 3 }
  })
  const strict = { streams: [{}], sync: { verify: 'strict' }, chunkRows } as const
  expect((await world.run(vendor.connector, strict)).errors).toEqual([])
  expect(await world.rows('SELECT id FROM crm.people')).toHaveLength(3)
})

it.each([
  ['in one commit', 1000],
  ['in commits of their own', 1],
])('so do rows that came twice within the first reading, too, %s', async (_, chunkRows) => {
  const vendor = vendorOf(async function* () {
    yield { kind: 'records', records: [row(0)], readAt: world.clock() }
    yield { kind: 'checkpoint', resume: 0 }
    // A page that moved on brings 1 twice; then everything from there on is read again, and again.
    for (let times = 0; times < 2; times++) {
      yield { kind: 'records', records: [row(1), row(2), row(1)], readAt: world.clock() }
      yield { kind: 'checkpoint', resume: 1, again: 3 }
    }
    yield { kind: 'records', records: [row(1), row(2)], readAt: world.clock() }
    yield { kind: 'checkpoint', resume: 2 }
  })
  const strict = { streams: [{}], sync: { verify: 'strict' }, chunkRows } as const
  expect((await world.run(vendor.connector, strict)).errors).toEqual([])
})

it.each([
  ['in one commit', 1000],
  ['where the part begins within a commit', 4],
])('and rows that came twice before the part that is read again stay counted once, %s', async (_, chunkRows) => {
  const vendor = vendorOf(async function* () {
    // A page that moved on brings 0 twice. Nothing of this part is read again.
    yield { kind: 'records', records: [row(0), row(0)], readAt: world.clock() }
    yield { kind: 'checkpoint', resume: 0 }
    yield { kind: 'records', records: [row(1)], readAt: world.clock() }
    yield { kind: 'records', records: [row(2)], readAt: world.clock() }
    yield { kind: 'checkpoint', resume: 1 }
    yield { kind: 'records', records: [row(1)], readAt: world.clock() }
    yield { kind: 'checkpoint', resume: 0, again: 3 }
    yield { kind: 'records', records: [row(1), row(2)], readAt: world.clock() }
    yield { kind: 'checkpoint', resume: 2 }
  })
  const strict = { streams: [{}], sync: { verify: 'strict' }, chunkRows } as const
  expect((await world.run(vendor.connector, strict)).errors).toEqual([])
})
