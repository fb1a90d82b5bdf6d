import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { runScript } from './child.ts'

export const noChangesDiff: Benchmark = {
  name: 'no-changes-diff',
  about: 'a model of 1,000,000 rows × 6 columns against an equal snapshot, from an open session to the counts',
  unit: 'ms',
  better: 'lower',
  limit: 2,
  pairs: async ({ full }) => {
    const root = await mkdtemp(join(tmpdir(), 'bench-diff-'))
    const place = { file: join(root, 'diff.duckdb'), rows: 1_000_000 }
    const compare = async (script: string): Promise<Figure> => {
      const { seconds, rss_mb, counts } = await runScript(script, place)
      const found = JSON.stringify(counts)
      const expected = JSON.stringify({ added: 0, changed: 0, unchanged: place.rows, removed: 0 })
      if (found !== expected) throw new Error(`${script} counted ${found}; nothing has changed, so it is ${expected}.`)
      return { value: seconds * 1000, rssMb: rss_mb }
    }
    try {
      await runScript('ours/prepare-snapshot.ts', place)
      return await alternate(full ? 15 : 7, {
        ours: () => compare('ours/diff-model.ts'),
        floor: () => compare('floors/compare-tables.ts'),
      })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  },
}
