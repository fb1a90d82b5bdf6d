import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { CursorMarks } from '../../../src/model/cursor.ts'
import type { LogicalType } from '../../../src/model/logical-type.ts'
import type { Session } from '../../../src/warehouse/port.ts'
import type { StateTable } from '../../../src/warehouse/state-upkeep.ts'
import { collect, errorOf, useWorkbench, type OpenWarehouse } from '../workbench.ts'
import { answer, openReverse, refused, type Reverse } from '../reverse.ts'

export function upkeepConformance(open: OpenWarehouse): void {
  describe('the state of a sync, by hand', () => {
    const bench = useWorkbench(open)
    const session = <T>(work: (session: Session) => Promise<T>) => bench().session(work)
    const columns = Object.entries(types).map(([name, type]) => ({ name, type }))
    const fill = async (sync = 'out'): Promise<Reverse> => {
      const reverse = await openReverse(bench(), { sync, model: `SELECT 'a' AS id`, columns, key: ['id'] })
      await reverse.intend([{ key: 'open', op: 'upsert' }])
      await reverse.acknowledge([
        answer('a', { values: exact, hash: 'h1', fields: '{"text":["x"]}', sent_at: '2026-11-20T10:00:00.000Z' }),
        answer("b'", { values: exact.map(() => null) }),
        answer('gone', { state: 'removed', values: exact }),
        refused('no', { fields: '{}' }),
      ])
      return reverse
    }
    const everything = async (sync: string) =>
      session(async ({ upkeep }) => {
        const found: { [table: string]: readonly (readonly (string | null)[])[] } = {}
        for (const table of await upkeep.tables(sync))
          found[table.name] = [...(await collect(upkeep.rows(sync, table)))].toSorted((x, y) =>
            String(x) < String(y) ? -1 : 1,
          )
        return found
      })
    const fileOf = async (sync: string, change: (line: string) => string = (line) => line) => {
      const tables = await session(({ upkeep }) => upkeep.tables(sync))
      const rows = await everything(sync)
      const path = bench().path('state.ndjson')
      const lines = tables.flatMap(({ name }) => (rows[name] ?? []).map((row) => JSON.stringify([name, ...row])))
      writeFileSync(path, lines.map((line) => `${change(line)}\n`).join(''))
      return { path, tables, rows: countsOf(tables, rows) }
    }

    test('comes out as text and goes back in with every value exact', async () => {
      await fill()
      const before = await everything('out')
      expect(before['snapshot']?.find(([key]) => key === 'a')).toEqual(expect.arrayContaining([...exact]))
      const file = await fileOf('out')
      await session(({ upkeep }) => upkeep.replace({ sync: 'other', kind: 'reverse_etl', ...file }))
      expect(await everything('other')).toEqual(before)
      expect(await everything('out')).toEqual(before)
      const stored = `SELECT * EXCLUDE (run_id) FROM _millrace.snapshot_other ORDER BY key`
      expect(await bench().rows(stored)).toEqual(await bench().rows(stored.replace('_other', '_out')))
    })

    test('that is replaced is gone, and whoever is still at it may not commit', async () => {
      const late = await fill()
      const file = await fileOf('out')
      await late.acknowledge([answer('later', { values: exact })])
      await session(({ upkeep }) => upkeep.replace({ sync: 'out', kind: 'reverse_etl', ...file }))
      expect((await everything('out'))['snapshot']?.map(([key]) => key)).toEqual(['a', "b'", 'gone'])
      expect((await errorOf(late.acknowledge([answer('x', { values: exact })]))).code).toBe('MR-2005')
    })

    test('keeps what was sent since and not answered, where that is asked: nobody knows what arrived', async () => {
      const reverse = await fill()
      const file = await fileOf('out')
      await reverse.intend([
        { key: 'open', op: 'delete' },
        { key: 'late', op: 'upsert' },
      ])
      const intents = () => bench().rows('SELECT key, op FROM _millrace.intents ORDER BY key')
      await session(({ upkeep }) => upkeep.replace({ sync: 'out', kind: 'reverse_etl', ...file, keepsIntents: true }))
      expect(await intents()).toEqual([
        { key: 'late', op: 'upsert' },
        { key: 'open', op: 'delete' },
      ])
      await session(({ upkeep }) => upkeep.replace({ sync: 'out', kind: 'reverse_etl', ...file }))
      expect(await intents()).toEqual([{ key: 'open', op: 'upsert' }])
    })

    test('is as it was where a row does not fit, one is missing, or a column is not known', async () => {
      await fill()
      const before = await everything('out')
      const wrong = await fileOf('out', (line) => line.replace('2026-11-20 10:00:00.123456', 'one day'))
      const missing = { ...(await fileOf('out')), rows: { snapshot: 4 } }
      const good = await fileOf('out')
      const strange = {
        ...good,
        tables: good.tables.map((table) =>
          table.name === 'intents'
            ? { ...table, columns: [...table.columns.slice(1), { name: 'new_one', type: 'string' as const }] }
            : table,
        ),
      }
      for (const file of [wrong, missing, strange]) {
        const error = await errorOf(
          session(({ upkeep }) => upkeep.replace({ sync: 'out', kind: 'reverse_etl', ...file })),
        )
        expect(error).toMatchObject({ code: 'MR-1004', kept: 'The state is as it was.' })
        expect(await everything('out')).toEqual(before)
      }
    })

    test('of a load leaves what was refused, and brings what is not known here', async () => {
      await fill()
      const all = await fileOf('out', (line) => line.replace('"open"', '"settled"'))
      const file = { ...all, tables: all.tables.filter(({ name }) => name === 'cursors' || name === 'rejects') }
      const rejects = async (sync: string) => (await everything(sync))['rejects']
      const before = await rejects('out')
      expect(before).toHaveLength(1)
      const fromOlder = { ...file, tables: file.tables.filter(({ name }) => name === 'cursors') }
      for (const each of [file, fromOlder]) {
        await session(({ upkeep }) => upkeep.replace({ sync: 'out', kind: 'etl', ...each }))
        expect(await rejects('out')).toEqual(before)
      }
      await session(({ upkeep }) => upkeep.replace({ sync: 'new', kind: 'etl', ...file }))
      expect(await rejects('new')).toEqual([before?.[0]?.map((cell) => (cell === 'open' ? 'settled' : cell))])
    })

    test('of a load leaves what is known of tables that the file does not speak of', async () => {
      const commit = async (stream: string, table: string) => {
        const fence = await session(({ state }) => state.takeFence({ sync: 'crm', stream, partition: '' }, 'run-1'))
        const asked = { start: null, where: null, masks: {}, table, key: ['id'] }
        const cursor = { watermark: '2026-11-20T10:00:00.000Z', scan: null, marks: { asked } }
        await session(({ etl }) =>
          etl.commit({ fence, sequence: 1, writes: [], cursor: { cursor, connector: 't', version: 1 } }),
        )
      }
      await commit('people', 'crm.people')
      const all = await fileOf('crm')
      const file = { ...all, tables: all.tables.filter(({ name }) => name === 'cursors') }
      await commit('people', 'crm.other')
      await commit('deals', 'crm.deals')
      await session(({ upkeep }) => upkeep.replace({ sync: 'crm', kind: 'etl', ...file }))
      await session(async ({ state }) => {
        expect(await state.readAsked('crm', 'people')).toMatchObject([{ table: 'crm.people' }])
        expect(await state.readAsked('crm', 'deals')).toMatchObject([{ table: 'crm.deals', key: ['id'] }])
        expect((await state.readCursor({ sync: 'crm', stream: 'deals', partition: '' })).watermark).toBeNull()
      })
    })

    test.each<[string, CursorMarks]>([
      ['nothing of it', {}],
      [
        'not whose its rows are',
        { asked: { start: '2026-01-01', where: null, masks: {}, table: 'crm.people', key: ['id'] } },
      ],
    ])(
      'of a load leaves what is known of a table beside a cursor that says %s, as older millraces wrote them',
      async (_, said) => {
        const commit = async (marks: CursorMarks) => {
          const fence = await session(({ state }) =>
            state.takeFence({ sync: 'crm', stream: 'people', partition: '' }, 'run-1'),
          )
          const cursor = { watermark: '2026-11-20T10:00:00.000Z', scan: null, marks }
          await session(({ etl }) =>
            etl.commit({ fence, sequence: 1, writes: [], cursor: { cursor, connector: 't', version: 1 } }),
          )
        }
        const older = { listed_at: '2026-11-19T10:00:00.000Z', ...said }
        await commit(older)
        const file = await fileOf('crm')
        const asked = { start: null, where: null, masks: {}, table: 'crm.people', key: ['id'], account: 'one' }
        await commit({ asked })
        const tables = file.tables.filter(({ name }) => name === 'cursors')
        await session(({ upkeep }) => upkeep.replace({ sync: 'crm', kind: 'etl', ...file, tables }))
        const cursor = await session(({ state }) => state.readCursor({ sync: 'crm', stream: 'people', partition: '' }))
        expect(cursor.marks).toMatchObject({ ...older, asked: { ...asked, ...said.asked } })
      },
    )

    test('goes to another name whole, with the destination that it is of', async () => {
      const late = await fill('old')
      await fill('kept')
      const [before, kept] = [await everything('old'), await everything('kept')]
      const destination = { account: 'a2', connection: 'c2', object: 'o2', options: '{"x":1}' }
      await session(({ upkeep }) => upkeep.move({ from: 'old', to: 'new', destination }))
      const { snapshots: meta, ...after } = await everything('new')
      const { snapshots: _, ...rest } = before
      expect(after).toEqual(rest)
      expect(meta?.[0]).toEqual(expect.arrayContaining(['a2', 'c2', 'o2', '{"x":1}']))
      expect(await session(({ upkeep }) => upkeep.has('old'))).toBe(false)
      expect(await everything('kept')).toEqual(kept)
      expect(await bench().rows(`SELECT count(*) AS n FROM _millrace.changes WHERE sync = 'new'`)).toEqual([{ n: '2' }])
      expect((await errorOf(late.acknowledge([answer('x', { values: exact })]))).code).toBe('MR-2005')
    })

    test('stays where it is when only its destination has another name', async () => {
      await fill()
      const { snapshots: _, ...before } = await everything('out')
      const destination = { account: 'a2', connection: 'crm', object: 'person', options: '{}' }
      await session(({ upkeep }) => upkeep.move({ from: 'out', to: 'out', destination }))
      const { snapshots: __, ...after } = await everything('out')
      expect(after).toEqual(before)
      expect((await session(({ reverse }) => reverse.readMeta('out')))?.account).toBe('a2')
    })

    test('loses changes that are older than they are kept, so many at once, of this sync alone', async () => {
      await fill()
      await fill('kept')
      const prune = (recordedBefore: string, limit: number) =>
        session(({ upkeep }) => upkeep.pruneChanges({ sync: 'out', recordedBefore, limit }))
      expect(await prune('2020-01-01T00:00:00.000Z', 10)).toBe(0)
      const first = await prune('2100-01-01T00:00:00.000Z', 1)
      // Where a deletion costs the same whatever it takes away, all go at once.
      expect(first).toBe(bench().warehouse.type === 'duckdb' ? 1 : 2)
      expect(first + (await prune('2100-01-01T00:00:00.000Z', 10))).toBe(2)
      expect(await bench().rows('SELECT DISTINCT sync FROM _millrace.changes')).toEqual([{ sync: 'kept' }])
    })

    test('tells where a key stands, and loses it from all of that and nothing else', async () => {
      const reverse = await fill()
      await fill('kept')
      await reverse.intend([{ key: 'a', op: 'upsert' }])
      await reverse.acknowledge([refused('a', { unanswered: true, fields: '{}' })])
      const find = (keys: readonly string[]) => session(({ upkeep }) => upkeep.findKey({ keys }))
      const places = (await find(['a', 'A'])).map(({ sync, table, rows }) => `${sync} ${table} ${rows}`)
      expect(places.toSorted(byText)).toEqual([
        'kept changes 1',
        'kept snapshot 1',
        'out changes 2',
        'out intents 1',
        'out rejects 1',
        'out snapshot 1',
      ])
      await session(({ upkeep }) => upkeep.eraseKey({ sync: 'out', key: 'a', keepHash: false }))
      expect((await find(['a'])).map(({ sync }) => sync)).toEqual(['kept', 'kept'])
      expect((await everything('out'))['snapshot']?.map(([key]) => key)).toEqual(["b'", 'gone'])
      expect((await everything('out'))['intents']?.map(([key]) => key)).toEqual(['open'])
    })

    test('may keep the hash of what was sent, and no value', async () => {
      await fill()
      await session(({ upkeep }) => upkeep.eraseKey({ sync: 'out', key: 'a', keepHash: true }))
      const [row] = await bench().rows(`SELECT * FROM _millrace.snapshot_out WHERE key = 'a'`)
      expect(row).toMatchObject({ state: 'ignored', payload_hash: 'h1' })
      expect(Object.entries(row ?? {}).filter(([name, value]) => name.startsWith('v_') && value !== null)).toEqual([])
    })

    test('is asked whether the model has a key, whatever the case of its letters', async () => {
      const has = (model: string, key: string, by: readonly string[] = ['id']) =>
        session(({ upkeep }) => upkeep.modelHasKey({ model, columns: by, key }))
      expect(await has(`SELECT ' Ann@X.com' AS id`, 'ann@x.com')).toBe(true)
      expect(await has(`SELECT 'bob' AS id`, 'ann@x.com')).toBe(false)
      expect(await has(`SELECT NULL::VARCHAR AS id`, 'null')).toBe(false)
      expect(await has(`SELECT 7 AS id, 'SMS' AS channel`, '["7","SMS"]', ['id', 'channel'])).toBe(true)
      expect(await has(`SELECT 7 AS id, 'SMS' AS channel`, '["8","SMS"]', ['id', 'channel'])).toBe(false)
    })
  })
}

const types: { readonly [name: string]: LogicalType } = {
  text: 'string',
  big: 'integer',
  money: 'decimal(38,10)',
  ratio: 'double',
  yes: 'boolean',
  day: 'date',
  at: 'timestamp',
  data: 'json',
  bytes: 'binary',
}

/** In the order of `types`; what a careless road through JSON or doubles would alter. */
const exact: readonly string[] = [
  'é\u2028"q"\\ \u0000 [1]',
  '9223372036854775807',
  '1234567890123456789012345678.0123456789',
  '0.1',
  'true',
  '0044-03-15',
  '2026-11-20 10:00:00.123456',
  '{"b":1.00,"a":"x"}',
  'AP8=',
]

const countsOf = (tables: readonly StateTable[], rows: { readonly [table: string]: readonly unknown[] }) =>
  Object.fromEntries(tables.map(({ name }) => [name, rows[name]?.length ?? 0]))

const byText = (a: string, b: string) => (a < b ? -1 : 1)
