import { describe, expect, test } from 'vitest'
import type { Cursor } from '../../../src/model/cursor.ts'
import { at, errorOf, people, scope, tableOf, useWorkbench, type OpenWarehouse, type Row } from '../workbench.ts'

export function commitConformance(open: OpenWarehouse): void {
  describe('a commit', () => {
    const bench = useWorkbench(open)
    const row = (id: number, name: string, version = 1): Row => ({ id, name, _version: version, _read_at: version })
    const underWay: Cursor = {
      watermark: at(1),
      scan: {
        id: 's',
        upper_bound: at(2),
        started_at: at(3),
        full: false,
        read: 12,
        partitions: [{ from: null, to: at(2), resume: { after: `it's "1"` }, done: false }],
      },
    }

    test('brings rows, cursor, rejects and ledger together', async () => {
      await bench().load({
        rows: [row(1, 'Ann')],
        rejects: [{ key: '2', code: 'MR-5002' }],
        cursor: underWay,
        sequence: 7,
      })
      await bench().session(async ({ state }) => {
        expect(await state.readCursor(scope)).toEqual(underWay)
        expect(await state.readCursors('crm')).toMatchObject([{ ...scope, cursor: underWay, updatedBy: 'run-1' }])
        expect(await state.hasCommit('run-1', 'people', 7)).toBe(true)
        expect(await state.hasCommit('run-1', 'people', 8)).toBe(false)
        expect(await state.hasCommit('run-2', 'people', 7)).toBe(false)
      })
      const [commit] = await bench().rows('SELECT ledger FROM _millrace.commits')
      expect(JSON.parse(commit?.['ledger'] ?? '')).toMatchObject({ read: 2, inserted: 1, rejected: 1, loaded: 1 })
    })

    test('without a cursor leaves the cursor where it is', async () => {
      await bench().load({ cursor: underWay })
      await bench().load({ rows: [row(1, 'Ann')] })
      expect(await bench().session(({ state }) => state.readCursor(scope))).toEqual(underWay)
    })

    test.each(['merge', 'generation'] as const)(
      'whose ledger does not balance after a %s changes nothing at all',
      async (mode) => {
        await bench().load({ rows: [row(1, 'Ann')], cursor: { watermark: at(1), scan: null }, sequence: 1 })
        const before = await bench().rows('SELECT * FROM crm.people')
        const work = bench().load({
          rows: [row(1, 'Anna', 2), row(2, 'Bob')],
          rejects: [{ key: '3', code: 'MR-5002' }],
          counts: { read: 5 },
          cursor: { watermark: at(9), scan: null },
          sequence: 2,
          mode,
          scanId: 'scan-1',
          isLast: true,
        })
        const error = await errorOf(work)
        expect(error.code).toBe('MR-2006')
        expect(error.message).toContain('people')
        expect(await bench().rows('SELECT * FROM crm.people')).toEqual(before)
        await bench().session(async ({ state }) => {
          expect(await state.readCursor(scope)).toEqual({ watermark: at(1), scan: null })
          expect(await state.countOpenRejects('crm')).toBe(0)
          expect(await state.hasCommit('run-1', 'people', 2)).toBe(false)
        })
      },
    )

    test('whose file is gone changes nothing at all', async () => {
      await bench().load({ rows: [row(1, 'Ann')], cursor: underWay })
      const staged = {
        path: bench().path('missing.parquet'),
        tombstones: null,
        rejects: null,
        counts: { read: 1, derived: 0, duplicates: 0, filtered: 0, rejected: 0 },
      }
      const table = tableOf('people', people)
      await errorOf(
        bench().session(async ({ etl, state }) => {
          const fence = await state.takeFence(scope, 'run-1')
          const write = {
            stream: 'people',
            table,
            key: ['id'],
            staged: [staged],
            mode: 'generation',
            scanId: 'scan-1',
            isLast: true,
            touchUnchanged: false,
            sweep: null,
            syncedAt: at(5),
          } as const
          return etl.commit({
            fence,
            sequence: 3,
            writes: [write],
            cursor: { cursor: { watermark: at(50), scan: null }, connector: 't', version: 1 },
          })
        }),
      )
      expect(await bench().rows('SELECT name FROM crm.people')).toEqual([{ name: 'Ann' }])
      expect(await bench().session(({ state }) => state.readCursor(scope))).toEqual(underWay)
    })
  })
}
