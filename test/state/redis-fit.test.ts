import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, test } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { checkRedis } from '../../src/state/redis/check-redis.ts'
import { openRedisStore, type RedisStoreOptions } from '../../src/state/redis/redis-store.ts'
import { hasRedis, type RedisServer, type RedisServerOptions, startRedis } from '../redis-server.ts'

const open = (url: string, more: Partial<RedisStoreOptions> = {}) =>
  openRedisStore({ url, project: 'p', target: 't', patienceMs: 2_000, ...more })

async function refusal(work: Promise<unknown>): Promise<MillraceError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof MillraceError)) throw new Error(`it was not refused: ${String(error)}`)
  return error
}

describe.skipIf(!hasRedis)('which Redis a store is kept on (skipped where redis-server is not installed)', () => {
  const servers: RedisServer[] = []
  const start = async (options?: RedisServerOptions) => {
    const server = await startRedis(options)
    servers.push(server)
    return server
  }
  const asAdmin = async (server: RedisServer, ...command: readonly [string, ...string[]]) => {
    const redis = new Redis(server.url)
    const [name, ...args] = command
    const answer = await redis.call(name, ...args)
    redis.disconnect()
    return answer
  }
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop()
  })

  test('one that throws keys away when it is full is refused, with the policy and what mends it', async () => {
    const { url, port } = await start({ flags: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] })
    const error = await refusal(open(url))
    expect(error).toMatchObject({ code: 'MR-6005', exitCode: 2, message: expect.stringContaining('allkeys-lru') })
    expect(error.message).toContain(`127.0.0.1:${port}`)
    expect(error.next.join('\n')).toContain('redis-cli CONFIG SET maxmemory-policy noeviction')
    expect(error.next.join('\n')).toContain('redis.conf')
  })

  test('doctor hears policy, version, whether it keeps what it is told, and how far away it is', async () => {
    const [bare, kept] = [await start(), await start({ keeps: true })]
    expect(await checkRedis(bare.url)).toEqual({
      policy: 'noeviction',
      aof: false,
      version: expect.stringMatching(/^\d+\.\d+/),
      latencyMs: expect.any(Number),
    })
    expect(await checkRedis(kept.url)).toMatchObject({ aof: true })
  })

  test('a wrong password is said at once, and neither it nor the user is shown anywhere', async () => {
    const server = await start({ password: 'the-right-one' })
    for (const user of ['', 'some-user']) {
      const began = performance.now()
      const error = await refusal(
        open(`redis://${user}:not-the-right-one@127.0.0.1:${server.port}`, { patienceMs: 20_000 }),
      )
      expect(performance.now() - began).toBeLessThan(10_000)
      expect(error).toMatchObject({ code: 'MR-6005', message: expect.stringContaining('WRONGPASS') })
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/right-one|some-user/)
    }
    expect(await refusal(open(`redis://127.0.0.1:${server.port}`))).toMatchObject({
      code: 'MR-6005',
      message: expect.stringContaining('NOAUTH'),
    })
  })

  test('with the right password nothing that is said holds it, also when Redis goes away', async () => {
    const server = await start({ password: 's3cret/with%odd' })
    const url = `redis://:${encodeURIComponent('s3cret/with%odd')}@127.0.0.1:${server.port}`
    const problems: string[] = []
    const store = await open(url, { patienceMs: 300, onProblem: (message) => problems.push(message) })
    await server.kill()
    const error = await refusal(store.pauses())
    expect(error).toMatchObject({ code: 'MR-6004', message: expect.stringContaining(`127.0.0.1:${server.port}`) })
    expect(problems).toEqual([`Redis at 127.0.0.1:${server.port} is away; trying again.`])
    expect(inspect([error, problems], { depth: 10, showHidden: true })).not.toMatch(/s3cret|odd/)
    await store.close()
  })

  test('a user without the rights for it is told at once which ones', async () => {
    const server = await start()
    await asAdmin(
      server,
      'ACL',
      'SETUSER',
      'guest',
      'on',
      '>guest-word',
      '~*',
      '-@all',
      '+info',
      '+ping',
      '+get',
      '+set',
    )
    const url = `redis://guest:guest-word@127.0.0.1:${server.port}`
    const store = await open(url, { patienceMs: 20_000 })
    const began = performance.now()
    const error = await refusal(store.knowSchedules(['nightly']))
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(error).toMatchObject({ code: 'MR-6005', message: expect.stringContaining('NOPERM') })
    expect(error.next.join()).toContain('ACL SETUSER')
    expect(inspect(error, { depth: 10 })).not.toContain('guest')
    await store.close()
  })

  test('one that is full says so, and waiting is of no use', async () => {
    const server = await start()
    const store = await open(server.url, { patienceMs: 20_000 })
    await asAdmin(server, 'CONFIG', 'SET', 'maxmemory', '1')
    const began = performance.now()
    const error = await refusal(store.takeTicket({ resource: 'w', runId: 'r', purpose: 'p' }))
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(error).toMatchObject({ code: 'MR-6004', message: expect.stringContaining('OOM') })
    expect(error.next.join()).toContain('maxmemory')
    await store.close()
  })

  test('a replica is waited for, since it may become the primary', async () => {
    const primary = await start()
    const replica = await start({ flags: ['--replicaof', '127.0.0.1', `${primary.port}`] })
    expect(await refusal(open(replica.url, { patienceMs: 500 }))).toMatchObject({
      code: 'MR-6004',
      next: [expect.stringContaining('replica')],
    })
    const opening = open(replica.url, { patienceMs: 20_000 })
    await asAdmin(replica, 'REPLICAOF', 'NO', 'ONE')
    const store = await opening
    expect(await store.slots({})).toEqual([])
    await store.close()
  })

  test('what a newer millrace has written is left as it is', async () => {
    const server = await start()
    await asAdmin(server, 'SET', '{millrace:p}:format', '99')
    expect(await refusal(open(server.url))).toMatchObject({
      code: 'MR-6003',
      message: expect.stringContaining('format 99'),
    })
  })
})

describe('what is no Redis for a store', () => {
  test.each(['http://user:hidden@host', 'hidden', 'redis://', 'redis://[hidden'])('%s is refused', async (url) => {
    const error = await refusal(open(url))
    expect(error).toMatchObject({ code: 'MR-1201', exitCode: 2 })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/hidden/)
  })

  test('where nobody listens, it says where, after its patience', async () => {
    const began = performance.now()
    const error = await refusal(open('redis://:hidden-word@127.0.0.1:1/3', { patienceMs: 400 }))
    expect(performance.now() - began).toBeGreaterThanOrEqual(400)
    expect(error).toMatchObject({ code: 'MR-6004', retry: 'later' })
    expect(error.message).toMatch(/127\.0\.0\.1:1: opening it failed: connect ECONNREFUSED/)
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hidden-word')
  })

  test('a version before 6.2 is refused', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', (data) => {
        const info = 'redis_version:5.0.7\r\nmaxmemory_policy:noeviction\r\nloading:0\r\n'
        for (const [,] of data.toString().matchAll(/\r\ninfo\r\n/gi)) socket.write(`$${info.length}\r\n${info}\r\n`)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const error = await refusal(open(`redis://127.0.0.1:${portOf(server)}`))
    expect(error).toMatchObject({ code: 'MR-6005', message: expect.stringContaining('5.0.7') })
    server.close()
  })
})

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it has no port')
  return address.port
}
