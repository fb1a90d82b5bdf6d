/** Is this Redis one that a control store can be kept on? */
import { MillraceError } from '../../model/millrace-error.ts'
import { openConnection, type Connection } from './connection.ts'

export type RedisHealth = {
  readonly policy: string
  /** Is what is written on disk, so that a restart does not empty it? */
  readonly aof: boolean
  readonly version: string
  readonly latencyMs: number
}

/** For `doctor`: what this Redis is. @throws MillraceError MR-1201, MR-6004, MR-6005 */
export async function checkRedis(url: string, { patienceMs = 3_000 } = {}): Promise<RedisHealth> {
  const connection = await openConnection({ url, patienceMs, onProblem: () => undefined })
  try {
    const health = await readHealth(connection)
    const began = performance.now()
    await connection.patiently('asking it', (redis) => redis.ping())
    return { ...health, latencyMs: performance.now() - began }
  } finally {
    connection.close()
  }
}

/** @throws MillraceError MR-6005 */
export async function refuseUnfit(connection: Connection): Promise<void> {
  const { version, policy } = await readHealth(connection)
  if (!isNewEnough(version))
    throw new MillraceError('MR-6005', {
      message: `control store on Redis at ${connection.where}: its version is ${version}, and millrace needs 6.2 or newer`,
      kept: 'Nothing was run.',
      next: 'Update Redis; Valkey 7.2 and newer will do as well.',
    })
  if (policy !== 'noeviction')
    throw new MillraceError('MR-6005', {
      message: `control store on Redis at ${connection.where}: its maxmemory-policy is ${policy}, so when its memory is full it throws away locks and slots`,
      kept: 'Nothing was run.',
      next: [
        'Now:        redis-cli CONFIG SET maxmemory-policy noeviction',
        'For ever:   maxmemory-policy noeviction   in redis.conf',
      ],
    })
}

/** INFO tells the policy too, and is allowed where CONFIG is not. https://redis.io/docs/latest/commands/info/ */
async function readHealth(connection: Connection): Promise<Omit<RedisHealth, 'latencyMs'>> {
  const told = await connection.patiently('opening it', async (redis) =>
    [await redis.info('server'), await redis.info('memory'), await redis.info('persistence')].join('\n'),
  )
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(told)?.[1]
  return {
    policy: field('maxmemory_policy') ?? 'unknown',
    aof: field('aof_enabled') === '1',
    version: field('redis_version') ?? 'unknown',
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 6 || (major === 6 && minor >= 2)
}
