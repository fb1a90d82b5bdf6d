import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Session } from '../warehouse/port.ts'
import { countLines, looking, readHeader, segmentNames } from './left-journals.ts'
import { unlessMissing } from '../model/unless-missing.ts'

/** Answers that a run has received and no transaction has taken: the next run commits them first. Only looks. */
export function countWaitingAnswers(session: Session, syncDirectory: string): Promise<number> {
  return looking(syncDirectory, async () => {
    let rows = 0
    const runs: readonly string[] = await unlessMissing(readdir(syncDirectory), [])
    for (const run of runs) {
      const directory = join(syncDirectory, run)
      const header = await readHeader(directory)
      if (!header) continue
      const { runId, stream } = header.fence
      // A run that is on clears its own away.
      for (const { name, sequence } of await unlessMissing(segmentNames(directory), [])) {
        if (await session.state.hasCommit(runId, stream, sequence)) continue
        rows += await unlessMissing(countLines(join(directory, name)), 0)
      }
    }
    return rows
  })
}
