import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { runScript } from './child.ts'
import { copyPagesProject } from './pages-project.ts'
import { startPageServer } from './page-server-process.ts'
import { sumTable } from './sum-table.ts'

export const flatMemory: Benchmark = {
  name: 'flat-memory',
  about: 'peak memory of a load of 1,000,000 rows against that of 100,000 rows, both ours',
  unit: 'MB',
  better: 'lower',
  limit: 1.25,
  pairs: async ({ full }) => {
    const [shape, sync] = full ? (['charge', 'charges'] as const) : (['contact', 'contacts'] as const)
    const root = await mkdtemp(join(tmpdir(), 'bench-memory-'))
    const load = async (rows: number): Promise<Figure> => {
      const directory = join(root, String(rows))
      const file = await copyPagesProject(directory)
      const server = await startPageServer({ shape, rows })
      try {
        const { rss_mb } = await runScript('ours/load-pages.ts', { directory, sync, url: server.url })
        const sum = await sumTable(file, `${sync}.${sync}`, ['id'])
        if (!sum.startsWith(`${rows} rows`)) throw new Error(`${rows} rows were served, the table has ${sum}.`)
        return { value: rss_mb, rssMb: rss_mb }
      } finally {
        await server.stop()
        await rm(directory, { recursive: true, force: true })
      }
    }
    try {
      return await alternate(full ? 1 : 2, { ours: () => load(1_000_000), floor: () => load(100_000) })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  },
}
