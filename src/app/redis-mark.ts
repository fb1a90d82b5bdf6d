/**
 * A daemon whose control store is a Redis leaves a mark beside its project. A command that was not told of that Redis would
 * open a second store, in the project's own file: with locks, pauses and runs of its own, that nobody else sees.
 */
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Project } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownFolder } from '../model/own-folder.ts'

type Place = { readonly home: Project['home']; readonly target: string }

/** Without the URL, which may hold a password. */
export async function markRedis(place: Place, now: Date): Promise<void> {
  const file = markOf(place)
  await mkdir(dirname(file), ownFolder(dirname(file)))
  await writeFile(file, `${JSON.stringify({ control_store: 'redis', since: now.toISOString() })}\n`)
}

/** Redis is given up: from here on the control store is the project's own file. */
export const unmarkRedis = (place: Place): Promise<void> => rm(markOf(place), { force: true })

/** Asked by whoever is about to open the project's own file. @throws MillraceError MR-6006 */
export function refuseSecondStore(place: Place, variable: string): void {
  const file = markOf(place)
  if (!existsSync(file)) return
  throw new MillraceError('MR-6006', {
    message: `opening the control store of target ${place.target}: its daemon keeps locks, pauses and runs in a Redis, and ${variable} is not set here`,
    kept: 'Nothing was run, and nothing was changed.',
    next: [
      `Set it to the daemon's:     export ${variable}=redis://…`,
      'Redis is given up for good: end its daemons, then  millrace daemon --no-redis',
      `Without a daemon:           remove ${file}`,
    ],
  })
}

const markOf = ({ home, target }: Place): string => join(home, '.millrace', `redis-${target}.json`)
