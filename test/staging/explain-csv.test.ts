/** A file of a connector that is not what it said: told in words, with the place, and without its values. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { stageBatches } from './stage.ts'

const types = { id: 'string', v: 'string' } as const

function csv(text: string, { rows, encoding = 'utf8' }: { rows: number; encoding?: BufferEncoding }) {
  const path = join(mkdtempSync(join(tmpdir(), 'csv-')), 'x.csv')
  writeFileSync(path, Buffer.from(text, encoding))
  return { kind: 'file', path, format: 'csv', rows } as const
}

it.each([
  ['another number of rows', 'id,v\n1,a\n2,b\n', { rows: 5 }, '5 rows were promised, and 2 came'],
  ['no declared column', 'id,w\n1,a\n', { rows: 1 }, 'it has no column v; it has id, w'],
  [
    'a row that is too short',
    'id,v\n1,"a\nb"\n2\n3,c\n',
    { rows: 3 },
    'line 4 has 1 cells, and its first line names 2',
  ],
  ['a row that is too long', 'id,v\n1,a,"b,c"\n', { rows: 1 }, 'its line 2 has 3 cells'],
  ['Latin-1', 'id,v\n1,café\n', { rows: 1, encoding: 'latin1' }, 'it is not UTF-8, as in line 2, column v'],
  [
    'characters behind a quote',
    'id,v\n1,"a" b\n',
    { rows: 1 },
    'follow the quote that ends a cell, in the row of line 2',
  ],
  ['a quote that stays open', 'id,v\n1,"a\n2,b\n', { rows: 2 }, 'opened in the row of line 2 is never closed'],
  ['nothing at all', '', { rows: 0 }, 'it is empty'],
] as const)('a CSV with %s is refused', async (_, text, options, words) => {
  const staged = stageBatches([csv(text, options)], types)
  await expect(staged).rejects.toMatchObject({ code: 'MR-1401', message: expect.stringContaining(words) })
  await expect(staged).rejects.not.toThrow(/SELECT|read_csv/)
})

it('a CSV without a line of names is told of without its first row', async () => {
  const rows = 'x,ann@person.org\ny,ben@person.org,z\n'
  const staged = stageBatches([csv(rows, { rows: 2 })], types)
  await expect(staged).rejects.toMatchObject({ code: 'MR-1401', message: expect.stringContaining('names none of') })
  await expect(staged).rejects.not.toThrow(/person/)
})

it('of several files a column may be in one alone', async () => {
  const { rows } = await stageBatches([csv('id\n1\n', { rows: 1 }), csv('v,id\na,2\n', { rows: 1 })], types)
  expect(rows).toMatchObject([
    { id: '1', v: null },
    { id: '2', v: 'a' },
  ])
})

it('a CSV whose rows begin with # has them all: they are no comments', async () => {
  const { rows } = await stageBatches([csv('id,v\n#1,a\n2,b #c\n', { rows: 2 })], types)
  expect(rows).toMatchObject([
    { id: '#1', v: 'a' },
    { id: '2', v: 'b #c' },
  ])
})

// DuckDB looks at the first rows before it reads, and then fails in other words; of short files it may take a row for the names.
it.each([
  ['behind a quote', '"x"ann@person.org'],
  ['within quotes', '"ann "q" person.org"'],
  ['within quotes, over two lines', '"ann "q"\nperson.org"'],
  ['in a cell too many', '1,Ida'],
  ['beside one that is not UTF-8', 'é ann@person.org', 'latin1'],
  ['in a row that is too long', `ann@person.org${'y'.repeat(17 * 1024 * 1024)}`],
] as const)(
  'a CSV with characters %s is told of without its rows, and without advice to leave them out',
  async (_, cell, encoding: BufferEncoding = 'utf8') => {
    for (const length of [1, 40_000]) {
      const good = Array.from({ length }, (_row, n) => `${n},b\n`).join('')
      const staged = stageBatches([csv(`id,v\n${good}x,${cell}\n`, { rows: length + 1, encoding })], types)
      const told = String(await staged.catch((error: unknown) => inspect(error, { depth: 9, maxStringLength: null })))
      expect(told).toContain(`line ${length + 2}`)
      expect(/person\.org|Ida/.test(told)).toBe(false)
      expect(told).not.toContain('ignore_errors')
    }
  },
)
