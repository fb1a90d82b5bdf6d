import { describe, expect, it } from 'vitest'
import stripeConnector from '../../../connectors/stripe/index.ts'
import simulator from '../../../connectors/stripe/sandbox.ts'
import { createRateLimit, createRateLimits } from '../../../connectors/stripe/sandbox/rate-limit.ts'
import { openStripe } from './open-stripe.ts'

describe("the simulator's limit", () => {
  it('lets a burst through, then so many a second', () => {
    let nowMs = 0
    const hasRoom = createRateLimit(() => nowMs, 100, 200)
    const ask = (count: number) => Array.from({ length: count }, hasRoom).filter(Boolean).length
    expect(ask(500)).toBe(200)
    nowMs += 1000
    expect(ask(500)).toBe(100)
    nowMs += 60_000
    expect(ask(500)).toBe(200)
  })

  it('is narrower for one endpoint, and keeps nobody from another', () => {
    let nowMs = 0
    const limits = createRateLimits(() => nowMs)
    const ask = (path: string) => Array.from({ length: 2000 }, () => limits.endpoint(path)).filter(Boolean).length
    expect(ask('/v1/charges/:id')).toBe(500)
    expect(ask('/v1/charges')).toBe(500)
    nowMs += 1000
    expect(ask('/v1/charges/:id')).toBe(100)
  })

  it('refuses nobody who keeps to the rates that the sandbox itself gives', () => {
    let nowMs = 0
    const limits = createRateLimits(() => nowMs)
    const { rate_per_second: all, rate_per_endpoint: one } = simulator.connection({ host: '127.0.0.1', port: 1 })
    // Long after what its buckets held.
    const seconds = 60
    for (let asked = 0; asked < seconds * Number(one); asked++) {
      nowMs += 1000 / Number(one)
      expect(limits.endpoint('/v1/invoices/:id/lines')).toBe(true)
    }
    for (let asked = 0; asked < seconds * Number(all); asked++) {
      nowMs += 1000 / Number(all)
      expect(limits.account()).toBe(true)
    }
  })

  it('says which one it was', async () => {
    await using stripe = await openStripe()
    const { base_url, api_key } = stripe.sandbox.connection('stripe')
    const ask = async () => {
      const { status, headers } = await fetch(`${base_url}/v1/account`, {
        headers: { authorization: `Bearer ${api_key}` },
      })
      return `${status} ${headers.get('stripe-rate-limited-reason')}`
    }
    await stripe.sandbox.setFault('stripe', 'rate_limit', {})
    expect(await ask()).toBe('429 global-rate')
    const answers = new Set<string>()
    for (let wave = 0; wave < 60 && !answers.has('429 endpoint-rate'); wave++)
      for (const answer of await Promise.all(Array.from({ length: 25 }, ask))) answers.add(answer)
    expect(answers).toContain('200 null')
    expect(answers).toContain('429 endpoint-rate')
  })
})

describe('a connection', () => {
  it('keeps to the rate of an endpoint, whichever of its objects it asks for', async () => {
    await using stripe = await openStripe({ scale: 0.1, keys: { rate_per_endpoint: 20 } })
    const startedAt = performance.now()
    await stripe.read('invoices', await stripe.scanOf())
    const seconds = (performance.now() - startedAt) / 1000
    const lists = (await stripe.requests()).filter(({ path }) => path.includes('/lines'))
    expect(lists.length).toBeGreaterThan(20)
    // Of which a tenth of a second's worth may go at once.
    expect(seconds).toBeGreaterThan((lists.length - 1 - 2) / 20)
  })

  it('keeps below what Stripe allows', () => {
    expect(stripeConnector.config.parse({ api_key: 'k' })).toMatchObject({ rate_per_second: 80, rate_per_endpoint: 20 })
  })
})
