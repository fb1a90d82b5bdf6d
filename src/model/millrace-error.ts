import { errorCatalogue, type ErrorCode } from './error-catalogue.ts'

/** A place in a file of the project, shown as `file:line:column` with a frame. 1-based. */
export type SourcePlace = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly length: number
  /** The whole text of the file, for the frame. */
  readonly text: string
}

export type ErrorParts = {
  /** What was being done to what, and what went wrong. One or two sentences; no secrets, no control characters. */
  readonly message: string
  /** What is as it was, or what was kept. */
  readonly kept?: string
  /** What to do next: sentences or commands, one a line. */
  readonly next?: string | readonly string[]
  readonly place?: SourcePlace
  readonly cause?: unknown
  /** Overrides the catalogue, by whoever understands the vendor. */
  readonly retry?: 'later' | 'never'
  /** Overrides the catalogue, where nothing ran. */
  readonly exit?: 2
  /** The vendor asked not to come back sooner. Milliseconds from now. */
  readonly retryAfterMs?: number | undefined
}

export class MillraceError extends Error {
  readonly code: ErrorCode
  readonly kept: string | undefined
  readonly next: readonly string[]
  readonly place: SourcePlace | undefined
  readonly retry: 'later' | 'never'
  readonly retryAfterMs: number | undefined
  readonly exitCode: number

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.name = 'MillraceError'
    this.code = code
    this.kept = parts.kept
    this.next = parts.next === undefined ? [] : typeof parts.next === 'string' ? [parts.next] : parts.next
    this.place = parts.place
    this.retry = parts.retry ?? errorCatalogue[code].retry
    this.retryAfterMs = parts.retryAfterMs
    this.exitCode = parts.exit ?? errorCatalogue[code].exit
  }
}

/** Several findings at once: a project has all its mistakes shown in one go. */
export class MillraceErrors extends Error {
  readonly errors: readonly MillraceError[]

  constructor(errors: readonly MillraceError[]) {
    super(errors.map((error) => error.message).join('\n'))
    this.name = 'MillraceErrors'
    this.errors = errors
  }
}

/** One as it is; several together. @throws MillraceError, MillraceErrors */
export function throwAll(errors: readonly MillraceError[]): void {
  const [first] = errors
  if (first) throw errors.length === 1 ? first : new MillraceErrors(errors)
}

/** Anything thrown, as a MillraceError: what is not one already is a full disk, a file that is closed to us, or a bug of ours, and says so. */
export function asMillraceError(error: unknown, doing: string): MillraceError {
  if (error instanceof MillraceError) return error
  if (error instanceof MillraceErrors && error.errors[0]) return error.errors[0]
  const message = error instanceof Error ? error.message : String(error)
  if (isDiskFull(error)) return diskFull(`${doing}: the disk is full. ${message}`, error)
  const closed = closedFolder(error)
  if (closed !== undefined)
    return new MillraceError('MR-2008', {
      message: `${doing}: ${message}`,
      kept: 'What was committed before is there.',
      next: `Leave .millrace to the user that runs millrace, on a disk that takes writes, and run again:  ls -la ${closed}`,
      cause: error,
    })
  return new MillraceError('MR-7000', {
    message: `${doing}: ${message}`,
    next: 'Run again with -v for the stack, and report it.',
    cause: error,
  })
}

/** MR-2004. @param message what was being done, and the words of whoever found no room */
export const diskFull = (message: string, cause: unknown): MillraceError =>
  new MillraceError('MR-2004', {
    message,
    kept: 'What was committed before is there; nothing is half written.',
    next: 'Free some space (the warehouse file, .millrace/spool, .millrace/tmp) and run again: it goes on where it stopped.',
    cause,
  })

/** Errors of the file system: https://nodejs.org/api/errors.html#common-system-errors */
const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

/** The folder of millrace's own of which this user, or nobody, may read or write a file. */
function closedFolder(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && 'path' in error && typeof error.path === 'string'))
    return undefined
  if (!['EACCES', 'EPERM', 'EROFS', 'EIO'].includes(String(error.code))) return undefined
  return /^.*?[/\\]\.millrace(?=[/\\]|$)/.exec(error.path)?.[0]
}
