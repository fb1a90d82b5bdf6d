import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ScanState } from '../../../src/model/cursor.ts'
import { at, people, scope, useWorkbench, type OpenWarehouse, type Row } from '../workbench.ts'

export function mergeConformance(open: OpenWarehouse): void {
  describe('a merge', () => {
    const bench = useWorkbench(open)
    const row = (id: number, name: string | null, version: number, readAt = version): Row => ({
      id,
      name,
      _version: version,
      _read_at: readAt,
    })
    const names = async () =>
      (await bench().rows('SELECT id, name FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(
        ({ id, name }) => `${id} ${name}`,
      )

    const holdsOther = (column: string) =>
      bench().session(async ({ introspect, etl }) => {
        const table = await introspect('crm', 'people')
        if (!table) throw new Error('the table is not there')
        return etl.holdsOtherVersions({ table, column })
      })

    test('counts what it inserts, updates, deletes, leaves and finds too old', async () => {
      await bench().load({ rows: [row(1, 'Ann', 5), row(2, 'Bob', 5), row(3, 'Cy', 5), row(4, 'Di', 5)] })
      const ledger = await bench().load({
        rows: [
          row(1, 'Anna', 6),
          row(2, 'Bob', 6),
          { ...row(3, 'Cy', 6), _deleted_at: 6 },
          row(4, 'Dora', 4),
          row(5, 'Ed', 6),
        ],
      })
      expect(ledger).toMatchObject({ read: 5, inserted: 1, updated: 1, deleted: 1, unchanged: 1, stale: 1 })
      expect(await names()).toEqual(['1 Anna', '2 Bob', '4 Di', '5 Ed'])
    })

    test('raises _read_at of unchanged rows while another scope of the stream has a scan under way, and not after', async () => {
      const other = { ...scope, partition: 'backfill:x' }
      const open = (watermark: string | null, scan: ScanState | null) =>
        bench().session(async ({ state, etl }) => {
          const { previous: _previous, ...fence } = await state.takeFence(other, 'run-2')
          const cursor = { cursor: { watermark, scan }, connector: 'test', version: 1 }
          await etl.commit({ fence, sequence: 0, writes: [], cursor })
        })
      const readAt = async () => (await bench().rows('SELECT _read_at FROM crm.people'))[0]?.['_read_at']
      await bench().load({ rows: [row(1, 'Ann', 1, 1)] })
      await bench().load({ rows: [row(1, 'Ann', 1, 2)] })
      expect(await readAt()).toBe('2026-11-20 10:01:00')
      const scan = { id: 's', upper_bound: at(9), started_at: at(0), full: true, read: 0, partitions: [] }
      await open(null, scan)
      expect(await bench().load({ rows: [row(1, 'Ann', 1, 3)] })).toMatchObject({ unchanged: 1 })
      expect(await readAt()).toBe('2026-11-20 10:03:00')
      await open(at(9), null)
      await bench().load({ rows: [row(1, 'Ann', 1, 4)] })
      expect(await readAt()).toBe('2026-11-20 10:03:00')
    })

    test('tells an empty text from null', async () => {
      await bench().load({ rows: [row(1, '', 1), row(2, null, 1)] })
      expect(await bench().load({ rows: [row(1, null, 2), row(2, '', 2)] })).toMatchObject({ updated: 2 })
    })

    test('lets an older version lose, whenever it was read', async () => {
      await bench().load({ rows: [row(1, 'new', 10, 10)] })
      expect(await bench().load({ rows: [row(1, 'old', 9, 50)] })).toMatchObject({ stale: 1 })
      expect(await names()).toEqual(['1 new'])
    })

    test('of equal versions lets the one that was read later win', async () => {
      await bench().load({ rows: [row(1, 'later', 10, 20)] })
      expect(await bench().load({ rows: [row(1, 'earlier', 10, 19)] })).toMatchObject({ stale: 1 })
      expect(await bench().load({ rows: [row(1, 'latest', 10, 21)] })).toMatchObject({ updated: 1 })
      expect(await names()).toEqual(['1 latest'])
    })

    test('writes who changed a row, in which run, and when', async () => {
      await bench().load({ rows: [row(1, 'Ann', 5, 7)], syncedAt: at(8) })
      expect(await bench().rows('SELECT _version, _read_at, _synced_at, _run_id, _deleted_at FROM crm.people')).toEqual(
        [
          {
            _version: '2026-11-20 10:05:00',
            _read_at: '2026-11-20 10:07:00',
            _synced_at: '2026-11-20 10:08:00',
            _run_id: 'run-1',
            _deleted_at: null,
          },
        ],
      )
    })

    test('brings a deleted row back when a newer version of it comes', async () => {
      await bench().load({ rows: [row(1, 'Ann', 5)] })
      await bench().load({ tombstones: [{ id: 1, _version: 6, _read_at: 6, _deleted_at: 6 }] })
      expect(await names()).toEqual([])
      expect(await bench().load({ rows: [row(1, 'Ann', 7)] })).toMatchObject({ updated: 1 })
      expect(await names()).toEqual(['1 Ann'])
    })

    test('keeps what a column holds that the read did not bring', async () => {
      await bench().load({ columns: { ...people, email: 'string' }, rows: [{ ...row(1, 'Ann', 1), email: 'a@b.c' }] })
      await bench().load({ rows: [row(1, 'Anna', 2), row(2, 'Bob', 2)] })
      expect(await bench().rows('SELECT id, name, email FROM crm.people ORDER BY id')).toEqual([
        { id: '1', name: 'Anna', email: 'a@b.c' },
        { id: '2', name: 'Bob', email: null },
      ])
    })

    test('finds rows by a key of several columns', async () => {
      const columns = { a: 'integer', b: 'string', v: 'string' } as const
      const both = (a: number, b: string, v: string, version: number) => ({
        a,
        b,
        v,
        _version: version,
        _read_at: version,
      })
      await bench().load({ columns, key: ['a', 'b'], rows: [both(1, 'x', 'one', 1), both(1, 'y', 'two', 1)] })
      const ledger = await bench().load({
        columns,
        key: ['a', 'b'],
        rows: [both(1, 'y', 'TWO', 2), both(2, 'x', 'three', 2)],
      })
      expect(ledger).toMatchObject({ inserted: 1, updated: 1 })
      expect((await bench().rows('SELECT v FROM crm.people ORDER BY a, b')).map(({ v }) => v)).toEqual([
        'one',
        'TWO',
        'three',
      ])
    })

    test('takes a row that stands in two chunks once, the newest one', async () => {
      const ledger = await bench().load({ rows: [row(1, 'Ann', 1)], more: [[row(1, 'Anna', 2)], [row(2, 'Bob', 1)]] })
      expect(ledger).toMatchObject({ read: 3, inserted: 2, duplicates: 1 })
      expect(await bench().load({ rows: [row(1, 'Anne', 4)], more: [[row(1, 'Annie', 3)]] })).toMatchObject({
        updated: 1,
        duplicates: 1,
      })
      expect(await names()).toEqual(['1 Anne', '2 Bob'])
    })

    test('compares with a column that has become wider than what comes', async () => {
      await bench().load({
        columns: { id: 'string', name: 'json' },
        rows: [
          { id: 'x', name: '{"a":1}', _version: 1, _read_at: 1 },
          { id: '1', name: '"Ann"', _version: 1, _read_at: 1 },
        ],
      })
      expect(await bench().load({ rows: [row(1, 'Ann', 2), row(2, 'Bob', 2)] })).toMatchObject({
        unchanged: 1,
        inserted: 1,
      })
      expect(await bench().load({ rows: [row(1, 'Anna', 3)] })).toMatchObject({ updated: 1 })
      expect(await bench().rows('SELECT id, name FROM crm.people ORDER BY id')).toEqual([
        { id: '1', name: '"Anna"' },
        { id: '2', name: '"Bob"' },
        { id: 'x', name: '{"a":1}' },
      ])
    })

    test('without a key appends, and takes equal rows as rows of their own', async () => {
      for (const minute of [1, 2])
        expect(await bench().load({ key: [], rows: [row(1, 'Ann', minute)] })).toMatchObject({ inserted: 1 })
      expect(await names()).toEqual(['1 Ann', '1 Ann'])
    })

    describe('of tombstones', () => {
      const gone = (id: number, version: number): Row => ({
        id,
        _version: version,
        _read_at: version,
        _deleted_at: version,
      })

      test('deletes what is stored and keeps its values', async () => {
        await bench().load({ rows: [row(1, 'Ann', 5)] })
        expect(await bench().load({ tombstones: [gone(1, 6)] })).toMatchObject({ read: 1, deleted: 1 })
        expect(await bench().rows('SELECT name, _deleted_at FROM crm.people')).toEqual([
          { name: 'Ann', _deleted_at: '2026-11-20 10:06:00' },
        ])
      })

      test('remembers keys that it does not know, so that an older row does not come back to life', async () => {
        expect(await bench().load({ tombstones: [gone(1, 6)] })).toMatchObject({ deleted: 1 })
        expect(await bench().load({ rows: [row(1, 'Ann', 5)] })).toMatchObject({ stale: 1 })
        expect(await names()).toEqual([])
      })

      test('that are older than the row change nothing', async () => {
        await bench().load({ rows: [row(1, 'Ann', 5)] })
        expect(await bench().load({ tombstones: [gone(1, 4)] })).toMatchObject({ stale: 1 })
        expect(await names()).toEqual(['1 Ann'])
      })

      test('that come again are unchanged, and still hold against what is older than the last of them', async () => {
        await bench().load({ tombstones: [gone(1, 5)] })
        expect(await bench().load({ tombstones: [gone(1, 9)] })).toMatchObject({ unchanged: 1 })
        expect(await bench().load({ rows: [row(1, 'Ann', 7)] })).toMatchObject({ stale: 1 })
      })

      test('beside rows of the same chunk go by version too', async () => {
        const ledger = await bench().load({
          rows: [row(1, 'Ann', 5), row(2, 'Bob', 7)],
          tombstones: [gone(1, 6), gone(2, 6)],
        })
        expect(ledger).toMatchObject({ read: 4, inserted: 2, deleted: 1, stale: 1 })
        expect(await names()).toEqual(['2 Bob'])
      })
    })

    test('leaves the times of unchanged rows alone, unless a full pass must know what it saw', async () => {
      const read = async () => (await bench().rows('SELECT _read_at FROM crm.people')).map(({ _read_at }) => _read_at)
      await bench().load({ rows: [row(1, 'Ann', 1)] })
      await bench().load({ rows: [row(1, 'Ann', 2)] })
      expect(await read()).toEqual(['2026-11-20 10:01:00'])
      expect(await bench().load({ rows: [row(1, 'Ann', 3)], touchUnchanged: true })).toMatchObject({ unchanged: 1 })
      expect(await read()).toEqual(['2026-11-20 10:03:00'])
    })

    test('ends with the newest rows, whatever the order in which chunks arrive', async () => {
      const event = fc.record({
        id: fc.integer({ min: 1, max: 3 }),
        version: fc.integer({ min: 1, max: 5 }),
        gone: fc.boolean(),
      })
      const chunks = fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 })
      let table = 0
      await fc.assert(
        fc.asyncProperty(chunks, fc.infiniteStream(fc.nat(59)), async (arrivals, times) => {
          table++
          const newest = new Map<number, Row>()
          // What is unchanged was seen at both times.
          const isSame = (known: Row | undefined, next: Row): known is Row =>
            known?.['name'] === next['name'] && '_deleted_at' in (known ?? {}) === '_deleted_at' in next
          const latest = (known: Row, next: Row) => Math.max(known._read_at, next._read_at)
          for (const events of arrivals) {
            // One row a key in a chunk; the same (version, read) always brings the same content.
            const rows = [...new Map(events.map((e) => [e.id, e])).values()].map(({ id, version, gone }): Row => {
              const readAt = times.next().value ?? 0
              return {
                id,
                name: `v${(version * 60 + readAt) % 4}`,
                _version: version,
                _read_at: readAt,
                ...(gone && readAt % 2 === 0 ? { _deleted_at: version } : {}),
              }
            })
            for (const next of rows) {
              const known = newest.get(Number(next['id']))
              if (
                !known ||
                next._version > known._version ||
                (next._version === known._version && next._read_at >= known._read_at)
              )
                newest.set(Number(next['id']), isSame(known, next) ? { ...next, _read_at: latest(known, next) } : next)
              // An older version that was read later says that the row was still there then: the sweep goes by it.
              else newest.set(Number(next['id']), { ...known, _read_at: latest(known, next) })
            }
            await bench().load({ table: `t${table}`, rows, touchUnchanged: true })
          }
          const stored = await bench().rows(
            `SELECT id, name, _deleted_at IS NOT NULL AS gone FROM crm.t${table} ORDER BY id`,
          )
          const expected = [...newest.values()].sort((a, b) => Number(a['id']) - Number(b['id']))
          expect(stored).toEqual(
            expected.map((next) => ({
              id: String(next['id']),
              name: next['name'],
              gone: String('_deleted_at' in next),
            })),
          )
        }),
        { numRuns: 15, interruptAfterTimeLimit: 40_000 },
      )
    })

    test.each([
      ['later than the column says', at(3), true],
      ['what the column says', at(5), false],
      ['earlier', at(9), false],
      ['the time of the request, where the column says nothing', null, false],
    ])(
      'leaves rows that can be asked whether another version would hold against what comes: %s',
      async (_, stamp, isOther) => {
        const columns = { id: 'integer', stamp: 'timestamp' } as const
        await bench().load({
          columns,
          rows: [
            { id: 1, stamp, _version: 5, _read_at: 6 },
            { id: 2, stamp: at(4), _version: 4, _read_at: 6 },
          ],
          tombstones: [{ id: 3, _version: 9, _read_at: 9, _deleted_at: 9 }],
        })
        await bench().load({
          columns,
          rows: [{ id: 4, stamp: at(1), _version: 9, _read_at: 9, _deleted_at: 9 }],
        })
        expect(await holdsOther('stamp')).toBe(isOther)
      },
    )

    test('of rows without the column leaves live ones that have another version; of none, and of a number, nothing is known', async () => {
      await bench().load({ tombstones: [{ id: 1, _version: 1, _read_at: 1, _deleted_at: 1 }] })
      expect(await holdsOther('stamp')).toBe(false)
      await bench().load({ rows: [row(2, 'Bob', 5)] })
      expect([await holdsOther('stamp'), await holdsOther('id')]).toEqual([true, false])
    })
  })
}
