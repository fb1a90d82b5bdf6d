import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '../model/millrace-error.ts'

/** A daemon may be up before its Redis is: it waits, and says once what for. What waiting does not mend is thrown. */
export async function awaitRedis(
  url: string,
  { onProblem, signal }: { readonly onProblem: (message: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const { checkRedis } = await import('../state/redis/check-redis.ts')
  for (let said = false; !signal.aborted; said = true) {
    try {
      await checkRedis(url, { patienceMs: 1_000 })
      return
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'MR-6004') throw error
      if (!said) onProblem(`${error.message}. Waiting for it: until then nothing runs.`)
    }
    await sleep(askEveryMs, undefined, { signal }).catch(() => undefined)
  }
}

const askEveryMs = 1_000
