import { realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { asMillraceError, type MillraceError } from '../model/millrace-error.ts'
import { asItsOwn, type Owner } from './own-connector.ts'
import { isQuiet } from './quiet-errors.ts'
import { redactThrown } from './redacted-connector.ts'
import { listConnectors } from './registry.ts'
import { processRedactors } from './process-redactors.ts'

/**
 * What nobody was there to catch, in our words and without secrets: the mistake of a connector of the project's own where
 * its stack leads there, else a bug. null: it is of a request that nobody wants any more.
 */
export function uncaughtError(error: unknown, projectRoot: string | null): MillraceError | null {
  if (isQuiet(error)) return null
  const owner = projectRoot === null ? undefined : ownerOf(error, projectRoot)
  const told = asMillraceError(owner ? asItsOwn(error, owner, doing) : error, doing)
  const clean = processRedactors().reduce<Error>((seen, redactor) => redactThrown(seen, redactor), told)
  return asMillraceError(clean, doing)
}

function ownerOf(error: unknown, projectRoot: string): Owner | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  try {
    return listConnectors(projectRoot).find(
      ({ builtIn, folder }) => !builtIn && spellings(folder).some((spelling) => stack.includes(`${spelling}/`)),
    )
  } catch {
    // The folder cannot be read: nobody can say whose mistake it is, and it has to be told all the same.
    return undefined
  }
}

/** As a stack may have it. */
function spellings(folder: string): readonly string[] {
  const real = realpathSync(folder)
  return [folder, real, pathToFileURL(real).href]
}

const doing = 'work that nobody awaits (a promise, a timer, an event)'
