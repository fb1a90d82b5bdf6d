import { rm } from 'node:fs/promises'
import { asMillraceError, MillraceError } from './millrace-error.ts'

export type SpoolWork = {
  /** `writing down what the destination answered`. */
  readonly doing: string
  readonly directory: string
  readonly kept: string
}

/** The file system's refusals are nobody's bug: a spool that was deleted, or made read-only, or is somebody else's. */
export async function inSpool<T>(doing: SpoolWork, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw inWords(doing, error)
  }
}

export function inSpoolSync<T>(doing: SpoolWork, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw inWords(doing, error)
  }
}

function inWords({ doing, directory, kept }: SpoolWork, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error
  const known = asMillraceError(error, `${doing} in ${directory}`)
  if (known.code === 'MR-2004') return known
  return new MillraceError('MR-2008', {
    message: `Work in the spool ${directory}: ${doing} failed: ${error.message}`,
    kept,
    next: 'Was .millrace/spool deleted, made read-only, or written by another user? Leave it to millrace and the user that runs it, and run again.',
    cause: error,
  })
}

/** What a load keeps there until a transaction takes it. */
export const ofLoad = (directory: string): SpoolWork => ({
  doing: 'keeping what was read',
  directory,
  kept: 'What was committed before is there; a scan goes on at its last checkpoint.',
})

/** @throws MillraceError MR-2008 */
export const dropSpooled = (directory: string): Promise<void> =>
  inSpool(ofLoad(directory), () => rm(directory, { recursive: true, force: true }))
