import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnNames } from '../../../src/model/column-name.ts'
import type { LogicalType } from '../../../src/model/logical-type.ts'
import type { Session } from '../../../src/warehouse/port.ts'
import {
  collect,
  errorOf,
  people,
  tableOf,
  useWorkbench,
  type Columns,
  type OpenWarehouse,
  type Workbench,
} from '../workbench.ts'

export function tableConformance(open: OpenWarehouse): void {
  describe('tables', () => {
    const bench = useWorkbench(open)
    const ensure = (columns: Columns, policy: 'evolve' | 'freeze' | 'ignore' = 'evolve') =>
      bench().session((session) => session.ensureTable(tableOf('people', columns), policy))
    const columnsOf = async () =>
      Object.fromEntries(
        (await bench().session((session) => session.introspect('crm', 'people')))?.columns
          .filter(({ name }) => !name.startsWith('_'))
          .map(({ name, type }) => [name, type]) ?? [],
      )

    test('are as they were when they are asked for once more, whatever the digits of their numbers', async () => {
      const digits = [1, 9, 18, 19, 20, 38].flatMap((precision) => [
        [`whole${precision}`, `decimal(${precision},0)` as const],
        [`part${precision}`, `decimal(${precision},1)` as const],
      ])
      const all: Columns = { id: 'integer', ...Object.fromEntries(digits) }
      await ensure(all)
      expect(await ensure(all)).toEqual([])
    })

    test('are created with their columns, and come back from the warehouse as they were declared', async () => {
      const all: Columns = {
        s: 'string',
        i: 'integer',
        d: 'decimal(20,4)',
        f: 'double',
        b: 'boolean',
        day: 'date',
        t: 'timestamp',
        j: 'json',
        x: 'binary',
      }
      expect(await ensure(all)).toEqual([{ kind: 'table_created', table: 'crm.people' }])
      expect(await columnsOf()).toEqual(all)
    })

    test('that stand already are not touched', async () => {
      await ensure(people)
      expect(await ensure(people)).toEqual([])
    })

    test('gain the columns that are new, and keep those that are gone', async () => {
      await ensure(people)
      expect(await ensure({ id: 'integer', email: 'string' })).toEqual([
        { kind: 'column_added', table: 'crm.people', column: 'email', type: 'string' },
      ])
      expect(await columnsOf()).toEqual({ ...people, email: 'string' })
    })

    const steps: readonly [LogicalType, LogicalType, LogicalType, string, string][] = [
      ['integer', 'decimal(20,2)', 'decimal(21,2)', '9007199254740993', '9007199254740993.00'],
      ['decimal(10,2)', 'double', 'double', '1.25', '1.25'],
      ['double', 'string', 'string', '0.1', '0.1'],
      ['integer', 'string', 'string', '42', '42'],
      ['boolean', 'integer', 'string', 'true', 'true'],
      ['date', 'timestamp', 'timestamp', '0001-01-01', '0001-01-01 00:00:00'],
      ['string', 'json', 'json', 'say "hi"', '"say \\"hi\\""'],
      ['integer', 'json', 'json', '42', '42'],
      ['string', 'integer', 'string', 'abc', 'abc'],
      ['json', 'string', 'json', '{"a":1}', '{"a":1}'],
      // No double holds these: the digits are kept, so the column becomes text.
      ['integer', 'double', 'string', '9007199254740993', '9007199254740993'],
      ['decimal(38,2)', 'double', 'string', '123456789012345678901234567890.12', '123456789012345678901234567890.12'],
    ]
    test.each(steps)(
      'a column that holds %s and meets %s becomes %s and keeps %s',
      async (stored, incoming, result, cell, kept) => {
        await bench().load({
          columns: { id: 'integer', v: stored },
          rows: [{ id: 1, v: cell, _version: 1, _read_at: 1 }],
        })
        const planned = await bench().session((session) =>
          session.planTable(tableOf('people', { id: 'integer', v: incoming }), 'evolve'),
        )
        expect(await ensure({ id: 'integer', v: incoming })).toEqual(planned)
        // A migration is told as such where the warehouse must write the column anew.
        const isMigration = bench().warehouse.type === 'snowflake'
        for (const change of planned) expect('migrate' in change, JSON.stringify(change)).toBe(isMigration)
        expect(await columnsOf()).toEqual({ id: 'integer', v: result })
        expect(await bench().rows('SELECT v FROM crm.people')).toEqual([{ v: kept }])
      },
    )

    test('a double that becomes a text is that of JSON, whether it stands or comes', async () => {
      const load = (type: LogicalType, cells: readonly (string | number)[], version: number) =>
        bench().load({
          columns: { id: 'integer', v: type },
          rows: cells.map((v, index) => ({ id: 10 * version + index, v, _version: version, _read_at: version })),
        })
      const texts = async () => (await bench().rows('SELECT v FROM crm.people ORDER BY id')).map(({ v }) => v)
      const doubles = ['5', '0', '-2.5', '1000000', '1e+21', '0.1']
      await load('double', doubles, 1)
      await load('string', ['5'], 2)
      expect(await texts()).toEqual([...doubles, '5'])
      await load('double', doubles, 3)
      expect(await texts()).toEqual([...doubles, '5', ...doubles])
    })

    test('a number of more digits at the same scale is wider in place, on every warehouse', async () => {
      await ensure({ id: 'integer', paid: 'decimal(10,2)' })
      expect(await ensure({ id: 'integer', paid: 'decimal(12,2)' })).toEqual([
        { kind: 'column_widened', table: 'crm.people', column: 'paid', from: 'decimal(10,2)', to: 'decimal(12,2)' },
      ])
    })

    test('a view of all of a table has the columns that the table has by now, each under its own name', async () => {
      const { quote } = bench().warehouse
      const [from, view] = [`${quote('crm')}.${quote('people')}`, `${quote('models')}.${quote('everyone')}`]
      const look = () =>
        bench().session(async (session) => {
          await session.ensureView('models', 'everyone', `SELECT * FROM ${from}`)
          const found = await collect(session.query(`SELECT * FROM ${view}`))
          return found.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_'))))
        })
      await bench().load({ columns: { id: 'integer', vip: 'boolean', name: 'string' }, rows: [{ ...ann, vip: true }] })
      expect(await look()).toEqual([{ id: '1', vip: 'true', name: 'Ann' }])
      await ensure({ id: 'integer', vip: 'integer', name: 'string', email: 'string' })
      expect(await look()).toEqual([{ id: '1', vip: 'true', name: 'Ann', email: null }])
    })

    test('a view that names a column, and one that reads that view, have the type that the column has by now', async () => {
      const { quote } = bench().warehouse
      const nameOf = (schema: string, name: string) => `${quote(schema)}.${quote(name)}`
      const make = async (session: Session) => {
        await session.ensureView('models', 'days', `SELECT id, day AS k, day FROM ${nameOf('crm', 'people')}`)
        await session.ensureView('models', 'later_days', `SELECT k FROM ${nameOf('models', 'days')}`)
      }
      const look = (rehearsal = false) =>
        bench().warehouse.session({ runId: 'run-1', purpose: 'test', rehearsal }, async (session) => {
          await make(session)
          const sql = `SELECT * FROM ${nameOf('models', 'later_days')}`
          return { columns: await session.describe(sql), rows: await collect(session.query(sql)) }
        })
      await bench().load({
        columns: { id: 'integer', day: 'date' },
        rows: [{ id: 1, day: '2026-11-20', _version: 1, _read_at: 1 }],
      })
      expect(await look()).toEqual({ columns: [{ name: 'k', type: 'date' }], rows: [{ k: '2026-11-20' }] })
      // In a session of its own, and in the one that makes the views again.
      await ensure({ id: 'integer', day: 'timestamp' })
      const later = { columns: [{ name: 'k', type: 'timestamp' }], rows: [{ k: '2026-11-20 00:00:00' }] }
      expect(await look(true)).toEqual(later)
      expect(await look()).toEqual(later)
      await bench().session(async (session) => {
        await make(session)
        await session.ensureTable(tableOf('people', { id: 'integer', day: 'string' }), 'evolve')
        await make(session)
      })
      expect(await look()).toMatchObject({ columns: [{ name: 'k', type: 'string' }] })
    })

    test('a view that reads another has the types that the other one has by now', async () => {
      const { quote } = bench().warehouse
      const make = (cell: string) =>
        bench().session((session) => session.ensureView('models', 'people', `SELECT ${cell} AS k`))
      const look = () =>
        bench().session(async (session) => {
          const from = `${quote('models')}.${quote('people')}`
          await session.ensureView('models', 'people_now', `SELECT k FROM ${from}`)
          return session.describe(`SELECT * FROM ${quote('models')}.${quote('people_now')}`)
        })
      await make('TRUE')
      expect(await look()).toEqual([{ name: 'k', type: 'boolean' }])
      await make("'yes'")
      expect(await look()).toEqual([{ name: 'k', type: 'string' }])
    })

    test('frozen ones refuse a change, say which, and stay as they were', async () => {
      await ensure(people)
      const error = await errorOf(ensure({ ...people, email: 'string', id: 'string' }, 'freeze'))
      expect(error.code).toBe('MR-2201')
      expect(error.message).toContain('email')
      expect(error.message).toContain('id')
      expect(await columnsOf()).toEqual(people)
      expect(await ensure(people, 'freeze')).toEqual([])
    })

    test('that ignore changes take no new column, but still hold what comes', async () => {
      await ensure(people)
      expect(await ensure({ ...people, email: 'string', name: 'json' }, 'ignore')).toEqual([
        expect.objectContaining({ kind: 'column_widened', column: 'name', from: 'string', to: 'json' }),
      ])
    })

    test('plans change nothing', async () => {
      const planned = await bench().session((session) => session.planTable(tableOf('people', people), 'evolve'))
      expect(planned).toEqual([{ kind: 'table_created', table: 'crm.people' }])
      expect(await columnsOf()).toEqual({})
    })

    test('take 1,000 columns', async () => {
      const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`c${index}`, 'string' as const]))
      const rows = [1, 2].map((version) => ({
        id: 1,
        c7: `seven ${version}`,
        c999: 'last',
        _version: version,
        _read_at: version,
      }))
      await bench().load({ columns: { id: 'integer', ...wide }, rows: rows.slice(0, 1) })
      expect(await bench().load({ columns: { id: 'integer', ...wide }, rows: rows.slice(1) })).toMatchObject({
        updated: 1,
      })
      expect(await bench().rows('SELECT c7, c999 FROM crm.people')).toEqual([{ c7: 'seven 2', c999: 'last' }])
    })

    test('take vendor fields of any name: reserved words, quotes, semicolons, emoji, names that differ by case only', async () => {
      const fields = [
        'select',
        'from',
        'order',
        'Group',
        'GROUP',
        'na"me',
        "na'me",
        'a;DROP TABLE x',
        '🙂',
        '🙃',
        'É',
        'é',
        '',
        ' ',
        'r0',
        'r1',
        't',
        's',
        '_class',
        '_rid',
        '_deleted_at',
        'rowid',
        '__proto__',
        'constructor',
      ]
      const { stored, written } = await writeTwice(bench(), fields, 'people')
      expect(stored).toEqual(written)
    })

    test('take any column name at all', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 }),
          async (fields) => {
            const { stored, written } = await writeTwice(bench(), fields, `t${++tables}`)
            expect(stored).toEqual(written)
          },
        ),
        { numRuns: 8, interruptAfterTimeLimit: 40_000 },
      )
    })
  })
}

let tables = 0

/** Loads a row with these fields, then a newer one; what is stored and what was written last. */
async function writeTwice(bench: Workbench, fields: readonly string[], table: string) {
  const names = [...columnNames(['id', ...fields.filter((field) => field !== 'id')]).values()]
  const columns = Object.fromEntries(names.map((name) => [name, 'string' as const]))
  const cells = (version: number) =>
    Object.fromEntries(names.map((name) => [name, name === 'id' ? '1' : `${name} ${version}`]))
  for (const version of [1, 2])
    await bench.load({ table, columns, rows: [{ ...cells(version), _version: version, _read_at: version }] })
  const [row] = await bench.rows(`SELECT ${names.map(bench.warehouse.quote).join(', ')} FROM crm.${table}`)
  return { stored: row, written: cells(2) }
}

const ann = { id: 1, name: 'Ann', _version: 1, _read_at: 1 }
