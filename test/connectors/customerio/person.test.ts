import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Change } from '../../../src/model/change.ts'
import { writeBatch } from '../../../src/reverse-etl/write-batch.ts'
import { exact } from '../exact-number.ts'
import { change, openCustomerio, type OpenedCustomerio } from './open-customerio.ts'

let vendor: OpenedCustomerio
beforeEach(async () => {
  vendor = await openCustomerio()
})
afterEach(() => vendor[Symbol.asyncDispose]())

const write = (changes: readonly Change[], match = 'id') => vendor.person.write(changes, vendor.writeContext(match))
const stored = (id: string) => vendor.stored(id)
const bodies = async () => (await vendor.requests()).map(({ body }) => body)
const fault = (name: string, spec = {}) => vendor.sandbox.setFault('customerio', name, spec)
const ok = { outcome: 'ok' }

describe('sending people', () => {
  it('creates and updates people in one request, and says ok for each in order', async () => {
    const results = await write([
      change('A-1', { email: 'a@x.example', plan: 'pro', unsubscribed: true }),
      change('A-2', { score: 1.5, tags: ['a', 'b'], created_at: 1_700_000_000 }),
    ])
    expect(results).toEqual([ok, ok])
    expect((await vendor.requests()).map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/v2/batch'])
    expect(await stored('A-1')).toMatchObject({
      id: 'A-1',
      email: 'a@x.example',
      unsubscribed: true,
      attributes: { plan: 'pro' },
    })
    expect(await stored('A-2')).toMatchObject({
      unsubscribed: false,
      attributes: { score: 1.5, tags: ['a', 'b'], created_at: 1_700_000_000 },
    })
  })

  it('sends exactly what preview shows', async () => {
    const changes = [
      change('A-1', { plan: 'pro' }),
      change('A-2', { plan: null }, { op: 'clear' }),
      change('A-3', { plan: 'gone' }, { op: 'set' }),
    ]
    await write(changes)
    const previewed = vendor.person.preview(changes, {})
    expect(previewed.map(({ body }) => JSON.stringify(body))).toEqual((await vendor.requests()).map(({ body }) => body))
    expect(previewed[0]).toMatchObject({ method: 'POST', path: '/api/v2/batch' })
  })

  it('says an opt-out once more by itself beside an identifier that may not be taken, and creates nobody by it', async () => {
    await write([change('A-1', { email: 'a@x.example' }), change('A-2', { email: 'b@x.example' })])
    const topic = 'cio_subscription_preferences.topics.topic_3'
    const lost = { email: 'a@x.example', unsubscribed: true, [topic]: false, plan: 'lost' }
    expect(await write([change('A-2', lost), change('A-3', lost)])).toEqual([ok, ok])
    expect(await stored('A-2')).toMatchObject({
      email: 'b@x.example',
      unsubscribed: true,
      cio_subscription_preferences: { topics: { topic_3: false } },
      attributes: { unsubscribed: true },
    })
    expect((await stored('A-2'))?.['attributes']).not.toHaveProperty('plan')
    expect(await stored('A-3')).toBeUndefined()
    const sent = JSON.parse((await bodies()).at(-1) ?? '').batch
    expect(sent.slice(0, 2)).toEqual([
      {
        type: 'person',
        action: 'identify',
        identifiers: { id: 'A-2' },
        attributes: { unsubscribed: true, [topic]: false, _update: true },
      },
      { type: 'person', action: 'identify', identifiers: { id: 'A-2' }, attributes: lost },
    ])
  })

  it.each([
    [
      'no opt-out',
      { email: 'a@x.example', unsubscribed: false, 'cio_subscription_preferences.topics.topic_3': true },
      null,
    ],
    ['the email that it had', { email: 'a@x.example', unsubscribed: true }, { id: 'A-1', email: 'a@x.example' }],
    ['no identifier', { unsubscribed: true }, null],
  ])('says a row with %s once', async (_name, fields, previous) => {
    await write([change('A-1', fields, { previous })])
    expect(JSON.parse((await bodies())[0] ?? '').batch).toHaveLength(1)
  })

  it('says no time of a change: by one that a clock has wrong, Customer.io would drop an opt-out without a word', async () => {
    await write([
      change('A-1', { email: 'a@x.example', unsubscribed: true }),
      change('A-2', { unsubscribed: true }, { op: 'update' }),
    ])
    const [body] = await bodies()
    const { batch } = JSON.parse(body ?? '') as { batch: readonly object[] } // what was sent
    expect(batch.map((item) => Object.keys(item))).toEqual(
      Array.from({ length: 3 }, () => ['type', 'action', 'identifiers', 'attributes']),
    )
  })

  it('finds people by email, in lower case', async () => {
    await write([change('new@x.example', { plan: 'a' }, { match: 'email' })], 'email')
    await write([change('new@x.example', { plan: 'b' }, { match: 'email' })], 'email')
    const people = (await vendor.sandbox.show('customerio', 'person')).filter(({ email }) => email === 'new@x.example')
    expect(people.map(({ attributes }) => attributes)).toEqual([{ plan: 'b' }])
    expect((await bodies())[0]).toContain('"identifiers":{"email":"new@x.example"},"attributes":{"plan":"a"}')
  })

  it.each(['update', 'clear', 'set'] as const)('never creates a person with %s', async (op) => {
    expect(await write([change('nobody', { plan: op === 'clear' ? null : 'x' }, { op })])).toEqual([ok])
    expect(await stored('nobody')).toBeUndefined()
  })

  it('takes an attribute away with clear', async () => {
    await write([change('A-1', { plan: 'pro', city: 'Oulu' })])
    await write([change('A-1', { plan: null }, { op: 'clear' })])
    expect(await stored('A-1')).toMatchObject({ attributes: { city: 'Oulu' } })
    expect((await stored('A-1'))?.['attributes']).not.toHaveProperty('plan')
  })

  it('changes one topic and leaves the others', async () => {
    await write([
      change('A-1', {
        'cio_subscription_preferences.topics.topic_1': true,
        'cio_subscription_preferences.topics.topic_3': true,
      }),
    ])
    await write([change('A-1', { 'cio_subscription_preferences.topics.topic_3': false })])
    expect((await stored('A-1'))?.['cio_subscription_preferences']).toEqual({
      topics: { topic_1: true, topic_3: false },
    })
  })

  it('keeps every digit of a number that a double cannot hold', async () => {
    await write([change('A-1', { big: exact('12345678901234567890.123') })])
    expect((await bodies())[0]).toContain('"big":12345678901234567890.123')
    expect(await stored('A-1')).toMatchObject({ attributes: { big: '12345678901234567890.123' } })
  })

  it('sends nothing for no rows, and nothing for rows that are all refused', async () => {
    expect(await write([])).toEqual([])
    expect(await write([change('A-1', { unsubscribed: 'yes' })])).toMatchObject([{ outcome: 'rejected' }])
    expect(await vendor.requests()).toEqual([])
    expect(vendor.person.preview([change('A-1', { unsubscribed: 'yes' })], {})).toEqual([])
  })
})

describe('rows that are refused before they are sent', () => {
  it.each([
    ['text for an opt-out', { unsubscribed: 'true' }, 'unsubscribed must be true or false'],
    ['a number for an opt-out', { unsubscribed: 1 }, 'unsubscribed must be true or false'],
    ['null for an opt-out, which subscribes', { unsubscribed: null }, 'unsubscribed must be true or false'],
    ['text for a topic', { 'cio_subscription_preferences.topics.topic_3': 'no' }, 'must be true or false'],
    ['the object form of the topics', { cio_subscription_preferences: { topics: {} } }, "Customer.io's own"],
    ['another spelling of a topic', { 'cio_subscription_preferences.topics': { topic_1: true } }, "Customer.io's own"],
    ['_update', { _update: false }, "Customer.io's own"],
    ['a part of unsubscribed', { 'unsubscribed.x': true }, "Customer.io's own"],
    ['a long attribute name', { ['n'.repeat(151)]: 1 }, 'longer than 150 bytes'],
    ['a long value', { bio: 'é'.repeat(501) }, 'bio is 1002 bytes'],
    ['a long JSON value', { bio: ['x'.repeat(1000)] }, 'bio is 1004 bytes'],
    ['half a character', { bio: 'x\ud83d' }, 'lone surrogate'],
    ['half a character in JSON', { bio: { a: ['\udc00'] } }, 'lone surrogate'],
    ['an email that is none', { email: 'nobody' }, 'not an email address'],
    ['milliseconds as text', { created_at: '2026-01-01' }, 'whole seconds'],
    ['301 attributes', Object.fromEntries(Array.from({ length: 301 }, (_, n) => [`a${n}`, n])), '301 attributes'],
    [
      'a row over 32 KB',
      Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`a${n}`, 'x'.repeat(900)])),
      'Customer.io takes 32000',
    ],
  ])('%s', async (_name, fields, message) => {
    const results = await write([change('A-1', fields), change('A-2', { plan: 'x' })])
    expect(results).toEqual([
      { outcome: 'rejected', code: 'MR-5005', message: expect.stringContaining(message), retryable: false },
      ok,
    ])
    expect(await stored('A-1')).toBeUndefined()
    expect(await stored('A-2')).toBeDefined()
  })

  it('takes what only looks like half a character', async () => {
    expect(await write([change('A-1', { path: 'C:\\ud800', face: '😀' })])).toEqual([ok])
    expect(await stored('A-1')).toMatchObject({ attributes: { path: 'C:\\ud800', face: '😀' } })
  })

  it('an empty key, a long id, and an upsert by cio_id', async () => {
    expect(await write([change(' '), change('x'.repeat(151))])).toMatchObject([
      { outcome: 'rejected', message: 'id is empty' },
      { outcome: 'rejected', message: 'id is longer than 150 characters' },
    ])
    expect(await write([change('a3000001', {}, { match: 'cio_id' })], 'cio_id')).toMatchObject([
      { outcome: 'rejected' },
    ])
  })

  it('operations that the object does not offer', async () => {
    expect(await write([change('A-2', {}, { op: 'insert' })])).toMatchObject([{ outcome: 'rejected' }])
    expect(await vendor.requests()).toHaveLength(0)
  })
})

