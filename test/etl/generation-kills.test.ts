import { describe, expect, test } from 'vitest'
import type { EngineEvent } from '../../src/model/event.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type World } from './world.ts'

const points: ReadonlySet<string> = new Set(['fence.taken', 'batch.staged', 'commit.started', 'cursor.committed'])
const streams = [{ mode: 'full_refresh' }] as const

/** As kill -9 would: nothing of the run goes on after the n-th of these points. Gives whether it came so far. */
async function runUntil(world: World, vendor: Vendor, n: number): Promise<boolean> {
  const stop = new AbortController()
  let events = 0
  const onEvent = ({ type }: EngineEvent) => {
    if (points.has(type) && ++events === n) stop.abort()
  }
  await world.run(vendor.connector, { streams, onEvent, signal: stop.signal }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  return stop.signal.aborted
}

describe.each([
  ['with a key', {}],
  ['without a key', { key: [], enumerates: false, deletedWhen: undefined }],
])('a full_refresh %s that is stopped at each step', (_, people) => {
  test('shows the old rows or the new ones, and the next run ends with each new row once', async () => {
    for (let n = 1; ; n++) {
      const world = openWorld()
      try {
        const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people })
        const rename = (name: string) => {
          for (let id = 1; id <= 5; id++) vendor.put(id, { name })
          vendor.pass()
        }
        const stored = () => world.rows('SELECT id, name FROM crm.people ORDER BY id, name')
        const all = (name: string) => [1, 2, 3, 4, 5].map((id) => ({ id: String(id), name }))
        rename('old')
        await world.run(vendor.connector, { streams })
        rename('new')
        const stopped = await runUntil(world, vendor, n)
        expect([all('old'), all('new')]).toContainEqual(await stored())
        if (!stopped) return
        await world.run(vendor.connector, { streams })
        expect(await stored()).toEqual(all('new'))
        expect(await world.rows('SELECT count(*) AS n FROM _millrace."generation_crm.people"')).toEqual([{ n: '0' }])
        const [inserted] = await world.rows(
          `SELECT sum(CAST(ledger->>'inserted' AS BIGINT) - CAST(ledger->>'replaced' AS BIGINT)) AS n FROM _millrace.commits`,
        )
        expect(inserted?.['n']).toBe('5')
      } finally {
        await world.close()
      }
    }
  }, 120_000)
})
