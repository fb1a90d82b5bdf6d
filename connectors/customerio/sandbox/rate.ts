import type { MiddlewareHandler } from 'hono'
import type { SimulatorContext } from 'millrace/sandbox'

/**
 * 429 while the fault `rate_limit` is on, and above the real limit. Customer.io documents 100 requests a second as fair
 * use and does not enforce it strictly; a stricter wall clock here would make tests depend on the machine's speed.
 */
export function limitRate({ fault }: SimulatorContext): MiddlewareHandler {
  let second = 0
  let requests = 0
  return async (c, next) => {
    const now = Math.floor(performance.now() / 1000)
    requests = now === second ? requests + 1 : 1
    second = now
    const limited = fault('rate_limit')
    if (!limited && requests <= maxRequestsPerSecond) return next()
    const retryAfter = limited?.['retry_after']
    if (retryAfter !== undefined && retryAfter !== null) c.header('Retry-After', String(retryAfter))
    return c.json({ meta: { error: 'Too many requests' } }, 429)
  }
}

const maxRequestsPerSecond = 1000
