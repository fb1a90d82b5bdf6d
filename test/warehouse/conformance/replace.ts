import { describe, expect, test } from 'vitest'
import { errorOf, unseen, useWorkbench, type OpenWarehouse, type Row } from '../workbench.ts'

export function replaceConformance(open: OpenWarehouse): void {
  describe('a replacement', () => {
    const bench = useWorkbench(open)
    const row = (id: number, name: string, version = 1): Row => ({ id, name, _version: version, _read_at: version })
    const names = async () =>
      (await bench().rows('SELECT name FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(({ name }) => name)

    test('puts what the scan brought in the place of everything, and says how much it replaced', async () => {
      await bench().load({ rows: [row(1, 'Ann'), row(2, 'Bob')] })
      expect(await bench().load({ rows: [row(2, 'Bert'), row(3, 'Cy')], mode: 'replace' })).toMatchObject({
        read: 2,
        inserted: 2,
        replaced: 2,
      })
      expect(await names()).toEqual(['Bert', 'Cy'])
    })

    test('takes the newest of a row that stands in several chunks', async () => {
      const ledger = await bench().load({
        rows: [row(1, 'Ann', 1)],
        more: [[row(1, 'Anna', 2), row(2, 'Bob')]],
        mode: 'replace',
      })
      expect(ledger).toMatchObject({ read: 3, inserted: 2, duplicates: 1 })
      expect(await names()).toEqual(['Anna', 'Bob'])
    })

    test('without a key keeps every row', async () => {
      expect(await bench().load({ key: [], rows: [row(1, 'Ann'), row(1, 'Ann')], mode: 'replace' })).toMatchObject({
        inserted: 2,
      })
    })

    test('with nothing empties the table', async () => {
      await bench().load({ rows: [row(1, 'Ann')] })
      expect(await bench().load({ mode: 'replace' })).toMatchObject({ replaced: 1 })
      expect(await names()).toEqual([])
    })

    test('counts and applies the tombstones that came with it', async () => {
      const ledger = await bench().load({
        rows: [row(1, 'Ann', 1), row(2, 'Bob', 5)],
        tombstones: [1, 2, 3].map((id) => ({ id, _version: 3, _read_at: 3, _deleted_at: 3 })),
        mode: 'replace',
      })
      expect(ledger).toMatchObject({ read: 5, inserted: 2, deleted: 2, stale: 1 })
      expect(await names()).toEqual(['Bob'])
    })

    test('that would shrink the table too much is rolled back whole', async () => {
      await bench().load({ rows: [1, 2, 3, 4].map((id) => row(id, `n${id}`)) })
      const work = bench().load({ rows: [row(1, 'one')], mode: 'replace', sweep: unseen(1, { fraction: 0.5 }) })
      expect((await errorOf(work)).code).toBe('MR-4105')
      expect(await names()).toEqual(['n1', 'n2', 'n3', 'n4'])
      await bench().load({ rows: [row(1, 'one')], mode: 'replace', sweep: unseen(1, { fraction: 0.75 }) })
      expect(await names()).toEqual(['one'])
    })
  })
}
