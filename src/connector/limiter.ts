import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

/** Spaces the requests of one credential, and holds all of them back where the vendor said to wait. */
export type Limiter = {
  /**
   * Resolves when the next request may go; in the order of asking. `narrower`: the limit of an endpoint under this one, which keeps
   * nobody else waiting. Rejects with the signal's reason.
   */
  readonly take: (signal: AbortSignal, narrower?: Limiter) => Promise<void>
  /** Nothing goes for so long from now. A longer pause that is under way stays. */
  readonly pause: (waitMs: number) => void
  /** @default no limit but the pauses */
  readonly limitRate: (ratePerSecond: number) => void
}

/** A bucket of tokens that holds a tenth of a second's worth: late timers are made up for, bursts are not saved up. */
export function createLimiter(now: () => number = () => performance.now()): Limiter {
  let intervalMs = 0
  let nextAt = 0
  let pausedUntil = 0
  /** The clock is read once a turn: read twice, the rest may have become negative in between. */
  const sleepUntil = async (instant: () => number, signal: AbortSignal) => {
    for (let restMs = instant() - now(); restMs > 0; restMs = instant() - now())
      await sleep(restMs, undefined, { signal })
  }
  return {
    async take(signal, narrower) {
      signal.throwIfAborted()
      for (;;) {
        await sleepUntil(() => pausedUntil, signal)
        if (narrower) await narrower.take(signal)
        // Places at an endpoint that were taken before a pause would all be used at its end.
        if (pausedUntil > now()) continue
        const slot = Math.max(nextAt, now() - burstMs)
        nextAt = slot + intervalMs
        await sleepUntil(() => slot, signal)
        if (pausedUntil <= now()) return
      }
    },
    pause(waitMs) {
      pausedUntil = Math.max(pausedUntil, now() + waitMs)
    },
    limitRate(ratePerSecond) {
      intervalMs = 1000 / ratePerSecond
    },
  }
}

/** The limiters of this process, one per credential: two connections with one key share its limit, and those of its endpoints. */
export type LimiterRegistry = {
  readonly of: (secrets: readonly string[], otherwise: string) => Limiter
  readonly ofEndpoint: (secrets: readonly string[], otherwise: string, endpoint: string) => Limiter
}

export function createLimiterRegistry(): LimiterRegistry {
  const limiters = new Map<string, Limiter>()
  const under = (key: string) => {
    const limiter = limiters.get(key) ?? createLimiter()
    limiters.set(key, limiter)
    return limiter
  }
  return {
    of: (secrets, otherwise) => under(keyOf(secrets, otherwise)),
    ofEndpoint: (secrets, otherwise, endpoint) => under(JSON.stringify([keyOf(secrets, otherwise), endpoint])),
  }
}

export const processLimiters: LimiterRegistry = createLimiterRegistry()

const keyOf = (secrets: readonly string[], otherwise: string) => (secrets.length === 0 ? otherwise : hash(secrets))

const hash = (secrets: readonly string[]) =>
  createHash('sha256')
    .update(JSON.stringify([...secrets].sort()))
    .digest('hex')

const burstMs = 100
