import { describe, expect, test } from 'vitest'
import { scope, useWorkbench, type OpenWarehouse } from '../workbench.ts'

export function rejectConformance(open: OpenWarehouse): void {
  describe('rejects', () => {
    const bench = useWorkbench(open)
    const state = <T>(
      read: (tables: Parameters<Parameters<ReturnType<typeof bench>['session']>[0]>[0]['state']) => Promise<T>,
    ) => bench().session(({ state: tables }) => read(tables))
    const bad = (key: string) => ({ key, code: 'MR-5002' })

    test('are counted, and kept open with their reason', async () => {
      expect(await bench().load({ rejects: [bad('1'), bad('2')] })).toMatchObject({ read: 2, rejected: 2 })
      const rejects = await state((tables) => tables.readRejects({ sync: 'crm', limit: 10 }))
      expect(rejects).toMatchObject([
        {
          key: '1',
          code: 'MR-5002',
          stream: 'people',
          state: 'open',
          message: 'refused',
          row: '{}',
          run_id: 'run-1',
          attempts: 1,
        },
        { key: '2' },
      ])
      expect(await state((tables) => tables.countOpenRejects('crm'))).toBe(2)
      expect(await state((tables) => tables.countOpenRejects('other'))).toBe(0)
    })

    test('are settled when their row loads after all, and only theirs', async () => {
      await bench().load({ rejects: [bad('1'), bad('2')] })
      await bench().load({ rows: [{ id: 1, name: 'Ann', _version: 1, _read_at: 1 }] })
      expect((await state((tables) => tables.readRejects({ sync: 'crm', limit: 10 }))).map(({ key }) => key)).toEqual([
        '2',
      ])
    })

    test('of a row that is gone are settled', async () => {
      await bench().load({ rejects: [bad('1')] })
      await bench().load({ tombstones: [{ id: 1, _version: 1, _read_at: 1, _deleted_at: 1 }] })
      expect(await state((tables) => tables.countOpenRejects('crm'))).toBe(0)
    })

    test('of the same row in a later run stand once, and remember how often and since when', async () => {
      await bench().load({ rejects: [bad('1')] })
      const [before] = await state((tables) => tables.readRejects({ sync: 'crm', limit: 10 }))
      const fence = await state((tables) => tables.takeFence(scope, 'run-2'))
      await bench().load({ rejects: [bad('1')], fence })
      const after = await state((tables) => tables.readRejects({ sync: 'crm', limit: 10 }))
      expect(after).toMatchObject([{ key: '1', run_id: 'run-2', attempts: 2, first_at: before?.first_at }])
    })

    test('without a key are all kept', async () => {
      await bench().load({ rejects: [bad('null'), bad('null')] })
      await bench().load({ rejects: [bad('null')] })
      expect(await state((tables) => tables.countOpenRejects('crm'))).toBe(3)
    })

    test('are found by a key of several columns', async () => {
      const columns = { a: 'integer', b: 'string' } as const
      await bench().load({ columns, key: ['a', 'b'], rejects: [bad('["1","x"]')] })
      await bench().load({ columns, key: ['a', 'b'], rows: [{ a: 1, b: 'x', _version: 1, _read_at: 1 }] })
      expect(await state((tables) => tables.countOpenRejects('crm'))).toBe(0)
    })
  })
}
