import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { runScript } from './child.ts'

export const recordsToParquet: Benchmark = {
  name: 'records-to-parquet',
  about: 'JavaScript records of ten columns to Parquet, checked and typed: against NDJSON and DuckDB’s own COPY',
  unit: 'ms',
  better: 'lower',
  limit: 1.2,
  pairs: ({ full }) => {
    const rows = full ? 3_000_000 : 500_000
    let truth: string | undefined
    const measure = async (script: string): Promise<Figure> => {
      const directory = await mkdtemp(join(tmpdir(), 'bench-parquet-'))
      try {
        const { seconds, rss_mb, path } = await runScript(script, { directory, rows })
        const sum = await sumFile(String(path))
        truth ??= sum
        if (sum !== truth) throw new Error(`The files differ: ${truth} and, by ${script}, ${sum}.`)
        return { value: seconds * 1000, rssMb: rss_mb }
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    }
    return alternate(5, {
      ours: () => measure('ours/records-to-parquet.ts'),
      floor: () => measure('floors/records-to-parquet.ts'),
    })
  },
}

/** Every cell, whatever the order of the rows. */
async function sumFile(path: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const cells = columns.map((name) => `CAST(${name} AS VARCHAR)`).join(`, '|', `)
  const result = await connection.runAndReadAll(
    `SELECT count(*)::VARCHAR || ' ' || bit_xor(hash(concat(${cells})))::VARCHAR FROM read_parquet('${path}')`,
  )
  connection.closeSync()
  instance.closeSync()
  return String(result.getRows()[0]?.[0])
}

const columns = ['id', 'name', 'email', 'country', 'amount', 'score', 'active', 'born', 'created_at', 'visits']
