import { takeNext, type Executor, type ExecutorContext } from './executor.ts'

/** One machine, no queue: this process takes from the store what it has room for. */
export function inProcessExecutor(context: ExecutorContext): Executor {
  const running = new Set<Promise<void>>()
  let nextMs = Infinity
  let isClosed = false
  return {
    async dispatch() {
      while (!isClosed) {
        const next = await takeNext(context, { room: context.maxRuns() - running.size, as: 'running' })
        nextMs = next.nextMs
        if (next.job === null) return
        const work: Promise<void> = context.work(next.job).finally(() => running.delete(work))
        running.add(work)
      }
    },
    nextMs: () => nextMs,
    reconcile: async () => undefined, // nothing stands between the store and this process
    async close() {
      isClosed = true
      while (running.size > 0) await Promise.all(running)
    },
  }
}
