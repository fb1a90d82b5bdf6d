import type { SimulatorContext } from 'millrace/sandbox'
import { maxPerWindow, windowMs } from './answer.ts'
import { HubspotRefusal } from './refusal.ts'

/** Searches have a limit of their own: five in any second. https://developers.hubspot.com/docs/api-reference/search/guide */
export function createSearchLimit(): () => void {
  let recent: readonly number[] = []
  return () => {
    const now = performance.now()
    recent = recent.filter((at) => now - at < 1_000)
    if (recent.length >= maxSearches)
      throw new HubspotRefusal(429, {
        category: 'RATE_LIMITS',
        message: 'You have reached your secondly limit.',
        errorType: 'RATE_LIMIT',
        policyName: 'SECONDLY',
      })
    recent = [...recent, now]
  }
}

/** 429 while the fault `rate_limit` is on (`policy`: DAILY or TEN_SECONDLY_ROLLING; `retry_after`), and above the window. */
export function createRateLimit({ fault }: SimulatorContext): () => void {
  let window = 0
  let requests = 0
  return () => {
    const now = Math.floor(performance.now() / windowMs)
    requests = now === window ? requests + 1 : 1
    window = now
    const limited = fault('rate_limit')
    if (!limited && requests <= maxPerWindow) return
    const policyName = limited?.['policy'] === 'DAILY' ? 'DAILY' : 'TEN_SECONDLY_ROLLING'
    const interval = limited?.['interval_ms'] ?? windowMs
    const retryAfter = limited?.['retry_after']
    const isDaily = policyName === 'DAILY'
    throw new HubspotRefusal(
      429,
      {
        category: 'RATE_LIMITS',
        message: isDaily ? 'You have reached your daily limit.' : 'You have reached your ten_secondly_rolling limit.',
        errorType: 'RATE_LIMIT',
        policyName,
      },
      {
        'x-hubspot-ratelimit-max': String(maxPerWindow),
        'x-hubspot-ratelimit-remaining': '0',
        'x-hubspot-ratelimit-interval-milliseconds': String(interval),
        ...(retryAfter === undefined || retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
      },
    )
  }
}

const maxSearches = 5
