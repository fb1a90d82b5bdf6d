import type { Emit } from '../model/event.ts'
import type { Session } from '../warehouse/port.ts'
import { dropDirectory, keysIn, type LeftJournal } from './left-journals.ts'

/**
 * What an earlier run learned and could not commit. While its fence still stands, its answers are committed in its name;
 * where somebody has taken over since, or the snapshot's table is lost, they only reopen intents, so that the truth of now is sent again
 * (promise 5). So does what it had taken back. Where the sync's state was forgotten since, so are they: what they name may have gone to another account. Must run before the fence is taken.
 */
export async function recoverJournals(
  session: Session,
  journals: readonly LeftJournal[],
  { runId, emit }: { readonly runId: string; readonly emit: Emit },
): Promise<void> {
  for (const { directory, header, segments, receipts, takenBack } of journals) {
    const { fence, account } = header
    const now = await session.state.readFence(fence)
    const stands = now !== null && now.epoch === fence.epoch && now.runId === fence.runId
    const commits = stands && (await session.reverse.hasSnapshot(fence.sync))
    let isKnown = true
    let rows = 0
    for (const segment of segments) {
      if (segment.rows === 0 || (await session.state.hasCommit(fence.runId, fence.stream, segment.sequence))) continue
      rows += segment.rows
      if (commits)
        await session.reverse.acknowledge({ ...header, sequence: segment.sequence, path: segment.path, ledger: {} })
      else
        isKnown = (await session.reverse.reopenIntents({ fence, account, keys: await keysIn(segment.path) })) !== null
    }
    if (rows > 0)
      emit({
        type: 'run.takeover',
        run_id: runId,
        from_run: fence.runId,
        message: commits
          ? `taking over from run ${fence.runId}: ${rows} answers it had received are committed now`
          : !isKnown
            ? `the ${rows} rows that run ${fence.runId} had sent are forgotten with the state of ${fence.sync}`
            : stands
              ? `the snapshot is lost to which ${rows} answers of run ${fence.runId} belong: their intents are open again`
              : `run ${fence.runId} ended late: the ${rows} rows it had sent will be sent again`,
      })
    // Behind the answers: what they say of these counts for nothing.
    const keys = (await Promise.all(takenBack.map(keysIn))).flat()
    if (keys.length > 0 && (await session.reverse.reopenIntents({ fence, account, keys, takenBack: true })) !== null)
      emit({
        type: 'run.takeover',
        run_id: runId,
        from_run: fence.runId,
        message: `${keys.length} rows of which the connector answered run ${fence.runId} before it had sent all will be sent again`,
      })
    // A job that it had begun is settled before anything is sent (settle-jobs.ts); its rows are needed for that.
    if (receipts.length === 0) await dropDirectory(directory)
  }
}
