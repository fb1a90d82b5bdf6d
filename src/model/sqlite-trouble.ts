import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { strangerAt } from './stranger-at.ts'

/** The primary result code: https://sqlite.org/rescode.html; the extended ones carry it in the low byte. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

export type SqliteTrouble = { readonly words: string; readonly next: string; readonly isFull: boolean }

/**
 * Why SQLite cannot open, read or write its file, where that is a full disk, another user's file, or no file at all: its own words
 * for these are `disk I/O error` and `unable to open database file`. null: something else, or nobody can tell.
 */
export function sqliteTrouble(path: string, error: unknown): SqliteTrouble | null {
  const code = sqliteCode(error)
  if (code === full) return fullDisk('')
  if (code !== ioError && code !== cannotOpen && code !== readOnly && !isRefusal(error)) return null
  const files = [path, `${path}-wal`, `${path}-shm`, `${path}-journal`]
  for (const file of files) {
    const stranger = strangerAt(file)
    if (stranger !== undefined)
      return {
        words: `${file} is ${stranger}, and no file`,
        next: 'With no millrace running, move that away and run again: a new one is made.',
        isFull: false,
      }
  }
  const closed = [dirname(path), ...files].find(isClosed)
  if (closed !== undefined)
    return {
      words: `this user may not read and write ${closed}`,
      next: `Leave .millrace to the user that runs millrace, and run again as that one; where a group shares it, its owner gives it:  chmod g+rw ${closed}`,
      isFull: false,
    }
  return fullnessOf(dirname(path))
}

/** By the file system, before SQLite was asked. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['EACCES', 'EPERM', 'EROFS'].includes(String(error.code))

function isClosed(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK)
    return false
  } catch {
    return existsSync(file)
  }
}

function fullnessOf(folder: string): SqliteTrouble | null {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(folder)
    if (bavail * bsize < leastBytes) return fullDisk('')
    // Some file systems count none.
    if (files > 0 && ffree === 0) return fullDisk(': it takes no more files (inodes)')
  } catch {
    // It is not there, or may not be looked at.
  }
  return null
}

const fullDisk = (more: string): SqliteTrouble => ({
  words: `the disk is full${more}`,
  next: 'Free some space, and run again.',
  isFull: true,
})
/** SQLite's index of its log grows by 32 KB. */
const leastBytes = 64 * 1024
const readOnly = 8
const ioError = 10
const full = 13
const cannotOpen = 14
