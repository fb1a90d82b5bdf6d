import { describe, expect, it } from 'vitest'
import type { Http } from '../../src/connector/host.ts'
import type { MillraceError } from '../../src/model/millrace-error.ts'
import { never, sendJson, startVendor } from './fake-vendor.ts'

const failing = async (work: Promise<unknown>): Promise<MillraceError> => {
  const outcome = await work.then(
    () => 'it worked',
    (error) => error,
  )
  expect(outcome).toMatchObject({ name: 'MillraceError' })
  return outcome
}

describe('an answer by its status', () => {
  it('that repeats the token it was sent is shown without it, though the connector got that while it ran', async () => {
    await using vendor = await startVendor(({ headers }, response) =>
      sendJson(response, 401, { message: `token ${headers.authorization} expired, try ${headers['x-key']}` }),
    )
    vendor.host.secret('key-77-secret')
    const headers = { Authorization: 'Bearer acc-59-verysecret', 'x-key': 'key-77-secret' }
    const error = await failing(vendor.http.get('/a', { signal: never, headers }))
    expect(error.message).toContain('token Bearer [secret] expired, try [secret]')
    expect(JSON.stringify([error.stack, vendor.events])).not.toMatch(/acc-59|key-77/)
  })

  it('that repeats what host.secret was given is shown without it, however many requests were signed since', async () => {
    const token = 'session-token-of-the-whole-run'
    await using vendor = await startVendor((request, response, count) =>
      count <= 16
        ? sendJson(response, 200, {})
        : sendJson(response, 400, { message: `${String(request.headers['x-session'])} is expired` }),
    )
    vendor.host.secret(token)
    const ask = (n: number) =>
      vendor.http.get('/x', {
        signal: never,
        headers: { 'x-session': token, authorization: `HMAC signature-number-${n}` },
      })
    for (let n = 0; n < 16; n++) await ask(n)
    expect((await failing(ask(16))).message).toContain('[secret] is expired')
  })

  it('that repeats a parameter of the authorization alone is shown without it', async () => {
    await using vendor = await startVendor((_, response) => sendJson(response, 401, { message: 'no abcdefgh12345' }))
    const headers = { authorization: 'Token token=abcdefgh12345' }
    expect((await failing(vendor.http.get('/a', { signal: never, headers }))).message).toContain('no [secret]')
  })

  it.each([
    [undefined, null],
    [7, '7'],
  ])('comes to a request whose authorization is %s, which goes as it is', async (authorization, came) => {
    await using vendor = await startVendor(({ headers }, response) =>
      sendJson(response, 200, { came: headers.authorization ?? null }),
    )
    vendor.host.secret(undefined as unknown as string) // as JavaScript may
    const headers = { authorization } as unknown as Record<string, string> // as JavaScript may
    expect(await vendor.http.get('/a', { signal: never, headers })).toEqual({ came })
  })

  it.each([
    [
      'in another charset',
      403,
      Buffer.from('Zugriff verweigert f\xfcr alle', 'latin1'),
      'MR-3001',
      'Zugriff verweigert f',
    ],
    ['in another charset', 404, Buffer.from('{"message": "nicht f\xfcr uns"}', 'latin1'), 'MR-3004', 'nicht f'],
    ['empty', 404, Buffer.alloc(0), 'MR-3004', 'acme answered 404 (GET /a): its body is empty.'],
    ['empty', 304, Buffer.alloc(0), 'MR-3005', 'status 304, with an empty body'],
  ])('of a refusal counts, whatever its page is: %s, %i', async (_, status, page, code, words) => {
    await using vendor = await startVendor((_request, response) => response.writeHead(status).end(page))
    const error = await failing(vendor.http.get('/a', { signal: never }))
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(vendor.seen()).toBe(status < 400 ? 3 : 1)
  })

  it('429 with Retry-After in seconds holds back every call of the credential, and then goes on', async () => {
    const arrivals: number[] = []
    await using vendor = await startVendor((_, response, count) => {
      arrivals.push(performance.now())
      if (count === 1) sendJson(response, 429, { message: 'slow down' }, { 'retry-after': '1' })
      else sendJson(response, 200, { ok: true })
    })
    const first = vendor.http.get('/a', { signal: never })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const others = [vendor.http.get('/b', { signal: never }), vendor.http.get('/c', { signal: never })]
    expect(await Promise.all([first, ...others])).toEqual([{ ok: true }, { ok: true }, { ok: true }])
    const [refusedAt = 0, ...later] = arrivals
    for (const at of later) expect(at - refusedAt).toBeGreaterThan(990)
    expect(vendor.events.filter((event) => event.type === 'rate.limited')).toEqual([
      { type: 'rate.limited', run_id: 'run-1', connection: 'acme', wait_ms: 1000 },
    ])
    expect(vendor.host.requests()).toBe(4)
  })

  it('429 without Retry-After backs off by itself', async () => {
    await using vendor = await startVendor((_, response, count) => sendJson(response, count < 4 ? 429 : 200, {}))
    expect(await vendor.http.get('/a', { signal: never })).toEqual({})
    expect(vendor.seen()).toBe(4)
  })

  it('429 with Retry-After as a date reads it by the vendor’s clock, not by ours', async () => {
    await using vendor = await startVendor((_, response, count) => {
      const headers = { date: 'Fri, 20 Nov 2020 09:55:00 GMT', 'retry-after': 'Fri, 20 Nov 2020 09:55:01 GMT' }
      sendJson(response, count === 1 ? 429 : 200, {}, headers)
    })
    await vendor.http.get('/a', { signal: never })
    expect(vendor.events.find((event) => event.type === 'rate.limited')).toMatchObject({ wait_ms: 1000 })
    expect(vendor.host.lastDate()?.toISOString()).toBe('2020-11-20T09:55:00.000Z')
  })

  const aDate = /^Run it again after \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/
  const noDate = /^Run it again after a date beyond all calendars\.$/
  it.each([
    ['86400', aDate],
    ['Sat, 21 Nov 2099 09:55:00 GMT', aDate],
    ['1795392000000', noDate],
    ['99999999999999999999', noDate],
  ])('429 with Retry-After: %s ends, and says when to come back', async (wait, when) => {
    await using vendor = await startVendor((_, response) =>
      sendJson(response, 429, { error: { message: 'daily limit' } }, { 'retry-after': wait }),
    )
    const error = await failing(vendor.http.get('/a', { signal: never }))
    expect(error.code).toBe('MR-3006')
    expect(error.message).toMatch(
      /^acme answered 429 \(GET \/a\): daily limit\. It asks to come back in \d+ (h|days)\.$/,
    )
    expect(error.next[0]).toMatch(when)
    expect(vendor.seen()).toBe(1)
  })

  it.each(['soon', '-5', ''])('a Retry-After that says nothing (%j) is left aside', async (wait) => {
    await using vendor = await startVendor((_, response, count) =>
      sendJson(response, count === 1 ? 429 : 200, {}, { 'retry-after': wait }),
    )
    await vendor.http.get('/a', { signal: never })
    expect(vendor.seen()).toBe(2)
  })

  it.each([408, 500, 502, 503])('a storm of %i ends after five tries and says so', async (status) => {
    await using vendor = await startVendor((_, response) =>
      sendJson(response, status, { error: { message: 'try later' } }, { 'request-id': 'req_8Hq' }),
    )
    const error = await failing(vendor.http.get('/v1/invoices', { signal: never, query: { email: 'ann@example.com' } }))
    expect(error.code).toBe('MR-3003')
    expect(error.message).toMatch(
      new RegExp(
        `^acme answered ${status} five times in 0\\.\\d s \\(GET /v1/invoices, request req_8Hq\\): try later\\.$`,
      ),
    )
    expect(vendor.seen()).toBe(5)
    expect(vendor.events.filter((event) => event.type === 'request.retried').map((event) => event.attempt)).toEqual([
      1, 2, 3, 4,
    ])
  })

  it('a storm that passes is not noticed but in the events', async () => {
    await using vendor = await startVendor((_, response, count) => sendJson(response, count < 5 ? 503 : 200, { count }))
    expect(await vendor.http.get('/a', { signal: never })).toEqual({ count: 5 })
  })

  it('a budget that is used up ends it before the tries do', async () => {
    await using vendor = await startVendor((_, response) => sendJson(response, 503, {}), {
      host: { retry: { initialMs: 400, budgetMs: 500, attempts: 50, random: () => 1 } },
    })
    expect((await failing(vendor.http.get('/a', { signal: never }))).code).toBe('MR-3003')
    expect(vendor.seen()).toBe(2)
  })

  it.each([
    [401, 'MR-3001'],
    [403, 'MR-3001'],
    [400, 'MR-3004'],
    [404, 'MR-3004'],
    [422, 'MR-3004'],
  ])('%i is not tried again: %s', async (status, code) => {
    await using vendor = await startVendor((_, response) =>
      sendJson(response, status, { errors: [{ message: 'no\u001b[31m such\nthing' }] }),
    )
    const error = await failing(vendor.http.post('/a', {}, { signal: never }))
    expect(error.code).toBe(code)
    expect(error.message).toBe(`acme answered ${status} (POST /a): no such thing.`)
    expect(vendor.seen()).toBe(1)
  })

  it('200 with an error in it is what the connector says it is', async () => {
    await using vendor = await startVendor(
      (_, response) => sendJson(response, 200, { error: { type: 'quota', message: 'none left' } }),
      {
        http: {
          classify: ({ body }) =>
            JSON.stringify(body).includes('"type":"quota"')
              ? { kind: 'quota', code: 'QUOTA', message: 'none left today' }
              : undefined,
        },
      },
    )
    const error = await failing(vendor.http.get('/a', { signal: never }))
    expect(error.code).toBe('MR-3006')
    expect(error.message).toBe('acme answered 200 (GET /a): QUOTA: none left today.')
  })

  it('HTML as 200 is tried again, and then an error that says what came', async () => {
    await using vendor = await startVendor((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<!doctype html><h1>We will be back</h1>')
    })
    const error = await failing(vendor.http.get('/a', { signal: never }))
    expect(error.code).toBe('MR-3005')
    expect(error.message).toContain('an HTML page, not JSON')
    expect(vendor.seen()).toBe(3)
  })
})

