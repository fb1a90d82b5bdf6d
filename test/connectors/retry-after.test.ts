/** How long a vendor asks to be left alone is read in one way, whichever SDK or transport brings the header. */
import { Stripe } from 'stripe'
import type { ExchangeAnswer } from 'millrace'
import { describe, expect, it } from 'vitest'
import { readRefusal } from '../../connectors/google_ads/classify-failure.ts'
import * as hubspot from '../../connectors/hubspot/classify-failure.ts'
import { classifySignIn } from '../../connectors/salesforce/classify-failure.ts'
import * as stripe from '../../connectors/stripe/classify-failure.ts'

type Headers = { readonly [name: string]: string }

const waits: { readonly [connector: string]: (headers: Headers) => number | undefined } = {
  google_ads: (headers) => readRefusal(tooMany(headers), new Date())?.failure.retryAfterMs,
  hubspot: (headers) => hubspot.classifyFailure(new hubspot.HubspotRefusal(tooMany(headers)))?.retryAfterMs,
  salesforce: (headers) => classifySignIn(new Error('too many'), tooMany(headers))?.retryAfterMs,
  stripe: (headers) => {
    const error = { type: 'api_error' as const, message: 'too many', statusCode: 429, headers }
    return stripe.classifyFailure(new Stripe.errors.StripeError(error, 'StripeRateLimitError'))?.retryAfterMs
  },
}

const tooMany = (headers: Headers): ExchangeAnswer => ({
  status: 429,
  header: (name) => headers[name.toLowerCase()] ?? null,
  headers,
  bytes: Buffer.from('{}'),
})

describe.each(Object.entries(waits))('%s', (_, waitOf) => {
  const otherwise = waitOf({})

  it.each(['-5', '0x10', '1e3', 'soon', '', '2026-11-20'])('takes nothing from Retry-After: %s', (header) => {
    expect(waitOf({ 'retry-after': header })).toBe(otherwise)
  })

  it('waits for the seconds, or until the date by the vendor’s own clock', () => {
    expect(waitOf({ 'retry-after': ' 1.5 ' })).toBe(1500)
    const date = 'Fri, 20 Nov 2026 10:00:00 GMT'
    expect(waitOf({ 'retry-after': 'Fri, 20 Nov 2026 10:00:09 GMT', date })).toBe(9000)
  })

  it('waits by our own clock where the vendor’s cannot be read', () => {
    const until = new Date(Date.now() + 120_000).toUTCString()
    for (const date of ['', 'no date']) {
      const wait = waitOf({ 'retry-after': until, date })
      expect(wait).toBeGreaterThan(100_000)
      expect(wait).toBeLessThanOrEqual(120_000)
    }
  })
})
