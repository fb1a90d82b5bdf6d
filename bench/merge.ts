import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { runScript } from './child.ts'
import { contactColumns, sumTable } from './sum-table.ts'

export const merge: Benchmark = {
  name: 'merge',
  about: '100,000 changed rows, staged, into a table of 1,000,000: a fenced commit against bare SQL delete + insert',
  unit: 'ms',
  better: 'lower',
  limit: 2,
  pairs: async ({ full }) => {
    const root = await mkdtemp(join(tmpdir(), 'bench-merge-'))
    const place = {
      file: join(root, 'stored.duckdb'),
      bare: join(root, 'bare.duckdb'),
      staged: join(root, 'staged.parquet'),
    }
    let turn = 0
    let truth: string | undefined
    const measure = async (script: string, stored: string): Promise<Figure> => {
      const file = join(root, `${++turn}.duckdb`)
      await copyFile(stored, file)
      const { seconds, rss_mb } = await runScript(script, { ...place, file })
      const sum = await sumTable(file, 'raw.contacts', contactColumns)
      truth ??= sum
      if (sum !== truth) throw new Error(`The tables differ: ${truth} and, by ${script}, ${sum}.`)
      await rm(file)
      return { value: seconds * 1000, rssMb: rss_mb }
    }
    try {
      await runScript('ours/prepare-merge.ts', place)
      await runScript('floors/prepare-merge.ts', place)
      return await alternate(full ? 15 : 7, {
        ours: () => measure('ours/merge.ts', place.file),
        floor: () => measure('floors/merge.ts', place.bare),
      })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  },
}
