/** What a run may have sent late is open again, so that the next one sends the truth (promise 5). */
import type { ReverseSession } from '../port.ts'
import type { Engine } from './engine.ts'
import { lockFences, scopeIs } from './fence.ts'
import { crossed, snapshotColumn, snapshotTable, stateSchema } from './state-schema.ts'

export async function reopenIntents(
  db: Engine,
  request: Parameters<ReverseSession['reopenIntents']>[0],
): Promise<number | null> {
  const { fence, keys, takenBack } = request
  if (keys.length === 0) return 0
  const values = await db.bringValues(
    ['key', 'op'],
    keys.map(({ key, op }) => [key, op]),
  )
  const sync = db.text(fence.sync)
  const run = db.text(fence.runId)
  return db.transaction(async () => {
    // An INSERT waits for nobody: an intent that whoever acknowledges now is about to delete would be seen as there.
    await db.run(lockFences(db, fence.sync))
    if (takenBack)
      await db.run(
        `UPDATE _millrace.changes SET status = 'unknown', reason = ${db.text('the connector answered before it had sent all')} ` +
          `WHERE sync = ${sync} AND run_id = ${run} AND key IN (SELECT v.key FROM ${values} v)`,
      )
    const { isKnown, isTaken } = await lookAtState(db, request)
    if (!isKnown) return null
    const stands = isTaken ? await standsIn(db, fence.sync) : ''
    // What whoever took over has sent meanwhile may lie under what was sent late: no answer to it closes the intent.
    await db.run(
      `UPDATE _millrace.intents SET epoch = ${crossed} WHERE sync = ${sync} AND run_id <> ${run} AND key IN (SELECT v.key FROM ${values} v)`,
    )
    const result = await db.run(
      `INSERT INTO _millrace.intents ${intentColumns} SELECT ${sync}, v.key, any_value(v.op), ${run}, ${fence.epoch}, ${db.now} ` +
        `FROM ${values} v WHERE NOT EXISTS (SELECT 1 FROM _millrace.intents i WHERE i.sync = ${sync} AND i.key = v.key)${stands} GROUP BY v.key`,
    )
    return result.rowsChanged
  })
}

/** Behind a reset or a move nothing is compared with what was sent before; in another account nobody was sent. */
async function lookAtState(
  db: Engine,
  { fence, account }: Parameters<ReverseSession['reopenIntents']>[0],
): Promise<{ readonly isKnown: boolean; readonly isTaken: boolean }> {
  const isThere =
    account === undefined
      ? ''
      : ` AND ${db.quote('account')} = ${db.text(account)} AND object = ${db.text(fence.stream)}`
  const [row] = await db.rows(
    `SELECT (SELECT count(*) FROM _millrace.snapshots WHERE sync = ${db.text(fence.sync)}${isThere}) AS known, ` +
      `(SELECT count(*) FROM _millrace.fences WHERE ${scopeIs(db, fence)} AND epoch > ${fence.epoch}) AS taken`,
  )
  return { isKnown: row?.['known'] !== '0', isTaken: row?.['taken'] !== '0' }
}

/**
 * Once somebody else has had the fence. What another run has answered for stands there; of whoever was forgotten, or was sent before
 * a reset, nothing does, or the hash alone, without the values of one who left. In a warehouse that was restored from before the run, everything counts.
 */
async function standsIn(db: Engine, sync: string): Promise<string> {
  const answered = [`SELECT key FROM _millrace.rejects WHERE sync = ${db.text(sync)}`]
  const snapshot = await db.introspect(stateSchema, snapshotTable(sync))
  if (snapshot) {
    const values = snapshot.columns.filter(({ name }) => name.startsWith(snapshotColumn('')))
    const known = [
      `state <> 'ignored'`,
      'payload_hash IS NULL',
      ...values.map(({ name }) => `${db.quote(name)} IS NOT NULL`),
    ]
    answered.push(`SELECT key FROM ${db.relation(stateSchema, snapshotTable(sync))} WHERE ${known.join(' OR ')}`)
  }
  return ` AND v.key IN (${answered.join(' UNION ALL ')})`
}

export const intentColumns = '(sync, key, op, run_id, epoch, opened_at)'
