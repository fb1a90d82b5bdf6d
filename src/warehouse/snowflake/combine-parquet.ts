/**
 * Staging writes small files while rows still come; Snowflake takes files of 100 to 250 MB best.
 * https://docs.snowflake.com/en/user-guide/data-load-considerations-prepare
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../duckdb/open-database.ts'
import { quoteText } from '../../duckdb/sql-text.ts'

/** Gives `work` the same rows in fewer files, and lets those go that it has made. What is alone stays as it is. */
export async function withLargeFiles<T>(
  paths: readonly string[],
  work: (files: readonly string[]) => Promise<T>,
): Promise<T> {
  if (paths.length === 1) return work(paths)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-parquet-'))
  try {
    const files: string[] = []
    for (const group of await groupsOf(paths)) files.push(await combine(group, { directory, nth: files.length }))
    return await work(files)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function groupsOf(paths: readonly string[]): Promise<readonly (readonly string[])[]> {
  const groups: string[][] = []
  let bytes = mostBytes
  for (const path of paths) {
    const { size } = await stat(path)
    if (bytes + size > mostBytes) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(path)
    bytes += size
  }
  return groups
}

async function combine(
  paths: readonly string[],
  { directory, nth }: { readonly directory: string; readonly nth: number },
): Promise<string> {
  const [first = ''] = paths
  if (paths.length === 1) return first
  const path = join(directory, `${nth}.parquet`)
  const db = await openDatabase({ path: ':memory:', memoryLimit: '500MB', spillDirectory: directory, threads: 1 })
  try {
    await db.run(
      `COPY (SELECT * FROM read_parquet([${paths.map(quoteText).join(', ')}])) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`,
    )
  } finally {
    db.close()
  }
  return path
}

const mostBytes = 200 * 1024 * 1024
