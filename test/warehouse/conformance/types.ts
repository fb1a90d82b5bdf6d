import { describe, expect, test } from 'vitest'
import type { LogicalType } from '../../../src/model/logical-type.ts'
import { collect, useWorkbench, type OpenWarehouse } from '../workbench.ts'
import { answer, openReverse } from '../reverse.ts'

/** Type, a value as text, and the same value as a query gives it where that is spelled otherwise. */
const edges: readonly [LogicalType, string, string?][] = [
  ['integer', '9223372036854775807'],
  ['integer', '-9223372036854775808'],
  ['integer', '9007199254740993'],
  ['decimal(38,0)', '99999999999999999999999999999999999999'],
  ['decimal(38,0)', '-99999999999999999999999999999999999999'],
  ['decimal(38,37)', '1.2345678901234567890123456789012345678'],
  ['decimal(18,2)', '0.10'],
  ['double', '0.1'],
  ['double', '1.7976931348623157e+308'],
  ['double', '5e-324'],
  ['boolean', 'true'],
  ['boolean', 'false'],
  ['date', '0001-01-01'],
  ['date', '9999-12-31'],
  ['timestamp', '0001-01-01 00:00:00'],
  ['timestamp', '9999-12-31 23:59:59.999999'],
  ['timestamp', '2026-11-20 09:55:00.123456'],
  ['string', ''],
  ['string', ' '],
  ['string', 'null'],
  ['string', '🙂 Ünï \u202E\u0001'],
  ['string', `it's "quoted"; -- \\ ${'$'}{x}\n\t`],
  ['string', '007'],
  ['json', '{"b":1,"a":[null,"x",12345678901234567890.5]}'],
  ['json', '"text"'],
  ['json', '[]'],
  ['binary', 'AAEC/w==', '\\x00\\x01\\x02\\xFF'],
  ['binary', '', ''],
]

/** DuckDB shows a blob with its letters, Snowflake in hexadecimal digits. */
const shownAs = (warehouse: 'duckdb' | 'snowflake', type: LogicalType, shown: string): string =>
  warehouse === 'snowflake' && type === 'binary' ? shown.replaceAll('\\x', '') : shown

