/** Ours: every row of a result of Snowflake's, as a delivery reads its candidates, looked at and let go. */
import type { SnowflakeConnection } from '../../src/sandbox/snowflake/start.ts'
import { openSnowflakeWarehouse } from '../../src/warehouse/snowflake/warehouse.ts'
import { readArguments, report } from '../report.ts'

const { connection, rows } = readArguments<{ readonly connection: SnowflakeConnection; readonly rows: number }>()
const { privateKey, url, ...names } = connection
const warehouse = openSnowflakeWarehouse({
  place: 'the simulated Snowflake',
  connection: () =>
    Promise.resolve({
      ...names,
      auth: { kind: 'key_pair', privateKey, passphrase: null },
      schema: null,
      accessUrl: url,
      proxy: null,
      statementTimeoutMs: 3_600_000,
      lockTimeoutMs: 60_000,
      loginTimeoutMs: 60_000,
      queryTag: {},
      sessionParameters: {},
    }),
})
const sql =
  `SELECT SEQ8() AS id, 'person-' || SEQ8() || '@example.com' AS email, MOD(SEQ8(), 3) = 0 AS opted_out, ` +
  `CAST(MOD(SEQ8(), 100000) / 100 AS NUMBER(12,2)) AS paid FROM TABLE(GENERATOR(ROWCOUNT => ${rows}))`
const counts = { rows: 0, characters: 0 }
const seconds = await warehouse.session({ runId: 'bench', purpose: 'stream' }, async (session) => {
  const began = performance.now()
  for await (const chunk of session.query(sql)) {
    counts.rows += chunk.length
    for (const row of chunk) counts.characters += row['email']?.length ?? 0
  }
  return (performance.now() - began) / 1000
})
await warehouse.close()
report({ seconds, counts })
