import { bullmqExecutor } from '../schedule/bullmq-executor.ts'
import type { Executor, ExecutorContext } from '../schedule/executor.ts'
import { inProcessExecutor } from '../schedule/in-process-executor.ts'
import type { App } from './app.ts'

/** With Redis any number of daemons share the jobs; without it this process takes those of its project. */
export async function openExecutor(
  { store, clock, redisUrl, project, target }: App,
  context: Omit<ExecutorContext, 'store' | 'clock'>,
): Promise<Executor> {
  const whole = { ...context, store, clock }
  if (redisUrl === null) return inProcessExecutor(whole)
  return bullmqExecutor(whole, { url: redisUrl, prefix: `{millrace:${project.name}}:${target.name}:queue` })
}
