/** Makes the model's table and view, and a snapshot that the destination has accepted whole. */
import { readArguments, report } from '../report.ts'
import { openBenchWarehouse, peopleDiff } from './people-diff.ts'

const { file, rows, changed } = readArguments<{
  readonly file: string
  readonly rows: number
  /** Of a hundred rows. */
  readonly changed: number
}>()

const began = performance.now()
await openBenchWarehouse(file).session({ runId: 'bench', purpose: 'prepare' }, async (session) => {
  const run = async (sql: string) => {
    for await (const _rows of session.query(sql)) continue
  }
  await run('CREATE SCHEMA raw')
  // Some nulls, some text of more than twelve bytes (DuckDB keeps shorter ones inline), keys in no order.
  await run(
    `CREATE TABLE raw.people AS SELECT 'cus_' || lpad((n * 7919 % ${rows})::VARCHAR, 14, '0') AS person_id, 'person' || n || '@example.com' AS email, ` +
      `CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN 'team' ELSE 'free' END AS plan, CAST(n % 100000 / 100 AS DECIMAL(38,2)) AS balance, ` +
      `CAST(n % 40 AS BIGINT) AS seats, n % 17 = 0 AS opted_out FROM range(${rows}) t(n)`,
  )
  await session.ensureView(
    'models',
    'people',
    'SELECT person_id, email, plan, balance, seats, opted_out FROM raw.people',
  )
  await session.reverse.ensureSnapshot(peopleDiff.sync, peopleDiff.columns)
  const names = peopleDiff.columns.map(({ name }) => name)
  await run(
    `INSERT INTO _millrace.snapshot_people (key, state, payload_hash, mapping_version, accepted_at, run_id, ${names.map((name) => `v_${name}`).join(', ')}) ` +
      `SELECT person_id, 'accepted', md5(person_id), '${peopleDiff.mappingVersion}', now()::TIMESTAMP, 'bench', ${names.join(', ')} FROM models.people`,
  )
  if (changed > 0) await run(`UPDATE raw.people SET plan = 'changed' WHERE hash(person_id) % 100 < ${changed}`)
})
report({ seconds: (performance.now() - began) / 1000 })
