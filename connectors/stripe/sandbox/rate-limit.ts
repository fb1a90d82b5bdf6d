/**
 * https://docs.stripe.com/rate-limits : 100 operations a second in live mode, and 25 to each endpoint, which Stripe raises for an
 * account that asks: for this one to 100. Wall-clock time and not the sandbox's clock, which stands still. The buckets are
 * generous: what a small sync reads passes at any speed; a client that keeps to the rates is never refused.
 */
export const ratesPerSecond = { account: 100, endpoint: 100 } as const

export type RateLimits = {
  readonly account: () => boolean
  readonly endpoint: (path: string) => boolean
}

export function createRateLimits(nowMs: () => number): RateLimits {
  const endpoints = new Map<string, () => boolean>()
  return {
    account: createRateLimit(nowMs, ratesPerSecond.account, 1000),
    endpoint(path) {
      const hasRoom = endpoints.get(path) ?? createRateLimit(nowMs, ratesPerSecond.endpoint, 500)
      endpoints.set(path, hasRoom)
      return hasRoom()
    },
  }
}

export function createRateLimit(nowMs: () => number, perSecond: number, burst: number): () => boolean {
  let tokens = burst
  let last = nowMs()
  return () => {
    const now = nowMs()
    tokens = Math.min(burst, tokens + ((now - last) / 1000) * perSecond)
    last = now
    if (tokens < 1) return false
    tokens--
    return true
  }
}
