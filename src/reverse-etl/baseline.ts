import type { ReverseLedger } from '../model/ledger.ts'
import type { Answer, Session, SnapshotMeta } from '../warehouse/port.ts'
import { openLines, readChanges, type SpooledChange } from './change-spool.ts'
import type { Comparison } from './compare.ts'
import type { JournalHeader } from './journal.ts'
import { baselineLedger } from './reverse-ledger.ts'
import { storable } from './storable.ts'

/** `--baseline`: the model is taken for accepted; nothing is sent, and the changes say so. */
export async function takeAsBaseline(parts: {
  readonly session: Session
  readonly header: JournalHeader
  readonly meta: SnapshotMeta
  readonly comparison: Comparison
}): Promise<ReverseLedger> {
  const { session, header, meta, comparison } = parts
  const acknowledge = (path: string, sequence: number) =>
    session.reverse.acknowledge({ ...header, sequence, path, ledger: {} })
  const answers = await baselineAnswers(comparison)
  await acknowledge(answers.path, 1)
  await acknowledge(comparison.settled.path, 2)
  // Last: after a kill between these the next run still asks for a word, and does not send everything.
  await session.reverse.openIntents({ fence: header.fence, path: null, meta })
  return baselineLedger(comparison, answers.refused)
}

async function baselineAnswers({ changes }: Comparison): Promise<{ readonly path: string; readonly refused: number }> {
  let rejected = 0
  const path = `${changes.path}.baseline`
  const lines = await openLines(path)
  try {
    for await (const { answer, refused } of eachChange(changes)) {
      if (refused !== undefined) rejected++
      const taken: Answer =
        refused === undefined
          ? { ...answer, status: 'baseline', message: '--baseline' }
          : { ...answer, fields: '{}', code: 'MR-5005', message: storable(refused) }
      await lines.write(JSON.stringify(taken))
    }
  } finally {
    await lines.close()
  }
  return { path, refused: rejected }
}

async function* eachChange({ path, rows }: Comparison['changes']): AsyncIterable<SpooledChange> {
  for await (const changes of readChanges(path, rows)) yield* changes
}
