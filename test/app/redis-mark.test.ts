import { existsSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { redisVariable } from '../../src/app/open-control-store.ts'
import { markRedis, unmarkRedis } from '../../src/app/redis-mark.ts'
import { runDaemon } from '../../src/app/run-daemon.ts'
import { hasRedis, startRedis } from '../redis-server.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let folder: ProjectFolder
beforeEach(() => {
  folder = makeProjectFolder()
  const at = (path: string) => `{ sandbox: true, warehouse: { type: duckdb, path: ${path} } }`
  folder.write(
    'millrace.yaml',
    `project: marked\ndefault_target: dev\ntargets: { dev: ${at('dev.duckdb')}, other: ${at('other.duckdb')} }\n`,
  )
  folder.write('schedules.yaml', 'schedules: {}\n')
})
afterEach(() => folder.remove())
const place = () => ({ home: folder.directory, target: 'dev' })
const refused = { code: 'MR-6006', exitCode: 2, message: expect.stringContaining(redisVariable) as string }

describe('a command without the Redis of the daemon', () => {
  it('opens no second control store, and says how it gets to the first', async () => {
    await markRedis(place(), new Date(0))
    await expect(folder.open()).rejects.toMatchObject(refused)
    await expect(folder.open({ env: { [redisVariable]: '' } })).rejects.toMatchObject(refused)
    expect(existsSync(folder.path('.millrace/control.sqlite'))).toBe(false)
  })

  it('works on a target whose daemon has none, and once the Redis is given up', async () => {
    await markRedis(place(), new Date(0))
    expect(await folder.inApp(({ store }) => store.runs({}), { target: 'other' })).toEqual([])
    await unmarkRedis(place())
    expect(await folder.inApp(({ store }) => store.runs({}))).toEqual([])
  })

  it.skipIf(!hasRedis)(
    'is refused from a daemon’s start on, by a mark without the URL (skipped where redis-server is not installed)',
    async () => {
      const redis = await startRedis()
      await folder.inApp(
        (app) =>
          runDaemon(app, {
            launcher: folder.path('none.mjs'),
            follower: { project: () => app.project, look: async () => 'same' },
            stopping: AbortSignal.abort(),
            onEvent: () => undefined,
          }),
        { env: { [redisVariable]: redis.url } },
      )
      await redis.stop()
      await expect(folder.open()).rejects.toMatchObject(refused)
      expect(readFileSync(folder.path('.millrace/redis-dev.json'), 'utf8')).not.toContain(redis.url)
    },
    20_000,
  )
})
