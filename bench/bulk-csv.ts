import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { runScript, type Report } from './child.ts'
import { copyPagesProject } from './pages-project.ts'
import { startPageServer } from './page-server-process.ts'
import { contactColumns, sumTable } from './sum-table.ts'

export const bulkCsv: Benchmark = {
  name: 'bulk-csv',
  about: 'files of 50,000 rows as CSV (--full: 1,000,000 rows in all, else 300,000) against download and read_csv',
  unit: 'ms',
  better: 'lower',
  limit: 1.15,
  pairs: async ({ full }) => {
    const rows = full ? 1_000_000 : 300_000
    const root = await mkdtemp(join(tmpdir(), 'bench-csv-'))
    const server = await startPageServer({ shape: 'csv', rows })
    let turn = 0
    let truth: string | undefined
    const measure = async (load: (directory: string) => Promise<Loaded>): Promise<Figure> => {
      const directory = join(root, String(++turn))
      const { report, file, table } = await load(directory)
      const sum = await sumTable(file, table, contactColumns)
      truth ??= sum
      if (sum !== truth) throw new Error(`The tables differ: ${truth} and, in ${table}, ${sum}.`)
      if (!sum.startsWith(`${rows} rows`)) throw new Error(`${rows} rows were served, the table has ${sum}.`)
      await rm(directory, { recursive: true, force: true })
      return { value: report.seconds * 1000, rssMb: report.rss_mb }
    }
    const ours = async (directory: string): Promise<Loaded> => {
      const file = await copyPagesProject(directory)
      const report = await runScript('ours/load-pages.ts', { directory, sync: 'bulk_contacts', url: server.url })
      return { report, file, table: 'bulk_contacts.bulk_contacts' }
    }
    const floor = async (directory: string): Promise<Loaded> => {
      const report = await runScript('floors/load-csv.ts', { directory, url: server.url })
      return { report, file: join(directory, 'floor.duckdb'), table: 'contacts' }
    }
    try {
      return await alternate(full ? 5 : 3, { ours: () => measure(ours), floor: () => measure(floor) })
    } finally {
      await server.stop()
      await rm(root, { recursive: true, force: true })
    }
  },
}

type Loaded = { readonly report: Report; readonly file: string; readonly table: string }
