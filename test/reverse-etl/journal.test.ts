import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Journal } from '../../src/reverse-etl/journal.ts'
import { countWaitingAnswers } from '../../src/reverse-etl/waiting-answers.ts'
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

it('is counted as far as no transaction has taken it', async () => {
  const world = makeWorld()
  world.people = [{ id: '1', name: 'Ann', opted_out: false }]
  const { runId } = await run(world)
  const left = mkdtempSync(join(tmpdir(), 'journals-'))
  const write = async (of: string, keys: readonly string[]) => {
    const fence = { sync: world.sync.name, stream: 'person', partition: '', epoch: 1, runId: of }
    const journal = await Journal.create(join(left, of), { fence, columns: [], mappingVersion: 'm' })
    await journal.append({ lines: keys.map((key) => JSON.stringify({ key })), batch: { keys, ops: [] } })
    await journal.rotate()
  }
  const count = () =>
    world.warehouse.session({ runId: 'look', purpose: 'look' }, (session) => countWaitingAnswers(session, left))
  expect(await count()).toBe(0)
  await write('died', ['a', 'b'])
  expect(await count()).toBe(2)
  // Its first segment is in the warehouse already.
  await write(runId, ['c'])
  expect(await count()).toBe(2)
})
