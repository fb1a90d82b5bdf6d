/** A table of 1,000,000 contacts, and every tenth of them changed, staged as Parquet. */
import { readArguments, report } from '../report.ts'
import { contactsTable } from './contacts-table.ts'
import { openBenchWarehouse } from './people-diff.ts'

const { file, staged } = readArguments<{ readonly file: string; readonly staged: string }>()

const began = performance.now()
await openBenchWarehouse(file).session({ runId: 'bench', purpose: 'prepare' }, async (session) => {
  const run = async (sql: string) => {
    for await (const _rows of session.query(sql)) continue
  }
  await session.ensureTable(contactsTable, 'evolve')
  const contacts = (plan: string, at: string) =>
    `SELECT 'co_' || lpad(CAST(n AS VARCHAR), 16, '0') AS id, 'person' || n || '@example.com' AS email, 'Person No. ' || n AS name, ` +
    `'${plan}' AS plan, CAST(n % 40 AS BIGINT) AS seats, CAST(n % 100000 / 100 AS DECIMAL(38,2)) AS balance, n % 2 = 0 AS subscribed, ` +
    `make_timestamp(1760000000000000 - n * 1000000) AS updated, CAST('["eu","' || n % 977 || '"]' AS JSON) AS tags, ` +
    `'wrote on day ' || n % 365 || ': ' || md5(CAST(n AS VARCHAR)) AS note, ` +
    `TIMESTAMP '${at}' AS _read_at, TIMESTAMP '${at}' AS _version, CAST(NULL AS TIMESTAMP) AS _deleted_at`
  await run(
    `INSERT INTO raw.contacts BY NAME SELECT *, _read_at AS _synced_at, 'first' AS _run_id ` +
      `FROM (${contacts('free', '2026-11-01 00:00:00')} FROM range(1000000) t(n))`,
  )
  // Scattered over the whole table, in no order.
  await run(
    `COPY (${contacts('team', '2026-11-02 00:00:00')} FROM (SELECT i * 7919 % 100000 * 10 AS n FROM range(100000) t(i))) ` +
      `TO '${staged}' (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 10240)`,
  )
})
report({ seconds: (performance.now() - began) / 1000 })