export function typeConformance(open: OpenWarehouse): void {
  describe('values', () => {
    const bench = useWorkbench(open)

    test('come back as they went in, at the edges of every type, beside their nulls', async () => {
      const columns = Object.fromEntries(edges.map(([type], index) => [`c${index}`, type]))
      const cells = Object.fromEntries(edges.map(([, value], index) => [`c${index}`, value]))
      await bench().load({
        columns: { id: 'integer', ...columns },
        rows: [
          { id: 1, ...cells, _version: 1, _read_at: 1 },
          { id: 2, _version: 1, _read_at: 1 },
        ],
      })
      const stored = await bench().rows('SELECT * FROM crm.people ORDER BY id')
      edges.forEach(([type, value, shown], index) =>
        expect([type, stored[0]?.[`c${index}`]]).toEqual([type, shownAs(bench().warehouse.type, type, shown ?? value)]),
      )
      edges.forEach((_, index) => expect(stored[1]?.[`c${index}`]).toBeNull())
    })

    test('are unchanged when they are merged again', async () => {
      const columns = Object.fromEntries(edges.map(([type], index) => [`c${index}`, type]))
      const cells = Object.fromEntries(edges.map(([, value], index) => [`c${index}`, value]))
      const rows = (minute: number) => [
        { id: 1, ...cells, _version: minute, _read_at: minute },
        { id: 2, _version: minute, _read_at: minute },
      ]
      await bench().load({ columns: { id: 'integer', ...columns }, rows: rows(1) })
      expect(await bench().load({ columns: { id: 'integer', ...columns }, rows: rows(2) })).toMatchObject({
        unchanged: 2,
        updated: 0,
      })
    })

    test('go out through a diff and into a snapshot exactly, so that nothing differs afterwards', async () => {
      const named = edges.map(([type, value], index) => ({ name: `c${index}`, type, value }))
      await bench().load({
        columns: { id: 'integer', ...Object.fromEntries(named.map(({ name, type }) => [name, type])) },
        rows: [
          { id: 1, ...Object.fromEntries(named.map(({ name, value }) => [name, value])), _version: 1, _read_at: 1 },
          { id: 2, _version: 1, _read_at: 1 },
        ],
      })
      const reverse = await openReverse(bench(), { model: 'SELECT * FROM crm.people', columns: named, key: ['id'] })
      const { candidates } = await reverse.diff()
      const sent = candidates.map(({ values }) => named.map(({ name }) => values?.[name] ?? null))
      // A query spells a double its own way; what counts is that it is the same number.
      const same = (value: string | null, type: LogicalType) =>
        type === 'double' && value !== null ? String(Number(value)) : value
      expect(sent[0]?.map((value, index) => same(value, named[index]?.type ?? 'string'))).toEqual(
        named.map(({ value }) => value),
      )
      expect(sent[1]).toEqual(named.map(() => null))
      await reverse.acknowledge(candidates.map(({ key }, index) => answer(key, { values: sent[index] ?? null })))
      expect((await reverse.diff()).counts).toMatchObject({ unchanged: 2, changed: 0, added: 0 })
    })

    test('of a list of timestamps go out as JSON, as those of every list', async () => {
      const rows = [1, 2].map((minute) => ({ id: minute, seen: '2026-01-01 10:00:00.1', _version: 1, _read_at: 1 }))
      await bench().load({ columns: { id: 'integer', seen: 'timestamp' }, rows })
      const model = 'SELECT min(id) AS id, array_agg(seen) AS ats FROM crm.people'
      const [, ats] = await bench().session((session) => session.describe(model))
      const reverse = await openReverse(bench(), {
        model,
        columns: [{ name: 'ats', type: ats?.type ?? 'string' }],
        key: ['id'],
      })
      const { candidates } = await reverse.diff()
      // How many digits the second has is the warehouse's own affair.
      const digits = bench().warehouse.type === 'duckdb' ? '.1' : '.100000000'
      const sent = [`["2026-01-01 10:00:00${digits}","2026-01-01 10:00:00${digits}"]`]
      expect(candidates.map(({ values }) => values?.['ats'])).toEqual(sent)
      await reverse.acknowledge(candidates.map(({ key }) => answer(key, { values: sent })))
      expect((await reverse.diff()).counts).toMatchObject({ unchanged: 1, changed: 0, added: 0 })
    })

    test('of a model that have an offset go out as the instants that they are', async () => {
      const zoned = bench().warehouse.type === 'snowflake' ? 'TIMESTAMP_TZ' : 'TIMESTAMPTZ'
      const reverse = await openReverse(bench(), {
        model: `SELECT 'a' AS id, CAST('2026-07-01 10:00:00.25+02:00' AS ${zoned}) AS renewed_at`,
        columns: [
          { name: 'id', type: 'string' },
          { name: 'renewed_at', type: 'timestamp' },
        ],
        key: ['id'],
      })
      const [candidate] = (await reverse.diff()).candidates
      expect(candidate?.values).toEqual({ id: 'a', renewed_at: '2026-07-01 08:00:00.25' })
    })

    test('of JSON that say a name twice load, with the rows beside them', async () => {
      const columns = { id: 'integer', doc: 'json' } as const
      const doc = '{"a":1,"b":[{"c":1,"c":2}],"a":2}'
      const rows = [
        { id: 1, doc, _version: 1, _read_at: 1 },
        { id: 2, doc: '{"a":1.50}', _version: 1, _read_at: 1 },
      ]
      expect(await bench().load({ columns, rows })).toMatchObject({ inserted: 2, rejected: 0 })
      const stored = await bench().rows('SELECT doc FROM crm.people ORDER BY id')
      // DuckDB keeps the text.
      const kept = bench().warehouse.type === 'snowflake' ? '{"a":2,"b":[{"c":2}]}' : doc
      expect(stored).toEqual([{ doc: kept }, { doc: '{"a":1.50}' }])
    })

    test('of 10 MB pass', async () => {
      await bench().load({ rows: [{ id: 1, name: 'x'.repeat(10_000_000), _version: 1, _read_at: 1 }] })
      const [row] = await bench().session((session) => collect(session.query('SELECT name FROM crm.people')))
      expect(row?.['name']?.length).toBe(10_000_000)
    })

    test('of a query have their types without it being run', async () => {
      const described = await bench().session((session) =>
        session.describe(
          {
            duckdb: `SELECT 1::BIGINT AS i, 1.5::DECIMAL(10,2) AS d, 'x' AS s, true AS b, now() AS t, [1] AS list, [now()::TIMESTAMP] AS times, {'a': now()} AS nested, 1::UBIGINT AS u`,
            snowflake: `SELECT 1.5::DECIMAL(10,2) AS d, 'x' AS s, true AS b, SYSDATE() AS t, [1] AS list, [SYSDATE()] AS times, {'a': SYSDATE()} AS nested, 1::BIGINT AS u`,
          }[bench().warehouse.type],
        ),
      )
      expect(Object.fromEntries(described.map(({ name, type }) => [name, type]))).toEqual({
        // The simulator says of whole numbers only that they have up to 38 digits.
        ...(bench().warehouse.type === 'duckdb' && { i: 'integer' }),
        d: 'decimal(10,2)',
        s: 'string',
        b: 'boolean',
        t: 'timestamp',
        list: 'json',
        times: 'json',
        nested: 'json',
        u: 'decimal(38,0)',
      })
    })
  })
}
