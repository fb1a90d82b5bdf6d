import type { Job } from '../state/slot-store.ts'
import { giveBackUnworked, takeNext, type Executor, type ExecutorContext } from './executor.ts'

/** One machine, no queue: this process takes from the store what it has room for. */
export function inProcessExecutor(context: ExecutorContext): Executor {
  const running = new Map<Promise<void>, Job>()
  let nextMs = Infinity
  let isClosed = false
  return {
    async dispatch() {
      while (!isClosed) {
        const next = await takeNext(context, { room: context.maxRuns() - running.size, as: 'running' })
        nextMs = next.nextMs
        if (next.job === null) return
        const work: Promise<void> = context.work(next.job).finally(() => running.delete(work))
        running.set(work, next.job)
      }
    },
    nextMs: () => nextMs,
    reconcile: () => giveBackUnworked(context, running.values(), 'running'),
    async close() {
      isClosed = true
      while (running.size > 0) await Promise.all(running.keys())
    },
  }
}
