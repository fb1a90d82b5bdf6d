/** The same table in a file as DuckDB makes it by itself: with its own groups of rows. Imports nothing of ours. */
import { DuckDBInstance } from '@duckdb/node-api'

const { file, bare }: { file: string; bare: string } = JSON.parse(process.argv[2] ?? '{}')

const began = performance.now()
const instance = await DuckDBInstance.create(bare)
const connection = await instance.connect()
await connection.run(`ATTACH '${file}' AS stored (READ_ONLY)`)
await connection.run('CREATE SCHEMA raw')
await connection.run('CREATE TABLE raw.contacts AS FROM stored.raw.contacts')
connection.closeSync()
instance.closeSync()
console.log(
  JSON.stringify({ seconds: (performance.now() - began) / 1000, rss_mb: process.resourceUsage().maxRSS / 1024 }),
)
