/** BullMQ alone: a worker that starts the child for each job and waits for its end. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'

const { url, jobs, child } = JSON.parse(process.argv[2] ?? '{}') as { url: string; jobs: number; child: string }
const prefix = `{floor-${process.pid}}`
const queue = new Queue('runs', { connection: new Redis(url), prefix })
let ended = 0
let finish = () => {}
const done = new Promise<void>((resolve) => (finish = resolve))
const worker = new Worker(
  'runs',
  async () => {
    const run = spawn(process.execPath, [child], { stdio: ['ignore', 'pipe', 'pipe'] })
    run.stdout.resume()
    run.stderr.resume()
    await once(run, 'close')
    if (++ended === jobs) finish()
  },
  { connection: new Redis(url, { maxRetriesPerRequest: null }), prefix, concurrency: 1 },
)
await worker.waitUntilReady()
const began = performance.now()
for (let n = 0; n < jobs; n++) await queue.add('run', { n })
await done
const seconds = (performance.now() - began) / 1000
console.log(JSON.stringify({ seconds, rss_mb: process.resourceUsage().maxRSS / 1024 }))
process.exit(0)
