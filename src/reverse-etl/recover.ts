import type { Emit } from '../model/event.ts'
import type { Answer, Session } from '../warehouse/port.ts'
import type { Segment } from './journal.ts'
import { answersOf, dropDirectory, type LeftJournal } from './left-journals.ts'

/**
 * What an earlier run learned and could not commit. While its fence still stands, its answers are committed in its name;
 * where somebody has taken over since, they only reopen intents, so that the truth of now is sent again (promise 5). Where the
 * sync's state was forgotten since, so are they: what they name may have gone to another account. Must run before the fence is taken.
 */
export async function recoverJournals(
  session: Session,
  journals: readonly LeftJournal[],
  { runId, emit }: { readonly runId: string; readonly emit: Emit },
): Promise<void> {
  for (const { directory, header, segments, receipts } of journals) {
    const { fence } = header
    const now = await session.state.readFence(fence)
    const stands = now !== null && now.epoch === fence.epoch && now.runId === fence.runId
    const isKnown = stands || (await session.reverse.readMeta(fence.sync)) !== null
    let rows = 0
    for (const segment of segments) {
      if (segment.rows === 0 || (await session.state.hasCommit(fence.runId, fence.stream, segment.sequence))) continue
      rows += segment.rows
      if (stands)
        await session.reverse.acknowledge({
          fence,
          sequence: segment.sequence,
          columns: header.columns,
          mappingVersion: header.mappingVersion,
          path: segment.path,
          ledger: {},
        })
      else if (isKnown) await session.reverse.reopenIntents({ ...fence, keys: await keysOf(segment) })
    }
    if (rows > 0)
      emit({
        type: 'run.takeover',
        run_id: runId,
        from_run: fence.runId,
        message: stands
          ? `taking over from run ${fence.runId}: ${rows} answers it had received are committed now`
          : isKnown
            ? `run ${fence.runId} ended late: the ${rows} rows it had sent will be sent again`
            : `the ${rows} rows that run ${fence.runId} had sent are forgotten with the state of ${fence.sync}`,
      })
    // A job that it had begun is settled before anything is sent (settle-jobs.ts); its rows are needed for that.
    if (receipts.length === 0) await dropDirectory(directory)
  }
}

/** Of a segment's answers only what names them: with their values they could fill the memory. */
async function keysOf(segment: Segment): Promise<readonly Pick<Answer, 'key' | 'op'>[]> {
  const keys: Pick<Answer, 'key' | 'op'>[] = []
  for await (const answers of answersOf(segment)) for (const { key, op } of answers) keys.push({ key, op })
  return keys
}
