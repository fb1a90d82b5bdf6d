import { describe, expect, test } from 'vitest'
import { cursorVersion, type Asked, type Cursor, type CursorMarks } from '../../../src/model/cursor.ts'
import { emptyEtlLedger } from '../../../src/model/ledger.ts'
import type { RunRecord } from '../../../src/model/run.ts'
import { at, errorOf, scope, useWorkbench, type OpenWarehouse } from '../workbench.ts'
import { answer, openReverse } from '../reverse.ts'

export function stateConformance(open: OpenWarehouse): void {
  describe('the state tables', () => {
    const bench = useWorkbench(open)
    const run: RunRecord = {
      run_id: 'r-1',
      sync: "o'crm",
      kind: 'etl',
      status: 'partial',
      target: 'dev',
      trigger: 'schedule',
      slot: at(0),
      requests: 12,
      seconds: 1.234,
      started_at: at(1),
      finished_at: '2026-11-20T10:02:00.123Z',
      commit: 'abc1234',
      ledger: { ...emptyEtlLedger, read: 3, inserted: 2, rejected: 1, loaded: 2 },
      streams: { people: { ...emptyEtlLedger, read: 3, inserted: 2, rejected: 1, loaded: 2, counted: 3 } },
      error: { code: 'MR-3003', message: `it's "down" 🙂` },
    }
    const scan = {
      id: 's-1',
      upper_bound: at(2),
      started_at: at(1),
      full: true,
      read: 0,
      partitions: [{ from: null, to: at(2), resume: { page: 2 }, done: false }],
    }
    const bare: RunRecord = {
      ...run,
      run_id: 'r-2',
      status: 'ok',
      started_at: at(5),
      finished_at: null,
      slot: null,
      commit: null,
      ledger: null,
      streams: undefined,
      error: undefined,
    }

    test('keep runs as they were written, newest first, and one row a run', async () => {
      await bench().session(async ({ state }) => {
        await state.writeRun({ ...run, status: 'running' })
        await state.writeRun(run)
        await state.writeRun(bare)
        expect(await state.readRuns({ limit: 10 })).toEqual([bare, run])
        expect(await state.readRuns({ limit: 1 })).toEqual([bare])
        expect(await state.readRuns({ sync: run.sync, limit: 10 })).toHaveLength(2)
        expect(await state.readRuns({ sync: 'other', limit: 10 })).toEqual([])
        expect(await state.readRuns({ runId: 'r-1', limit: 10 })).toEqual([run])
      })
    })

    test('tell a load that came to its end from a backfill, from a run that was to read some rows only, and from any number that failed', async () => {
      await bench().session(async ({ state }) => {
        const limited: RunRecord = { ...run, run_id: 'r-3', limited_to: 1 }
        await state.writeRun(run)
        await state.writeRun({ ...run, run_id: 'r-2', trigger: 'backfill' })
        await state.writeRun(limited)
        await state.writeRun({ ...run, run_id: 'r-4', status: 'failed', started_at: at(9) })
        await state.writeRun({ ...run, run_id: 'r-5', status: 'running', started_at: at(10), finished_at: null })
        expect(await state.readRuns({ runId: 'r-3', limit: 1 })).toEqual([limited])
        expect(await state.readRuns({ sync: run.sync, limit: 1, loads: true })).toEqual([run])
      })
    })

    test('know no cursor of a scope that nobody has committed', async () => {
      await bench().session(async ({ state }) => {
        expect(await state.readCursor(scope)).toEqual({ watermark: null, scan: null })
        expect(await state.readCursors('crm')).toEqual([])
        expect(await state.readFence(scope)).toBeNull()
      })
    })

    test.each<[string, object]>([
      ['watermark', { watermark: 'yesterday', scan: null }],
      ['scan', { watermark: null, scan: { a: 1 } }],
      [
        'scan',
        { watermark: null, scan: { ...scan, partitions: [{ from: 'x', to: at(2), resume: null, done: false }] } },
      ],
      ['marks', { watermark: at(1), scan: null, marks: { asked: { start: null } } }],
    ])('refuse a cursor whose %s somebody has changed to %j, and are reset', async (part, changed) => {
      const fence = await bench().session(({ state }) => state.takeFence(scope, 'run-1'))
      const cursor = { cursor: changed as Cursor, connector: 't', version: 1 } // as whoever edits the row may leave it
      await bench().session(({ etl }) => etl.commit({ fence, sequence: 1, writes: [], cursor }))
      await bench().session(async ({ state }) => {
        for (const read of [() => state.readCursor(scope), () => state.readCursors('crm')]) {
          const error = await errorOf(read())
          expect(error.code).toBe('MR-2007')
          expect(error.message).toContain(`crm, stream people: the ${part} of its cursor`)
          expect(error.next.join()).toContain('millrace sync state reset crm --stream people ')
        }
        expect(await state.readStreams('crm')).toEqual(['people'])
        await state.reset('crm', 'people')
        expect(await state.readCursor(scope)).toEqual({ watermark: null, scan: null })
      })
    })

    test('refuse a cursor of which any mark somebody has given another form', async () => {
      const loaded = { columns: { Name: 'name' }, idle: ['Phone'] }
      const masks = { Email: 'sha256' }
      const asked: Required<Asked> = {
        start: null,
        where: null,
        masks,
        replaced: true,
        valueMasks: masks,
        children: { Lines: masks },
        childKeys: { Lines: { key: ['Id'], parent: 'Of', masks } },
        table: 'crm.people',
        key: ['Id'],
        version: null,
        flag: null,
        source: null,
        account: 'acct_1',
        query: null,
        options: { level: 'ad' },
        loaded,
        inside: { Lines: loaded },
        history: { include: null, exclude: ['Phone'] },
        by: 'd1',
      }
      const damaged = [
        { restated_at: 'yesterday' },
        { listed_at: 'yesterday' },
        { committed_at: 'yesterday' },
        ...Object.keys(asked).map((member) => ({ asked: { ...asked, [member]: 7 } })),
        ...[{ loaded: {} }, { inside: { Lines: {} } }, { history: {} }, { options: [] }].map((odd) => ({
          asked: { ...asked, ...odd },
        })),
      ]
      const fence = await bench().session(({ state }) => state.takeFence(scope, 'run-1'))
      const readBack = async (marks: object, sequence: number) => {
        const cursor = { watermark: at(1), scan: null, marks: marks as CursorMarks } // as whoever edits the row may leave it
        await bench().session(({ etl }) =>
          etl.commit({ fence, sequence, writes: [], cursor: { cursor, connector: 't', version: 1 } }),
        )
        return bench().session(({ state }) => state.readCursor(scope))
      }
      expect((await readBack({ asked, last: { page: 2 } }, 0)).marks).toEqual({ asked, last: { page: 2 } })
      for (const [index, marks] of damaged.entries())
        expect(await errorOf(readBack(marks, index + 1)), JSON.stringify(marks)).toMatchObject({
          code: 'MR-2007',
          message: expect.stringContaining('the marks of its cursor'),
        })
    })

    test('refuse a cursor that a newer millrace has written, by the form that it says', async () => {
      const fence = await bench().session(({ state }) => state.takeFence(scope, 'run-1'))
      const cursor = { cursor: { watermark: at(1), scan: null }, connector: 't', version: cursorVersion + 1 }
      await bench().session(({ etl }) => etl.commit({ fence, sequence: 1, writes: [], cursor }))
      await bench().session(async ({ state }) => {
        for (const read of [() => state.readCursor(scope), () => state.readCursors('crm')]) {
          const error = await errorOf(read())
          expect(error).toMatchObject({ code: 'MR-2007', message: expect.stringContaining('has form 2') })
          expect(error.next.join()).toContain('update this one')
        }
      })
    })

    test('keep members of a scan that this version does not know', async () => {
      const fence = await bench().session(({ state }) => state.takeFence(scope, 'run-1'))
      const cursor = { watermark: null, scan: { ...scan, added_later: 1 } }
      await bench().session(({ etl }) =>
        etl.commit({ fence, sequence: 1, writes: [], cursor: { cursor, connector: 't', version: 1 } }),
      )
      expect(await bench().session(({ state }) => state.readCursor(scope))).toEqual(cursor)
    })

    test('forget what was read beside the live scan, of one stream', async () => {
      const scopes = ['', '2026', 'reconcile'].map((partition) => ({ ...scope, partition }))
      for (const each of [...scopes, { ...scope, stream: 'deals', partition: '2026' }]) {
        const fence = await bench().session(({ state }) => state.takeFence(each, 'run-1'))
        const cursor = { cursor: { watermark: at(1), scan: null }, connector: 't', version: 1 }
        await bench().session(({ etl }) => etl.commit({ fence, sequence: 1, writes: [], cursor }))
      }
      await bench().session(async ({ state }) => {
        await state.forgetPartitions('crm', 'people')
        const left = await state.readCursors('crm')
        expect(left.map(({ stream, partition }) => `${stream} ${partition}`)).toEqual(['deals 2026', 'people '])
      })
    })

    describe('that are reset', () => {
      const other = { ...scope, stream: 'deals' }
      const begin = async () => {
        const fence = await bench().session(({ state }) => state.takeFence(scope, 'run-1'))
        await bench().load({
          fence,
          rejects: [{ key: '1', code: 'MR-5002' }],
          cursor: { watermark: at(1), scan: null },
        })
        const deals = await bench().session(({ state }) => state.takeFence(other, 'run-1'))
        await bench().session(({ etl }) =>
          etl.commit({
            fence: deals,
            sequence: 1,
            writes: [],
            cursor: { cursor: { watermark: at(2), scan: null }, connector: 't', version: 1 },
          }),
        )
        return fence
      }

      test('forget the cursor and the rejects, and whoever is still at it may not commit', async () => {
        const fence = await begin()
        await bench().session(async ({ state }) => {
          await state.reset('crm', null)
          expect(await state.readCursors('crm')).toEqual([])
          expect(await state.countOpenRejects('crm')).toBe(0)
          expect((await state.readFence(scope))?.epoch).toBe(fence.epoch + 1)
        })
        expect((await errorOf(bench().load({ fence }))).code).toBe('MR-2005')
      })

      test('for one stream leave the others alone', async () => {
        await begin()
        await bench().session(async ({ state }) => {
          await state.reset('crm', 'people')
          expect((await state.readCursors('crm')).map(({ stream }) => stream)).toEqual(['deals'])
          expect((await state.readFence(other))?.epoch).toBe(1)
        })
      })

      test('keep what the table is known to hold, from which no run goes on', async () => {
        const asked = { start: null, where: null, masks: { email: 'sha256' }, table: 'crm.people', key: ['id'] }
        const write = async (partition: string, marks: CursorMarks) => {
          const fence = await bench().session(({ state }) => state.takeFence({ ...scope, partition }, 'run-1'))
          const cursor = { watermark: at(1), scan: null, marks }
          await bench().session(({ etl }) =>
            etl.commit({ fence, sequence: 1, writes: [], cursor: { cursor, connector: 't', version: 1 } }),
          )
        }
        await write('', { last: 7, asked })
        await write('backfill:1', { asked })
        await write('backfill:2', { asked: { ...asked, masks: {} } })
        await bench().session(async ({ state, upkeep }) => {
          expect(await state.readAsked('crm', 'people')).toEqual([asked, { ...asked, masks: {} }])
          await state.reset('crm', null)
          expect((await state.readCursors('crm')).map(({ partition, cursor }) => ({ partition, cursor }))).toEqual([
            { partition: '', cursor: { watermark: null, scan: null, marks: { asked: { ...asked, masks: {} } } } },
          ])
          expect(await upkeep.has('crm')).toBe(false)
          await state.forgetPartitions('crm', 'people')
          expect(await state.readAsked('crm', 'people')).toEqual([])
        })
      })

      test('forget snapshot and intents of a delivery, and nothing of another one', async () => {
        const out = await openReverse(bench(), {
          model: 'SELECT 1 AS id',
          columns: [{ name: 'id', type: 'integer' }],
          key: ['id'],
        })
        await out.intend([{ key: '1', op: 'upsert' }])
        await out.acknowledge([answer('2', { values: ['2'] })])
        const kept = await openReverse(bench(), {
          sync: 'kept',
          model: 'SELECT 1 AS id',
          columns: [{ name: 'id', type: 'integer' }],
          key: ['id'],
        })
        await kept.intend([{ key: '1', op: 'upsert' }])
        await bench().session(async ({ state, reverse }) => {
          await state.reset('out', null)
          expect(await reverse.hasSnapshot('out')).toBe(false)
          expect(await reverse.readMeta('out')).toBeNull()
          expect(await reverse.countIntents('out')).toBe(0)
          expect(await reverse.hasSnapshot('kept')).toBe(true)
          expect(await reverse.countIntents('kept')).toBe(1)
        })
      })
    })
  })
}
