/**
 * https://docs.stripe.com/rate-limits : 100 operations a second in live mode. Wall-clock time and not the sandbox's clock,
 * which stands still. The bucket
 * is generous: what a small sync reads passes at any speed; a client that keeps to the rate is never refused.
 */
export function createRateLimit(nowMs: () => number, perSecond = 100, burst = 1000): () => boolean {
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
