import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type World } from './world.ts'

let world: World
let vendor: Vendor

beforeEach(() => {
  world = openWorld()
  vendor = createVendor({ readAt: world.clock })
  for (let id = 1; id <= 30; id++) {
    vendor.put(id, { name: `p${id}` })
    vendor.pass()
  }
})

afterEach(() => world.close())

describe('while a chunk is on its way into the warehouse', () => {
  it('the next one is read and staged', async () => {
    let staged = 0
    let stagedMeanwhile = 0
    let held: Promise<void> | undefined
    const isNextStaged = async () => {
      for (let n = 0; n < 500 && staged < 2; n++) await sleep(10)
      stagedMeanwhile = staged - 1
    }
    const { errors } = await world.run(vendor.connector, {
      onEvent({ type }) {
        if (type === 'batch.staged') staged++
        if (type === 'commit.started')
          held ??= world.warehouse.session({ runId: 'other', purpose: 'hold' }, isNextStaged)
      },
    })
    await held
    expect(errors).toEqual([])
    expect(stagedMeanwhile).toBe(1)
    expect(await world.rows('SELECT id FROM crm.people')).toHaveLength(30)
  })

  it('one that cannot be staged fails the run, what came before it is in, and the next run goes on', async () => {
    const spool = join(dirname(world.warehouse.place), 'spool', 'run-1')
    mkdirSync(spool, { recursive: true })
    writeFileSync(join(spool, 'people-4.staged'), 'in the way')
    const { errors } = await world.run(vendor.connector)
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('people-4.staged')])
    expect(await world.rows('SELECT id FROM crm.people')).toHaveLength(9)
    const second = await world.run(vendor.connector)
    expect(second.errors).toEqual([])
    expect(second.streams['people']).toMatchObject({ read: 21, inserted: 21 })
  })
})
