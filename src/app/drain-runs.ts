/** The end of a daemon: no new run begins, and those under way end, while others see that it lives. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Executor } from '../schedule/executor.ts'
import type { App } from './app.ts'
import type { SlotKeeper } from './remember-slots.ts'

/** Runs have `drainMs` to end by themselves; then `ending` asks them to stop at a checkpoint. */
export async function drainRuns(
  app: App,
  {
    executor,
    memory,
    ending,
    ...times
  }: {
    readonly executor: Executor
    readonly memory: SlotKeeper
    readonly ending: AbortController
    readonly drainMs: number
    readonly askEveryMs: number
    readonly beatEveryMs: number
  },
): Promise<void> {
  const patience = setTimeout(() => ending.abort(), times.drainMs)
  if (app.signal.aborted) ending.abort()
  app.signal.addEventListener('abort', () => ending.abort(), { once: true })
  const over = new AbortController()
  void live(app, memory, { ...times, over: over.signal })
  await executor.close()
  clearTimeout(patience)
  over.abort()
}

async function live(
  { store }: App,
  memory: SlotKeeper,
  {
    over,
    askEveryMs,
    beatEveryMs,
  }: { readonly over: AbortSignal; readonly askEveryMs: number; readonly beatEveryMs: number },
): Promise<void> {
  let beatMs = -Infinity
  while (!over.aborted) {
    try {
      if (performance.now() - beatMs >= beatEveryMs) {
        await store.beat()
        beatMs = performance.now()
      }
      // An emptied Redis gives its jobs to others unless it is told within seconds; how a run ends it takes only then.
      await memory.look(await store.revision())
    } catch {
      // Whatever it is, it is tried again: the runs are what matters now.
    }
    await sleep(askEveryMs, undefined, { signal: over }).catch(() => undefined)
  }
}
