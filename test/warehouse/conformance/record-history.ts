import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FieldHistoryView } from '../../../src/warehouse/field-history.ts'
import type { RecordHistoryView } from '../../../src/warehouse/record-history.ts'
import { at, useWorkbench, type OpenWarehouse } from '../workbench.ts'
import { playRecords, type Entry, type Known, type RecordRow } from './record-model.ts'

export function recordHistoryConformance(open: OpenWarehouse): void {
  describe('the view of whole records over time', () => {
    const bench = useWorkbench(open)
    const seen = { _version: 1, _read_at: 1 }
    let nth = 0

    /** Loads into tables of their own and builds both views; gives back the rows of the view. */
    async function play(entries: readonly Entry[], records: ReadonlyMap<string, Known>) {
      const table = `account_${++nth}`
      await bench().load({
        table,
        columns: { id: 'string', name: 'string', owner_id: 'string', created_date: 'timestamp' },
        rows: [...records].map(([id, { createdAt, present }]) => ({
          id,
          name: present['Name'],
          owner_id: present['Owner'],
          created_date: at(createdAt),
          ...seen,
        })),
      })
      await bench().load({
        table: `${table}_history`,
        columns: {
          id: 'string',
          account_id: 'string',
          field: 'string',
          kind: 'string',
          old: 'string',
          new: 'string',
          at: 'timestamp',
          by: 'string',
        },
        rows: entries.map((entry) => ({
          id: entry.id,
          account_id: entry.record,
          field: entry.field,
          kind: entry.kind,
          old: entry.from,
          new: entry.to,
          at: at(entry.at),
          by: 'U1',
          ...seen,
        })),
      })
      const fields: FieldHistoryView = {
        schema: 'crm',
        name: `${table}_field_history`,
        history: {
          table: `${table}_history`,
          key: 'id',
          record: 'account_id',
          field: 'field',
          from: 'old',
          to: 'new',
          at: 'at',
          by: 'by',
          kind: 'kind',
        },
        parent: { table, key: 'id', createdAt: 'created_date' },
        who: null,
        tracked: { Name: 'name', Owner: 'owner_id' },
      }
      const view: RecordHistoryView = {
        schema: 'crm',
        name: `${table}_history_scd2`,
        fieldHistory: fields.name,
        keyKind: 'EntityId',
        columns: [
          { name: 'name', fields: ['Name'] },
          { name: 'owner_id', fields: ['Owner'] },
        ],
      }
      for (let times = 0; times < 2; times++)
        await bench().session(async (session) => {
          await session.ensureFieldHistory(fields)
          await session.ensureRecordHistory(view)
        })
      return bench().rows(`SELECT * FROM crm.${view.name} ORDER BY record_id, valid_from`)
    }

    const acme = new Map([['A', { createdAt: 0, present: { Name: 'Acme', Owner: 'U3' } }]])
    const lines = (rows: Awaited<ReturnType<typeof play>>) =>
      rows.map((row) => [minute(row['valid_from']), minute(row['valid_to']), row['name'], row['owner_id']])

    test('has a row between any two changes, with what held of every field then', async () => {
      const rows = await play(
        [
          entry('h1', 'Name', 'Ac', 'Acm', 5),
          entry('h2', 'Name', 'Acm', 'Acme', 9),
          entry('h3', 'Owner', 'U1', 'U3', 7, 'EntityId'),
          entry('h4', 'Owner', 'Una', 'Uwe', 7),
        ],
        acme,
      )
      expect(lines(rows)).toEqual([
        [0, 5, 'Ac', 'U1'],
        [5, 7, 'Acm', 'U1'],
        [7, 9, 'Acm', 'U3'],
        [9, null, 'Acme', 'U3'],
      ])
      expect(rows.map((row) => row['is_current'])).toEqual(['false', 'false', 'false', 'true'])
      expect(Object.keys(rows[0] ?? {})).toEqual([
        'record_id',
        'valid_from',
        'valid_to',
        'is_current',
        'name',
        'owner_id',
      ])
    })

    test('has one row, with its present values, of a record of which nothing ever changed', async () => {
      expect(lines(await play([], acme))).toEqual([[0, null, 'Acme', 'U3']])
    })

    test('tells a change to nothing from no change', async () => {
      const rows = await play(
        [entry('h1', 'Name', 'Ac', null, 5), entry('h2', 'Owner', 'U1', 'U3', 7, 'EntityId')],
        acme,
      )
      expect(lines(rows)).toEqual([
        [0, 5, 'Ac', 'U1'],
        [5, 7, null, 'U1'],
        [7, null, null, 'U3'],
      ])
    })

    test('takes several changes of one instant for one, of which the last holds', async () => {
      const changes = [entry('h2', 'Name', 'b', 'c', 5), entry('h1', 'Name', 'a', 'b', 5)]
      expect(lines(await play(changes, acme))).toEqual([
        [0, 5, 'a', 'U3'],
        [5, null, 'c', 'U3'],
      ])
    })

    test('begins no interval for a field that is not tracked any more', async () => {
      expect(lines(await play([entry('h1', 'Fax', '1', '2', 5)], acme))).toEqual([[0, null, 'Acme', 'U3']])
    })

    test('knows of a record that is not loaded only since its first change', async () => {
      expect(lines(await play([entry('h1', 'Name', 'a', 'b', 5)], new Map()))).toEqual([[5, null, 'b', null]])
    })

    test('is that of the model, shows what the fields’ own view shows, and has no gap and no overlap', async () => {
      const value = fc.constantFrom('a', 'b', 'v', 'n', '', null)
      const change = fc.record({
        record: fc.constantFrom('A', 'B', 'Z'),
        field: fc.constantFrom('Name', 'Owner', 'Fax'),
        from: value,
        to: value,
        at: fc.integer({ min: 1, max: 9 }),
      })
      const record = fc.record({
        createdAt: fc.integer({ min: 0, max: 5 }),
        present: fc.record({ Name: value, Owner: value }),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 12 }), record, record, async (changes, a, b) => {
          const entries = changes.flatMap((each, index): readonly Entry[] => {
            const id = `h${String(index).padStart(2, '0')}`
            const text = { ...each, id, kind: 'Text' }
            if (each.field !== 'Owner') return [text]
            return [
              { ...text, id: `${id}b`, from: 'a name', to: 'another name' },
              { ...each, id, kind: 'EntityId' },
            ]
          })
          const records = new Map([
            ['A', a],
            ['B', b],
          ])
          const rows = await play(entries, records)
          expect(rows.map(rowOf)).toEqual(playRecords(entries, records, { Name: 'Text', Owner: 'EntityId' }))
          expectOneAfterTheOther(rows.map(rowOf))
          expect(rows.every((row) => (row['is_current'] === 'true') === (row['valid_to'] === null))).toBe(true)
          expect(await differences(`account_${nth}`)).toEqual([])
        }),
        { numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? 12) },
      )
    }, 120_000)

    /** Where a row does not show what the view of the fields gives at its beginning. */
    async function differences(table: string) {
      const of = (column: string, field: string, kinds: string) =>
        `SELECT s.record_id, s.valid_from, s.${column}, f.to_value FROM crm.${table}_history_scd2 s JOIN crm.${table}_field_history f ` +
        `ON f.record_id = s.record_id AND f.field = '${field}' AND f.kind IN (${kinds}) AND f.valid_from <= s.valid_from ` +
        `AND (f.valid_to > s.valid_from OR f.valid_to IS NULL) WHERE s.${column} IS DISTINCT FROM f.to_value`
      return [
        ...(await bench().rows(of('name', 'Name', `'Text', ''`))),
        ...(await bench().rows(of('owner_id', 'Owner', `'EntityId', ''`))),
      ]
    }
  })
}

const entry = (
  id: string,
  field: string,
  ...[from, to, instant, kind = 'Text']: readonly [string | null, string | null, number, string?]
): Entry => ({ id, record: 'A', field, kind, from, to, at: instant })

const rowOf = (row: { readonly [column: string]: string | null }): RecordRow => ({
  record: row['record_id'] ?? '',
  from: minute(row['valid_from']) ?? Number.NaN,
  to: minute(row['valid_to']),
  values: { Name: row['name'] ?? null, Owner: row['owner_id'] ?? null },
})

function expectOneAfterTheOther(rows: readonly RecordRow[]): void {
  for (const own of Map.groupBy(rows, ({ record }) => record).values())
    own.forEach(({ from, to }, index) => {
      expect(to).toBe(own[index + 1]?.from ?? null)
      if (to !== null) expect(to).toBeGreaterThan(from)
    })
}

const minute = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : (Date.parse(`${text.replace(' ', 'T')}Z`) - Date.parse(at(0))) / 60_000
