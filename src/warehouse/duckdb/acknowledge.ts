/**
 * What the destination said, in one fenced transaction: only what it accepted enters the snapshot (promise 4), row by
 * row; the intent goes in the same breath.
 */
import type { Database } from '../../duckdb/open-database.ts'
import { converted, duckdbType, quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import type { LogicalType } from '../../model/logical-type.ts'
import type { Acknowledgement } from '../port.ts'
import { snapshotColumn, snapshotTable, stateSchema } from './state-schema.ts'
import { introspect } from './tables.ts'
import { fencedTransaction } from './transaction.ts'

export async function acknowledge(db: Database, request: Acknowledgement): Promise<void> {
  const { fence } = request
  const sync = quoteText(fence.sync)
  const run = quoteText(fence.runId)
  await fencedTransaction(db, fence, async () => {
    await db.run(
      `CREATE OR REPLACE TEMP TABLE _answers AS SELECT *, now()::TIMESTAMP AS taken_at FROM ${answersFile(request.path)}`,
    )
    const kinds = await countKinds(db, sync)
    if (kinds.unsent > 0) await keepSentAt(db, request)
    if (kinds.withoutValues > 0) await writeStates(db, request)
    await writeSnapshot(db, request)
    // What refuses this attempt says nothing of an earlier one, which may have arrived.
    await db.run(
      `DELETE FROM _millrace.intents WHERE sync = ${sync} ` +
        `AND key IN (SELECT key FROM _answers WHERE state IS NOT NULL OR unanswered IS NOT TRUE)`,
    )
    if (kinds.refused > 0 || kinds.openRejects > 0)
      await writeRejects(db, sync, { run, stream: quoteText(fence.stream) })
    await db.run(
      `INSERT INTO _millrace.changes (run_id, sync, key, op, fields, status, reason, sent_at, recorded_at) ` +
        `SELECT ${run}, ${sync}, key, op, fields::JSON, status, message, TRY_CAST(sent_at AS TIMESTAMP), now()::TIMESTAMP FROM _answers WHERE fields IS NOT NULL`,
    )
    await db.run(
      `INSERT INTO _millrace.commits VALUES (${run}, ${quoteText(fence.stream)}, ${request.sequence}, ${fence.epoch}, ${quoteText(JSON.stringify(request.ledger))}, now()::TIMESTAMP)`,
    )
    await db.run('DROP TABLE _answers')
  })
}

/** Most chunks hold nothing but rows that the destination took: each statement for the others reads them all once more. */
async function countKinds(db: Database, sync: string) {
  const [row] = await db.rows(
    `SELECT count(*) FILTER (WHERE ${unsent}) AS unsent, count(*) FILTER (WHERE state IS NOT NULL AND "values" IS NULL) AS without_values, ` +
      `count(*) FILTER (WHERE status IN ('rejected', 'absent') AND state IS NULL) AS refused, ` +
      `(SELECT count(*) FROM _millrace.rejects WHERE sync = ${sync} AND state IN ('open', 'parked')) AS open_rejects FROM _answers`,
  )
  const count = (name: string) => Number(row?.[name] ?? 0)
  return {
    unsent: count('unsent'),
    withoutValues: count('without_values'),
    refused: count('refused'),
    openRejects: count('open_rejects'),
  }
}

/** What was not sent keeps the instant of the last sending, from which `refresh_every` counts. */
async function keepSentAt(db: Database, { fence }: Acknowledgement): Promise<void> {
  await db.run(
    `UPDATE _answers SET taken_at = coalesce(s.sent_at, s.accepted_at) FROM ${relation(stateSchema, snapshotTable(fence.sync))} s ` +
      `WHERE s.key = _answers.key AND (${unsent})`,
  )
}

const unsent = `status IN ('coalesced', 'ignored')`

/** Rows of which only the state is known. */
async function writeStates(db: Database, { fence, mappingVersion }: Acknowledgement): Promise<void> {
  const snapshot = relation(stateSchema, snapshotTable(fence.sync))
  // A removal that the destination confirmed keeps the values sent, as a tombstone.
  await db.run(
    `UPDATE ${snapshot} SET state = a.state, accepted_at = now()::TIMESTAMP, run_id = ${quoteText(fence.runId)} ` +
      `FROM _answers a WHERE ${snapshot}.key = a.key AND a.state IS NOT NULL AND a."values" IS NULL`,
  )
  await db.run(
    `INSERT INTO ${snapshot} (key, state, mapping_version, accepted_at, run_id) ` +
      `SELECT key, state, ${quoteText(mappingVersion)}, now()::TIMESTAMP, ${quoteText(fence.runId)} FROM _answers a ` +
      `WHERE a.state IS NOT NULL AND a."values" IS NULL AND NOT EXISTS (SELECT 1 FROM ${snapshot} s WHERE s.key = a.key)`,
  )
}

async function writeSnapshot(db: Database, { fence, columns, mappingVersion }: Acknowledgement): Promise<void> {
  const snapshot = relation(stateSchema, snapshotTable(fence.sync))
  const table = await introspect(db, stateSchema, snapshotTable(fence.sync))
  const values = columns.map(({ name, type }, index) => {
    const stored = table?.columns.find((column) => column.name === snapshotColumn(name))
    return `, ${converted(valueOf(type, index), type, stored?.type ?? type)}`
  })
  await db.run(
    `DELETE FROM ${snapshot} WHERE key IN (SELECT key FROM _answers WHERE state IS NOT NULL AND "values" IS NOT NULL)`,
  )
  await db.run(
    `INSERT INTO ${snapshot} (key, state, payload_hash, mapping_version, accepted_at, run_id, sent_at${columns.map((column) => `, ${quoteName(snapshotColumn(column.name))}`).join('')}) ` +
      `SELECT key, state, hash, ${quoteText(mappingVersion)}, now()::TIMESTAMP, ${quoteText(fence.runId)}, taken_at${values.join('')} ` +
      `FROM _answers WHERE state IS NOT NULL AND "values" IS NOT NULL`,
  )
}

async function writeRejects(
  db: Database,
  sync: string,
  { run, stream }: { run: string; stream: string },
): Promise<void> {
  const open = `_millrace.rejects r WHERE r.sync = ${sync} AND r.state IN ('open', 'parked')`
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _refused AS SELECT a.*, (SELECT min(r.first_at) FROM ${open} AND r.key = a.key) AS first_at ` +
      `FROM _answers a WHERE status IN ('rejected', 'absent') AND state IS NULL`,
  )
  // An answer closes the reject before it; a new refusal opens the next, which knows when the first one was.
  await db.run(
    `DELETE FROM _millrace.rejects WHERE sync = ${sync} AND state IN ('open', 'parked') AND key IN (SELECT key FROM _refused)`,
  )
  await db.run(
    `UPDATE _millrace.rejects SET state = 'parked' WHERE sync = ${sync} AND state = 'open' AND key IN (SELECT key FROM _answers WHERE status = 'parked')`,
  )
  await db.run(
    `UPDATE _millrace.rejects SET state = 'settled', last_at = now()::TIMESTAMP WHERE sync = ${sync} AND state IN ('open', 'parked') AND key IN (SELECT key FROM _answers WHERE status NOT IN ('unknown', 'parked'))`,
  )
  await db.run(
    `INSERT INTO _millrace.rejects (run_id, sync, stream, key, code, message, retryable, attempts, first_at, last_at, "row", state, value, refusals) SELECT ${run}, ${sync}, ${stream}, key, coalesce(code, 'MR-5004'), message, retryable, attempts, ` +
      `coalesce(first_at, now()::TIMESTAMP), now()::TIMESTAMP, NULL, 'open', value, ` +
      // What may be accepted later without anyone changing it is no refusal for good.
      `CASE WHEN status = 'rejected' AND NOT retryable THEN refusals ELSE refusals - 1 END FROM _refused`,
  )
  await db.run('DROP TABLE _refused')
}

const answersFile = (path: string) =>
  `read_json(${quoteText(path)}, format = 'newline_delimited', columns = {key: 'VARCHAR', op: 'VARCHAR', status: 'VARCHAR', state: 'VARCHAR', ` +
  `hash: 'VARCHAR', "values": 'VARCHAR[]', fields: 'VARCHAR', code: 'VARCHAR', message: 'VARCHAR', retryable: 'BOOLEAN', attempts: 'BIGINT', sent_at: 'VARCHAR', unanswered: 'BOOLEAN', value: 'VARCHAR', refusals: 'BIGINT'})`

/** Every value stands as text in the file, so no digit passes through a JSON number. */
function valueOf(type: LogicalType, index: number): string {
  const text = `"values"[${index + 1}]`
  return type === 'binary' ? `from_base64(${text})` : `CAST(${text} AS ${duckdbType(type)})`
}
