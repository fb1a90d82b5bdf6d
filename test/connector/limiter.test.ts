import { expect, it } from 'vitest'
import { createLimiter, createLimiterRegistry } from '../../src/connector/limiter.ts'
import { never, quickHost } from './fake-vendor.ts'

it('keeps the rate, however many ask at once', async () => {
  const limiter = createLimiter()
  limiter.limitRate(50)
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: 40 }, () => limiter.take(never)))
  // 40 at 50 a second, of which a tenth of a second's worth may go at once.
  expect(performance.now() - startedAt).toBeGreaterThan(((40 - 1 - 5) / 50) * 1000 - 5)
  expect(performance.now() - startedAt).toBeLessThan(3_000)
})

it('lets callers go in the order of asking', async () => {
  const limiter = createLimiter()
  limiter.limitRate(200)
  const order: number[] = []
  await Promise.all(Array.from({ length: 60 }, (_, n) => limiter.take(never).then(() => order.push(n))))
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

it('a pause holds everyone back, also who already had a place; a shorter one does not cut it', async () => {
  const limiter = createLimiter()
  limiter.limitRate(10)
  const startedAt = performance.now()
  const waiting = [limiter.take(never), limiter.take(never), limiter.take(never)]
  await waiting[0]
  limiter.pause(500)
  limiter.pause(10)
  await Promise.all(waiting)
  expect(performance.now() - startedAt).toBeGreaterThan(495)
})

it('gives up waiting when it is told to', async () => {
  const limiter = createLimiter()
  limiter.pause(60_000)
  await expect(limiter.take(AbortSignal.timeout(20))).rejects.toThrow()
  await expect(limiter.take(AbortSignal.abort())).rejects.toThrow()
})

it('is one for a credential, whatever its connections are called', () => {
  const registry = createLimiterRegistry()
  expect(registry.of(['a', 'b'], 'one')).toBe(registry.of(['b', 'a'], 'two'))
  expect(registry.of(['a'], 'one')).not.toBe(registry.of(['b'], 'one'))
  expect(registry.of([], 'one')).not.toBe(registry.of([], 'two'))
})

it('an endpoint has a limit of its own under that of the credential, which it keeps nobody else from', async () => {
  const host = quickHost({ secrets: ['a'] })
  const ask = (label: string, endpoint?: string) =>
    host.call(
      {
        label,
        docs: 'https://x',
        signal: never,
        ratePerSecond: 1000,
        ...(endpoint && { endpoint: { name: endpoint, ratePerSecond: 20 } }),
      },
      () => Promise.resolve(performance.now()),
    )
  const startedAt = performance.now()
  const slow = Promise.all(Array.from({ length: 12 }, (_, n) => ask(`GET /items/${n}`, '/items/:id')))
  const others = await Promise.all([ask('GET /orders', '/orders'), ask('GET /account')])
  expect(Math.max(...others) - startedAt).toBeLessThan(200)
  // 12 at 20 a second, of which a tenth of a second's worth may go at once.
  expect(Math.max(...(await slow)) - startedAt).toBeGreaterThan(((12 - 1 - 2) / 20) * 1000 - 5)
})

it('an endpoint keeps its limit when a pause of the credential is over, also of those who had a place before', async () => {
  const host = quickHost({ secrets: ['a'] })
  const sentAt: number[] = []
  const ask = (n: number) =>
    host.call(
      {
        label: `GET /items/${n}`,
        docs: 'https://x',
        signal: never,
        ratePerSecond: 1000,
        endpoint: { name: '/items/:id', ratePerSecond: 20 },
      },
      () => Promise.resolve(sentAt.push(performance.now())),
    )
  let tries = 0
  const first = Array.from({ length: 6 }, (_, n) => ask(n))
  const refused = host.call({ label: 'GET /orders', docs: 'https://x', signal: never }, () =>
    ++tries === 1
      ? Promise.reject(Object.assign(new Error('slow'), { statusCode: 429, headers: { 'retry-after': '1' } }))
      : Promise.resolve(tries),
  )
  await expect.poll(() => tries).toBe(1)
  await Promise.all([refused, ...first, ...Array.from({ length: 10 }, (_, n) => ask(n))])
  const within = (from: number) => sentAt.filter((at) => at >= from && at < from + 200).length
  // 20 a second, and a tenth of a second's worth beside.
  expect(Math.max(...sentAt.map(within))).toBeLessThanOrEqual(4 + 2 + 1)
})

it('of an endpoint is one for a credential, too', () => {
  const registry = createLimiterRegistry()
  expect(registry.ofEndpoint(['a', 'b'], 'one', '/x')).toBe(registry.ofEndpoint(['b', 'a'], 'two', '/x'))
  expect(registry.ofEndpoint(['a'], 'one', '/x')).not.toBe(registry.ofEndpoint(['a'], 'one', '/y'))
  expect(registry.ofEndpoint(['a'], 'one', '/x')).not.toBe(registry.of(['a'], 'one'))
})

it('a 429 of one host pauses the other host of the credential', async () => {
  const limiters = createLimiterRegistry()
  const [one, two] = [quickHost({ limiters, connection: 'one' }), quickHost({ limiters, connection: 'two' })]
  const call = { label: 'GET /a', docs: 'https://x', signal: never }
  let tries = 0
  const refused = one.call(call, () =>
    ++tries === 1
      ? Promise.reject(Object.assign(new Error('slow'), { statusCode: 429, headers: { 'retry-after': '0.4' } }))
      : Promise.resolve(1),
  )
  await expect.poll(() => tries).toBe(1)
  const startedAt = performance.now()
  await two.call(call, () => Promise.resolve(2))
  expect(performance.now() - startedAt).toBeGreaterThan(250)
  expect(await refused).toBe(1)
})
