import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createVendor, personColumns } from './vendor.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeEach(() => {
  // DuckDB takes such folders for values of the columns that they name.
  const folder = join(mkdtempSync(join(tmpdir(), 'millrace-folders-')), 'id=99', 'name=folder', 'line=1', 'key=9')
  mkdirSync(folder, { recursive: true })
  vi.stubEnv('TMPDIR', folder)
  world = openWorld()
})
afterEach(async () => {
  await world.close()
  vi.unstubAllEnvs()
})

test('a folder named like a column and a value, above the project, gives no row its value', async () => {
  const vendor = createVendor({
    readAt: world.clock,
    withoutChildren: true,
    columns: { ...personColumns, score: 'integer' },
  })
  for (let id = 1; id <= 4; id++) vendor.put(id, { name: `n${id}`, score: id === 3 ? 'x' : 1 })
  vendor.pass(1000)
  await world.run(vendor.connector, { streams: [{}] })
  expect(await world.rows('SELECT id, name FROM crm.people ORDER BY id')).toEqual(
    [1, 2, 4].map((id) => ({ id: String(id), name: `n${id}` })),
  )
  expect(await world.rows('SELECT key FROM _millrace.rejects')).toEqual([{ key: '3' }])
})
