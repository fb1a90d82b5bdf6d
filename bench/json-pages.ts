import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { runScript, type Report } from './child.ts'
import { copyPagesProject } from './pages-project.ts'
import { startPageServer } from './page-server-process.ts'
import { sumTable } from './sum-table.ts'

export const jsonPages: Benchmark = {
  name: 'json-pages',
  about: 'pages of Stripe-shaped objects into a typed DuckDB table, against the bare loop: rows/s',
  unit: 'rows/s',
  better: 'higher',
  limit: 1,
  pairs: async ({ full }) => {
    const rows = 100_000
    const root = await mkdtemp(join(tmpdir(), 'bench-pages-'))
    const server = await startPageServer({ shape: 'charge', rows })
    let turn = 0
    let truth: string | undefined
    /** A directory of its own, and the table compared afterwards: the same rows, or no figure. */
    const measure = async (
      work: (directory: string) => Promise<{ readonly report: Report; readonly file: string; readonly table: string }>,
    ): Promise<Figure> => {
      const directory = join(root, String(++turn))
      const { report, file, table } = await work(directory)
      const sum = await sumTable(file, table, chargeColumns)
      truth ??= sum
      if (sum !== truth) throw new Error(`The tables differ: ${truth} and, in ${table}, ${sum}.`)
      if (!sum.startsWith(`${rows} rows`)) throw new Error(`${rows} rows were served, the table has ${sum}.`)
      await rm(directory, { recursive: true, force: true })
      return { value: rows / report.seconds, rssMb: report.rss_mb }
    }
    try {
      return await alternate(full ? 7 : 3, {
        ours: () =>
          measure(async (directory) => {
            const file = await copyPagesProject(directory)
            const report = await runScript('ours/load-pages.ts', { directory, sync: 'charges', url: server.url })
            return { report, file, table: 'charges.charges' }
          }),
        floor: () =>
          measure(async (directory) => {
            const report = await runScript('floors/load-pages.ts', { directory, url: server.url })
            return { report, file: join(directory, 'floor.duckdb'), table: 'charges' }
          }),
      })
    } finally {
      await server.stop()
      await rm(root, { recursive: true, force: true })
    }
  },
}

const chargeColumns = `
  id object amount amount_captured amount_refunded application application_fee application_fee_amount
  balance_transaction billing_details calculated_statement_descriptor captured created currency customer
  description disputed failure_code failure_message fraud_details livemode metadata on_behalf_of outcome paid
  payment_intent payment_method payment_method_details receipt_email receipt_number receipt_url refunded review
  shipping source_transfer statement_descriptor status transfer_data transfer_group
`
  .trim()
  .split(/\s+/)
