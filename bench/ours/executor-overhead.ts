/** Jobs of one slot: claimed in the control store on Redis, dispatched over BullMQ, begun, supervised and ended, one at a time. */
import { superviseRun } from '../../src/app/supervise-run.ts'
import { systemClock } from '../../src/model/clock.ts'
import { bullmqExecutor } from '../../src/schedule/bullmq-executor.ts'
import { openRedisStore } from '../../src/state/redis/redis-store.ts'
import { readArguments, report } from '../report.ts'

const { url, jobs, child } = readArguments<{ readonly url: string; readonly jobs: number; readonly child: string }>()
const project = `bench-${process.pid}`
const store = await openRedisStore({ url, project, target: 'bench' })
let ended = 0
let finish = () => {}
const done = new Promise<void>((resolve) => (finish = resolve))
const executor = await bullmqExecutor(
  {
    store,
    clock: systemClock,
    limits: () => ({ maxRunsOf: new Map(), overlapOf: new Map(), retryOf: new Map() }),
    maxRuns: () => 1,
    onProblem: (message) => console.error(message),
    async work(job) {
      const end = await superviseRun(job, {
        launcher: child,
        root: '.',
        home: '.',
        target: 'bench',
        env: {},
        policy: { timeoutMs: 60_000, graceMs: 1_000, retry: { attempts: 1, initialMs: 0, maxMs: 0 } },
        now: () => new Date(),
        stop: new AbortController().signal,
        onRun: (runId) => void store.noteRun(job, runId),
      })
      await store.endJob(job, end)
      if (end.state !== 'ok') throw new Error(`${job.sync}: ${end.state} ${end.reason}`)
      if (++ended === jobs) finish()
    },
  },
  { url, prefix: `{${project}}:queue` },
)
const began = performance.now()
const instant = new Date().toISOString()
await store.claimSlots([
  {
    schedule: 'bench',
    instant,
    state: 'queued',
    reason: null,
    trigger: 'clock',
    jobs: Array.from({ length: jobs }, (_, n) => ({
      sync: `sync_${n}`,
      needs: [],
      connection: 'crm',
      notBefore: instant,
      priority: 0,
    })),
  },
])
await executor.dispatch()
await done
const seconds = (performance.now() - began) / 1000
await executor.close()
await store.close()
report({ seconds })
