import { projectRootOrNull } from '../config/project-paths.ts'
import { uncaughtError } from '../connector/uncaught-error.ts'
import type { MillraceError } from '../model/millrace-error.ts'

/** What nobody was there to catch, by a command in this directory; null: nobody has to hear it. */
export const uncaughtIn = (directory: string, thrown: unknown): MillraceError | null =>
  uncaughtError(thrown, projectRootOrNull(directory))
