import { diskFull, MillraceError } from '../../model/millrace-error.ts'
import { sqliteCode, sqliteTrouble } from '../../model/sqlite-trouble.ts'

/** What SQLite threw, in the words of the catalogue. */
export function storeError(path: string, doing: string, error: unknown): unknown {
  if (error instanceof MillraceError) return error
  const message = error instanceof Error ? error.message : String(error)
  const trouble = sqliteTrouble(path, error)
  if (trouble?.isFull) return diskFull(`control store ${path}: ${doing} failed, ${trouble.words}`, error)
  return new MillraceError('MR-6003', {
    message: `control store ${path}: ${doing} failed: ${trouble?.words ?? message}`,
    kept: 'What is in the warehouse is untouched; the control store holds only runs, locks and progress.',
    next: trouble?.next ?? nextStep(error, path),
    cause: error,
  })
}

export const isBusy = (error: unknown): boolean => [busy, locked].includes(sqliteCode(error) ?? 0)

function nextStep(error: unknown, path: string): string {
  const code = sqliteCode(error)
  if (code === busy || code === locked)
    return 'Another process holds it in a transaction: find a stopped or hanging millrace (`ps`), end it, and run again.'
  if (code === corrupt || code === notADatabase)
    return `The file is damaged. With no millrace running, move it away (mv ${path} ${path}.broken) and run again: a new one is made.`
  return 'Check that the folder exists, is on a local disk, and may be written to.'
}

const busy = 5
const locked = 6
const corrupt = 11
const notADatabase = 26
