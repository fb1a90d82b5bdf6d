/**
 * The bare loop: undici, each file as it comes onto disk, then DuckDB's read_csv over all of them with explicit types into a
 * table. No retries, no checks, no cursor. Imports nothing of ours.
 */
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { Client } from 'undici'

async function main(): Promise<void> {
  const { directory, url }: { directory: string; url: string } = JSON.parse(process.argv[2] ?? '{}')
  const began = performance.now()
  await mkdir(directory, { recursive: true })
  await load(await download(url, directory), join(directory, 'floor.duckdb'))
  const seconds = (performance.now() - began) / 1000
  console.log(JSON.stringify({ seconds, rss_mb: process.resourceUsage().maxRSS / 1024 }))
}

async function download(url: string, directory: string): Promise<string[]> {
  const client = new Client(url)
  const { body: list } = await client.request({ method: 'GET', path: '/bulk' })
  const { files: links } = (await list.json()) as { files: { url: string }[] } // what the server of this benchmark sends
  const files: string[] = []
  for (const link of links) {
    const { body } = await client.request({ method: 'GET', path: new URL(link.url).pathname })
    const file = join(directory, `${files.length}.csv`)
    await pipeline(body, createWriteStream(file))
    files.push(file)
  }
  await client.close()
  return files
}

async function load(files: string[], path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path, { preserve_insertion_order: 'false' })
  const connection = await instance.connect()
  const columns = Object.entries(types).map(([name, type]) => `${name}: '${type}'`)
  await connection.run(
    `CREATE TABLE contacts AS SELECT * REPLACE (make_timestamp(updated * 1000000) AS updated) ` +
      `FROM read_csv([${files.map((file) => `'${file}'`).join(', ')}], header = true, columns = {${columns.join(', ')}})`,
  )
  connection.closeSync()
  instance.closeSync()
}

const types = {
  id: 'VARCHAR',
  email: 'VARCHAR',
  name: 'VARCHAR',
  plan: 'VARCHAR',
  seats: 'BIGINT',
  balance: 'DECIMAL(38,2)',
  subscribed: 'BOOLEAN',
  updated: 'BIGINT',
  tags: 'JSON',
  note: 'VARCHAR',
} as const

await main()
