/** A column of the state that came later is made by the next run. Whoever looks before it was told that nothing had ever been loaded. */
import { expect, test } from 'vitest'
import { openSnowflakeClient } from '../../../src/warehouse/snowflake/client/open-client.ts'
import { optionsOf } from '../snowflake-adapter.ts'
import { errorOf } from '../workbench.ts'
import { row, useAccount } from './account.ts'

const account = useAccount()
const look = { runId: 'look-1', purpose: 'plan', rehearsal: true }

test('a look at what an older millrace has made sees what stands there, and changes nothing', async () => {
  const { open, scope, snowflake } = account()
  const nobody = open().warehouse.session(look, async () => undefined)
  expect(await errorOf(nobody)).toMatchObject({ code: 'MR-2102' })

  const runner = open()
  await runner.commit({ fence: await runner.take(), rows: [row(1, 'Ada')] })
  const client = await openSnowflakeClient(optionsOf(snowflake.connection))
  await client.run('ALTER TABLE _millrace.runs DROP COLUMN limited_to')
  await client.run('DROP TABLE _millrace.restatements')
  await client.run(
    `INSERT INTO _millrace.runs (run_id, sync, status, started_at) VALUES ('r-1', '${scope.sync}', 'ok', '2026-11-20 10:00:00')`,
  )
  const columns = () =>
    client.rows(
      `SELECT table_name AS t, column_name AS c FROM INFORMATION_SCHEMA.COLUMNS WHERE table_schema = '_MILLRACE' ORDER BY ALL`,
    )
  const before = await columns()

  const looker = open()
  const found = await looker.warehouse.session(look, async ({ state, query }) => ({
    fence: (await state.readFence(scope))?.epoch,
    runs: (await state.readRuns({ sync: scope.sync, limit: 1, loads: true })).map(({ run_id }) => run_id),
    restated: await Array.fromAsync(query('SELECT count(*) AS n FROM _millrace.restatements')),
  }))
  expect(found).toEqual({ fence: 1, runs: ['r-1'], restated: [[{ n: '0' }]] })
  expect(await columns()).toEqual(before)
  await client.close()

  await looker.commit({ fence: await looker.take('run-2'), rows: [row(2, 'Bo')], sequence: 2 })
  const runs = await looker.session(({ state }) => state.readRuns({ sync: scope.sync, limit: 1, loads: true }))
  expect(runs).toHaveLength(1)
})
