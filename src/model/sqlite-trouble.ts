import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { strangerAt } from './stranger-at.ts'

/** The primary result code: https://sqlite.org/rescode.html; the extended ones carry it in the low byte. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/**
 * Why SQLite cannot open, read or write its file, where that is a full disk or no file at all: its own words for both are
 * `disk I/O error` and `unable to open database file`. null: something else, or nobody can tell.
 */
export function sqliteTrouble(
  path: string,
  error: unknown,
): { readonly words: string; readonly isFull: boolean } | null {
  const code = sqliteCode(error)
  if (code === full) return { words: diskFull, isFull: true }
  if (code !== ioError && code !== cannotOpen) return null
  for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}-journal`]) {
    const stranger = strangerAt(file)
    if (stranger !== undefined) return { words: `${file} is ${stranger}, and no file`, isFull: false }
  }
  return fullnessOf(dirname(path))
}

function fullnessOf(folder: string): ReturnType<typeof sqliteTrouble> {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(folder)
    if (bavail * bsize < leastBytes) return { words: diskFull, isFull: true }
    // Some file systems count none.
    if (files > 0 && ffree === 0) return { words: `${diskFull}: it takes no more files (inodes)`, isFull: true }
  } catch {
    // It is not there, or may not be looked at.
  }
  return null
}

const diskFull = 'the disk is full'
/** SQLite's index of its log grows by 32 KB. */
const leastBytes = 64 * 1024
const ioError = 10
const full = 13
const cannotOpen = 14
