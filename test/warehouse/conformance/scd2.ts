import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { at, errorOf, unseen, useWorkbench, type OpenWarehouse, type Row } from '../workbench.ts'
import { playIntervals, type Brought, type Interval } from './interval-model.ts'

export function scd2Conformance(open: OpenWarehouse): void {
  describe('intervals', () => {
    const bench = useWorkbench(open)
    const mode = 'scd2'
    const row = (id: number, name: string, version: number, readAt = version): Row => ({
      id,
      name,
      _version: version,
      _read_at: readAt,
    })
    const gone = (id: number, version: number, readAt = version): Row => ({
      id,
      _version: version,
      _read_at: readAt,
      _deleted_at: version,
    })
    const stored = async () =>
      (
        await bench().rows(
          'SELECT id, name, valid_from, valid_to, is_current, _deleted_at FROM crm.people ORDER BY id, valid_from, valid_to NULLS LAST',
        )
      ).map((it) => ({
        id: Number(it['id']),
        name: it['name'] ?? null,
        from: minute(it['valid_from']),
        to: minute(it['valid_to']),
        current: it['is_current'] === 'true',
        deleted: minute(it['_deleted_at']),
      }))
    const interval = (id: number, name: string | null, from: number, to: number | null): Interval => ({
      id,
      name,
      from,
      to,
      current: to === null,
      deleted: null,
    })

    test('begin with a key, end and begin again with a change, and stay where nothing changed', async () => {
      expect(await bench().load({ mode, rows: [row(1, 'Ann', 1), row(2, 'Bob', 2)] })).toMatchObject({
        inserted: 2,
        closed: 0,
      })
      const second = await bench().load({ mode, rows: [row(1, 'Anna', 5), row(2, 'Bob', 2, 6), row(3, 'Cy', 6)] })
      expect(second).toMatchObject({ inserted: 1, updated: 1, unchanged: 1, closed: 1 })
      expect(await stored()).toEqual([
        interval(1, 'Ann', 1, 5),
        interval(1, 'Anna', 5, null),
        interval(2, 'Bob', 2, null),
        interval(3, 'Cy', 6, null),
      ])
    })

    test('end with a deletion, and begin again with the row that comes back, not with the deletion', async () => {
      await bench().load({ mode, rows: [row(1, 'Ann', 1), row(2, 'Bob', 1)] })
      const deleted = await bench().load({
        mode,
        rows: [{ ...row(1, 'Ann', 3), _deleted_at: 3 }],
        tombstones: [gone(2, 4)],
      })
      expect(deleted).toMatchObject({ deleted: 2, closed: 2 })
      expect(await bench().load({ mode, tombstones: [gone(2, 6)] })).toMatchObject({ unchanged: 1, closed: 0 })
      expect(await bench().load({ mode, rows: [row(2, 'Bob', 5)] })).toMatchObject({ stale: 1 })
      expect(await bench().load({ mode, rows: [row(1, 'Ann', 7), row(2, 'Bert', 8)] })).toMatchObject({
        updated: 2,
        closed: 0,
      })
      expect(await stored()).toEqual([
        { ...interval(1, 'Ann', 1, 3), deleted: 3 },
        interval(1, 'Ann', 7, null),
        { ...interval(2, 'Bob', 1, 4), deleted: 4 },
        interval(2, 'Bert', 8, null),
      ])
    })

    test('of a key that only a tombstone knows are empty, and hold against what is older', async () => {
      expect(await bench().load({ mode, tombstones: [gone(1, 5)] })).toMatchObject({ deleted: 1, closed: 0 })
      expect(await bench().load({ mode, rows: [row(1, 'Ann', 4)] })).toMatchObject({ stale: 1 })
      expect(await stored()).toEqual([{ ...interval(1, null, 5, 5), deleted: 5 }])
    })

    test('take a change that moved no stamp from when it was read', async () => {
      await bench().load({ mode, rows: [row(1, 'Ann', 1)] })
      await bench().load({ mode, rows: [row(1, 'Anna', 1, 9)] })
      await bench().load({ mode, rows: [row(1, 'Anne', 7, 12)] })
      expect(await stored()).toEqual([
        interval(1, 'Ann', 1, 9),
        interval(1, 'Anna', 9, 12),
        interval(1, 'Anne', 12, null),
      ])
    })

    test('are made of the newest version alone where one commit brings several', async () => {
      await bench().load({ mode, rows: [row(1, 'Ann', 1)] })
      const ledger = await bench().load({ mode, rows: [row(1, 'Anna', 5)], more: [[row(1, 'Anne', 8)]] })
      expect(ledger).toMatchObject({ read: 2, updated: 1, duplicates: 1 })
      expect(await stored()).toEqual([interval(1, 'Ann', 1, 8), interval(1, 'Anne', 8, null)])
    })

    test('are ended by a sweep, all of them or none', async () => {
      await bench().load({ mode, rows: [row(1, 'Ann', 1), row(2, 'Bob', 1)] })
      await bench().load({ mode, rows: [row(1, 'Anna', 5)] })
      const sweep = (limit: number) =>
        bench().load({
          mode,
          rows: [row(1, 'Anna', 5, 20)],
          touchUnchanged: true,
          sweep: unseen(20, { rows: limit }),
          syncedAt: at(30),
        })
      expect((await errorOf(sweep(0))).code).toBe('MR-4105')
      expect(await sweep(1)).toMatchObject({ unchanged: 1, swept: 1, closed: 1 })
      expect(await stored()).toEqual([
        interval(1, 'Ann', 1, 5),
        interval(1, 'Anna', 5, null),
        { ...interval(2, 'Bob', 1, 30), deleted: 30 },
      ])
      await bench().load({ mode, rows: [row(2, 'Bob', 1, 40)] })
      expect((await stored()).at(-1)).toEqual(interval(2, 'Bob', 40, null))
    })

    test('keep what a read did not bring', async () => {
      const columns = { id: 'integer', name: 'string', plan: 'string' } as const
      await bench().load({ mode, columns, rows: [{ ...row(1, 'Ann', 1), plan: 'pro' }] })
      await bench().load({ mode, rows: [row(1, 'Anna', 2)] })
      const part = await bench().load({
        mode,
        onlyStanding: true,
        columns: { id: 'integer', plan: 'string' },
        rows: [
          { id: 1, plan: 'max', _version: 2, _read_at: 9 },
          { id: 5, plan: 'max', _version: 2, _read_at: 9 },
        ],
      })
      expect(part).toMatchObject({ updated: 1, filtered: 1, closed: 1 })
      expect(await bench().rows('SELECT name, plan FROM crm.people ORDER BY valid_from')).toEqual([
        { name: 'Ann', plan: 'pro' },
        { name: 'Anna', plan: 'pro' },
        { name: 'Anna', plan: 'max' },
      ])
    })

    test('take over a table that was merged until then: each row is an interval from its version', async () => {
      await bench().load({ rows: [row(1, 'Ann', 1), row(2, 'Bob', 2), row(3, 'Cy', 3)], tombstones: [gone(2, 4)] })
      await bench().load({ mode, rows: [row(1, 'Anna', 5)], tombstones: [gone(3, 6)] })
      expect(await stored()).toEqual([
        interval(1, 'Ann', 1, 5),
        interval(1, 'Anna', 5, null),
        { ...interval(2, 'Bob', 4, 4), deleted: 4 },
        { ...interval(3, 'Cy', 3, 6), deleted: 6 },
      ])
    })

    test('are those of the model, whatever comes, in whatever order, and however often', async () => {
      const brought: fc.Arbitrary<Brought> = fc.record({
        id: fc.integer({ min: 1, max: 4 }),
        name: fc.constantFrom('a', 'b'),
        version: fc.integer({ min: 1, max: 20 }),
        kind: fc.constantFrom('row', 'row', 'row', 'deleted row', 'tombstone'),
      })
      const commit = fc.record({
        readAt: fc.integer({ min: 1, max: 40 }),
        touch: fc.boolean(),
        rows: fc.uniqueArray(brought, { maxLength: 6, selector: ({ id, kind }) => `${id} ${kind === 'tombstone'}` }),
      })
      let table = 0
      await fc.assert(
        fc.asyncProperty(fc.array(commit, { minLength: 1, maxLength: 7 }), async (commits) => {
          const name = `people_${++table}`
          const model = playIntervals()
          for (const { readAt, touch, rows } of commits) {
            const reads = rows.map((it) => ({ ...it, readAt: Math.max(readAt, it.version) }))
            const load = {
              mode,
              table: name,
              touchUnchanged: touch,
              rows: reads
                .filter(({ kind }) => kind !== 'tombstone')
                .map((it) => ({
                  ...row(it.id, it.name, it.version, it.readAt),
                  ...(it.kind === 'deleted row' && { _deleted_at: it.version }),
                })),
              tombstones: reads
                .filter(({ kind }) => kind === 'tombstone')
                .map((it) => gone(it.id, it.version, it.readAt)),
            } as const
            expect(await bench().load(load)).toMatchObject(model.commit(reads, touch))
            const again = await bench().load(load)
            expect(again).toMatchObject(model.commit(reads, touch))
            // A row and a tombstone of one key do not agree on what is so.
            if (new Set(reads.map(({ id }) => id)).size === reads.length)
              expect(again).toMatchObject({ inserted: 0, updated: 0, deleted: 0, closed: 0 })
          }
          const intervals = (
            await bench().rows(`SELECT * FROM crm.${name} ORDER BY id, valid_from, valid_to NULLS LAST, name`)
          ).map((it) => ({
            id: Number(it['id']),
            name: it['name'] ?? null,
            from: minute(it['valid_from']),
            to: minute(it['valid_to']),
            current: it['is_current'] === 'true',
            deleted: minute(it['_deleted_at']),
          }))
          expect(intervals).toEqual(model.intervals())
          expectOrderly(intervals)
        }),
        { numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? 8) },
      )
    }, 120_000)
  })
}

type StoredInterval = Omit<Interval, 'from'> & { readonly from: number | null }

/** At any instant at most one interval of a key holds, and at most one is current: the last. */
function expectOrderly(intervals: readonly StoredInterval[]): void {
  for (const id of new Set(intervals.map((it) => it.id))) {
    const own = intervals.filter((it) => it.id === id)
    expect(own.filter(({ current }) => current).length).toBeLessThanOrEqual(1)
    own.forEach((it, index) => {
      const next = own[index + 1]
      expect(it.current).toBe(it.to === null)
      if (it.to !== null) expect(it.to).toBeGreaterThanOrEqual(it.from ?? Number.NaN)
      if (next) expect(it.to ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(next.from ?? Number.NaN)
    })
  }
}

const minute = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : (Date.parse(`${text.replace(' ', 'T')}Z`) - Date.parse(at(0))) / 60_000
