import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase, type Database } from '../../../src/duckdb/open-database.ts'
import { quoteText } from '../../../src/duckdb/sql-text.ts'
import { readStruct, writeStruct } from '../../../src/warehouse/snowflake/parquet/compact-protocol.ts'
import { withLargeFiles } from '../../../src/warehouse/snowflake/parquet/large-files.ts'

const directory = mkdtempSync(join(tmpdir(), 'large-files-'))
let db: Database

beforeAll(async () => {
  db = await openDatabase({ path: ':memory:', memoryLimit: '500MB', spillDirectory: tmpdir(), threads: 1 })
})

afterAll(() => db.close())

/** As many rows as a few groups have, of every kind of column that staging writes, and lists besides. */
async function write(name: string, from: number, rows: number, more = ''): Promise<string> {
  const path = join(directory, name)
  await db.run(
    `COPY (SELECT range + ${from} AS id, 'n' || (range % 10) AS name, CAST(range AS DECIMAL(38,9)) / 7 AS amount, range / 8.0 AS score, range % 2 = 0 AS active, ` +
      `DATE '2026-01-01' AS born, TIMESTAMP '2026-01-01' + INTERVAL (range) SECOND AS at, CAST(NULL AS BIGINT) AS nothing, encode('é') AS bytes, [range, 2] AS list${more} ` +
      `FROM range(${rows})) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)`,
  )
  return path
}

/** Every cell, whatever the order of the rows. */
async function sum(paths: readonly string[]) {
  const [row] = await db.rows(
    `SELECT count(*) AS n, bit_xor(hash(t)) AS cells FROM read_parquet([${paths.map(quoteText).join(', ')}]) t`,
  )
  return row
}

/** The files are gone when the work is done. */
async function joined(paths: readonly string[]): Promise<readonly string[]> {
  return withLargeFiles(paths, async (files) =>
    files.map((file, index) => {
      const kept = join(directory, `joined-${index}.parquet`)
      copyFileSync(file, kept)
      return kept
    }),
  )
}

describe('several small files', () => {
  it('become one with the same rows in groups of their own, and its filters and statistics hold', async () => {
    const parts = await Promise.all([0, 1, 2].map((n) => write(`part-${n}`, n * 10_000, 10_000)))
    const files = await joined(parts)
    expect(files).toHaveLength(1)
    expect(await sum(files)).toEqual(await sum(parts))
    const [file = ''] = files
    expect(await db.rows(`SELECT id, name, "at" FROM read_parquet(${quoteText(file)}) WHERE id = 23456`)).toEqual([
      { id: '23456', name: 'n6', at: '2026-01-01 00:57:36' },
    ])
    expect(await db.rows(`SELECT count(*) AS n FROM read_parquet(${quoteText(file)}) WHERE name = 'n3'`)).toEqual([
      { n: '3000' },
    ])
    const groups = `SELECT count(DISTINCT row_group_id) AS n FROM parquet_metadata(${quoteText(file)})`
    expect(await db.rows(groups)).toEqual([{ n: '15' }])
  })

  it('without a row are joined too', async () => {
    const parts = [await write('none', 0, 0), await write('some', 0, 5)]
    const files = await joined(parts)
    expect(files).toHaveLength(1)
    expect(await sum(files)).toEqual(await sum(parts))
  })

  it('with other columns stay apart', async () => {
    const parts = [
      await write('a', 0, 10),
      await write('b', 10, 10, ', 1 AS more'),
      await write('c', 20, 10),
      await write('d', 30, 10, ', 1 AS more'),
    ]
    const files = await joined(parts)
    expect(files).toHaveLength(2)
    expect((await Promise.all(files.map((file) => sum([file])))).map((row) => row?.['n'])).toEqual(['20', '20'])
  })

  it('of which one was cut are refused, in words', async () => {
    const whole = await write('whole', 0, 10)
    const cut = join(directory, 'cut')
    writeFileSync(cut, readFileSync(whole).subarray(0, 500))
    await expect(joined([whole, cut])).rejects.toMatchObject({ code: 'MR-7000', message: expect.stringContaining(cut) })
  })
})

describe('one file', () => {
  it('goes as it is', async () => {
    const path = await write('alone', 0, 10)
    expect(await withLargeFiles([path], async (files) => files)).toEqual([path])
  })
})

describe('the description of a file', () => {
  it('is written as it was read, byte by byte', async () => {
    const bytes = readFileSync(await write('described', 0, 50_000))
    const length = bytes.readUInt32LE(bytes.length - 8)
    const description = bytes.subarray(bytes.length - 8 - length, bytes.length - 8)
    expect(Buffer.compare(writeStruct(readStruct(description)), description)).toBe(0)
    expect(() => readStruct(description.subarray(0, 100))).toThrow(RangeError)
  })
})
