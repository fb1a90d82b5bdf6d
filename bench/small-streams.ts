import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { runScript } from './child.ts'
import { copyPagesProject } from './pages-project.ts'
import { startPageServer } from './page-server-process.ts'
import { sumTable } from './sum-table.ts'

export const smallStreams: Benchmark = {
  name: 'small-streams',
  about: 'a run of 20 streams of 300 rows each, of one connection, against a run of one of them, both ours',
  unit: 'ms',
  better: 'lower',
  limit: 4,
  pairs: async ({ full }) => {
    const rows = 300
    const root = await mkdtemp(join(tmpdir(), 'bench-small-'))
    const server = await startPageServer({ shape: 'contact', rows })
    let turn = 0
    const load = async (sync: string, streams: number): Promise<Figure> => {
      const directory = join(root, String(++turn))
      const file = await copyPagesProject(directory)
      const { seconds, rss_mb } = await runScript('ours/load-pages.ts', { directory, sync, url: server.url })
      for (let n = 1; n <= streams; n++) {
        const sum = await sumTable(file, `${sync}.small_${String(n).padStart(2, '0')}`, ['id'])
        if (!sum.startsWith(`${rows} rows`)) throw new Error(`${rows} rows were served, stream ${n} has ${sum}.`)
      }
      await rm(directory, { recursive: true, force: true })
      return { value: seconds * 1000, rssMb: rss_mb }
    }
    try {
      return await alternate(full ? 15 : 7, { ours: () => load('small_twenty', 20), floor: () => load('small_one', 1) })
    } finally {
      await server.stop()
      await rm(root, { recursive: true, force: true })
    }
  },
}