describe('partial answers', () => {
  it('rejects exactly the rows that a 207 names', async () => {
    await fault('bad_items', { ids: ['A-2', 'A-4'] })
    const ids = ['A-1', 'A-2', 'A-3', 'A-4', 'A-5']
    const results = await write(ids.map((id) => change(id, { plan: 'x' })))
    expect(results.map(({ outcome }) => outcome)).toEqual(['ok', 'rejected', 'ok', 'rejected', 'ok'])
    expect(results[1]).toEqual({
      outcome: 'rejected',
      code: 'invalid',
      message: 'attributes: refused by the fault bad_items',
      retryable: false,
    })
    const there = await Promise.all(ids.map(async (id) => ((await stored(id)) ? id : '')))
    expect(there).toEqual(['A-1', '', 'A-3', '', 'A-5'])
  })

  it('blames the right row when others were refused before sending', async () => {
    await fault('bad_items', { ids: ['A-3'] })
    const results = await write([change('A-1', { unsubscribed: 'no' }), change('A-2'), change('A-3'), change('A-4')])
    expect(results.map(({ outcome }) => outcome)).toEqual(['rejected', 'ok', 'rejected', 'ok'])
  })

  it('joins several errors of one row', async () => {
    const errors = [
      { batch_index: 1, reason: 'required', field: 'a', message: 'is required' },
      { batch_index: 1, reason: 'invalid', message: 'b' },
    ]
    await fault('status', { status: 207, body: { errors } })
    const results = await write([change('A-1'), change('A-2')])
    expect(results).toEqual([
      ok,
      { outcome: 'rejected', code: 'required', message: 'a: is required; b', retryable: false },
    ])
  })

  it('refuses a batch that is refused as a whole, so that the engine sends its halves', async () => {
    await fault('status', { status: 400, body: { errors: [{ reason: 'invalid', field: 'batch', message: 'no' }] } })
    await expect(write([change('A-1'), change('A-2')])).rejects.toMatchObject({
      code: 'MR-3004',
      message: expect.stringContaining('batch: no'),
    })
    expect(await vendor.requests()).toHaveLength(1)
  })

  it.each([
    ['v2', { errors: [{ reason: 'invalid', field: 'x', message: 'no' }] }, { code: 'invalid', message: 'x: no' }],
    ['v1', { meta: { error: 'no' } }, { code: 'refused', message: 'no' }],
    ['nothing', '', { code: 'refused', message: 'HTTP 400' }],
  ])('blames the one row of a batch of one, in the words of %s', async (_name, body, blame) => {
    await fault('status', { status: 400, body })
    expect(await write([change('A-1')])).toEqual([{ outcome: 'rejected', retryable: false, ...blame }])
  })

  it('takes a row of two items that was refused whole for refused, and not for taken in part', async () => {
    await fault('status', { status: 400, body: { errors: [{ reason: 'invalid', field: 'x', message: 'no' }] } })
    const row = change('A-1', { email: 'a@x.example', unsubscribed: true })
    const refused = { outcome: 'rejected', code: 'invalid', message: 'x: no', retryable: false }
    expect(await write([row])).toEqual([refused])
    expect(JSON.parse((await bodies())[0] ?? '').batch).toHaveLength(2)
    const errors = [{ batch_index: 1, reason: 'invalid', field: 'x', message: 'no' }]
    await fault('status', { status: 207, body: { errors } })
    expect(await write([row])).toEqual([{ ...refused, maybeTaken: true }])
  })

  it.each([301, 302, 307, 404, 405, 415, 501])(
    'ends the delivery where an address that is not the Track API’s answers %i: no row is to blame',
    async (status) => {
      await fault('status', { status, times: 'always' })
      const batch = Array.from({ length: 8 }, (_, nth) => ({ key: `A-${nth}`, change: change(`A-${nth}`) }))
      const context = vendor.writeContext()
      // What becomes of an answer is not asked here.
      const spooled = batch as never
      const target = { object: vendor.person, context, mayStillSend: async () => undefined }
      const { results, failure } = await writeBatch(spooled, target)
      expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['unknown']))
      expect(failure).toMatchObject({
        code: 'MR-3001',
        retry: 'never',
        message: expect.stringMatching(new RegExp(`answered ${status} .*region \\(eu\\) .* base_url, where it is set`)),
      })
      expect(await vendor.requests()).toHaveLength(1)
    },
  )

  it.each([
    ['an unknown key', { meta: { error: 'maintenance' } }],
    ['nothing', ''],
    ['a page', '<html>hello</html>'],
    ['a list', []],
    ['errors that are no list', { errors: 'many' }],
    ['a refusal of a row that was not sent', { errors: [{ batch_index: 7, reason: 'invalid' }] }],
    ['a refusal of nobody', { errors: [{ reason: 'invalid' }] }],
  ])('does not take a 2xx with %s for success', async (_name, body) => {
    await fault('status', { status: 200, body })
    await expect(write([change('A-1'), change('A-2')])).rejects.toMatchObject({ code: 'MR-3005' })
  })
})

