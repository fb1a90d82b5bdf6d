/** The bare way: records as NDJSON, and DuckDB's own typed COPY of it. No strict casts, no keys, no stamps. Imports nothing of ours. */
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { tenColumnPages } from '../ten-columns.ts'

const { directory, rows }: { directory: string; rows: number } = JSON.parse(process.argv[2] ?? '{}')

const began = performance.now()
const lines = join(directory, 'rows.ndjson')
const out = createWriteStream(lines)
for (const records of tenColumnPages(rows)) {
  let text = ''
  for (const record of records) text += `${JSON.stringify(record)}\n`
  if (!out.write(text)) await once(out, 'drain')
}
out.end()
await once(out, 'finish')
const instance = await DuckDBInstance.create(':memory:', { memory_limit: '1GB', preserve_insertion_order: 'false' })
const connection = await instance.connect()
const path = join(directory, 'bare.parquet')
await connection.run(
  `COPY (SELECT * FROM read_json('${lines}', format = 'newline_delimited', columns = {id: 'BIGINT', name: 'VARCHAR', email: 'VARCHAR', country: 'VARCHAR', ` +
    `amount: 'DECIMAL(18,2)', score: 'DOUBLE', active: 'BOOLEAN', born: 'DATE', created_at: 'TIMESTAMP', visits: 'BIGINT'})) TO '${path}' (FORMAT parquet)`,
)
connection.closeSync()
instance.closeSync()
const seconds = (performance.now() - began) / 1000
console.log(JSON.stringify({ seconds, rss_mb: process.resourceUsage().maxRSS / 1024, path }))
