import { afterEach, expect, it, vi } from 'vitest'
import { cutRange } from '../../src/backfill/partitions.ts'
import { planBackfill } from '../../src/backfill/plan-backfill.ts'
import { resolveStreams } from '../../src/etl/resolve-streams.ts'
import { askedOf } from '../../src/etl/asked.ts'
import type { Stream } from '../../src/connector/contract.ts'
import { createVendor } from '../etl/vendor.ts'
import { syncOf } from '../etl/world.ts'

afterEach(() => vi.restoreAllMocks())

const dayMs = 86_400_000
const from = '2016-01-01T00:00:00.000Z'
const after = (days: number) => new Date(Date.parse(from) + days * dayMs).toISOString()

/** How many instants are read to plan what is left of a backfill by days of which all are done. */
async function readToPlan(days: number): Promise<number> {
  const people = { boundedBy: 'updated_at' } satisfies Partial<Stream>
  const vendor = createVendor({ readAt: () => new Date(), people, withoutChildren: true })
  const sync = syncOf({ streams: [{ name: 'people' }] })
  const plans = await resolveStreams(sync, vendor.connector, { signal: new AbortController().signal })
  const [plan] = plans
  if (!plan) return expect.unreachable('there are people')
  const range = { from, to: after(days) }
  const cursors = cutRange(range, { ms: dayMs }, []).map((part) => ({
    stream: 'people',
    partition: `backfill:${part.from}/${part.to}`,
    cursor: { watermark: part.to, scan: null, marks: { asked: askedOf(plan, null) } },
  }))
  const parse = vi.spyOn(Date, 'parse')
  const request = { ...range, streams: [], step: { ms: dayMs }, column: null, again: false }
  const planned = planBackfill(sync, plans, { request, cursors, vendorNow: new Date('2026-11-20T00:00:00Z') })
  const read = parse.mock.calls.length
  parse.mockRestore()
  expect(planned.filter(({ isDone }) => isDone)).toHaveLength(days)
  return read
}

it('planning the rest of a backfill by days costs twice as much for twice as many days', async () => {
  expect((await readToPlan(200)) / (await readToPlan(100))).toBeLessThan(3)
})
