import { expect, it } from 'vitest'
import { lines, stageBatches } from './stage.ts'

const types = { id: 'integer', v: 'string' } as const
const row = (mebibytes: number) => `{"id":2,"v":"${'x'.repeat(mebibytes * 1024 * 1024)}"}`
const small = '{"id":1,"v":"a"}'

it.each([
  ['among others', [small, row(60), '{"id":3,"v":"c"}']],
  ['at the end, where the reader leaves it out without a word', [small, row(60)]],
])('a row that is too long to be read is named: %s', async (_, texts) => {
  await expect(stageBatches([lines(...texts)], types)).rejects.toMatchObject({
    code: 'MR-2003',
    message: expect.stringMatching(
      /^Staging: a row has 61 MiB \(line 2 of .*\.ndjson\), and rows of up to 16 MiB are read\.$/,
    ),
    next: [expect.stringContaining('leave the long field out')],
  })
})

it('a row of 15 MiB is read', async () => {
  const { rows } = await stageBatches([lines(small, row(15))], types)
  expect(rows.map(({ id, v }) => [id, v?.length])).toEqual([
    ['1', 1],
    ['2', 15 * 1024 * 1024],
  ])
})
