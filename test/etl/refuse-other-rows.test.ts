import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { createVendor, personColumns, type Vendor, type VendorOptions } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

const withSeen = { ...personColumns, seen_at: 'timestamp' } as const

/** The same six people, by a version or by none. */
function peopleBy(
  version: string | undefined,
  columns: { readonly [field: string]: LogicalType } = withSeen,
  more: Partial<VendorOptions> = {},
): Vendor {
  const people = { version, columns, boundedBy: 'updated_at', ...more.people }
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, pageRows: 2, ...more, people })
  for (let id = 1; id <= 6; id++) vendor.put(id, { seen_at: '2025-11-01T00:00:00Z' })
  vendor.pass(40 * 86_400_000)
  return vendor
}

const run = (vendor: Vendor, options: RunOptions = {}) => world.run(vendor.connector, { streams: [{}], ...options })

/** Ways to rows of which no complete scan has written down what their version is. */
const ways: readonly (readonly [string, (vendor: Vendor) => Promise<unknown>])[] = [
  ['a trial with a limit', (vendor) => run(vendor, { limit: 4 })],
  [
    'a first scan that was stopped',
    (vendor) => {
      const first = vendor.pagesRead()
      vendor.onPage = (page) => {
        if (page === first + 3) throw new Error('the vendor is away')
      }
      return run(vendor)
    },
  ],
  [
    'a backfill before the first run',
    (vendor) =>
      world.backfill(
        vendor.connector,
        { from: '2025-12-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' },
        { streams: [{}] },
      ),
  ],
  [
    'a state that was reset',
    async (vendor) => {
      await run(vendor)
      await world.warehouse.session({ runId: 'test', purpose: 'reset' }, ({ state }) => state.reset('crm', null))
    },
  ],
]

describe.each(ways)('behind %s', (_, begin) => {
  it.each([
    ['the time of the request', undefined, withSeen],
    [
      'the time of the request, in a table without a column for the new one',
      undefined,
      { id: 'integer', name: 'string' },
    ],
    ['another field', 'updated_at', withSeen],
  ] as const)('rows whose version is %s are refused, and are as they were', async (_name, old, columns) => {
    await begin(peopleBy(old, columns, old === undefined ? { people: { deletedWhen: undefined } } : {}))
    const [before] = await world.rows('SELECT count(*) AS n, max(_version) AS latest FROM crm.people')
    expect(Number(before?.['n'])).toBeGreaterThan(2)
    const { errors } = await run(peopleBy('seen_at'), { fullRefresh: true })
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'MR-2201',
        message: expect.stringContaining('people: the rows of crm.people have another version than seen_at'),
        next: [expect.stringContaining('drop table crm.people'), expect.stringContaining('schema')],
      }),
    ])
    expect(await world.rows('SELECT count(*) AS n, max(_version) AS latest FROM crm.people')).toEqual([before])
  })

  it('rows of the same version are gone on with', async () => {
    await begin(peopleBy('updated_at'))
    const { errors, ledger } = await run(peopleBy('updated_at'))
    expect([errors, ledger.stale]).toEqual([[], 0])
    expect(await world.rows('SELECT count(*) AS n FROM crm.people')).toEqual([{ n: '6' }])
  })
})

describe('versions that say nothing of another one', () => {
  const limited = async (vendor: Vendor, options: RunOptions = {}) => {
    expect((await run(vendor, { ...options, limit: 4 })).errors).toEqual([])
    return (await run(vendor, options)).errors
  }

  it('are those of rows that had no stamp when they were read, and of those that are deleted', async () => {
    const vendor = peopleBy('seen_at')
    for (const id of [1, 2, 3, 4]) vendor.put(id, { seen_at: null })
    for (const id of [5, 6]) vendor.put(id)
    vendor.pass()
    expect((await run(vendor, { limit: 4 })).ledger.loaded).toBe(4)
    await world.rows(`UPDATE crm.people SET _deleted_at = now(), _version = now(), seen_at = '2025-11-01' WHERE id < 3`)
    expect((await run(vendor)).errors).toEqual([])
  })

  it('are seconds since 1970, and texts', async () => {
    for (const type of ['integer', 'string'] as const) {
      const vendor = peopleBy('seen_at', { ...personColumns, seen_at: type })
      for (let id = 1; id <= 6; id++) vendor.put(id, { seen_at: 1_760_000_000 + id })
      vendor.pass()
      expect(await limited(vendor, { sync: { schema: type } })).toEqual([])
    }
  })

  it('are earlier ones than what comes now has', async () => {
    await run(peopleBy('seen_at'), { limit: 4 })
    const { errors, ledger } = await run(peopleBy('updated_at'))
    expect([errors, ledger.stale]).toEqual([[], 0])
  })

  it('are those of a table that gets no column for it', async () => {
    await run(peopleBy(undefined, { id: 'integer', name: 'string' }, { people: { deletedWhen: undefined } }), {
      limit: 4,
    })
    const streams = [{ schemaChanges: 'ignore' as const }]
    const vendor = peopleBy('seen_at', withSeen, { people: { deletedWhen: undefined } })
    expect((await run(vendor, { streams })).errors).toEqual([])
  })

  it('are those of rows that have no key, of which none is compared with another', async () => {
    const log = { key: [], appendOnly: true, enumerates: false, deletedWhen: undefined } as const
    const by = (version: string | undefined) => peopleBy(version, withSeen, { people: { ...log, version } })
    await run(by(undefined))
    expect((await run(by('updated_at'))).errors).toEqual([])
    await run(by(undefined), { limit: 2 })
    expect((await run(by('seen_at'))).errors).toEqual([])
  })
})
