/** Ours: the diff of a run with no changes, from an open session to its counts. */
import { readArguments, report } from '../report.ts'
import { openBenchWarehouse, peopleDiff } from './people-diff.ts'

const { file, memory } = readArguments<{ readonly file: string; readonly memory: string }>()

const { counts, seconds } = await openBenchWarehouse(file, memory).session(
  { runId: 'bench', purpose: 'diff' },
  async (session) => {
    const began = performance.now()
    const { added, changed, unchanged, removed } = await session.reverse.diff(peopleDiff)
    return { counts: { added, changed, unchanged, removed }, seconds: (performance.now() - began) / 1000 }
  },
)
report({ seconds, counts })
