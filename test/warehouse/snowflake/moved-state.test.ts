import { expect, test } from 'vitest'
import { meta, openReverse } from '../reverse.ts'
import { errorOf } from '../workbench.ts'
import { useAccount } from './account.ts'

const account = useAccount()

test('a move that dies behind its COMMIT is finished by the same move', async () => {
  const { open, fault, snowflake } = account()
  const bench = open()
  const columns = [{ name: 'name', type: 'string' as const }]
  const reverse = await openReverse(bench, { sync: 'old', model: `SELECT 'a' AS id`, columns, key: ['id'] })
  await reverse.intend([{ key: 'a', op: 'upsert' }])
  const move = () => bench.session(({ upkeep }) => upkeep.move({ from: 'old', to: 'new', destination: null }))
  const standing = () =>
    bench.session(async ({ reverse: state }) => ({
      meta: [await state.readMeta('old'), await state.readMeta('new')],
      tables: [await state.hasSnapshot('old'), await state.hasSnapshot('new')],
    }))
  fault('statement_fails', { match: 'RENAME TO' })
  await errorOf(move())
  expect(await standing()).toMatchObject({ meta: [null, meta], tables: [true, false] })
  snowflake.fault('statement_fails', null)
  await move()
  expect(await standing()).toMatchObject({ meta: [null, meta], tables: [false, true] })
})
