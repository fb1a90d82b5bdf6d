import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderModel } from '../../../src/config/model-references.ts'
import { logicalType } from '../../../src/duckdb/sql-text.ts'
import { duckdbMacros } from '../../../src/warehouse/duckdb/macros.ts'
import { flattenCases, longFractions, macroCases } from '../macro-cases.ts'

let db: DuckDBConnection

beforeAll(async () => {
  db = await (await DuckDBInstance.create(':memory:')).connect()
  // Nothing depends on the session's zone.
  await db.run("SET TimeZone = 'Asia/Tokyo'")
})
afterAll(() => db.closeSync())

const literal = (text: string) => `'${text.replaceAll("'", "''")}'::JSON`
const rendered = (sql: string) =>
  renderModel({ file: 'models/x.sql', sql, warehouse: null }, { ...duckdbMacros, source: () => '', ref: () => '' })

describe('a macro on DuckDB', () => {
  it.each([...macroCases, ...longFractions])('%s', async (_title, type, macro, gives) => {
    const sql = rendered(`select {{ ${typeof macro === 'string' ? macro : macro(literal)} }} as x`)
    const [row] = (await db.runAndReadAll(`select cast(x as varchar), typeof(x) from (${sql})`)).getRowsJson()
    const [cell, found] = (row ?? []).map((each) => (each === null ? null : String(each)))
    expect(found && logicalType(found)).toBe(type)
    expect(type === 'double' ? (cell?.replace(/\.0$/, '') ?? null) : (cell?.replace(/^\./, '0.') ?? null)).toBe(gives)
  })

  it.each(flattenCases)('flatten: %s', async (_title, items, rows) => {
    const from = `from (select ${literal(items)} as items) as o`
    for (const join of ['cross join', ',']) {
      const sql = rendered(`select item.index, item.value ${from} ${join} {{ flatten(o.items) }} as item order by 1`)
      const found = await db.runAndReadAll(sql)
      expect(found.getRowsJson()).toEqual(rows)
    }
  })

  it('flatten: a list that is null has no rows, and several lists keep their rows apart', async () => {
    const from = `from (values (1, ${literal('[5,6]')}), (2, null), (3, ${literal('[7]')})) as o(id, items)`
    const sql = rendered(
      `select o.id, item.index, {{ json_text(item.value) }} ${from} cross join {{ flatten(o.items) }} as item order by 1, 2`,
    )
    expect((await db.runAndReadAll(sql)).getRowsJson()).toEqual([
      [1, '0', '5'],
      [1, '1', '6'],
      [3, '0', '7'],
    ])
  })

  it('flatten: digits of fractions stay', async () => {
    const sql = rendered(
      `select item.value from {{ flatten(${literal('[0.12345678901234567891, "0.50", {"a":1.50}]')}) }} as item`,
    )
    expect((await db.runAndReadAll(sql)).getRowsJson()).toEqual([
      ['0.12345678901234567891'],
      ['"0.50"'],
      ['{"a":1.50}'],
    ])
  })

  it('the clock is UTC’s, without a zone', async () => {
    const sql = rendered(
      'select {{ current_timestamp() }} as at, {{ current_date() }} as day, typeof({{ current_timestamp() }}), typeof({{ current_date() }})',
    )
    const [row] = (await db.runAndReadAll(sql)).getRowsJson()
    const [at, day, ...kinds] = (row ?? []).map(String)
    expect(Math.abs(Date.parse(`${at}Z`) - Date.now())).toBeLessThan(60_000)
    expect(at?.slice(0, 10)).toBe(day)
    expect(kinds).toEqual(['TIMESTAMP', 'DATE'])
  })
})
