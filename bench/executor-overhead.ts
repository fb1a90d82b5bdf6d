import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { here, runScript } from './child.ts'
import { startRedis } from '../test/redis-server.ts'

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
