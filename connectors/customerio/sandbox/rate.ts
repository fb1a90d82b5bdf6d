import type { MiddlewareHandler } from 'hono'
import type { SimulatorContext } from 'millrace/sandbox'

/**
 * 429 while the fault `rate_limit` is on, and above the real limits: the App API's 10 requests a second, and for the Track
 * API 1,000. Customer.io documents 100 a second there as fair use and does not enforce it strictly; a stricter wall clock
 * would make tests depend on the machine's speed. Retry-After comes with a limit by the second, and not with a quota's.
 */
export function limitRate({ fault }: SimulatorContext): MiddlewareHandler {
  const track = countSeconds(1000)
  const app = countSeconds(10)
  return async (c, next) => {
    const isApp = c.req.path.startsWith('/v1/')
    const isFree = isApp ? app() : track()
    const limited = fault('rate_limit')
    if (!limited && isFree) return next()
    const retryAfter = limited?.['retry_after']
    if (retryAfter !== undefined && retryAfter !== null) c.header('Retry-After', String(retryAfter))
    else if (isApp && !limited) c.header('Retry-After', '1')
    const error = isApp ? 'rate limited to 10 requests per 1s (reference a1b2c3)' : 'Too many requests'
    return c.json(isApp ? { errors: [{ detail: error, status: '429' }] } : { meta: { error } }, 429)
  }
}

/** Is one more free in this second of the wall clock? */
function countSeconds(most: number): () => boolean {
  let second = 0
  let requests = 0
  return () => {
    const now = Math.floor(performance.now() / 1000)
    requests = now === second ? requests + 1 : 1
    second = now
    return requests <= most
  }
}
