import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs'
import { isOfTeam } from './own-folder.ts'

/**
 * Before SQLite opens its file: it makes each for its own user alone to write to, whatever the umask, and those beside it with the
 * same rights, so that nobody else of a team could go on. And whoever may not write a file that stands, but beside it, would
 * leave a log there that its owner could not open.
 */
export function prepareSqliteFile(path: string): void {
  if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK)
  else if (isOfTeam(path)) closeSync(openSync(path, 'a', 0o660))
}
