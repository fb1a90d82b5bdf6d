import { describe, expect, test } from 'vitest'
import type { LogicalType } from '../../../src/model/logical-type.ts'
import { collect, useWorkbench, type OpenWarehouse } from '../workbench.ts'

export function lookupConformance(open: OpenWarehouse): void {
  describe('a lookup in another model', () => {
    const bench = useWorkbench(open)

    test('finds by text where the columns are of different types: a value has one text, whatever its type', async () => {
      const { joinLookups, type: warehouse } = bench().warehouse
      const cast = (sql: string, type: LogicalType) =>
        type === 'json'
          ? `${warehouse === 'snowflake' ? 'TO_VARIANT' : 'to_json'}(${sql})`
          : `CAST(${sql} AS ${words[type] ?? type})`
      await bench().session(async (session) => {
        const columnOf = async (sql: string, name: string) => ({
          name,
          type: (await session.describe(sql)).find((column) => column.name === name)?.type ?? 'string',
        })
        for (const [ours, own, theirs, other] of pairs) {
          const model = `SELECT 'a' AS id, ${cast(own, ours)} AS k`
          const query = `SELECT ${cast(other, theirs)} AS n, 'found' AS v`
          const by = [{ ours: await columnOf(model, 'k'), theirs: await columnOf(query, 'n') }]
          const sql = joinLookups(model, [{ query, by, column: 'v', value: 'found', matches: 'how many' }])
          const rows = await collect(session.query(sql))
          expect(rows, `${ours} ${own}, ${theirs} ${other}`).toMatchObject([{ found: 'found', 'how many': '1' }])
        }
      })
    })
  })
}

/** Where a warehouse does not know ours. */
const words: { readonly [type: string]: string } = { string: 'VARCHAR', integer: 'BIGINT' }

const pairs: readonly (readonly [LogicalType, string, LogicalType, string])[] = [
  ['double', "'5'", 'integer', '5'],
  ['double', '2.5', 'string', "'2.5'"],
  ['string', "'5'", 'double', '5'],
  ['decimal(10,2)', '1.5', 'decimal(12,4)', '1.5'],
  ['decimal(10,2)', '7', 'integer', '7'],
  ['decimal(10,2)', '19.9', 'string', "'19.90'"],
  ['string', "'100.0'", 'double', '100'],
  ['string', "'100'", 'integer', '100'],
  ['decimal(38,0)', '100', 'integer', '100'],
  ['decimal(18,2)', '0', 'string', "'0'"],
  ['timestamp', "'2026-01-02 03:04:05'", 'string', "'2026-01-02 03:04:05'"],
  ['string', "'2026-01-02 03:04:05.12'", 'timestamp', "'2026-01-02 03:04:05.120'"],
  ['date', "'2026-01-02'", 'string', "'2026-01-02'"],
  ['string', "'true'", 'boolean', 'true'],
  ['decimal(4,4)', '0.5', 'double', "'0.5'"],
  ['decimal(4,4)', '0', 'integer', '0'],
  ['decimal(4,4)', '-0.5', 'decimal(10,2)', '-0.5'],
  ['json', "'a'", 'string', "'a'"],
  ['integer', '5', 'json', '5'],
]
