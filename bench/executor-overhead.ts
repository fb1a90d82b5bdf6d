import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { here, runScript } from './child.ts'

export const executorOverhead: Benchmark = {
  name: 'executor-overhead',
  about: '40 jobs over Redis and BullMQ, each a child process, against a bare BullMQ worker that starts the same child',
  unit: 'ms',
  better: 'lower',
  limit: 1.3,
  pairs: async ({ full }) => {
    const redis = await startRedis()
    try {
      const args = { url: redis.url, jobs: full ? 200 : 40, child: here('ours/short-run.ts') }
      return await alternate(full ? 7 : 5, {
        ours: () => figure('ours/executor-overhead.ts', args),
        floor: () => figure('floors/executor-overhead.ts', args),
      })
    } finally {
      await redis.stop()
    }
  },
}

/** Milliseconds per run. */
async function figure(script: string, args: { readonly url: string; readonly jobs: number }): Promise<Figure> {
  const { seconds, rss_mb } = await runScript(script, args)
  return { value: (seconds * 1000) / args.jobs, rssMb: rss_mb }
}

async function startRedis(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-redis-'))
  const port = await freePort()
  const flags = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--save', '', '--appendonly', 'no']
  const server: ChildProcess = spawn('redis-server', flags, { stdio: 'ignore' })
  await once(server, 'spawn') // rejects where redis-server is not installed
  await sleep(500)
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      const gone = once(server, 'exit')
      server.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('the probe has no port')
  return address.port
}
