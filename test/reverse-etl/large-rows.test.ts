import { expect, it } from 'vitest'
import { intents, makeWorld, run, rows, type World } from './world.ts'
import { makeVendor } from './vendor.ts'

/** A destination that takes rows of any size. */
const roomy = () => makeVendor({ batch: { rows: 100, bytes: 200 << 20 } })
const megabytes = (count: number) => 'x'.repeat(count << 20)
const state = (world: World) =>
  rows(world, `SELECT key, state, length(v_name) AS n FROM _millrace.snapshot_${world.sync.name} ORDER BY key`)

it('a row with a text of 17 MB that the destination took is accepted, and so are those beside it', async () => {
  const world = makeWorld({ vendor: roomy() })
  world.people = [
    { id: '1', name: 'Ann', opted_out: false },
    { id: '2', name: megabytes(17), opted_out: false },
  ]
  const first = await run(world).catch((error: unknown) => ({ error }))
  // What was not accepted would be sent once more by each run, and none of them would come to its end.
  const second = await run(world).catch((error: unknown) => ({ error }))
  const told = [first, second].map(({ error }) => (error instanceof Error ? error.message.slice(0, 200) : null))
  expect({ told, sent: world.vendor.journal.map(({ key }) => key), open: await intents(world) }).toEqual({
    told: [null, null],
    sent: ['1', '2'],
    open: [],
  })
  expect(await state(world)).toEqual([
    { key: '1', state: 'accepted', n: '3' },
    { key: '2', state: 'accepted', n: String(17 << 20) },
  ])
}, 60_000)

it('long rows go whatever signs their keys have', async () => {
  const world = makeWorld({ vendor: roomy() })
  const model = `SELECT chr((i % 35)::INT) || i AS id, repeat('x', 300000) AS name, false AS opted_out FROM range(70) t(i)`
  expect((await run(world, { model })).ledger).toMatchObject({ added: 70, delivered: 70 })
})
