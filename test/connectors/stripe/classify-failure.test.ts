import { Stripe } from 'stripe'
import { describe, expect, it } from 'vitest'
import { classifyFailure } from '../../../connectors/stripe/classify-failure.ts'

const failure = (
  statusCode: number,
  more: { readonly code?: string; readonly headers?: { readonly [name: string]: string } } = {},
) =>
  new Stripe.errors.StripeError(
    { type: 'api_error', message: 'in the vendor’s words', statusCode, requestId: 'req_1', headers: {}, ...more },
    `StripeOf${statusCode}`,
  )

describe('an error of Stripe', () => {
  it.each([
    [401, {}, 'auth'],
    [403, {}, 'auth'],
    [429, {}, 'rate'],
    [429, { headers: { 'stripe-should-retry': 'false' } }, 'rate'],
    [400, { code: 'rate_limit' }, 'rate'],
    [409, { code: 'lock_timeout' }, 'server'],
    [500, {}, 'server'],
    [503, {}, 'server'],
    [500, { headers: { 'stripe-should-retry': 'false' } }, 'refused'],
    [400, { headers: { 'stripe-should-retry': 'true' } }, 'server'],
    [400, { code: 'parameter_unknown' }, 'refused'],
    [404, { code: 'resource_missing' }, 'refused'],
    [302, {}, 'refused'],
  ])('%i %j is %s', (status, more, kind) => {
    expect(classifyFailure(failure(status, more))).toMatchObject({ kind, status, requestId: 'req_1' })
  })

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'Fri, 20 Nov 2026 10:00:09 GMT', date: 'Fri, 20 Nov 2026 10:00:00 GMT' }, 9000],
    [{ 'retry-after': 'soon' }, undefined],
  ])('is waited for as %j says', (headers, retryAfterMs) => {
    expect(classifyFailure(failure(429, { headers }))?.retryAfterMs).toBe(retryAfterMs)
  })

  it('is not what a socket says', () => {
    expect(classifyFailure(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBeUndefined()
  })
})