describe('one layer of retries', () => {
  it.each([
    [408, 'MR-3003'],
    [429, 'MR-3006'],
    [500, 'MR-3003'],
    [502, 'MR-3003'],
    [503, 'MR-3003'],
    [504, 'MR-3003'],
  ])('the SDK sends once when the vendor answers %i', async (status, code) => {
    await fault('status', { status, times: 'always', retry_after: 0 })
    await expect(write([change('A-1')])).rejects.toMatchObject({ code })
    expect(await vendor.requests()).toHaveLength(1)
  })

  it('the SDK sends once when the connection drops', async () => {
    await fault('reset_before', { times: 'always' })
    await expect(write([change('A-1')])).rejects.toMatchObject({ code: 'MR-3002' })
    expect(await vendor.requests()).toHaveLength(1)
  })

  it('the host sends it again after a lost answer, and the second one changes nothing', async () => {
    await using patient = await openCustomerio({ retry: { attempts: 3 } })
    await patient.sandbox.setFault('customerio', 'reset_after', {})
    expect(await patient.person.write([change('A-1', { plan: 'x' })], patient.writeContext())).toEqual([ok])
    const requests = await patient.requests()
    expect(requests.map(({ handledStatus }) => handledStatus)).toEqual([200, 200])
    expect(requests[0]?.body).toBe(requests[1]?.body)
    expect(patient.events.map(({ type }) => type)).toContain('request.retried')
  })

  it.each([
    ['reset_after', {}],
    ['status', { status: 503 }],
    ['rate_limit', { retry_after: 0 }],
  ])('the host does not send an opt-in again after %s', async (name, spec) => {
    await using patient = await openCustomerio({ retry: { attempts: 3 } })
    await patient.sandbox.setFault('customerio', name, spec)
    const optIn = { ...change('A-1', { unsubscribed: false }), optsIn: true as const }
    await expect(patient.person.write([optIn], patient.writeContext())).rejects.toMatchObject({ retry: 'later' })
    expect(await patient.requests()).toHaveLength(1)
  })

  it('waits as long as the vendor asks', async () => {
    await using patient = await openCustomerio({ retry: { attempts: 3 } })
    await patient.sandbox.setFault('customerio', 'rate_limit', { retry_after: 1 })
    expect(await patient.person.write([change('A-1')], patient.writeContext())).toEqual([ok])
    expect(patient.events).toContainEqual(expect.objectContaining({ type: 'rate.limited', wait_ms: 1000 }))
  })

  it('ends the request itself when its run gives up', async () => {
    await fault('hang')
    const abort = new AbortController()
    const writing = vendor.person.write([change('A-1')], vendor.writeContext('id', { signal: abort.signal }))
    await expect.poll(async () => (await vendor.requests()).length).toBe(1)
    const began = performance.now()
    abort.abort()
    await expect(writing).rejects.toMatchObject({ code: 'MR-7001' })
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it.each(['truncated_gzip', 'wrong_length', 'cut_json', 'html', 'error_200', 'inflate'])(
    '%s is not success',
    async (name) => {
      await fault(name)
      await expect(write([change('A-1')])).rejects.toMatchObject({ code: expect.stringMatching(/^MR-300[25]$/) })
    },
  )
})

describe('limits', () => {
  it('counts a change by the bytes of its item', async () => {
    const row = change('A-1', { plan: 'é' })
    await write([row])
    expect(vendor.person.size?.(row)).toBe(
      Buffer.byteLength((await bodies())[0] ?? '') - Buffer.byteLength('{"batch":[]}'),
    )
  })

  it('a batch at both limits is under 500 KB, and taken whole', async () => {
    const { rows, bytes } = vendor.person.batch
    const size = (length: number) => vendor.person.size?.(change('A-0000', { text: 'x'.repeat(length) })) ?? 0
    const text = 'x'.repeat(Math.floor(bytes / rows) - size(0))
    const changes = Array.from({ length: rows }, (_, n) => change(`A-${String(n).padStart(4, '0')}`, { text }))
    expect((await write(changes)).every(({ outcome }) => outcome === 'ok')).toBe(true)
    const [request] = await vendor.requests()
    expect(request?.bodyBytes).toBeLessThan(500_000)
    expect(request?.bodyBytes).toBeGreaterThan(490_000)
  })
})