describe('a request that must not be sent twice', () => {
  it('is not, where the vendor may have taken it', async () => {
    await using vendor = await startVendor((_, response) => sendJson(response, 503, {}))
    const error = await failing(vendor.http.post('/a', {}, { signal: never, repeatable: false }))
    expect(error.kept).toBe(`It was not sent again: whether it had an effect is not known. ${keptBefore}`)
    expect(vendor.seen()).toBe(1)
  })

  it('is sent again, where it surely was not taken', async () => {
    await using vendor = await startVendor((_, response, count) => sendJson(response, count < 3 ? 429 : 200, {}))
    await vendor.http.post('/a', {}, { signal: never, repeatable: false })
    expect(vendor.seen()).toBe(3)
  })
})

describe('a request that must never be sent again', () => {
  it.each([429, 503])('is not, though the vendor answers %i; who comes next waits', async (status) => {
    await using vendor = await startVendor((_, response, count) => sendJson(response, count < 2 ? status : 200, {}))
    await failing(vendor.http.post('/a', {}, { signal: never, repeatable: 'never' }))
    expect(vendor.seen()).toBe(1)
    await vendor.http.post('/a', {}, { signal: never, repeatable: 'never' })
    expect(vendor.seen()).toBe(2)
  })
})

describe('an end from outside', () => {
  it('stops a wait at once, and leaves no timer behind', async () => {
    await using vendor = await startVendor((_, response) => sendJson(response, 429, {}, { 'retry-after': '600' }))
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const controller = new AbortController()
    const work = failing(vendor.http.get('/a', { signal: controller.signal }))
    await expect.poll(() => vendor.events.some((event) => event.type === 'rate.limited')).toBe(true)
    const waiting = failing(vendor.http.get('/b', { signal: controller.signal }))
    const stoppedAt = performance.now()
    controller.abort()
    expect((await work).code).toBe('MR-7001')
    expect((await waiting).code).toBe('MR-7001')
    expect(performance.now() - stoppedAt).toBeLessThan(5_000)
    expect(timers()).toBeLessThanOrEqual(before + 1) // undici's own clock
  })

  it('stops a request that is under way, whichever signal says so', async () => {
    const run = new AbortController()
    await using vendor = await startVendor(() => run.abort(), { host: { signal: run.signal } })
    expect((await failing(vendor.http.get('/a', { signal: never }))).code).toBe('MR-7001')
    expect((await failing(vendor.http.get('/a', { signal: never }))).code).toBe('MR-7001')
    expect(vendor.seen()).toBe(1)
  })
})

