import { existsSync, lstatSync, readlinkSync, statSync, type Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * What stands where a file of ours belongs and is none, as `a named pipe (FIFO)`: whoever opens one of those waits for ever,
 * and of the others gets an error without a name. undefined: a file, nothing yet, or the system does not tell.
 */
export function strangerAt(path: string): string | undefined {
  let found: Stats | undefined
  try {
    found = statSync(path, { throwIfNoEntry: false })
    if (!found && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
      return existsSync(dirname(resolve(dirname(path), readlinkSync(path)))) ? undefined : deadLink
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ELOOP' ? deadLink : undefined
  }
  if (!found || found.isFile()) return undefined
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a named pipe (FIFO)'
  return found.isSocket() ? 'a socket' : 'a device'
}

const deadLink = 'a link that leads nowhere'
