/** Ours: the diff of a run with no changes, from an open session to its counts. */
import { readArguments, report } from '../report.ts'
import { openBenchWarehouse, peopleDiff } from './people-diff.ts'

const { file } = readArguments<{ readonly file: string }>()

const { counts, seconds } = await openBenchWarehouse(file).session(
  { runId: 'bench', purpose: 'diff' },
  async (session) => {
    const began = performance.now()
    const { added, changed, unchanged, removed } = await session.reverse.diff(peopleDiff)
    return { counts: { added, changed, unchanged, removed }, seconds: (performance.now() - began) / 1000 }
  },
)
report({ seconds, counts })
