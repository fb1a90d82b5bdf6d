/**
 * What the destination said, in one fenced transaction: only what it accepted enters the snapshot (promise 4), row by
 * row; the intent goes in the same breath.
 */
import type { Column } from '../../model/table.ts'
import type { Engine, LineColumn } from './engine.ts'
import type { Acknowledgement } from '../port.ts'
import { crossed, isUnsettled, snapshotColumn, snapshotTable, stateSchema } from './state-schema.ts'
import { hasCommit, writeCommit } from './commits.ts'
import { fencedTransaction } from './fence.ts'

export async function acknowledge(db: Engine, request: Acknowledgement): Promise<void> {
  const { fence, sequence, ledger } = request
  const sync = db.text(fence.sync)
  const run = db.text(fence.runId)
  await db.loadLines('_answers', request.path, answerColumns)
  await db.prepare('_refused', refusedColumns)
  const commit = { fence, stream: fence.stream, sequence, ledger }
  const work = async () => {
    const kinds = await countKinds(db, sync)
    if (kinds.unsent > 0) await keepSentAt(db, request)
    if (kinds.withoutValues > 0) await writeStates(db, request)
    await writeSnapshot(db, request)
    // What refuses this attempt says nothing of an earlier one, which may have arrived.
    await db.run(
      `DELETE FROM _millrace.intents WHERE sync = ${sync} AND epoch <> ${crossed} ` +
        `AND key IN (SELECT key FROM _answers WHERE state IS NOT NULL OR unanswered IS DISTINCT FROM true)`,
    )
    if (kinds.refused > 0 || kinds.openRejects > 0) await writeRejects(db, sync, { run, stream: db.text(fence.stream) })
    await db.run(
      `INSERT INTO _millrace.changes (run_id, sync, key, op, fields, status, reason, sent_at, recorded_at) ` +
        `SELECT ${run}, ${sync}, key, op, ${db.json('fields')}, status, message, TRY_CAST(sent_at AS ${db.type('timestamp')}), ${db.now} FROM _answers WHERE fields IS NOT NULL`,
    )
    await writeCommit(db, commit)
    await db.discard('_answers')
  }
  await fencedTransaction(db, fence, work, () => hasCommit(db, { ...commit, runId: fence.runId }))
}

