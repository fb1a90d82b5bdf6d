import { rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import { makeWorld, run } from './world.ts'

it('that is deleted during a delivery ends the run in words, and the next one sends what was not written down', async () => {
  const world = makeWorld()
  world.people = [{ id: '1', name: 'Ann', opted_out: false }]
  world.vendor.beforeWrite = async () => rmSync(world.spoolDir, { recursive: true })
  const { error, ledger } = await run(world)
  expect(error).toMatchObject({
    code: 'MR-2008',
    retry: 'later',
    message: expect.stringContaining(world.spoolDir),
    kept: expect.stringContaining('sent again by the next run'),
  })
  expect(ledger).toMatchObject({ delivered: 0, unknown: 1 })
  world.vendor.beforeWrite = () => Promise.resolve()
  expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
})
