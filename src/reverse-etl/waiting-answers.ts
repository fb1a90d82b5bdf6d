import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Session } from '../warehouse/port.ts'
import { readHeader, segmentNames } from './journal.ts'

/** Answers that a run has received and no transaction has taken: the next run commits them first. Only looks. */
export async function countWaitingAnswers(session: Session, syncDirectory: string): Promise<number> {
  let rows = 0
  for (const run of await readdir(syncDirectory).catch(() => [])) {
    const directory = join(syncDirectory, run)
    const header = await readHeader(directory)
    if (!header) continue
    const { runId, stream } = header.fence
    for (const { name, sequence } of await segmentNames(directory)) {
      if (await session.state.hasCommit(runId, stream, sequence)) continue
      const text = await readFile(join(directory, name), 'utf8').catch(() => '')
      rows += text.split('\n').length - 1
    }
  }
  return rows
}
