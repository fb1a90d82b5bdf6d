import { createHash } from 'node:crypto'
import { openRedisStore } from '../../src/state/redis/redis-store.ts'
import type { OpenStore } from './conformance.ts'

/**
 * Imported by the tests and by their child processes. Each place of the conformance suite is a project of its own on one
 * server, which whoever starts the tests names in the environment.
 */
export const open: OpenStore = (location, options) =>
  openRedisStore({
    url: process.env['TEST_REDIS_URL'] ?? '',
    project: createHash('sha1').update(location).digest('hex'),
    ...options,
    target: options.target ?? '',
  })
