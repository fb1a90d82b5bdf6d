import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { LogicalType } from '../../../src/model/logical-type.ts'
import {
  at,
  errorOf,
  unseen,
  useWorkbench,
  type Columns,
  type Load,
  type OpenWarehouse,
  type Row,
} from '../workbench.ts'

export function sweepConformance(open: OpenWarehouse): void {
  describe('a sweep', () => {
    const bench = useWorkbench(open)
    const row = (id: number, version: number, readAt = version): Row => ({
      id,
      name: `n${id}`,
      _version: version,
      _read_at: readAt,
    })
    const live = async () =>
      (await bench().rows('SELECT id FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(({ id }) =>
        Number(id),
      )

    test('deletes what a full pass did not see, softly, and counts it outside the balance', async () => {
      await bench().load({ rows: [row(1, 1), row(2, 1), row(3, 1)] })
      expect(
        await bench().load({ rows: [row(1, 1, 10), row(4, 9, 10)], touchUnchanged: true, sweep: unseen(10) }),
      ).toMatchObject({ read: 2, unchanged: 1, inserted: 1, swept: 2 })
      expect(await live()).toEqual([1, 4])
      expect(await bench().rows('SELECT name FROM crm.people WHERE id = 2')).toEqual([{ name: 'n2' }])
    })

    test('deletes nothing of those whose rows the pass did not read', async () => {
      await bench().load({ rows: [row(1, 1), row(2, 1), row(3, 1)] })
      const of = (column: string, values: readonly string[]) => ({
        ...unseen(10),
        of: { field: column, column, values },
      })
      const load = (sweep: Load['sweep']) => bench().load({ rows: [], touchUnchanged: true, sweep })
      expect(await load(of('id', []))).toMatchObject({ swept: 0 })
      expect(await load(of('id', ['2', '2', '9']))).toMatchObject({ swept: 1 })
      expect(await load(of('name', ['n3']))).toMatchObject({ swept: 1 })
      expect(await live()).toEqual([1])
      const beside = (column: string, values: readonly string[]) =>
        bench().session(async ({ introspect, etl }) => {
          const table = await introspect('crm', 'people')
          return table && etl.holdsRowsBeside({ table, of: { field: column, column, values } })
        })
      expect(await Promise.all([beside('id', ['1', '2']), beside('id', ['1', '2', '3']), beside('id', [])])).toEqual([
        true,
        false,
        true,
      ])
    })

    test('closes what was refused and is gone of those alone whose rows the pass read, or of which nobody knows whose they are', async () => {
      const reject = (key: string, row: string) => ({ key, code: 'MR-5002', row })
      const open = async () =>
        (await bench().rows("SELECT key FROM _millrace.rejects WHERE state = 'open' ORDER BY key")).map(
          ({ key }) => key,
        )
      const of = (column: string, values: readonly string[]) => ({
        ...unseen(20),
        of: { field: `${column}.of "it"`, column, values },
      })
      const rejects = [
        reject('["1","a"]', '{"name.of \\"it\\"":"n1"}'),
        reject('["2","a"]', '{"name.of \\"it\\"":"n2"}'),
        reject('3', '{"name.of \\"it\\"":"***"}'),
        reject('null', '{}'),
      ]
      const key = ['id', 'other']
      const columns: Columns = { id: 'integer', other: 'string', name: 'string' }
      const load = (sweep: Load['sweep'], more: Pick<Load, 'rejects'> = {}) =>
        bench().load({ columns, key, rows: [], sweep, syncedAt: at(21), ...more })
      await bench().load({ columns, key, rows: [], rejects, syncedAt: at(11) })
      await load(of('name', []))
      expect(await open()).toHaveLength(4)
      await load(of('name', ['n1']))
      expect(await open()).toEqual(['["2","a"]'])
      await bench().load({ columns, key, rows: [], rejects, syncedAt: at(11) })
      await load(of('id', ['2']))
      expect(await open()).toEqual(['["1","a"]'])
    })

    test('leaves a row alone that the pass saw in an older version than what is stored', async () => {
      await bench().load({ rows: [row(1, 8)] })
      expect(await bench().load({ rows: [row(1, 7, 10)], touchUnchanged: true, sweep: unseen(10) })).toMatchObject({
        stale: 1,
        swept: 0,
      })
      expect(await live()).toEqual([1])
    })

    test('leaves a row alone that the pass saw and refused: it is still there at the vendor', async () => {
      await bench().load({ rows: [row(1, 1), row(2, 1), row(3, 1)] })
      const ledger = await bench().load({
        rows: [row(2, 2, 10)],
        rejects: [{ key: '1', code: 'MR-5002' }],
        touchUnchanged: true,
        sweep: unseen(10),
        syncedAt: at(11),
      })
      expect(ledger).toMatchObject({ rejected: 1, updated: 0, swept: 1 })
      expect(await live()).toEqual([1, 2])
    })

    test('takes a refused row too, once a later full pass does not see it any more', async () => {
      await bench().load({ rows: [row(1, 1), row(2, 1)] })
      await bench().load({
        rows: [row(2, 1, 10)],
        rejects: [{ key: '1', code: 'MR-5002' }],
        touchUnchanged: true,
        sweep: unseen(10),
        syncedAt: at(11),
      })
      expect(
        await bench().load({ rows: [row(2, 1, 20)], touchUnchanged: true, sweep: unseen(20), syncedAt: at(21) }),
      ).toMatchObject({ swept: 1 })
      expect(await live()).toEqual([2])
    })

    test('lets a row that comes back with the stamp it had live again', async () => {
      await bench().load({ rows: [row(1, 1), row(2, 1)] })
      await bench().load({ rows: [row(2, 1, 10)], touchUnchanged: true, sweep: unseen(10) })
      expect(await bench().load({ rows: [row(1, 1, 20)] })).toMatchObject({ updated: 1 })
      expect(await live()).toEqual([1, 2])
    })

    test.each([
      ['a part of the rows', { fraction: 0.5 }, { fraction: 0.75 }],
      ['a number of rows', { rows: 2 }, { rows: 3 }],
    ])(
      'that takes more than max_shrink allows, given as %s, stops and undoes the whole commit',
      async (_, tooFew, enough) => {
        await bench().load({ rows: [1, 2, 3, 4].map((id) => row(id, 1)), cursor: { watermark: at(1), scan: null } })
        const load = (limit: { readonly fraction: number } | { readonly rows: number }) =>
          bench().load({
            rows: [{ ...row(1, 2, 10), name: 'changed' }],
            rejects: [{ key: '9', code: 'MR-5002' }],
            cursor: { watermark: at(9), scan: null },
            touchUnchanged: true,
            sweep: unseen(10, limit),
          })
        const error = await errorOf(load(tooFew))
        expect(error).toMatchObject({ code: 'MR-4105', exitCode: 4 })
        expect(error.message).toContain('3 of 4')
        expect(await live()).toEqual([1, 2, 3, 4])
        expect(await bench().rows(`SELECT name FROM crm.people WHERE id = 1`)).toEqual([{ name: 'n1' }])
        await bench().session(async (session) => {
          expect(await session.state.readCursor({ sync: 'crm', stream: 'people', partition: '' })).toEqual({
            watermark: at(1),
            scan: null,
          })
          expect(await session.state.countOpenRejects('crm')).toBe(0)
        })
        expect(await load(enough)).toMatchObject({ swept: 3 })
      },
    )

    describe('of children', () => {
      const columns: Columns = { id: 'string', parent_id: 'string', v: 'integer' }
      const item = (id: string, parent: string, readAt: number) => ({
        id,
        parent_id: parent,
        v: 1,
        _version: readAt,
        _read_at: readAt,
      })
      const children = (parents: Record<string, number>) =>
        ({
          kind: 'children',
          parentColumn: 'parent_id',
          parents: Object.entries(parents).map(([parent, readAt]) => ({ parent, readAt: at(readAt) })),
          readBefore: null,
        }) as const
      const load = (rows: readonly Row[], parents: Record<string, number>) =>
        bench().load({ columns, rows, touchUnchanged: true, sweep: children(parents) })
      const items = async () =>
        (await bench().rows('SELECT id FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(({ id }) => id)

      test('deletes those that their parent no longer has, and no others', async () => {
        await load([item('a1', 'a', 1), item('a2', 'a', 1), item('b1', 'b', 1)], { a: 1, b: 1 })
        expect(await load([item('a1', 'a', 5)], { a: 5 })).toMatchObject({ unchanged: 1, swept: 1 })
        expect(await items()).toEqual(['a1', 'b1'])
      })

      test('deletes all of a parent that has none left', async () => {
        await load([item('a1', 'a', 1), item('b1', 'b', 1)], { a: 1, b: 1 })
        expect(await load([], { a: 5 })).toMatchObject({ swept: 1 })
        expect(await items()).toEqual(['b1'])
      })

      test('of a set that is older than what is stored deletes nothing', async () => {
        await load([item('a1', 'a', 5), item('a2', 'a', 5)], { a: 5 })
        expect(await load([item('a1', 'a', 3)], { a: 3 })).toMatchObject({ stale: 1, swept: 0 })
        expect(await items()).toEqual(['a1', 'a2'])
      })

      test('of a parent that was read twice goes by its later set', async () => {
        await load([item('a1', 'a', 1), item('a2', 'a', 1)], { a: 1 })
        const twice = [
          { parent: 'a', readAt: at(5) },
          { parent: 'a', readAt: at(6) },
        ]
        await bench().load({
          columns,
          rows: [item('a2', 'a', 6)],
          touchUnchanged: true,
          sweep: { kind: 'children', parentColumn: 'parent_id', parents: twice, readBefore: null },
        })
        expect(await items()).toEqual(['a2'])
      })

      test('at the end of a pass over all parents deletes those that it did not see', async () => {
        await load([item('a1', 'a', 1), item('b1', 'b', 1), item('c1', 'c', 1)], { a: 1, b: 1, c: 1 })
        const whole = { ...children({ a: 5 }), readBefore: at(4) }
        expect(
          await bench().load({ columns, rows: [item('a1', 'a', 5)], touchUnchanged: true, sweep: whole }),
        ).toMatchObject({ unchanged: 1, swept: 2 })
        expect(await items()).toEqual(['a1'])
      })

      test('and of those alone whose rows it read', async () => {
        await load([item('a1', 'a', 1), item('b1', 'b', 1), item('c1', 'c', 1)], { a: 1, b: 1, c: 1 })
        const of = { field: 'parent_id', column: 'parent_id', values: ['a', 'b'] }
        const sweep = { ...children({}), readBefore: at(4), of }
        expect(await bench().load({ columns, rows: [], touchUnchanged: true, sweep })).toMatchObject({ swept: 2 })
        expect(await items()).toEqual(['c1'])
      })

      test('leaves one alone that was seen and refused, until its parent comes without it', async () => {
        await load([item('a1', 'a', 1), item('a2', 'a', 1)], { a: 1 })
        const refused = { rejects: [{ key: 'a2', code: 'MR-5002' }], syncedAt: at(6) }
        const sweep = { ...children({ a: 5 }), readBefore: at(5) }
        expect(
          await bench().load({ columns, rows: [item('a1', 'a', 5)], touchUnchanged: true, sweep, ...refused }),
        ).toMatchObject({ rejected: 1, swept: 0 })
        expect(await items()).toEqual(['a1', 'a2'])
        const later = { touchUnchanged: true, sweep: children({ a: 8 }), syncedAt: at(9) }
        expect(await bench().load({ columns, rows: [item('a1', 'a', 8)], ...later })).toMatchObject({ swept: 1 })
        expect(await items()).toEqual(['a1'])
      })
    })

    describe('of what is inside parents that come flagged as deleted', () => {
      const parent = (id: number, version: number, deletedAt?: number): Row => ({
        ...row(id, version),
        ...(deletedAt !== undefined && { _deleted_at: deletedAt }),
      })
      const item = (id: string, of: number, readAt: number): Row => ({ id, of, _version: readAt, _read_at: readAt })
      const sets = (parents: Record<string, number>, isHashed = false, readBefore: string | null = null) => ({
        kind: 'children' as const,
        parentColumn: 'of',
        parents: Object.entries(parents).map(([key, readAt]) => ({ parent: key, readAt: at(readAt) })),
        readBefore,
        flags: { isHashed },
      })
      const load = async (
        parents: readonly Row[] | Load,
        rows: readonly Row[],
        {
          sweep = sets({}),
          of = 'integer',
        }: { readonly sweep?: ReturnType<typeof sets>; readonly of?: LogicalType } = {},
      ) => {
        const [, items] = await bench().loadWith('length' in parents ? { rows: parents } : parents, {
          stream: 'items',
          table: 'items',
          columns: { id: 'string', of },
          rows,
          touchUnchanged: true,
          sweep,
        })
        return items
      }
      const items = async () =>
        (await bench().rows('SELECT id FROM crm.items WHERE _deleted_at IS NULL ORDER BY id')).map(({ id }) => id)
      const begin = () =>
        load([parent(1, 1), parent(2, 1)], [item('1a', 1, 1), item('1b', 1, 1), item('2a', 2, 1)], {
          sweep: sets({ 1: 1, 2: 1 }),
        })

      test('deletes it, though its set does not come', async () => {
        await begin()
        expect(await load([parent(1, 5, 5)], [])).toMatchObject({ swept: 2, derived: 0 })
        expect(await items()).toEqual(['2a'])
      })

      test('deletes it, though it comes with them, also a moment later; and does nothing more when they come again', async () => {
        await begin()
        const again = () => load([parent(1, 5, 5)], [item('1a', 1, 6), item('1c', 1, 6)], { sweep: sets({ 1: 6 }) })
        expect(await again()).toMatchObject({ read: 2, deleted: 2, swept: 1 })
        expect(await items()).toEqual(['2a'])
        expect(await again()).toMatchObject({ read: 2, unchanged: 2, swept: 0 })
      })

      test.each(['merge', 'scd2', 'generation'] as const)(
        'at the end of a full pass deletes what is inside those that stand no more (%s)',
        async (mode) => {
          const landing = { mode, touchUnchanged: true, scanId: 's1', isLast: true } as const
          const begun = [item('1a', 1, 1), item('2a', 2, 1)]
          await load({ ...landing, rows: [parent(1, 1), parent(2, 1)] }, begun, { sweep: sets({ 1: 1, 2: 1 }) })
          const sweep = { ...sets({}, false, at(5)), byParent: { isHashed: false } }
          const pass = { ...landing, scanId: 's2', rows: [parent(2, 6)], sweep: unseen(5) }
          expect(await load(pass, [], { sweep })).toMatchObject({ swept: 1 })
          expect(await items()).toEqual(['2a'])
        },
      )

      test('at the end of a full pass leaves what is inside those that were refused', async () => {
        const refused = { rows: [], rejects: [{ key: '1', code: 'MR-5002' }] }
        await load(refused, [item('1a', 1, 1), item('3a', 3, 1)], { sweep: sets({ 1: 1, 3: 1 }) })
        const sweep = { ...sets({}, false, at(5)), byParent: { isHashed: false } }
        // It says of whom it has read, and the one that was refused is of somebody else.
        const read = { ...unseen(5), of: { field: 'id', column: 'id', values: ['2'] } }
        expect(await load({ rows: [parent(2, 6)], sweep: read }, [], { sweep })).toMatchObject({ swept: 1 })
        expect(await items()).toEqual(['1a'])
      })

      test('at the end of a full pass deletes what it read no more of some, and what stands in nothing', async () => {
        await begin()
        await load([], [item('3a', 3, 1)], { sweep: sets({ 3: 1 }) })
        const of = { field: 'id', column: 'id', values: ['1a'] }
        const sweep = { ...sets({}, false, at(5)), of, byParent: { isHashed: false } }
        expect(await load([], [], { sweep })).toMatchObject({ swept: 2 })
        expect(await items()).toEqual(['1b', '2a'])
      })

      test('has it live again when they come back with it', async () => {
        await begin()
        await load([parent(1, 5, 5)], [])
        const back = await load([parent(1, 7)], [item('1a', 1, 7)], { sweep: sets({ 1: 7 }) })
        expect(back).toMatchObject({ updated: 1, swept: 0 })
        expect(await items()).toEqual(['1a', '2a'])
      })

      test('leaves it where the flag is older than what is stored, or than what another chunk brings', async () => {
        await begin()
        await load([{ ...parent(1, 9), name: 'newer' }], [])
        expect(await load([parent(1, 5, 5)], [])).toMatchObject({ swept: 0 })
        expect(await load({ rows: [parent(2, 6, 6)], more: [[parent(2, 8)]] }, [])).toMatchObject({ swept: 0 })
        expect(await items()).toEqual(['1a', '1b', '2a'])
      })

      test('finds it by hashes, where it alone has them', async () => {
        const [one, two] = ['1', '2'].map((key) => createHash('sha256').update(key).digest('hex'))
        const of = { of: 'string', sweep: sets({ [String(one)]: 1, [String(two)]: 1 }, true) } as const
        await load(
          [parent(1, 1), parent(2, 1)],
          [
            { ...item('1a', 1, 1), of: `${one}` },
            { ...item('2a', 2, 1), of: `${two}` },
          ],
          of,
        )
        expect(await load([parent(1, 5, 5)], [], { ...of, sweep: sets({}, true) })).toMatchObject({ swept: 1 })
        expect(await items()).toEqual(['2a'])
      })

      test.each(['scd2', 'generation'] as const)('deletes it where they land by %s', async (mode) => {
        const landing = { mode, touchUnchanged: true, scanId: 's1', isLast: true } as const
        await load({ ...landing, rows: [parent(1, 1), parent(2, 1)] }, [item('1a', 1, 1), item('2a', 2, 1)])
        await load({ ...landing, scanId: 's2', rows: [parent(1, 5, 5), parent(2, 1)] }, [])
        expect(await items()).toEqual(['2a'])
      })
    })
  })
}
