/** A list that is edited while a scan of it is under way: its resume points mean something else from then on. */
import { expect, it } from 'vitest'
import { z } from 'zod'
import { openDeclared } from '../../src/connector/declared.ts'
import type { Paging } from '../../src/connector/list-declaration.ts'
import { sendJson, startVendor } from '../connector/fake-vendor.ts'
import { openWorld } from './world.ts'

const ofPages = (per: number): Paging => ({ kind: 'page', param: 'page', size: { param: 'per', value: per } })
const ofOffsets: Paging = { kind: 'offset', param: 'offset', size: { param: 'per', value: 3 } }

it.each([
  ['pages of another size', ofPages(3), ofPages(5)],
  ['pages in place of offsets', ofOffsets, ofPages(3)],
  ['offsets in place of pages', ofPages(3), ofOffsets],
])('by %s: the scan begins again, and no row is missed or taken for gone', async (_, before, after) => {
  let isAway = false
  await using vendor = await startVendor((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x')
    const per = Number(searchParams.get('per'))
    const first = Number(searchParams.get('offset') ?? (Number(searchParams.get('page')) - 1) * per)
    if (isAway && first >= 6) return sendJson(response, 403, { error: 'away' })
    sendJson(response, 200, { data: people.slice(first, first + per) })
  })
  const world = openWorld()
  const run = async (page: Paging) =>
    world.run(
      await openDeclared(
        {
          name: 'shop',
          config: z.object({}),
          http: () => ({ baseUrl: vendor.url, ratePerSecond: 1000 }),
          streams: {
            people: {
              docs,
              key: ['id'],
              order: 'none',
              enumerates: true,
              fullEveryMs: 0,
              columns: { id: 'integer' },
              list: { path: '/people', records: 'data', page },
            },
          },
        },
        { config: {}, host: vendor.host },
      ),
      { streams: [{}] },
    )
  try {
    expect(await run(before)).toMatchObject({ errors: [], ledger: { inserted: 20 } })
    isAway = true
    expect((await run(before)).errors).toHaveLength(1)
    isAway = false
    const { errors, ledger, events } = await run(after)
    expect({ errors, ledger }).toMatchObject({ errors: [], ledger: { read: 20, swept: 0 } })
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'run.warning', message: expect.stringMatching(again) }),
    )
    expect(await world.rows('SELECT count(*) AS n FROM crm.people WHERE _deleted_at IS NULL')).toEqual([{ n: '20' }])
  } finally {
    await world.close()
  }
})

const people = Array.from({ length: 20 }, (_, n) => ({ id: n + 1 }))
const docs = 'https://docs.example.com/people'
const again = /what its connector asks for, have changed since the scan .* it begins again/
