/**
 * Staging writes small files while rows still come; Snowflake takes files of 100 to 250 MB best.
 * https://docs.snowflake.com/en/user-guide/data-load-considerations-prepare
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { joinParquet, openParquet, type ParquetFile } from './join-files.ts'

/** Gives `work` the same rows in fewer files, and lets those go that it has made. What is alone stays as it is. */
export async function withLargeFiles<T>(
  paths: readonly string[],
  work: (files: readonly string[]) => Promise<T>,
): Promise<T> {
  if (paths.length === 1) return work(paths)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-parquet-'))
  try {
    const files: string[] = []
    for (const group of groupsOf(await Promise.all(paths.map(openParquet)))) {
      const [first] = group
      const path = first && group.length === 1 ? first.path : join(directory, `${files.length}.parquet`)
      if (group.length > 1) await joinParquet(group, path)
      files.push(path)
    }
    return await work(files)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function groupsOf(files: readonly ParquetFile[]): readonly (readonly ParquetFile[])[] {
  const groups: ParquetFile[][] = []
  for (const file of files) {
    const fitting = groups.find(
      (group) => group[0]?.kind === file.kind && group.reduce((sum, { bytes }) => sum + bytes, file.bytes) <= mostBytes,
    )
    if (fitting) fitting.push(file)
    else groups.push([file])
  }
  return groups
}

const mostBytes = 200 * 1024 * 1024
