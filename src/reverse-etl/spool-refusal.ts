import { asMillraceError, MillraceError } from '../model/millrace-error.ts'

export type SpoolWork = {
  /** `writing down what the destination answered`. */
  readonly doing: string
  readonly directory: string
  readonly kept: string
}

/** The file system's refusals are nobody's bug: a spool that was deleted, or made read-only, or is somebody else's. */
export async function inSpool<T>({ doing, directory, kept }: SpoolWork, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    const known = asMillraceError(error, `${doing} in ${directory}`)
    if (known.code !== 'MR-7000') throw known
    throw new MillraceError('MR-2008', {
      message: `Work in the spool ${directory}: ${doing} failed: ${error.message}`,
      kept,
      next: 'Was .millrace/spool deleted, made read-only, or written by another user? Leave it to millrace and the user that runs it, and run again.',
      cause: error,
    })
  }
}
