import { diskFull, MillraceError } from '../model/millrace-error.ts'

export type About = {
  /** The statement that failed. */
  readonly sql?: string
  /** The file that was being opened. */
  readonly file?: string
}

/** What DuckDB threw, as an error that says what to do. Statements are shown in part, without row values. */
export function translateError(error: unknown, doing: string, about: About = {}): MillraceError {
  const { sql, file } = about
  if (error instanceof MillraceError) return error
  const raw = error instanceof Error ? error.message : String(error)
  const message = withoutRow(raw)
  if (isLocked(error)) return heldByAnother(message, error)
  if (
    /No space left|disk is full|failed to offload|Could not (?:write|truncate)|max_temp_directory_size/i.test(message)
  )
    return diskFull(`${doing}: the disk is full. ${firstLine(message)}`, error)
  if (file !== undefined && isDamaged.test(message)) return damaged(file, `${doing}: ${firstLine(message)}`, error)
  if (sql === undefined)
    return new MillraceError('MR-2001', {
      message: `${doing}: ${firstLine(message)}`,
      next:
        file !== undefined && /Permission denied|Read-only file system/.test(message)
          ? `Leave the file to the user that runs millrace, and run again as that one:  ls -l ${file} ${file}.wal`
          : 'Check the path and its rights with `millrace doctor`.',
      cause: error,
    })
  return new MillraceError('MR-2003', {
    message: `${doing}: ${message.trim()}\n  in: ${sql.replace(/\s+/g, ' ').slice(0, 300)}`,
    kept: 'The transaction was rolled back.',
    ...(/Out of Memory/i.test(message) && { next: moreRoom }),
    // It has the row too.
    ...(message === raw && { cause: error }),
  })
}

/**
 * Of a CSV that it cannot read DuckDB shows a row as it came, masked columns too, and advises to leave it out without a word.
 * Where the row ends nobody can tell, whatever comes behind it: what stands before it stays, and the file.
 */
function withoutRow(message: string): string {
  const end = message.search(/\s*\n(?:Original Line|Possible (?:fixes|Solution)):/)
  if (end === -1) return message
  const file = message.split('\n').findLast((line) => /^ *file = /.test(line))
  return [message.slice(0, end), ...(file === undefined ? [] : [file])].join('\n')
}

/** DuckDB's own advice is of settings that nobody has here. */
const moreRoom = [
  'A stream of more than some 800 columns takes more than staging has: bring fewer, by `include` or `exclude`.',
  'A statement on tables and models has what `memory_limit` of the warehouse in millrace.yaml says: raise it.',
]

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

/** What DuckDB 1.5 says of a file that is cut off, overwritten, empty, or another program's. */
function damaged(file: string, message: string, cause: unknown): MillraceError {
  return new MillraceError('MR-2001', {
    message: `${message}. The file is damaged, or none of DuckDB.`,
    kept: 'The file is as it was found.',
    next: [
      'With no millrace running, restore it from a backup, or',
      `mv ${file} ${file}.damaged   (and ${file}.wal, if it is there) and run again: a new one is made, and every sync loads from the beginning`,
      'With a new one a delivery has lost its snapshot: it stops with MR-4005, which says how it goes on.',
    ],
    cause,
    retry: 'never',
  })
}

const isDamaged = /not a valid DuckDB database file|Corrupt database file|Could not read enough bytes|sqlite_scanner/

/** By another process. */
export const isLocked = (error: unknown): boolean =>
  error instanceof Error && /Conflicting lock is held|Could not set lock on file/.test(error.message)

const firstLine = (message: string) => message.split('\n')[0] ?? message