it('refuses to call while a warehouse session is open', async () => {
  let open = true
  await using vendor = await startVendor((_, response) => sendJson(response, 200, {}), {
    host: { inSession: () => open },
  })
  const error = await failing(vendor.http.get('/a', { signal: never }))
  expect(error.code).toBe('MR-7000')
  expect(error.message).toContain('a warehouse session is open')
  expect(vendor.seen()).toBe(0)
  open = false
  await vendor.http.get('/a', { signal: never })
})

describe('every failure of a call says what was kept, and what to do', () => {
  it.each([
    [401, 'MR-3001', /^Check the credentials .* millrace connection test acme$/],
    [404, 'MR-3004', /vendor’s words and by https:\/\/docs\.example\/a; `millrace connection test acme`/],
    [429, 'MR-3006', /^Run it again later; `millrace connection test acme`/],
    [503, 'MR-3003', /^Run it again later; `millrace connection test acme`/],
  ])('%i', async (status, code, next) => {
    await using vendor = await startVendor((_, response) => sendJson(response, status, {}))
    const error = await failing(vendor.http.get('/a', { signal: never, docs: 'https://docs.example/a' }))
    expect(error).toMatchObject({
      code,
      kept: expect.stringContaining(keptBefore),
      next: [expect.stringMatching(next)],
    })
  })
})

const keptBefore = 'What was committed or acknowledged before stays; a scan goes on at its last checkpoint.'

describe('a request that is made again', () => {
  const post = (options = {}) => ({ ask: (http: Http) => http.post('/x', {}, { signal: never, ...options }) })
  const get = { ask: (http: Http) => http.get('/x', { signal: never }) }
  it.each([
    ['a POST after a 503', 503, post(), 1],
    ['a POST after a broken connection', 'reset', post(), 1],
    ['a POST after an answer that is not JSON', 'html', post(), 1],
    ['not a POST after a 429', 429, post(), 0],
    ['not a look-up by POST', 503, post({ readsOnly: true }), 0],
    ['not a GET', 503, get, 0],
  ])('may have been taken before: %s', async (_what, failure, { ask }, lost) => {
    let heard = 0
    await using vendor = await startVendor(
      (request, response, count) => {
        if (count > 1) sendJson(response, 200, {})
        else if (failure === 'reset') request.socket.destroy()
        else if (failure === 'html') response.end('<html>')
        else sendJson(response, Number(failure), {})
      },
      { host: { onAnswerLost: () => heard++ } },
    )
    await ask(vendor.http)
    expect([vendor.seen(), heard]).toEqual([2, lost])
  })
})
