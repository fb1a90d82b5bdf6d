import { MillraceError } from '../model/millrace-error.ts'
import { sqliteCode, sqliteTrouble } from '../model/sqlite-trouble.ts'

/** Says which file of the kept world SQLite cannot read or write, and the way out. Any other error is thrown on as it is. */
export function orDamaged<T>(path: string | null, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (path === null) throw error
    throw isDamaged(error) ? damagedKept(path, error) : (unwritableKept(path, error) ?? error)
  }
}

/** A full disk, another user's file, or what is none; undefined: it is something else. */
export function unwritableKept(path: string, cause: unknown): MillraceError | undefined {
  const trouble = sqliteTrouble(path, cause)
  if (!trouble) return undefined
  return new MillraceError('MR-6001', {
    message: `Opening the kept world of the sandbox, ${path}: ${trouble.words}.`,
    kept: 'The kept world is as it was.',
    next: trouble.next,
    cause,
  })
}

export function damagedKept(path: string, cause: unknown): MillraceError {
  return new MillraceError('MR-6001', {
    message: `Opening the kept world of the sandbox: ${path} is damaged (${cause instanceof Error ? cause.message : String(cause)}).`,
    kept: 'The other files of the sandbox, and the warehouse, are as they were.',
    next: '`millrace sandbox reset` makes a new world in place of this one.',
    cause,
  })
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
export const isDamaged = (error: unknown): boolean => [11, 26].includes(sqliteCode(error) ?? 0)
