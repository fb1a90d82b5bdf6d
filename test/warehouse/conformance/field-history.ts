import { describe, expect, test } from 'vitest'
import { useWorkbench, type Columns, type OpenWarehouse } from '../workbench.ts'
import type { FieldHistoryView } from '../../../src/warehouse/field-history.ts'

export function fieldHistoryConformance(open: OpenWarehouse): void {
  describe('the view of a field history', () => {
    const bench = useWorkbench(open)
    const view: FieldHistoryView = {
      schema: 'crm',
      name: 'account_field_history',
      history: {
        table: 'account_history',
        key: 'id',
        record: 'account_id',
        field: 'field',
        from: 'old',
        to: 'new',
        at: 'created_date',
        by: 'created_by_id',
        kind: 'data_type',
      },
      parent: { table: 'account', key: 'id', createdAt: 'created_date' },
      who: { table: 'user', key: 'id', name: 'name' },
      tracked: { Name: 'name', Owner: 'owner_id' },
    }
    type Entry = readonly [
      id: string,
      field: string,
      from: string | null,
      to: string | null,
      at: string,
      kind?: string,
      by?: string,
    ]

    /** What a field of a record was and became, in order. */
    const texts = async (field: string, record: string) =>
      (
        await bench().rows(
          `SELECT from_value, to_value FROM crm.account_field_history WHERE field = '${field}' AND record_id = '${record}' ORDER BY valid_from`,
        )
      ).map((row) => [row['from_value'], row['to_value']])

    async function build(entries: readonly Entry[], name = 'Acme') {
      const seen = { _version: 1, _read_at: 1 }
      await bench().load({
        table: 'account',
        columns: { id: 'string', name: 'string', owner_id: 'string', created_date: 'timestamp' },
        rows: [{ id: 'A', name, owner_id: 'U1', created_date: day('01'), ...seen }],
      })
      await bench().load({
        table: 'user',
        columns: { id: 'string', name: 'string' },
        rows: [{ id: 'U1', name: 'Una', ...seen }],
      })
      await bench().load({
        table: 'account_history',
        columns: {
          id: 'string',
          account_id: 'string',
          field: 'string',
          old: 'string',
          new: 'string',
          created_date: 'timestamp',
          created_by_id: 'string',
          data_type: 'string',
        },
        rows: entries.map(([id, field, from, to, at, kind = 'Text', by = 'U1']) => ({
          id,
          account_id: 'A',
          field,
          old: from,
          new: to,
          created_date: day(at),
          created_by_id: by,
          data_type: kind,
          ...seen,
        })),
      })
      await bench().session((session) => session.ensureFieldHistory(view))
    }
    const intervals = async (field: string) =>
      (
        await bench().rows(
          `SELECT kind, from_value, to_value, CAST(valid_from AS DATE) AS f, CAST(valid_to AS DATE) AS t, is_current, changed_by FROM crm.account_field_history WHERE field = '${field}' ORDER BY kind, valid_from, valid_to`,
        )
      ).map((row) => [
        row['from_value'],
        row['to_value'],
        row['f']?.slice(-2),
        row['t']?.slice(-2),
        row['is_current'],
        row['changed_by'],
      ])

    test('gives half-open intervals without a gap, the first of them from the first old value', async () => {
      await build([
        ['h1', 'Name', 'Ac', 'Acm', '05'],
        ['h2', 'Name', 'Acm', 'Acme', '09'],
      ])
      expect(await intervals('Name')).toEqual([
        [null, 'Ac', '01', '05', 'false', null],
        ['Ac', 'Acm', '05', '09', 'false', 'Una'],
        ['Acm', 'Acme', '09', undefined, 'true', 'Una'],
      ])
    })

    test('takes the latest interval of each parent and author that are kept as intervals (scd2)', async () => {
      await build([['h1', 'Name', 'Ac', 'Acme', '05']])
      const again = (table: string, columns: Columns, row: { readonly [column: string]: string }) =>
        bench().load({ table, mode: 'scd2', columns, rows: [{ ...row, _version: 9, _read_at: 9 }] })
      await again('account', { id: 'string', owner_id: 'string' }, { id: 'A', owner_id: 'U2' })
      await again('user', { id: 'string', name: 'string' }, { id: 'U1', name: 'Ursula' })
      const { parent, who } = view
      await bench().session((session) =>
        session.ensureFieldHistory({
          ...view,
          parent: { ...parent, hasIntervals: true },
          who: who && { ...who, hasIntervals: true },
        }),
      )
      expect(await intervals('Name')).toEqual([
        [null, 'Ac', '01', '05', 'false', null],
        ['Ac', 'Acme', '05', undefined, 'true', 'Ursula'],
      ])
      expect(await intervals('Owner')).toEqual([[null, 'U2', '01', undefined, 'true', null]])
    })

    test('has one row for any field at any time', async () => {
      await build([
        ['h1', 'Name', 'Ac', 'Acm', '05'],
        ['h2', 'Name', 'Acm', 'Acme', '09'],
      ])
      for (const [instant, expected] of [
        ['01', 'Ac'],
        ['04', 'Ac'],
        ['05', 'Acm'],
        ['08', 'Acm'],
        ['09', 'Acme'],
        ['30', 'Acme'],
      ] as const)
        expect(
          await bench().rows(
            `SELECT to_value FROM crm.account_field_history WHERE field = 'Name' AND valid_from <= '${day(instant)}' AND (valid_to > '${day(instant)}' OR valid_to IS NULL)`,
          ),
        ).toEqual([{ to_value: expected }])
    })

    test('gives a field that never changed its present value since the record was made', async () => {
      await build([['h1', 'Name', 'Ac', 'Acme', '05']])
      expect(await intervals('Owner')).toEqual([[null, 'U1', '01', undefined, 'true', null]])
    })

    test('keeps apart two kinds of entry for one field', async () => {
      await build([
        ['h1', 'Owner', 'U0', 'U1', '05', 'EntityId'],
        ['h2', 'Owner', 'Otto', 'Una', '05', 'Text'],
      ])
      expect(await intervals('Owner')).toEqual([
        [null, 'U0', '01', '05', 'false', null],
        ['U0', 'U1', '05', undefined, 'true', 'Una'],
        [null, 'Otto', '01', '05', 'false', null],
        ['Otto', 'Una', '05', undefined, 'true', 'Una'],
      ])
    })

    test('knows changes to and from nothing, and changes by somebody who is not loaded', async () => {
      await build([['h1', 'Name', null, 'Acme', '05', 'Text', 'U9']])
      expect(await intervals('Name')).toEqual([
        [null, null, '01', '05', 'false', null],
        [null, 'Acme', '05', undefined, 'true', null],
      ])
    })

    test('puts changes of one instant in the order of their entries, and only the last is current', async () => {
      await build([
        ['h2', 'Name', 'Acm', 'Acme', '05'],
        ['h1', 'Name', 'Ac', 'Acm', '05'],
      ])
      expect((await intervals('Name')).map(([, to, , , current]) => [to, current])).toEqual([
        ['Ac', 'false'],
        ['Acm', 'false'],
        ['Acme', 'true'],
      ])
    })

    test('takes what goes by another name for a change of the field that it means, unless it has no value', async () => {
      await build([
        ['h1', 'ownerAssignment', 'U0', 'U2', '05', 'EntityId'],
        ['h2', 'Owner', 'U2', 'U3', '07', 'EntityId'],
        ['h3', 'ownerAccepted', 'U3', 'U1', '09', 'EntityId'],
        ['h4', 'ownerAssignment', null, null, '10', 'EntityId'],
      ])
      await bench().session((session) =>
        session.ensureFieldHistory({ ...view, otherNames: { ownerAssignment: 'Owner', ownerAccepted: 'Owner' } }),
      )
      expect(await intervals('Owner')).toEqual([
        [null, 'U0', '01', '05', 'false', null],
        ['U0', 'U2', '05', '07', 'false', 'Una'],
        ['U2', 'U3', '07', '09', 'false', 'Una'],
        ['U3', 'U1', '09', undefined, 'true', 'Una'],
      ])
      expect(await intervals('ownerAssignment')).toEqual([])
    })

    test('shows nothing of what its parent leaves out', async () => {
      await build([
        ['h1', 'Name', 'Ac', 'Acme', '05'],
        ['h2', 'Owner', 'U2', 'U3', '07', 'EntityId'],
        ['h3', 'Phone', '1', '2', '08'],
      ])
      const { Owner: _, ...tracked } = view.tracked
      await bench().session((session) =>
        session.ensureFieldHistory({ ...view, tracked, leftOut: ['OwnerId', 'Owner'] }),
      )
      expect(await intervals('Owner')).toEqual([])
      expect(await intervals('Phone')).toHaveLength(2)
      expect(await intervals('Name')).toHaveLength(2)
    })

    test('has one text for a number, as the vendor wrote it of a change or its parent’s column has it', async () => {
      await build([
        ['h1', 'Rate', '0.0', '100', '05'],
        ['h2', 'Rate', '100.0', '2.50', '06'],
        ['h3', 'Rate', '2.5', '1.0E7', '07'],
        ['h4', 'Rate', '1.0E7', '-12345678901234567890.10', '08'],
        ['h5', 'Seats', '-4.0', '10', '05'],
        ['h6', 'Amount', null, '30.00', '05'],
        ['h7', 'Amount', '30', 'n/a.0', '06'],
        ['h8', 'Name', '1.0', '2.0', '05'],
      ])
      const text = { name: '7.0', created_date: day('01'), _version: 1, _read_at: 1 }
      await bench().load({
        table: 'account',
        columns: {
          id: 'string',
          name: 'string',
          rate: 'double',
          seats: 'integer',
          amount: 'decimal(18,2)',
          created_date: 'timestamp',
        },
        rows: [
          { id: 'B', rate: 100, seats: 40, amount: '30.00', ...text },
          { id: 'C', rate: 0, seats: 0, amount: '0.50', ...text },
          { id: 'D', rate: 1e20, seats: null, amount: null, ...text },
        ],
      })
      const tracked = { Name: 'name', Rate: 'rate', Seats: 'seats', Amount: 'amount' }
      await bench().session((session) => session.ensureFieldHistory({ ...view, tracked }))
      expect(await texts('Rate', 'A')).toEqual([
        [null, '0'],
        ['0', '100'],
        ['100', '2.5'],
        ['2.5', '10000000'],
        ['10000000', '-12345678901234567890.1'],
      ])
      expect(await texts('Seats', 'A')).toEqual([
        [null, '-4'],
        ['-4', '10'],
      ])
      expect(await texts('Amount', 'A')).toEqual([
        [null, null],
        [null, '30'],
        ['30', 'n/a.0'],
      ])
      for (const [record, of] of [
        ['B', { Rate: '100', Seats: '40', Amount: '30', Name: '7.0' }],
        ['C', { Rate: '0', Seats: '0', Amount: '0.5', Name: '7.0' }],
        ['D', { Rate: '100000000000000000000', Seats: null, Amount: null, Name: '7.0' }],
      ] as const)
        for (const [field, value] of Object.entries(of)) expect(await texts(field, record)).toEqual([[null, value]])
      expect(await texts('Name', 'A')).toEqual([
        [null, '1.0'],
        ['1.0', '2.0'],
      ])
    })

    test('has one text for a small or a large number, as the vendor wrote it of a change or its parent’s column has it', async () => {
      await build([
        ['h1', 'Rate', '0.5', '5.0E-5', '05'],
        ['h2', 'Units', '1', '2.0E17', '05'],
      ])
      const row = { created_date: day('01'), _version: 1, _read_at: 1 }
      await bench().load({
        table: 'account',
        columns: {
          id: 'string',
          name: 'string',
          owner_id: 'string',
          rate: 'decimal(18,8)',
          units: 'decimal(18,0)',
          created_date: 'timestamp',
        },
        rows: [{ id: 'B', name: 'b', owner_id: 'U1', rate: '0.00005000', units: '200000000000000000', ...row }],
      })
      const tracked = { Rate: 'rate', Units: 'units' }
      await bench().session((session) => session.ensureFieldHistory({ ...view, tracked }))
      const values = async (field: string) =>
        (
          await bench().rows(
            `SELECT DISTINCT to_value FROM crm.account_field_history WHERE field = '${field}' AND is_current AND to_value IS NOT NULL ORDER BY 1`,
          )
        ).map((found) => found['to_value'])
      // A filter by the number finds the record that changed to it, and the one that always had it.
      expect(await values('Rate')).toEqual(['0.00005'])
      expect(await values('Units')).toEqual(['200000000000000000'])
    })

    test('has one text for an instant, as either way of reading brought it of a change or its parent’s column has it', async () => {
      await build([
        ['h1', 'Due', '2026-02-01T08:00:00.000+0000', '2026-02-02T08:00:00.000Z', '05'],
        ['h2', 'Due', '2026-02-02T08:00:00.000+0000', '2026-02-03T08:00:00.250Z', '06'],
        ['h3', 'Due', '2026-02-03T08:00:00.25+00:00', '2026-02-04T08:00:00Z', '07'],
        ['h4', 'Due', '***', null, '08'],
        ['h5', 'Name', '2026-02-01T08:00:00.000Z', '2026-02-01T08:00:00.000+0000', '05'],
      ])
      const row = { name: 'b', owner_id: 'U1', created_date: day('01'), _version: 1, _read_at: 1 }
      await bench().load({
        table: 'account',
        columns: { id: 'string', name: 'string', owner_id: 'string', due: 'timestamp', created_date: 'timestamp' },
        rows: [
          { id: 'B', due: '2026-02-04 08:00:00', ...row },
          { id: 'C', due: '2026-02-03 08:00:00.25', ...row },
        ],
      })
      const tracked = { Name: 'name', Due: 'due' }
      await bench().session((session) => session.ensureFieldHistory({ ...view, tracked }))
      expect(await texts('Due', 'A')).toEqual([
        [null, '2026-02-01 08:00:00'],
        ['2026-02-01 08:00:00', '2026-02-02 08:00:00'],
        ['2026-02-02 08:00:00', '2026-02-03 08:00:00.25'],
        ['2026-02-03 08:00:00.25', '2026-02-04 08:00:00'],
        ['***', null],
      ])
      expect(await texts('Due', 'B')).toEqual([[null, '2026-02-04 08:00:00']])
      expect(await texts('Due', 'C')).toEqual([[null, '2026-02-03 08:00:00.25']])
      // A text that looks like one is the text.
      expect(await texts('Name', 'A')).toEqual([
        [null, '2026-02-01T08:00:00.000Z'],
        ['2026-02-01T08:00:00.000Z', '2026-02-01T08:00:00.000+0000'],
      ])
    })

    test('can be built again over itself', async () => {
      await build([])
      await bench().session((session) => session.ensureFieldHistory(view))
      expect(await intervals('Name')).toEqual([[null, 'Acme', '01', undefined, 'true', null]])
    })
  })
}

const day = (of: string) => `2026-03-${of} 00:00:00`
