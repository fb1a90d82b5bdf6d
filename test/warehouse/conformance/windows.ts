import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { WindowSet } from '../../../src/warehouse/table-write.ts'
import { at, scope, useWorkbench, type Columns, type OpenWarehouse, type Row } from '../workbench.ts'

const report: Columns = { day: 'date', account: 'integer', ad: 'string', spend: 'decimal(38,2)', clicks: 'integer' }

export function windowConformance(open: OpenWarehouse): void {
  describe('report days that were read whole', () => {
    const bench = useWorkbench(open)
    const row = (day: string, ad: string, spend: string, readAt = 1, account = 7): Row => ({
      day,
      account,
      ad,
      spend,
      clicks: 3,
      _version: readAt,
      _read_at: readAt,
    })
    const load = (rows: readonly Row[], windows: readonly WindowSet[] = []) =>
      bench().load({
        table: 'insights',
        columns: report,
        key: ['day', 'account', 'ad'],
        rows,
        windows,
        touchUnchanged: true,
      })
    const window = (from: string, to: string, readBefore: number, account = '7'): WindowSet => ({
      column: 'day',
      from,
      to,
      of: { account },
      readBefore: at(readBefore),
    })
    const stored = async () =>
      (await bench().rows('SELECT day, ad, spend FROM crm.insights ORDER BY day, ad')).map(
        ({ day, ad, spend }) => `${day} ${ad} ${spend}`,
      )
    const restatements = () =>
      bench().rows(
        'SELECT sync, stream, day, scope, rows_before, rows_after, totals FROM _millrace.restatements ORDER BY day',
      )

    test('lose what did not come, keep and correct what did, and count the lost rows as replaced', async () => {
      await load([row('2026-11-01', 'a', '1.00'), row('2026-11-01', 'b', '2.00'), row('2026-11-02', 'a', '5.00')])
      const ledger = await load([row('2026-11-01', 'a', '1.50', 10)], [window('2026-11-01', '2026-11-01', 10)])
      expect(ledger).toMatchObject({ read: 1, updated: 1, replaced: 1, swept: 0 })
      expect(await stored()).toEqual(['2026-11-01 a 1.50', '2026-11-02 a 5.00'])
    })

    test('are written down with their totals before and after, digit by digit, where these differ', async () => {
      await load([row('2026-11-01', 'a', '1.00'), row('2026-11-01', 'b', '2.10'), row('2026-11-02', 'a', '5.00')])
      await load(
        [row('2026-11-01', 'a', '1.55', 10), row('2026-11-02', 'a', '5.00', 10), row('2026-11-03', 'a', '9.00', 10)],
        [window('2026-11-01', '2026-11-03', 10)],
      )
      const [only, ...others] = await restatements()
      // The second day is as it was, and the third is new.
      expect(others).toEqual([])
      expect(only).toMatchObject({
        sync: 'crm',
        stream: 'people',
        day: '2026-11-01',
        rows_before: '2',
        rows_after: '1',
      })
      expect(JSON.parse(only?.['scope'] ?? '')).toEqual({ account: '7' })
      expect(JSON.parse(only?.['totals'] ?? '')).toEqual({ spend: ['3.10', '1.55'], clicks: ['6', '3'] })
    })

    test('that are empty now say so', async () => {
      await load([row('2026-11-01', 'a', '1.00')])
      expect(await load([], [window('2026-11-01', '2026-11-01', 10)])).toMatchObject({ read: 0, replaced: 1 })
      expect(await stored()).toEqual([])
      expect((await restatements())[0]).toMatchObject({ rows_before: '1', rows_after: '0' })
    })

    test('of one account leave those of another alone', async () => {
      await load([row('2026-11-01', 'a', '1.00'), row('2026-11-01', 'x', '4.00', 1, 8)])
      await load([], [window('2026-11-01', '2026-11-01', 10)])
      expect(await stored()).toEqual(['2026-11-01 x 4.00'])
    })

    test('take the place of rows that do not say whose they are, or by a hash; totals are of those that say it', async () => {
      const insights = {
        table: 'insights',
        columns: { ...report, account: 'string' },
        key: ['day', 'ad'],
        touchUnchanged: true,
      } as const
      const accounts = ['1234567', createHash('sha256').update('1234567').digest('hex'), null, '***', '***4567', '***9']
      const rows = accounts.map((account, ad) => ({ ...row('2026-11-01', `${ad}`, '1.00'), account }))
      await bench().load({ ...insights, rows })
      const windows = ['1234567', '7'].map((account) => window('2026-11-01', '2026-11-01', 10, account))
      expect(await bench().load({ ...insights, rows: [], windows })).toMatchObject({ replaced: 5 })
      expect(await stored()).toEqual(['2026-11-01 5 1.00'])
      const [only, ...others] = await restatements()
      expect(others).toEqual([])
      expect(only).toMatchObject({ rows_before: '2', rows_after: '0' })
      expect(JSON.parse(only?.['scope'] ?? '')).toEqual({ account: '1234567' })
    })

    test('leave what somebody else has read since', async () => {
      await load([row('2026-11-01', 'a', '1.00', 20)])
      expect(await load([], [window('2026-11-01', '2026-11-01', 10)])).toMatchObject({ replaced: 0 })
      expect(await stored()).toEqual(['2026-11-01 a 1.00'])
    })

    test('keep a row that came and was refused', async () => {
      await load([row('2026-11-01', 'a', '1.00')])
      const refused = { key: '["2026-11-01","7","a"]', code: 'MR-5002' }
      await bench().load({
        table: 'insights',
        columns: report,
        key: ['day', 'account', 'ad'],
        rejects: [refused],
        windows: [window('2026-11-01', '2026-11-01', 10)],
        touchUnchanged: true,
      })
      expect(await stored()).toEqual(['2026-11-01 a 1.00'])
    })

    test('keep a row that an earlier run of the same pass refused', async () => {
      const insights = { table: 'insights', columns: report, key: ['day', 'account', 'ad'], touchUnchanged: true }
      await bench().load({ ...insights, rows: [row('2026-11-01', 'a', '1.00'), row('2026-11-01', 'b', '2.00')] })
      // The pass began at 10. The run that read its first page died.
      const refused = { key: '["2026-11-01","7","a"]', code: 'MR-5002' }
      await bench().load({ ...insights, rejects: [refused], syncedAt: at(11) })
      const fence = await bench().session(({ state }) => state.takeFence(scope, 'run-2'))
      await bench().load({
        ...insights,
        fence,
        rows: [row('2026-11-01', 'b', '2.00', 20)],
        windows: [window('2026-11-01', '2026-11-01', 10)],
        syncedAt: at(21),
      })
      expect(await stored()).toEqual(['2026-11-01 a 1.00', '2026-11-01 b 2.00'])
    })

    test.each([
      ['nothing', {}, {}],
      ['one column', { clicks: 'integer' }, { clicks: ['5', '2'] }],
    ] as const)('have %s to add up', async (_what, sums, totals) => {
      const columns: Columns = { day: 'date', account: 'integer', ad: 'string', ...sums }
      const ad = (name: string, clicks: number, readAt: number): Row => ({
        day: '2026-11-01',
        account: 7,
        ad: name,
        ...('clicks' in sums && { clicks }),
        _version: readAt,
        _read_at: readAt,
      })
      const key = ['day', 'account', 'ad']
      await bench().load({ table: 'insights', columns, key, rows: [ad('a', 2, 1), ad('b', 3, 1)] })
      const windows = [window('2026-11-01', '2026-11-01', 10)]
      const rows = [ad('a', 2, 10)]
      expect(
        await bench().load({ table: 'insights', columns, key, rows, windows, touchUnchanged: true }),
      ).toMatchObject({ unchanged: 1, replaced: 1 })
      const [only] = await restatements()
      expect(only).toMatchObject({ rows_before: '2', rows_after: '1' })
      expect(JSON.parse(only?.['totals'] ?? '')).toEqual(totals)
    })

    test('have texts of their totals by what is stored, whatever comes now', async () => {
      const load = (columns: Columns, cells: { readonly [name: string]: string } | null, readAt = 1) =>
        bench().load({
          table: 'insights',
          columns: { day: 'date', ad: 'string', ...columns },
          key: ['day', 'ad'],
          rows: cells ? [{ day: '2026-11-01', ad: 'a', ...cells, _version: readAt, _read_at: readAt }] : [],
          windows: readAt > 1 ? [{ ...window('2026-11-01', '2026-11-01', readAt), of: {} }] : [],
          touchUnchanged: true,
        })
      const doubles: Columns = { clicks: 'double', rate: 'double', note: 'string' }
      await load(doubles, { clicks: '2', rate: '0.2', note: 'x' })
      await load(
        { clicks: 'double', rate: 'decimal(20,10)', note: 'integer' },
        { clicks: '1', rate: '0.1', note: '7' },
        10,
      )
      const [only] = await restatements()
      expect(JSON.parse(only?.['totals'] ?? '')).toEqual({ clicks: ['2', '1'], rate: ['0.2', '0.1'] })
      await load({ clicks: 'double', rate: 'double', note: 'integer' }, null, 20)
      expect((await restatements()).map(({ totals }) => JSON.parse(totals ?? ''))).toContainEqual({
        clicks: ['1', null],
        rate: ['0.1', null],
      })
    })

    test('may be many, of many accounts', async () => {
      const days = Array.from({ length: 28 }, (_, n) => `2026-11-${String(n + 1).padStart(2, '0')}`)
      await load(days.flatMap((day) => [row(day, 'a', '1.00'), row(day, 'b', '1.00'), row(day, 'x', '1.00', 1, 8)]))
      const again = days.map((day) => row(day, 'a', '1.00', 10))
      expect(
        await load(
          again,
          days.map((day) => window(day, day, 10)),
        ),
      ).toMatchObject({ unchanged: 28, replaced: 28 })
      expect(await restatements()).toHaveLength(28)
    })
  })

  describe('a read of a few columns', () => {
    const bench = useWorkbench(open)
    const columns: Columns = { id: 'integer', name: 'string', score: 'integer' }
    const partial: Columns = { id: 'integer', score: 'integer' }

    test('touches those alone, of rows that stand at the same version; all others count as filtered', async () => {
      const row = (id: number, version: number) => ({
        id,
        name: `n${id}`,
        score: 1,
        _version: version,
        _read_at: version,
      })
      await bench().load({ columns, rows: [row(1, 1), row(2, 1), row(3, 5)] })
      await bench().load({ columns, tombstones: [{ id: 4, _version: 1, _read_at: 1, _deleted_at: 1 }] })
      const part = (id: number, version: number) => ({ id, score: 9, _version: version, _read_at: 10 })
      const ledger = await bench().load({
        columns: partial,
        rows: [part(1, 1), part(3, 4), part(4, 1), part(5, 1)],
        onlyStanding: true,
      })
      expect(ledger).toMatchObject({ read: 4, updated: 1, filtered: 3, inserted: 0, stale: 0 })
      expect(
        await bench().rows('SELECT id, name, score FROM crm.people WHERE _deleted_at IS NULL ORDER BY id'),
      ).toEqual([
        { id: '1', name: 'n1', score: '9' },
        { id: '2', name: 'n2', score: '1' },
        { id: '3', name: 'n3', score: '1' },
      ])
    })

    test('of a vendor without stamps leaves rows as old as they are: a whole row from between still comes over them', async () => {
      const whole = (id: number, name: string, at: number) => ({ id, name, score: 1, _version: at, _read_at: at })
      const part = (id: number, score: number) => ({ id, score, _version: 10, _read_at: 10 })
      await bench().load({ columns, rows: [whole(1, 'old', 1), whole(2, 'old', 1), whole(3, 'old', 20)] })
      const ledger = await bench().load({
        columns: partial,
        rows: [part(1, 9), part(2, 1), part(3, 9), part(4, 9)],
        onlyStanding: true,
        unstamped: true,
        touchUnchanged: true,
      })
      expect(ledger).toMatchObject({ read: 4, updated: 1, unchanged: 1, stale: 1, filtered: 1, inserted: 0 })
      const names = () => bench().rows('SELECT id, name, score FROM crm.people ORDER BY id')
      expect(await names()).toMatchObject([{ name: 'old', score: '9' }, { score: '1' }, { score: '1' }])
      expect(await bench().load({ columns, rows: [whole(1, 'new', 5), whole(2, 'new', 5)] })).toMatchObject({
        updated: 2,
        stale: 0,
      })
      expect(await names()).toMatchObject([{ name: 'new' }, { name: 'new' }, { name: 'old' }])
    })
  })
}