/** Most chunks hold nothing but rows that the destination took: each statement for the others reads them all once more. */
async function countKinds(db: Engine, sync: string) {
  const [row] = await db.rows(
    `SELECT count_if(${unsent}) AS unsent, count_if(state IS NOT NULL AND ${db.quote('values')} IS NULL) AS without_values, ` +
      `count_if(status IN ('rejected', 'absent') AND state IS NULL) AS refused, ` +
      `(SELECT count(*) FROM _millrace.rejects WHERE sync = ${sync} AND ${isUnsettled}) AS open_rejects FROM _answers`,
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
async function keepSentAt(db: Engine, { fence }: Acknowledgement): Promise<void> {
  await db.run(
    `UPDATE _answers SET taken_at = coalesce(s.sent_at, s.accepted_at) FROM ${db.relation(stateSchema, snapshotTable(fence.sync))} s ` +
      `WHERE s.key = _answers.key AND (${unsent})`,
  )
}

/** What was held back without any difference was only due: it is due again after another period. */
const unsent = `(status IN ('coalesced', 'ignored') OR (status = 'held_back' AND fields <> '{}'))`

/** Rows of which only the state is known. */
async function writeStates(db: Engine, { fence, mappingVersion }: Acknowledgement): Promise<void> {
  const snapshot = db.relation(stateSchema, snapshotTable(fence.sync))
  // A removal that the destination confirmed keeps the values sent, as a tombstone.
  await db.run(
    `UPDATE ${snapshot} SET state = a.state, accepted_at = ${db.now}, run_id = ${db.text(fence.runId)} ` +
      `FROM _answers a WHERE ${snapshot}.key = a.key AND a.state IS NOT NULL AND a.${db.quote('values')} IS NULL`,
  )
  await db.run(
    `INSERT INTO ${snapshot} (key, state, mapping_version, accepted_at, run_id) ` +
      `SELECT key, state, ${db.text(mappingVersion)}, ${db.now}, ${db.text(fence.runId)} FROM _answers a ` +
      `WHERE a.state IS NOT NULL AND a.${db.quote('values')} IS NULL AND NOT EXISTS (SELECT 1 FROM ${snapshot} s WHERE s.key = a.key)`,
  )
}

async function writeSnapshot(db: Engine, { fence, columns, mappingVersion }: Acknowledgement): Promise<void> {
  const snapshot = db.relation(stateSchema, snapshotTable(fence.sync))
  const table = await db.introspect(stateSchema, snapshotTable(fence.sync))
  const values = columns.map(({ name, type }, index) => {
    const stored = table?.columns.find((column) => column.name === snapshotColumn(name))
    return `, ${db.converted(db.fromText(db.item(db.quote('values'), index), type), type, stored?.type ?? type)}`
  })
  await db.run(
    `DELETE FROM ${snapshot} WHERE key IN (SELECT key FROM _answers WHERE state IS NOT NULL AND ${db.quote('values')} IS NOT NULL)`,
  )
  await db.run(
    `INSERT INTO ${snapshot} (key, state, payload_hash, mapping_version, accepted_at, run_id, sent_at${columns.map((column) => `, ${db.quote(snapshotColumn(column.name))}`).join('')}) ` +
      `SELECT key, state, hash, ${db.text(mappingVersion)}, ${db.now}, ${db.text(fence.runId)}, taken_at${values.join('')} ` +
      `FROM _answers WHERE state IS NOT NULL AND ${db.quote('values')} IS NOT NULL`,
  )
}

async function writeRejects(db: Engine, sync: string, { run, stream }: { run: string; stream: string }): Promise<void> {
  const unsettled = `sync = ${sync} AND ${isUnsettled}`
  await db.fill(
    '_refused',
    `SELECT a.key, a.status, a.code, a.message, a.value, a.retryable, a.attempts, a.refusals, r.first_at FROM _answers a ` +
      `LEFT JOIN (SELECT key, min(first_at) AS first_at FROM _millrace.rejects WHERE ${unsettled} GROUP BY key) r ON r.key = a.key ` +
      `WHERE a.status IN ('rejected', 'absent') AND a.state IS NULL`,
  )
  // An answer closes the reject before it; a new refusal opens the next, which knows when the first one was.
  await db.run(`DELETE FROM _millrace.rejects WHERE ${unsettled} AND key IN (SELECT key FROM _refused)`)
  await db.run(
    `UPDATE _millrace.rejects SET state = 'parked' WHERE sync = ${sync} AND state = 'open' AND key IN (SELECT key FROM _answers WHERE status = 'parked')`,
  )
  await db.run(
    `UPDATE _millrace.rejects SET state = 'settled', last_at = ${db.now} WHERE ${unsettled} AND key IN (SELECT key FROM _answers WHERE status NOT IN ('unknown', 'parked'))`,
  )
  await db.run(
    `INSERT INTO _millrace.rejects (run_id, sync, stream, key, code, message, retryable, attempts, first_at, last_at, state, value, refusals) SELECT ${run}, ${sync}, ${stream}, key, coalesce(code, 'MR-5004'), message, retryable, attempts, ` +
      `coalesce(first_at, ${db.now}), ${db.now}, 'open', value, ` +
      // What may be accepted later without anyone changing it is no refusal for good.
      `CASE WHEN status = 'rejected' AND NOT retryable THEN refusals ELSE refusals - 1 END FROM _refused`,
  )
  await db.discard('_refused')
}

/** Every value stands as text in the file, so no digit passes through a JSON number. */
const answerColumns: readonly LineColumn[] = [
  ...['key', 'op', 'status', 'state', 'hash', 'fields', 'code', 'message', 'sent_at', 'value'].map(
    (name) => ({ name, type: 'text' }) as const,
  ),
  { name: 'values', type: 'texts' },
  { name: 'retryable', type: 'boolean' },
  { name: 'attempts', type: 'integer' },
  { name: 'unanswered', type: 'boolean' },
  { name: 'refusals', type: 'integer' },
  { name: 'taken_at', type: 'now' },
]

const refusedColumns: readonly Column[] = [
  ...['key', 'status', 'code', 'message', 'value'].map((name) => ({ name, type: 'string' }) as const),
  { name: 'retryable', type: 'boolean' },
  { name: 'attempts', type: 'integer' },
  { name: 'refusals', type: 'integer' },
  { name: 'first_at', type: 'timestamp' },
]
