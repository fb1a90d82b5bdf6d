import { MillraceError } from '../model/millrace-error.ts'

/** Says which file of the kept world SQLite cannot read, and the way out. Any other error is thrown on as it is. */
export function orDamaged<T>(path: string | null, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw path !== null && isDamaged(error) ? damagedKept(path, error) : error
  }
}

export function damagedKept(path: string, cause: unknown): MillraceError {
  return new MillraceError('MR-6001', {
    message: `Opening the kept world of the sandbox: ${path} is damaged (${cause instanceof Error ? cause.message : String(cause)}).`,
    kept: 'The other files of the sandbox, and the warehouse, are as they were.',
    next: '`millrace sandbox reset` makes a new world in place of this one.',
    cause,
  })
}

/** SQLITE_CORRUPT and SQLITE_NOTADB; the bits above say more of the same. */
export const isDamaged = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  [11, 26].includes(error.errcode & 0xff)
