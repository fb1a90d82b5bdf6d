/** The bare comparison: one full outer join with a class per row, counted. No keys checked, no values kept. Imports nothing of ours. */
import { DuckDBInstance } from '@duckdb/node-api'

const { file, memory }: { file: string; memory: string } = JSON.parse(process.argv[2] ?? '{}')

const instance = await DuckDBInstance.create(file, {
  memory_limit: memory,
  temp_directory: `${file}.spill`,
  preserve_insertion_order: 'false',
})
const connection = await instance.connect()
const began = performance.now()
const result = await connection.runAndReadAll(
  `SELECT count(*) FILTER (WHERE s.key IS NULL) AS added, ` +
    `count(*) FILTER (WHERE m.person_id IS NOT NULL AND s.key IS NOT NULL AND (${differs()})) AS changed, ` +
    `count(*) FILTER (WHERE m.person_id IS NOT NULL AND s.key IS NOT NULL AND NOT (${differs()})) AS unchanged, ` +
    `count(*) FILTER (WHERE m.person_id IS NULL) AS removed ` +
    `FROM models.people m FULL OUTER JOIN _millrace.snapshot_people s ON m.person_id = s.key`,
)
const counts = Object.fromEntries(
  Object.entries(result.getRowObjectsJson()[0] ?? {}).map(([name, n]) => [name, Number(n)]),
)
const seconds = (performance.now() - began) / 1000
connection.closeSync()
instance.closeSync()
console.log(JSON.stringify({ seconds, counts, rss_mb: process.resourceUsage().maxRSS / 1024 }))

function differs(): string {
  const columns = ['person_id', 'email', 'plan', 'balance', 'seats', 'opted_out']
  return columns.map((column) => `m.${column} IS DISTINCT FROM s.v_${column}`).join(' OR ')
}
