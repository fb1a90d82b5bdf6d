import { join } from 'node:path'
import type { Project } from '../config/project.ts'
import type { ControlStore } from '../state/port.ts'
import { openSqliteStore } from '../state/sqlite/sqlite-store.ts'
import { refuseSecondStore } from './redis-mark.ts'
import { sizeFrom } from './test-knobs.ts'

/**
 * A file of the project; or, with a URL, a Redis that any number of machines share.
 * @throws MillraceError MR-6006: no URL, beside a daemon that has one; and what the stores throw
 */
export async function openControlStore({
  project,
  target,
  redisUrl,
  env,
}: {
  readonly project: Pick<Project, 'home' | 'name'>
  readonly target: string
  readonly redisUrl: string | null
  readonly env: { readonly [name: string]: string | undefined }
}): Promise<ControlStore> {
  const silentMs = sizeFrom(env['MILLRACE_SILENT_MS'])
  const more = silentMs === undefined ? {} : { silentMs }
  if (redisUrl === null) {
    refuseSecondStore({ home: project.home, target }, redisVariable)
    return openSqliteStore({ path: join(project.home, '.millrace', 'control.sqlite'), target, ...more })
  }
  const { openRedisStore } = await import('../state/redis/redis-store.ts')
  return openRedisStore({ url: redisUrl, project: project.name, target, ...more })
}

/** In the environment and not in arguments, which anybody on the machine can read: it may hold a password. */
export const redisVariable = 'MILLRACE_REDIS_URL'
