import { expect, test } from 'vitest'
import { answer, openReverse } from '../reverse.ts'
import { collect, errorOf } from '../workbench.ts'
import { useAccount } from './account.ts'

const account = useAccount()

test('a reset that dies behind its COMMIT leaves no row that a first run would take for accepted', async () => {
  const { open, fault, snowflake } = account()
  const bench = open()
  const columns = [{ name: 'name', type: 'string' as const }]
  const reverse = await openReverse(bench, { model: `SELECT 'a' AS id`, columns, key: ['id'] })
  await reverse.acknowledge([answer('a', { values: ['Ann'] })])
  fault('statement_fails', { match: 'DROP TABLE IF EXISTS' })
  await errorOf(bench.session(({ state }) => state.reset('out', null)))
  snowflake.fault('statement_fails', null)
  expect(
    await bench.session(async ({ query, reverse: { hasSnapshot } }) => ({
      standing: await hasSnapshot('out'),
      rows: await collect(
        query(`SELECT key FROM ${bench.warehouse.quote('_millrace')}.${bench.warehouse.quote('snapshot_out')}`),
      ),
    })),
  ).toEqual({ standing: true, rows: [] })
  await bench.session(({ state }) => state.reset('out', null))
  expect(await bench.session(({ reverse: { hasSnapshot } }) => hasSnapshot('out'))).toBe(false)
})
