/**
 * The bare loop: undici, JSON.parse, JSON.stringify, an NDJSON file, and DuckDB's read_json with explicit types into a table.
 * No retries, no checks, no cursor, no meta columns, one file at the end. Imports nothing of ours.
 */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { Client } from 'undici'

async function main(): Promise<void> {
  const { directory, url }: { directory: string; url: string } = JSON.parse(process.argv[2] ?? '{}')

  const began = performance.now()
  await mkdir(directory, { recursive: true })
  const spool = join(directory, 'floor.ndjson')
  await download(url, spool)
  await load(spool, join(directory, 'floor.duckdb'))
  const seconds = (performance.now() - began) / 1000
  console.log(JSON.stringify({ seconds, rss_mb: process.resourceUsage().maxRSS / 1024 }))
}

async function download(url: string, path: string): Promise<void> {
  const client = new Client(url)
  const file = createWriteStream(path, { highWaterMark: 16 * 1024 * 1024 })
  let after = ''
  for (let hasMore = true; hasMore;) {
    const { body } = await client.request({ method: 'GET', path: `/v1/charges${after}` })
    const page = JSON.parse(await body.text()) as { data: { id: string }[]; has_more: boolean } // what the server of this benchmark sends
    let lines = ''
    for (const row of page.data) lines += `${JSON.stringify(row)}\n`
    if (!file.write(lines)) await once(file, 'drain')
    after = `?starting_after=${page.data.at(-1)?.id ?? ''}`
    hasMore = page.has_more
  }
  file.end()
  await finished(file)
  await client.close()
}

async function load(spool: string, path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path, { preserve_insertion_order: 'false' })
  const connection = await instance.connect()
  const columns = Object.entries(types).map(([name, type]) => `${name}: '${type}'`)
  await connection.run(
    `CREATE TABLE charges AS SELECT * REPLACE (make_timestamp(created * 1000000) AS created) ` +
      `FROM read_json('${spool}', format = 'newline_delimited', columns = {${columns.join(', ')}})`,
  )
  connection.closeSync()
  instance.closeSync()
}

const types = {
  id: 'VARCHAR',
  object: 'VARCHAR',
  amount: 'BIGINT',
  amount_captured: 'BIGINT',
  amount_refunded: 'BIGINT',
  application: 'VARCHAR',
  application_fee: 'VARCHAR',
  application_fee_amount: 'BIGINT',
  balance_transaction: 'VARCHAR',
  billing_details: 'JSON',
  calculated_statement_descriptor: 'VARCHAR',
  captured: 'BOOLEAN',
  created: 'BIGINT',
  currency: 'VARCHAR',
  customer: 'VARCHAR',
  description: 'VARCHAR',
  disputed: 'BOOLEAN',
  failure_code: 'VARCHAR',
  failure_message: 'VARCHAR',
  fraud_details: 'JSON',
  livemode: 'BOOLEAN',
  metadata: 'JSON',
  on_behalf_of: 'VARCHAR',
  outcome: 'JSON',
  paid: 'BOOLEAN',
  payment_intent: 'VARCHAR',
  payment_method: 'VARCHAR',
  payment_method_details: 'JSON',
  receipt_email: 'VARCHAR',
  receipt_number: 'VARCHAR',
  receipt_url: 'VARCHAR',
  refunded: 'BOOLEAN',
  review: 'VARCHAR',
  shipping: 'JSON',
  source_transfer: 'VARCHAR',
  statement_descriptor: 'VARCHAR',
  status: 'VARCHAR',
  transfer_data: 'JSON',
  transfer_group: 'VARCHAR',
} as const

await main()
