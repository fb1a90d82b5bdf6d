import { afterAll, beforeAll, describe } from 'vitest'
import { hasRedis, type RedisServer, startRedis } from '../redis-server.ts'
import { controlStoreConformance } from './conformance.ts'
import { open } from './redis-adapter.ts'

describe.skipIf(!hasRedis)('a control store on Redis (skipped where redis-server is not installed)', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
    process.env['TEST_REDIS_URL'] = server.url
  })
  afterAll(async () => {
    delete process.env['TEST_REDIS_URL']
    await server.stop()
  })
  controlStoreConformance('redis', { open, adapterUrl: new URL('redis-adapter.ts', import.meta.url).href })
})
