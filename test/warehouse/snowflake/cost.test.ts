/** What a run cost, asked of the simulator: what the role may see, how late it is, and what is said of the rest. */
import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSnowflake, type RunningSnowflake } from '../../../src/sandbox/snowflake/start.ts'
import { openSnowflakeClient } from '../../../src/warehouse/snowflake/client/open-client.ts'
import type { SnowflakeOptions } from '../../../src/warehouse/snowflake/client/options.ts'
import { openSnowflakeWarehouse } from '../../../src/warehouse/snowflake/warehouse.ts'
import { optionsOf } from '../snowflake-adapter.ts'
import { collect } from '../workbench.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-cost-'))
const begun = Date.now()
let snowflake: RunningSnowflake

beforeAll(async () => {
  snowflake = await startSnowflake({ directory, usageLag: { historyLagMs: 0, attributionLagMs: 0 } })
  const warehouse = warehouseOf(optionsOf(snowflake.connection))
  const session = (runId: string, purpose: string, sql: string) =>
    warehouse.session({ runId, purpose }, (open) => collect(open.query(sql)))
  await session('run-1', 'commit a', 'CREATE TABLE t AS SELECT 1 AS a, 2 AS b')
  snowflake.fault('slow', { match: 'FROM t', ms: 200, times: 1 })
  await session('run-1', 'commit b', 'SELECT * FROM t')
  await session('run-1', 'commit b', 'SELECT * FROM t')
  await session('run-10', 'commit a', 'SELECT 1 AS one')
  await warehouse.close()
}, 60_000)

afterAll(async () => {
  await snowflake.close()
  rmSync(directory, { recursive: true, force: true })
})

describe('the cost of a run', () => {
  test('is its statements by what they were for, and nobody else’s; credits that may not be seen are a note', async () => {
    const cost = await costOf('run-1')
    expect(cost).toMatchObject({ statements: 3, bytes_scanned: 32, compute_credits: null })
    expect(cost.execution_seconds).toBeGreaterThanOrEqual(0.2)
    expect(cost.cloud_services_credits).toBeGreaterThan(0)
    expect(cost.by_purpose).toMatchObject([
      { purpose: 'commit b', statements: 2, bytes_scanned: 32 },
      { purpose: 'commit a', statements: 1, bytes_scanned: 0 },
    ])
    expect(cost.notes).toEqual([expect.stringContaining('GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE')])
  })

  test('has credits of compute for who may see them, by purpose; what was too short has none', async () => {
    await asAdmin('GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE MILLRACE')
    const young = await costOf('run-1')
    expect(young.compute_credits).toBeGreaterThan(0)
    expect(young.notes).toEqual(['credits of compute: so far; Snowflake tells them up to 8 hours after a statement'])
    const old = await costOf('run-1', { now: new Date(begun + 9 * hourMs), finishedAt: iso(60_000) })
    expect(old.notes).toEqual([])
    expect(old.by_purpose.map(({ purpose, compute_credits }) => [purpose, compute_credits])).toEqual([
      ['commit b', young.compute_credits],
      ['commit a', 0],
    ])
    await asAdmin('REVOKE DATABASE ROLE SNOWFLAKE.USAGE_VIEWER FROM ROLE MILLRACE')
  })

  test('of more than seven days ago is asked of the views that keep a year, where they may be seen', async () => {
    const later = { now: new Date(begun + 8 * 24 * hourMs), finishedAt: iso(60_000) }
    const hidden = await costOf('run-1', later)
    expect(hidden).toMatchObject({ statements: null, by_purpose: [] })
    expect(hidden.notes[0]).toContain('GOVERNANCE_VIEWER')
    await asAdmin('GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER TO ROLE MILLRACE')
    expect(await costOf('run-1', later)).toMatchObject({ statements: 3, bytes_scanned: 32, notes: [] })
    await asAdmin('REVOKE DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER FROM ROLE MILLRACE')
  })

  test('of a run of which nothing is shown says who sees what', async () => {
    const cost = await costOf('run-2')
    expect(cost).toMatchObject({ statements: 0, by_purpose: [] })
    expect(cost.notes[0]).toContain('MONITOR on the warehouse')
  })

  test('is no more asked for when nobody waits for it', async () => {
    snowflake.fault('slow', { match: 'QUERY_HISTORY', ms: 60_000 })
    try {
      await expect(costOf('run-1', { signal: AbortSignal.timeout(2000) })).rejects.toThrow()
    } finally {
      snowflake.fault('slow', null)
    }
    expect(snowflake.journal().at(-1)).toMatchObject({ code: '000604' })
  })
})

async function costOf(runId: string, more: { now?: Date; finishedAt?: string; signal?: AbortSignal } = {}) {
  const { costOf: ask } = warehouseOf(optionsOf(snowflake.connection))
  if (ask === null) throw new Error('nobody counts')
  const signal = new AbortController().signal
  return ask({ runId, startedAt: iso(0), finishedAt: null, now: new Date(), signal, ...more })
}

async function asAdmin(sql: string) {
  const client = await openSnowflakeClient(optionsOf(snowflake.admin))
  await client.run(sql)
  await client.close()
}

const warehouseOf = (options: SnowflakeOptions) =>
  openSnowflakeWarehouse({ place: 'the simulated Snowflake', connection: async () => options })
const iso = (afterMs: number) => new Date(begun + afterMs).toISOString()
const hourMs = 3_600_000
