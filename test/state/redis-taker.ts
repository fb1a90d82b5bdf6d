// A daemon of its own that takes jobs until there are none: `node redis-taker.ts LOCATION`. Says which, and in which handing-out.
import { open } from './redis-adapter.ts'

const store = await open(process.argv[2] ?? '', {})
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
const taken: string[] = []
for (;;) {
  const job = await store.takeJob((all) => {
    const queued = all.filter(({ state }) => state === 'queued')
    // Two in one write now and then: what is skipped must not be taken by the other either.
    const [take = null, next] = queued
    return { take, skip: next?.sync.endsWith('7') ? [{ job: next, reason: 'skipped' }] : [], again: [] }
  }, 'running')
  if (job === null) break
  taken.push(job.sync)
  if (!(await store.endJob(job, { state: 'ok', reason: null }))) throw new Error(`${job.sync} was taken away`)
}
process.stdout.write(JSON.stringify(taken) + '\n')
await store.close()
