/** `_millrace.commits`: what was committed, so that it can be asked where the answer was lost. */
import type { Fence } from '../port.ts'
import type { Engine } from './engine.ts'
import { insertRow } from './insert-row.ts'

/** Was this commit made? */
export async function hasCommit(
  db: Engine,
  { runId, stream, sequence }: { readonly runId: string; readonly stream: string; readonly sequence: number },
): Promise<boolean> {
  const rows = await db.rows(
    `SELECT 1 AS yes FROM _millrace.commits WHERE run_id = ${db.text(runId)} AND stream = ${db.text(stream)} AND sequence = ${sequence}`,
  )
  return rows.length > 0
}

export async function writeCommit(
  db: Engine,
  commit: { readonly fence: Fence; readonly stream: string; readonly sequence: number; readonly ledger: object },
): Promise<void> {
  const { fence, stream, sequence, ledger } = commit
  await insertRow(db, 'commits', {
    run_id: db.text(fence.runId),
    stream: db.text(stream),
    sequence: String(sequence),
    epoch: String(fence.epoch),
    ledger: db.json(db.text(JSON.stringify(ledger))),
    committed_at: db.now,
  })
}
