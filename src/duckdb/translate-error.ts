import { diskFull, MillraceError } from '../model/millrace-error.ts'

/** What DuckDB threw, as an error that says what to do. Statements are shown in part, without row values. */
export function translateError(error: unknown, doing: string, sql?: string): MillraceError {
  if (error instanceof MillraceError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (isLocked(error)) return heldByAnother(message, error)
  if (
    /No space left|disk is full|failed to offload|Could not (?:write|truncate)|max_temp_directory_size/i.test(message)
  )
    return diskFull(`${doing}: the disk is full. ${firstLine(message)}`, error)
  if (sql === undefined)
    return new MillraceError('MR-2001', {
      message: `${doing}: ${firstLine(message)}`,
      next: 'Check the path and its rights with `millrace doctor`.',
      cause: error,
    })
  return new MillraceError('MR-2003', {
    message: `${doing}: ${message.trim()}\n  in: ${sql.replace(/\s+/g, ' ').slice(0, 300)}`,
    kept: 'The transaction was rolled back.',
    cause: error,
  })
}

function heldByAnother(message: string, cause: unknown): MillraceError {
  const holder = /held in (.*?) \(PID (\d+)\)/.exec(message)
  const who = holder ? `${holder[1]} (pid ${holder[2]})` : 'another program'
  return new MillraceError('MR-2002', {
    message: `The warehouse file is open in ${who}: DuckDB lets one process in at a time, and runs of millrace take turns.`,
    kept: 'Nothing was changed.',
    next: [
      'Close it there (a DuckDB shell, a notebook, a BI tool) and run again.',
      'A millrace that was stopped in the middle (Ctrl-Z) holds it too: let it go on with `fg`, or end it.',
    ],
    cause,
  })
}

/** By another process. */
export const isLocked = (error: unknown): boolean =>
  error instanceof Error && /Conflicting lock is held|Could not set lock on file/.test(error.message)

const firstLine = (message: string) => message.split('\n')[0] ?? message
