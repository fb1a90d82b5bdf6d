/** How an account reads dates and times is its own affair: what a run sets in its session counts. */
import { expect, test } from 'vitest'
import { answer, openReverse } from '../reverse.ts'
import { at } from '../workbench.ts'
import { row, useAccount } from './account.ts'

const account = useAccount()

test('formats of the account or the user stop no load and no delivery', async () => {
  const runner = account().open({
    sessionParameters: {
      TIMESTAMP_INPUT_FORMAT: 'DD.MM.YYYY HH24:MI:SS',
      DATE_INPUT_FORMAT: 'DD.MM.YYYY',
      TIME_INPUT_FORMAT: 'HH24.MI',
    },
  })
  const cursor = { watermark: at(5), scan: null }
  const { scope } = account()
  expect(await runner.commit({ fence: await runner.take(), rows: [row(1, 'Ada')], cursor })).toMatchObject({
    inserted: 1,
  })
  expect(await runner.session(({ state }) => state.readCursor(scope))).toEqual(cursor)
  const born = { name: 'born', type: 'date' } as const
  const setup = { model: `SELECT 'a' AS id, '2000-02-29'::DATE AS born`, columns: [born], key: ['id'] }
  const delivery = await openReverse(runner, setup)
  const [candidate] = (await delivery.diff()).candidates
  expect(candidate?.values).toEqual({ born: '2000-02-29' })
  await delivery.acknowledge([answer('a', { values: ['2000-02-29'] })])
  expect((await delivery.diff()).counts).toMatchObject({ unchanged: 1 })
})
