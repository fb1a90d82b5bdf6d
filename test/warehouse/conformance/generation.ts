import { describe, expect, test } from 'vitest'
import {
  errorOf,
  people,
  scope,
  tableOf,
  unseen,
  useWorkbench,
  type Columns,
  type OpenWarehouse,
  type Row,
} from '../workbench.ts'

export function generationConformance(open: OpenWarehouse): void {
  describe('a generation', () => {
    const bench = useWorkbench(open)
    const row = (id: number, name: string, version = 1): Row => ({ id, name, _version: version, _read_at: version })
    const names = async () =>
      (await bench().rows('SELECT name FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(({ name }) => name)
    const part = { mode: 'generation', scanId: 'scan-1' } as const
    const last = { ...part, isLast: true } as const
    const holds = (scanId: string, columns = people) =>
      bench().session(({ etl }) => etl.holdsGeneration({ sync: scope.sync, table: tableOf('people', columns), scanId }))

    test('takes the place of everything with its last commit, and says how much it replaced', async () => {
      await bench().load({ rows: [row(1, 'Ann'), row(2, 'Bob')] })
      expect(await bench().load({ rows: [row(2, 'Bert')], ...part })).toMatchObject({ inserted: 1, replaced: 0 })
      expect(await names()).toEqual(['Ann', 'Bob'])
      expect(await bench().load({ rows: [row(3, 'Cy')], ...last })).toMatchObject({ inserted: 1, replaced: 2 })
      expect(await names()).toEqual(['Bert', 'Cy'])
      expect(await bench().load({ ...last, scanId: 'scan-2' })).toMatchObject({ inserted: 0, replaced: 2 })
      expect(await names()).toEqual([])
    })

    test('takes the place of those alone whose rows were read, and counts them alone', async () => {
      await bench().load({ rows: [row(1, 'Ann'), row(2, 'Bob'), row(3, 'Cy')] })
      const ids = (values: readonly string[]) => ({ field: 'id', column: 'id', values })
      const sweep = { ...unseen(1, { fraction: 0.5 }), of: ids(['2', '3']) } as const
      const ledger = await bench().load({ rows: [row(1, 'half'), row(2, 'Bert')], ...last, sweep })
      expect(ledger).toMatchObject({ replaced: 2 })
      expect(await names()).toEqual(['Ann', 'Bert'])
      const none = { ...unseen(1), of: ids([]) } as const
      expect(await bench().load({ ...last, scanId: 'scan-2', sweep: none })).toMatchObject({ replaced: 0 })
      expect(await names()).toEqual(['Ann', 'Bert'])
    })

    test('takes the place of rows that do not say whose they are, where that is asked', async () => {
      const row = (id: number, name: string | null): Row => ({ id, name, _version: id, _read_at: id })
      const ids = async () => (await bench().rows('SELECT id FROM crm.people ORDER BY id')).map(({ id }) => Number(id))
      const of = (values: readonly string[]) => ({ ...unseen(1), of: { field: 'name', column: 'name', values } })
      await bench().load({ rows: [row(1, 'Ann'), row(2, 'Bob'), row(3, null)] })
      expect(await bench().load({ ...last, sweep: of([]) })).toMatchObject({ replaced: 0 })
      const rows = [row(4, 'Bob'), row(5, null)]
      expect(await bench().load({ rows, ...last, scanId: 'scan-2', sweep: of(['Bob', '']) })).toMatchObject({
        replaced: 2,
      })
      expect(await ids()).toEqual([1, 4, 5])
    })

    test('takes the newest of a row that stands in several chunks of a commit', async () => {
      const ledger = await bench().load({
        rows: [row(1, 'Ann', 1)],
        more: [[row(1, 'Anna', 2), row(2, 'Bob')]],
        ...last,
      })
      expect(ledger).toMatchObject({ read: 3, inserted: 2, duplicates: 1 })
      expect(await names()).toEqual(['Anna', 'Bob'])
    })

    test('takes the newest of a row that stands in several commits, whichever came first', async () => {
      await bench().load({ rows: [row(1, 'Ann', 1), row(2, 'Bob', 5), row(3, 'Cy', 3)], ...part })
      const second = await bench().load({ rows: [row(1, 'Anna', 2), row(2, 'Bert', 4), row(3, 'Cy', 3)], ...part })
      expect(second).toMatchObject({ read: 3, inserted: 0, updated: 0, stale: 0, unchanged: 0, duplicates: 3 })
      expect(await bench().load({ rows: [row(4, 'Di')], ...last })).toMatchObject({ inserted: 1, duplicates: 0 })
      expect(await names()).toEqual(['Anna', 'Bob', 'Cy', 'Di'])
    })

    test('without a key keeps every row', async () => {
      await bench().load({ key: [], rows: [row(1, 'Ann'), row(1, 'Ann')], ...part })
      expect(await bench().load({ key: [], rows: [row(1, 'Ann')], ...last })).toMatchObject({ inserted: 1 })
      expect(await names()).toEqual(['Ann', 'Ann', 'Ann'])
    })

    test('counts and applies the tombstones that came with it, and those that came after', async () => {
      const gone = (id: number, version: number): Row => ({
        id,
        _version: version,
        _read_at: version,
        _deleted_at: version,
      })
      const ledger = await bench().load({
        rows: [row(1, 'Ann', 1), row(2, 'Bob', 5), row(4, 'Di', 1)],
        tombstones: [1, 2, 3].map((id) => gone(id, 3)),
        ...part,
      })
      expect(ledger).toMatchObject({ read: 6, inserted: 3, deleted: 2, stale: 1 })
      const second = await bench().load({ rows: [row(3, 'late', 2)], tombstones: [gone(4, 2)], ...last })
      expect(second).toMatchObject({ inserted: 0, duplicates: 1, deleted: 1 })
      expect(await names()).toEqual(['Bob'])
    })

    test('never holds what another scan left', async () => {
      await bench().load({ rows: [row(1, 'Ann')], ...part })
      expect([await holds('scan-1'), await holds('scan-2')]).toEqual([true, false])
      await bench().load({ rows: [row(2, 'Bob')], ...part, scanId: 'scan-2' })
      expect([await holds('scan-1'), await holds('scan-2')]).toEqual([false, true])
      await bench().load({ ...last, scanId: 'scan-2' })
      expect(await names()).toEqual(['Bob'])
      expect(await holds('scan-2')).toBe(false)
    })

    test('cannot be gone on with where somebody has touched it, or more columns are read now', async () => {
      await bench().load({ rows: [row(1, 'Ann')], ...part })
      expect(await holds('scan-1', { ...people, age: 'integer' })).toBe(false)
      await bench().session(({ state }) => state.reset(scope.sync, null))
      expect(await holds('scan-1')).toBe(false)
    })

    test('takes wider values in its middle, and the table with it', async () => {
      const columns = (amount: 'integer' | 'decimal(10,2)' | 'string'): Columns => ({ ...people, amount })
      const paid = (id: number, amount: number | string): Row => ({ ...row(id, `n${id}`), amount })
      await bench().load({ columns: columns('integer'), rows: [paid(1, 7)] })
      await bench().load({ columns: columns('integer'), rows: [paid(1, 8)], ...part })
      await bench().load({ columns: columns('string'), rows: [paid(2, 'nine')], ...part })
      await bench().load({ columns: columns('integer'), rows: [paid(3, 10)], ...last })
      expect((await bench().rows('SELECT amount FROM crm.people ORDER BY id')).map(({ amount }) => amount)).toEqual([
        '8',
        'nine',
        '10',
      ])
    })

    test('that would shrink the table too much is rolled back whole, and the next scan begins anew', async () => {
      await bench().load({ rows: [1, 2, 3, 4].map((id) => row(id, `n${id}`)) })
      await bench().load({ rows: [row(1, 'one')], ...part })
      const work = bench().load({ ...last, sweep: unseen(1, { fraction: 0.5 }) })
      expect((await errorOf(work)).code).toBe('MR-4105')
      expect(await names()).toEqual(['n1', 'n2', 'n3', 'n4'])
      const ledger = await bench().load({
        rows: [row(2, 'two')],
        ...last,
        scanId: 'scan-2',
        sweep: unseen(1, { fraction: 0.75 }),
      })
      expect(ledger).toMatchObject({ inserted: 1, replaced: 4 })
      expect(await names()).toEqual(['two'])
    })

    test('counts the rows that were not deleted, before and after, for that guard', async () => {
      const deleted = (id: number): Row => ({ ...row(id, `n${id}`), _deleted_at: 1 })
      await bench().load({ rows: [row(1, 'Ann'), row(2, 'Bob'), deleted(3), deleted(4)] })
      await bench().load({ rows: [row(1, 'Ann'), row(2, 'Bob')], ...last, sweep: unseen(1, { rows: 0 }) })
      expect(await names()).toEqual(['Ann', 'Bob'])
      const work = bench().load({
        rows: [row(1, 'Ann'), deleted(2)],
        ...last,
        scanId: 'scan-2',
        sweep: unseen(1, { rows: 0 }),
      })
      expect((await errorOf(work)).code).toBe('MR-4105')
    })
  })
}
