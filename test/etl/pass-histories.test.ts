import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Scan, ScanItem } from '../../src/connector/contract.ts'
import { MillraceError, MillraceErrors } from '../../src/model/millrace-error.ts'
import { held, interrupted, type Interruption } from './interrupted.ts'
import { createVendor, type Person, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

type Edit =
  | {
      readonly kind: 'put'
      readonly id: number
      readonly name: string
      readonly score: number
      readonly items: readonly string[]
    }
  /** What the vendor calculates: no stamp moves. */
  | { readonly kind: 'score'; readonly id: number; readonly score: number }
  | { readonly kind: 'delete' | 'undelete' | 'purge'; readonly id: number }
  | { readonly kind: 'pass'; readonly ms: number }

/** A run or a part of a backfill, and with which options. */
type Step = Interruption<Edit> & {
  readonly edits: readonly Edit[]
  readonly kind: 'live' | 'full' | 'limit' | 'backfill' | 'column'
  readonly days: readonly [number, number]
  readonly chunkRows: number
  readonly where: boolean
  readonly exclude: boolean
}

const day = 86_400_000
const id = fc.integer({ min: 1, max: 7 })
const score = fc.integer({ min: 0, max: 3 })
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      id,
      name: fc.constantFrom('a', 'b', 'c'),
      score,
      items: fc.subarray(['x', 'y']),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('score' as const), id, score }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('delete', 'undelete', 'purge'), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1000, day, 8 * day) }) },
)
const step: fc.Arbitrary<Step> = fc.record({
  edits: fc.array(edit, { maxLength: 7 }),
  kind: fc.constantFrom('live', 'live', 'live', 'full', 'limit', 'backfill', 'column'),
  days: fc.constantFrom<readonly [number, number]>([0, 40], [0, 10], [5, 30]),
  chunkRows: fc.constantFrom(1, 4, 100),
  meanwhile: fc.array(edit, { maxLength: 3 }),
  end: fc.constantFrom('whole', 'whole', 'page fails', 'aborted', 'stopped'),
  when: fc.integer({ min: 1, max: 5 }),
  where: fc.boolean(),
  exclude: fc.boolean(),
})

function apply(vendor: Vendor, change: Edit): void {
  if (change.kind === 'pass') return vendor.pass(change.ms)
  const person = vendor.people.get(change.id)
  if (change.kind === 'put') {
    const { name, score: now, items } = change
    vendor.put(change.id, { name, score: now, items, deleted: false })
  } else if (!person) return
  else if (change.kind === 'score') vendor.people.set(change.id, { ...person, score: change.score })
  else if (change.kind === 'delete') vendor.softDelete(change.id)
  else if (change.kind === 'undelete') vendor.put(change.id, { deleted: false })
  else if (person.deleted) vendor.hardDelete(change.id)
}

const optionsOf = ({ where, exclude }: Pick<Step, 'where' | 'exclude'>): RunOptions => ({
  maxShrink: { fraction: 1 },
  sync: { verify: 'off', maxShrink: { fraction: 1 } },
  streams: [
    {
      reconcileMs: 7 * day,
      formulaRefreshMs: day,
      where: where ? "name != 'c'" : null,
      exclude: exclude ? ['name'] : [],
    },
    { name: 'items' },
  ],
})

async function play(world: World, vendor: Vendor, of: Step): Promise<void> {
  const [from = '', to = ''] = of.days.map((days) => new Date(Date.UTC(2026, 0, 1) + days * day).toISOString())
  const column = of.kind === 'column' ? 'score' : null
  await interrupted(vendor, of, { apply, eventsAtOnce: 3 }, async (interruption) => {
    const options = { ...optionsOf(of), ...interruption, chunkRows: of.chunkRows }
    if (of.kind === 'backfill' || of.kind === 'column')
      await world.backfill(vendor.connector, { from, to, column }, { ...options, again: of.when > 2 })
    else
      await world.run(vendor.connector, {
        ...options,
        fullRefresh: of.kind === 'full',
        limit: of.kind === 'limit' ? 3 : null,
      })
  }).catch((error: unknown) => {
    // A column of nothing that stands, and a range that is still to come.
    const isRefused =
      error instanceof MillraceErrors
        ? error.errors.every(({ code }) => code === 'MR-1208')
        : error instanceof MillraceError && error.code === 'MR-1001'
    if (!isRefused) throw error
  })
}

/** By stamp, then id, two a page: what is asked for, and as Salesforce does not list what was purged. */
async function* readPeople(vendor: Vendor, scan: Scan, clock: () => Date): AsyncGenerator<ScanItem> {
  const place = ({ at, id: own }: Person) => `${String(at).padStart(15, '0')} ${own}`
  let after = typeof scan.resume === 'string' ? scan.resume : ''
  let left = scan.limit ?? Number.POSITIVE_INFINITY
  while (left > 0) {
    const readAt = clock()
    await vendor.onPage(0)
    const page = [...vendor.people.values()]
      .filter(({ at }) => at >= Date.parse(scan.from ?? '1970-01-01') && at < Date.parse(scan.to))
      .filter((person) => scan.where === null || person['name'] !== 'c')
      .filter((person) => place(person) > after)
      .sort((a, b) => (place(a) < place(b) ? -1 : 1))
      .slice(0, Math.min(2, left))
    const last = page.at(-1)
    if (!last) return
    const rows = page.map(({ at, ...person }) => ({ ...person, updated_at: new Date(at).toISOString() }))
    yield {
      kind: 'records',
      readAt,
      records: rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => scan.fields.includes(name))),
      ),
    }
    if (scan.children.includes('items'))
      yield {
        kind: 'records',
        readAt,
        child: { stream: 'items', parents: page.map(({ id: own }) => String(own)) },
        records: page.flatMap((person) =>
          person.deleted ? [] : person.items.map((item) => ({ id: `${person.id}-${item}`, person: person.id, item })),
        ),
      }
    after = place(last)
    left -= page.length
    if (left > 0) yield { kind: 'checkpoint', resume: after }
  }
}

const stored = async (world: World) => ({
  people: (await world.rows('SELECT id, name, score FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(
    ({ id: own, name, score: is }) => `${own} ${name} ${is}`,
  ),
  items: (await world.rows('SELECT id FROM crm.items WHERE _deleted_at IS NULL ORDER BY id')).map((row) => row['id']),
})

test('whatever was read by passes, parts, trials and other options, a full pass and its reconciliation find what the vendor holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      const world = openWorld()
      try {
        const vendor: Vendor = createVendor({
          readAt: world.clock,
          columns: { score: 'integer' },
          people: {
            enumerates: undefined,
            boundedBy: 'updated_at',
            calculated: ['score'],
            lagMs: 5000,
            overlapMs: 5000,
            read: (scan: Scan) => readPeople(vendor, scan, world.clock),
          },
        })
        for (const each of steps) {
          for (const change of each.edits) apply(vendor, change)
          await play(world, vendor, each)
        }
        const options = optionsOf({ where: false, exclude: false })
        for (const fullRefresh of [false, true, false]) {
          vendor.pass(9 * day)
          expect((await world.run(vendor.connector, { ...options, fullRefresh })).errors).toEqual([])
        }
        expect(await stored(world)).toEqual(held(vendor, ['name', 'score']))
        vendor.pass()
        expect((await world.run(vendor.connector, options)).ledger.loaded).toBe(0)
      } finally {
        await world.close()
      }
    }),
    { numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? 2) },
  )
}, 600_000)
