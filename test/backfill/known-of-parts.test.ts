/** What parts of a backfill know of a table stands beside what the live scan knows, and does not stand against it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { liveAmong } from '../../src/etl/known-of-table.ts'
import { refuseOtherRows } from '../../src/etl/refuse-other-rows.ts'
import { resolveStreams } from '../../src/etl/resolve-streams.ts'
import { createVendor, personColumns } from '../etl/vendor.ts'
import { codes, openWorld, syncOf, type RunOptions, type World } from '../etl/world.ts'

const begin = '2026-01-01T00:00:00.000Z'
const only: RunOptions = { streams: [{}] }
let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

function vendorOf(
  count: number,
  {
    withoutChildren = true,
    extra = {},
  }: { withoutChildren?: boolean; extra?: { readonly [field: string]: 'integer' } } = {},
) {
  const vendor = createVendor({
    readAt: world.clock,
    withoutChildren,
    columns: { ...personColumns, score: 'integer', ...extra },
    people: { boundedBy: 'updated_at' },
  })
  for (let id = 1; id <= count; id++) {
    vendor.put(id, { name: `n${id}`, score: 1, later: 2 })
    vendor.pass()
  }
  return vendor
}
const warnings = ({ events }: Awaited<ReturnType<World['run']>>) =>
  events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))

/** As an older version left it. */
const forget = (member: string) =>
  world.rows(
    `UPDATE _millrace.cursors SET marks = ${member === 'asked' ? 'NULL' : `json_merge_patch(marks, '{"asked":{"${member}":null}}')`} WHERE "partition" = '' RETURNING stream`,
  )

for (const member of ['asked', 'children'])
  test(`a cursor of an older form, without ${member}: a live run behind a backfill of one column does not begin again, and warns of nothing`, async () => {
    const vendor = vendorOf(5, { withoutChildren: false })
    await world.run(vendor.connector)
    await forget(member)
    await world.backfill(vendor.connector, { from: begin, to: null, column: 'score' })
    const again = await world.run(vendor.connector)
    expect(warnings(again)).toEqual([])
    expect(vendor.scans.at(-1)?.from).not.toBeNull()
  })

test('a mask behind a backfill, which a pass over everything has brought everywhere: a field that comes later is no reason to warn of it', async () => {
  const vendor = vendorOf(5)
  await world.run(vendor.connector, only)
  await world.backfill(vendor.connector, { from: begin, to: null }, only)
  const masked: RunOptions = { streams: [{ mask: { name: 'redact' } }] }
  await world.run(vendor.connector, { ...masked, fullRefresh: true })
  const later = vendorOf(5, { extra: { later: 'integer' } })
  later.setClock(vendor.now().getTime())
  expect(warnings(await world.run(later.connector, masked)).join('\n')).not.toMatch(/unmasked/)
})

test('a mask on the key that a full_refresh has brought, behind a backfill: a merge goes on with it, in plan and run', async () => {
  const vendor = vendorOf(5)
  await world.run(vendor.connector, only)
  await world.backfill(vendor.connector, { from: begin, to: null }, only)
  const mask = { id: 'sha256' } as const
  await world.run(vendor.connector, { streams: [{ mask, mode: 'full_refresh' }] })
  const merged: RunOptions = { streams: [{ mask }] }
  const signal = new AbortController().signal
  const [plan] = await resolveStreams(syncOf(merged), vendor.connector, { signal })
  if (!plan) return expect.unreachable()
  await world.warehouse.session({ runId: 'plan', purpose: 'plan' }, async (session) =>
    refuseOtherRows(session, plan, liveAmong(plan, await session.state.readCursors('crm'))),
  )
  const later = vendorOf(5, { extra: { later: 'integer' } })
  later.setClock(vendor.now().getTime())
  expect(codes(await world.run(later.connector, merged))).toEqual([])
})

test('the same behind a reset', async () => {
  const vendor = vendorOf(5)
  await world.run(vendor.connector, only)
  await world.backfill(vendor.connector, { from: begin, to: null }, only)
  const mask = { id: 'sha256' } as const
  await world.run(vendor.connector, { streams: [{ mask, mode: 'full_refresh' }] })
  await world.warehouse.session({ runId: 'reset', purpose: 'reset' }, ({ state }) => state.reset('crm', null))
  expect(codes(await world.run(vendor.connector, { streams: [{ mask }] }))).toEqual([])
})
