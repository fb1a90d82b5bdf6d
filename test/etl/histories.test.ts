import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { held, interrupted, type Interruption } from './interrupted.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type World } from './world.ts'

type Edit =
  | { readonly kind: 'put'; readonly id: number; readonly name: string; readonly items: readonly string[] }
  | { readonly kind: 'soft' | 'hard'; readonly id: number }
  | { readonly kind: 'pass' }

type Run = Interruption<Edit> & { readonly full: boolean; readonly chunkRows: number }

const id = fc.integer({ min: 1, max: 9 })
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      id,
      name: fc.constantFrom('a', 'b', 'c'),
      items: fc.subarray(['x', 'y', 'z']),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('soft' as const), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hard' as const), id }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'pass' as const }) },
)
const run: fc.Arbitrary<Run> = fc.record({
  full: fc.boolean(),
  chunkRows: fc.constantFrom(1, 4, 100),
  meanwhile: fc.array(edit, { maxLength: 3 }),
  end: fc.constantFrom('whole', 'page fails', 'aborted', 'stopped'),
  when: fc.integer({ min: 1, max: 4 }),
})
const history = fc.array(fc.tuple(fc.array(edit, { maxLength: 8 }), run), { minLength: 1, maxLength: 4 })

function apply(vendor: Vendor, change: Edit): void {
  if (change.kind === 'pass') vendor.pass()
  else if (change.kind === 'put') vendor.put(change.id, { name: change.name, items: change.items, deleted: false })
  else if (change.kind === 'hard') vendor.hardDelete(change.id)
  else if (vendor.people.has(change.id)) vendor.softDelete(change.id)
}

async function play(world: World, vendor: Vendor, { full, chunkRows, ...interruption }: Run): Promise<void> {
  await interrupted(vendor, interruption, { apply, eventsAtOnce: 4 }, (options) =>
    world.run(vendor.connector, { ...options, fullRefresh: full, chunkRows, sync: { verify: 'strict' } }),
  )
}

const stored = async (world: World) => ({
  people: (await world.rows('SELECT id, name FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(
    (row) => `${row['id']} ${row['name']}`,
  ),
  items: (
    await world.rows(
      'SELECT i.id FROM crm.items i JOIN crm.people p ON p.id = i.person AND p._deleted_at IS NULL WHERE i._deleted_at IS NULL ORDER BY i.id',
    )
  ).map((row) => row['id']),
})

describe('whatever happens at the vendor and to the runs', () => {
  test.each([
    ['a full pass', true],
    ['an ordinary one, where nothing was deleted without a trace,', false],
  ])('the table is what the vendor holds once %s is complete, and the next run loads nothing', async (_, full) => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const world = openWorld()
        try {
          const vendor = createVendor({ readAt: world.clock })
          const keeps = (change: Edit) => full || change.kind !== 'hard'
          for (const [edits, next] of steps) {
            for (const change of edits.filter(keeps)) apply(vendor, change)
            await play(world, vendor, { ...next, meanwhile: next.meanwhile.filter(keeps) })
          }
          vendor.pass()
          const last = await world.run(vendor.connector, { fullRefresh: full, sync: { verify: 'strict' } })
          // What was edited in the middle of a scan that was gone on with does not add up; the next run begins anew.
          if (last.errors.length > 0)
            expect(
              (await world.run(vendor.connector, { fullRefresh: full, sync: { verify: 'strict' } })).errors,
            ).toEqual([])
          // A scan that was gone on with ends where it was to end: one more brings what came since.
          if (!full) expect((await world.run(vendor.connector)).errors).toEqual([])
          expect(await stored(world)).toEqual(held(vendor, ['name']))
          vendor.pass()
          expect((await world.run(vendor.connector)).ledger.loaded).toBe(0)
        } finally {
          await world.close()
        }
      }),
      { numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? 5) },
    )
  })
})
