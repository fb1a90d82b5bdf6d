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

const directory = mkdtempSync(join(tmpdir(), 'millrace-macros-'))
let snowflake: RunningSnowflake
let warehouse: Warehouse

beforeAll(async () => {
  snowflake = await startSnowflake({ directory })
  const { connection } = snowflake
  warehouse = openSnowflakeWarehouse({
    place: 'the simulated Snowflake',
    connection: async () => ({
      account: connection.account,
      user: connection.user,
      auth: { kind: 'key_pair', privateKey: connection.privateKey, passphrase: null },
      role: connection.role,
      warehouse: connection.warehouse,
      database: connection.database,
      schema: null,
      accessUrl: connection.url,
      proxy: null,
      statementTimeoutMs: 60_000,
      queryTag: {},
      sessionParameters: {},
    }),
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
    expect((await inSession((session) => session.describe(sql)))[0]?.type).toBe(type)
    expect((await rowsOf(sql))[0]).toEqual([gives])
  })

  it.each(flattenCases)('flatten: %s', async (_title, items, rows) => {
    const from = `from (select ${literal(items)} as items) as o`
    for (const join of ['cross join', ',']) {
      const sql = rendered(`select item.index, item.value ${from} ${join} {{ flatten(o.items) }} as item order by 1`)
      expect(await rowsOf(sql)).toEqual(rows)
    }
  })
})
