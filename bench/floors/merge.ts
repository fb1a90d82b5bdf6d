/** Bare SQL: the changed rows deleted and inserted, in one transaction. No fence, no comparison, no counts. Imports nothing of ours. */
import { DuckDBInstance } from '@duckdb/node-api'

const { file, staged }: { file: string; staged: string } = JSON.parse(process.argv[2] ?? '{}')

const began = performance.now()
const instance = await DuckDBInstance.create(file, {
  memory_limit: '1GB',
  temp_directory: `${file}.spill`,
  preserve_insertion_order: 'false',
})
const connection = await instance.connect()
await connection.run('BEGIN')
await connection.run(`DELETE FROM raw.contacts WHERE id IN (SELECT id FROM read_parquet('${staged}'))`)
await connection.run(
  `INSERT INTO raw.contacts BY NAME SELECT *, now()::TIMESTAMP AS _synced_at, 'floor' AS _run_id FROM read_parquet('${staged}')`,
)
await connection.run('COMMIT')
connection.closeSync()
instance.closeSync()
const seconds = (performance.now() - began) / 1000
console.log(JSON.stringify({ seconds, rss_mb: process.resourceUsage().maxRSS / 1024 }))
