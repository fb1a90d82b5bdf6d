import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderModel } from '../../../src/config/model-references.ts'
import { startSnowflake, type RunningSnowflake } from '../../../src/sandbox/snowflake/start.ts'
import type { Session, Warehouse } from '../../../src/warehouse/port.ts'
import { snowflakeMacros } from '../../../src/warehouse/snowflake/macros.ts'
import { openSnowflakeWarehouse } from '../../../src/warehouse/snowflake/warehouse.ts'
import { flattenCases, macroCases } from '../macro-cases.ts'
import { optionsOf } from '../snowflake-adapter.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-macros-'))
let snowflake: RunningSnowflake
let warehouse: Warehouse

beforeAll(async () => {
  snowflake = await startSnowflake({ directory })
  const { connection } = snowflake
  warehouse = openSnowflakeWarehouse({
    place: 'the simulated Snowflake',
    connection: async () => ({ ...optionsOf(connection), lockTimeoutMs: 20_000, loginTimeoutMs: 10_000 }),
  })
}, 60_000)

afterAll(async () => {
  await warehouse.close()
  await snowflake.close()
  rmSync(directory, { recursive: true, force: true })
})

const literal = (text: string) => `parse_json('${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}')`
const rendered = (sql: string) =>
  renderModel({ file: 'models/x.sql', sql, warehouse: null }, { ...snowflakeMacros, source: () => '', ref: () => '' })
const inSession = <T>(work: (session: Session) => Promise<T>) =>
  warehouse.session({ runId: 'run-1', purpose: 'test' }, work)

async function rowsOf(sql: string): Promise<(string | null)[][]> {
  return inSession(async (session) => {
    const rows = []
    for await (const chunk of session.query(sql)) rows.push(...chunk)
    return rows.map((row) => Object.values(row))
  })
}

describe('a macro on Snowflake', () => {
  it.each(macroCases)('%s', async (_title, type, macro, gives) => {
    const sql = rendered(`select {{ ${typeof macro === 'string' ? macro : macro(literal)} }} as x`)
    const [column] = await inSession((session) => session.describe(sql))
    // The simulator calls an integer of its own NUMBER(38,0), whatever it was cast to.
    expect(type === 'integer' && column?.type === 'decimal(38,0)' ? 'integer' : column?.type).toBe(type)
    const [[cell]] = (await rowsOf(sql)) as [[string | null]] // one row of one column
    expect(type === 'double' ? (cell?.replace(/\.0$/, '') ?? null) : cell).toBe(gives)
  })

  it('reads a moment with an offset as the instant that it is, where it is brought to UTC', async () => {
    const moment = `convert_timezone('UTC', cast('2026-07-02 00:30:00 +0200' as timestamp_tz))`
    const cells = [`dateadd('hour', 1, ${moment})`, `datediff('day', cast('2026-07-01' as date), ${moment})`]
    const sql = rendered(`select ${cells.map((cell) => `{{ ${cell} }}`).join(', ')}`)
    expect(await rowsOf(sql)).toEqual([['2026-07-01 23:30:00', '0']])
  })

  it.each(flattenCases)('flatten: %s', async (_title, items, rows) => {
    const from = `from (select ${literal(items)} as items) as o`
    for (const join of ['cross join', ',']) {
      const sql = rendered(`select item.index, item.value ${from} ${join} {{ flatten(o.items) }} as item order by 1`)
      expect(await rowsOf(sql)).toEqual(rows)
    }
  })

  it('flatten: a list that is null has no rows, and several lists keep their rows apart', async () => {
    const part = (id: number, list: string) => `select ${id} as id, ${list} as items`
    const from = `from (${part(1, literal('[5,6]'))} union all ${part(2, 'null')} union all ${part(3, literal('[7]'))}) as o`
    const sql = rendered(
      `select o.id, item.index, {{ json_text(item.value) }} ${from} cross join {{ flatten(o.items) }} as item order by 1, 2`,
    )
    expect(await rowsOf(sql)).toEqual([
      ['1', '0', '5'],
      ['1', '1', '6'],
      ['3', '0', '7'],
    ])
  })

  it('the clock is UTC’s, without a zone', async () => {
    const sql = rendered('select {{ current_timestamp() }} as at, {{ current_date() }} as day')
    expect((await inSession((session) => session.describe(sql))).map(({ type }) => type)).toEqual(['timestamp', 'date'])
    const [row] = await rowsOf(sql)
    expect(Math.abs(Date.parse(`${row?.[0]?.replace(' ', 'T')}Z`) - Date.now())).toBeLessThan(60_000)
    expect(row?.[0]?.slice(0, 10)).toBe(row?.[1])
  })

  it.each([
    ["dateadd('month', n + 1, d)", "DATEADD('month', ROUND(n + 1), CAST(d AS TIMESTAMP_NTZ(6)))"],
    [
      "datediff('week', a, b)",
      "CAST(FLOOR(DATEDIFF('day', CAST('1970-01-05' AS TIMESTAMP_NTZ(6)), CAST(b AS TIMESTAMP_NTZ(6))) / 7) - " +
        "FLOOR(DATEDIFF('day', CAST('1970-01-05' AS TIMESTAMP_NTZ(6)), CAST(a AS TIMESTAMP_NTZ(6))) / 7) AS NUMBER(19,0))",
    ],
    [`json_value(p, 'a."it''s"[0]')`, "GET(GET(GET(p, 'a'), 'it''s'), 0)"],
    [
      // The simulator’s JSON keeps a double of a fraction; an account keeps 38 digits, of which these are to be.
      "json_text(p, 'n')",
      "(CASE WHEN TYPEOF(GET(p, 'n')) IN ('DECIMAL', 'DOUBLE') THEN REGEXP_REPLACE(REGEXP_REPLACE(REGEXP_REPLACE(" +
        "CAST(GET(p, 'n') AS VARCHAR), '([.][0-9]*[1-9])0+$', '\\\\1'), '[.]0+$', ''), '^-0$', '0') " +
        "WHEN TYPEOF(GET(p, 'n')) NOT IN ('OBJECT', 'ARRAY') THEN CAST(GET(p, 'n') AS VARCHAR) END)",
    ],
    ["try_cast(x, 'date')", `(CASE WHEN REGEXP_LIKE(x, '${dates}') THEN TRY_TO_DATE(x, 'YYYY-MM-DD') END)`],
    ['current_date()', 'CAST(CAST(SYSDATE() AS TIMESTAMP_NTZ(6)) AS DATE)'],
  ])('%s is written without a word that a parameter of the account gives a meaning', (macro, sql) => {
    expect(rendered(`select {{ ${macro} }}`)).toBe(`select ${sql}`)
  })
})

const dates = '([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}'
