/** The table behind the model of bench/project's sink_people. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readArguments, report } from '../report.ts'
import { openBenchWarehouse } from './people-diff.ts'

const { file, rows } = readArguments<{ readonly file: string; readonly rows: number }>()

const began = performance.now()
await mkdir(dirname(file), { recursive: true })
await openBenchWarehouse(file).session({ runId: 'bench', purpose: 'prepare' }, async (session) => {
  const run = async (sql: string) => {
    for await (const _rows of session.query(sql)) continue
  }
  await run('CREATE SCHEMA raw')
  await run(
    `CREATE TABLE raw.people AS SELECT 'cus_' || n AS person_id, 'person' || n || '@example.com' AS email, 'free' AS plan, ` +
      `CAST(n % 100 / 100 AS DECIMAL(38,2)) AS balance, CAST(n % 40 AS BIGINT) AS seats FROM range(${rows}) t(n)`,
  )
})
report({ seconds: (performance.now() - began) / 1000 })
