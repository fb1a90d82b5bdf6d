import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SpooledBatch } from '../../src/staging/spool.ts'
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

describe('a CSV with line breaks in its cells', () => {
  const cell = (mebibytes: number) => `"${`${'x'.repeat(1022)}\r\n`.repeat(mebibytes * 1024)}"`
  const csv = (...rows: readonly string[]): SpooledBatch => {
    const path = join(mkdtempSync(join(tmpdir(), 'millrace-csv-')), 'a.csv')
    writeFileSync(path, ['id,v', ...rows, ''].join('\n'))
    return { kind: 'file', path, format: 'csv', rows: rows.length }
  }

  it.each([
    ['among others', ['1,"a\nb"', `2,${cell(40)}`, '3,c'], 4],
    ['at the end', ['1,"a ""b"" \n"', '2,b', `3,${cell(40)}`], 5],
  ])('has a row that is too long named by the line in which it begins: %s', async (_, rows, line) => {
    await expect(stageBatches([csv(...rows)], types)).rejects.toMatchObject({
      code: 'MR-2003',
      message: expect.stringContaining(`Staging: a row has 41 MiB (line ${line} of `),
    })
  })

  it('has a quote named that is never closed, however much follows it', async () => {
    const rows = ['1,"a', ...Array.from({ length: 20 }, (_, n) => `${n},${'x'.repeat(1024 * 1024)}`)]
    await expect(stageBatches([csv(...rows)], types)).rejects.toMatchObject({
      message: expect.stringContaining('a quote that is opened in the row of line 2 is never closed'),
    })
  })

  it('is read where its rows are not too long', async () => {
    const { rows } = await stageBatches([csv(`1,${cell(15)}`, '2,b')], types)
    expect(rows.map(({ id, v }) => [id, v?.length])).toEqual([
      ['1', 15 * 1024 * 1024],
      ['2', 1],
    ])
  })
})

it('a row of 15 MiB is read', async () => {
  const { rows } = await stageBatches([lines(small, row(15))], types)
  expect(rows.map(({ id, v }) => [id, v?.length])).toEqual([
    ['1', 1],
    ['2', 15 * 1024 * 1024],
  ])
})
