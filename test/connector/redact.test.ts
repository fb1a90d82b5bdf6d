import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { stripControlCharacters } from '../../src/connector/control-characters.ts'
import { createRedactor } from '../../src/connector/redact.ts'
import { never, sendJson, startVendor } from './fake-vendor.ts'

const secret = 'sk_live_a/b+c "d" é~9!?>'
const encodings: [string, string][] = [
  ['as it is', secret],
  ['base64', Buffer.from(secret).toString('base64').replace(/=+$/, '')],
  ['base64 of user:secret', Buffer.from(`someone:${secret}`).toString('base64')],
  ['base64 of secret:', Buffer.from(`${secret}:`).toString('base64')],
  ['base64url', Buffer.from(secret).toString('base64url')],
  ['percent-encoded', encodeURIComponent(secret)],
  ['percent-encoded in lower case', encodeURIComponent(secret).toLowerCase().replace('sk_live', 'sk_live')],
  ['as a form', new URLSearchParams({ key: secret }).toString()],
  ['as JSON', JSON.stringify({ key: secret })],
  ['as JSON in JSON', JSON.stringify(JSON.stringify({ key: secret }))],
  ['hex', Buffer.from(secret).toString('hex')],
  ['hex in capitals', Buffer.from(secret).toString('hex').toUpperCase()],
  ['percent-encoded as RFC 3986 wants it', encodeURIComponent(secret).replaceAll('!', '%21').replaceAll("'", '%27')],
  ['percent-encoded with + for spaces', encodeURIComponent(secret).replaceAll('%20', '+')],
  ['base64 in a URL', encodeURIComponent(Buffer.from(secret).toString('base64').replace(/=+$/, ''))],
  ['as JSON with escaped slashes', JSON.stringify({ key: secret }).replaceAll('/', '\\/')],
]

it.each(encodings)('is redacted %s', (_, text) => {
  const { text: redact } = createRedactor([secret])
  const shown = redact(`before ${text} after`)
  expect(shown).toContain('[secret]')
  expect(shown).not.toContain(text)
  expect(shown).toMatch(/^before .* after$/)
})

it('nothing that decodes to a secret is left, wherever it stands', () => {
  const alphabet = fc.stringMatching(/^[A-Za-z0-9_-]{12,40}$/)
  fc.assert(
    fc.property(alphabet, fc.string(), fc.string(), (key, before, after) => {
      const { text } = createRedactor([key])
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        const shown = text(Buffer.from(`${before}${key}${after}`).toString(encoding))
        const parts = shown.split('[secret]')
        expect(parts.length).toBeGreaterThan(1)
        for (const part of parts) expect(Buffer.from(part, encoding).toString('latin1')).not.toContain(key)
      }
    }),
  )
})

it('a secret that begins with another one is replaced whole', () => {
  expect(createRedactor(['abcd', 'abcdefgh']).text('x abcdefgh y abcd z')).toBe('x [secret] y [secret] z')
})

it('one that is added later is redacted as those from before are, and of many the newest', () => {
  const { text, add } = createRedactor([secret])
  expect(text('token acc-59-first')).toBe('token acc-59-first')
  add('acc-59-first')
  expect(text(`token acc-59-first ${Buffer.from('acc-59-first').toString('hex')} ${secret}`)).toBe(
    'token [secret] [secret] [secret]',
  )
  for (let n = 100; n < 199; n++) add(`token-${n}`)
  add('acc-59-first')
  add('token-199')
  expect(text(`acc-59-first token-100 token-101 token-199 ${secret}`)).toBe(
    '[secret] token-100 [secret] [secret] [secret]',
  )
})

it('what passes is redacted as long as it is new, and turns over nothing that was added', () => {
  const { text, add, addPassing } = createRedactor([secret])
  add('acc-59-first')
  for (let n = 10; n < 40; n++) {
    addPassing(['often-used'])
    addPassing([`signature-${n}`, `half-${n}`])
  }
  expect(text(`acc-59-first often-used signature-39 half-39 signature-25 half-24 ${secret}`)).toBe(
    '[secret] [secret] [secret] [secret] [secret] half-24 [secret]',
  )
})

it.each([undefined, null, true, {}])('%s is no secret, and a number is its digits', (none: unknown) => {
  const { text, add } = createRedactor([])
  // As JavaScript may.
  for (const given of [none, 48_291_734]) add(given as string)
  expect(text('undefined null true [object Object] 48291734')).toBe('undefined null true [object Object] [secret]')
})

it('goes deep, through circles and errors, and drops what SDKs hang on errors', () => {
  const { deep } = createRedactor(['canary-123456'])
  const cause = Object.assign(new Error('refused canary-123456'), {
    config: { headers: { authorization: 'canary-123456' } },
    code: 'E1 canary-123456',
  })
  const value: Record<string, unknown> = {
    list: ['x canary-123456', 1, null],
    'canary-123456': true,
    error: new Error('outer', { cause }),
  }
  value['self'] = value
  const shown = inspect(deep(value), { depth: 20 })
  expect(shown).not.toContain('canary-123456')
  expect(shown).toContain('refused [secret]')
  expect(shown).toContain("code: 'E1 [secret]'")
  expect(value.list).toEqual(['x canary-123456', 1, null])
})

it('a secret that a vendor echoes is nowhere: not in errors, their causes, events or warnings', async () => {
  const key = 'sk_live_0123456789'
  await using vendor = await startVendor(
    (request, response, count) => {
      if (count < 3)
        sendJson(
          response,
          500,
          { message: `bad ${request.headers.authorization}`, at: request.url },
          { 'request-id': key },
        )
      else sendJson(response, 401, { error: `no such key ${key}, ${Buffer.from(`user:${key}`).toString('base64')}` })
    },
    { http: { bearer: key } },
  )
  const error: unknown = await vendor.http.get(`/a/${key}`, { signal: never }).catch((reason) => reason)
  vendor.host.warn(`something about ${key}`)
  await vendor.host
    .call({ label: `SDK ${key}`, docs: 'https://x', signal: never }, () =>
      Promise.reject(Object.assign(new Error(`odd ${key}`), { key })),
    )
    .catch((reason) => vendor.host.warn(inspect(reason, { depth: 10 })))
  const shown = inspect([error, vendor.events], { depth: 20, showHidden: true })
  expect(shown).toContain('MR-3001')
  expect(shown).toContain('[secret]')
  expect(shown).not.toContain(key)
  expect(shown).not.toContain(Buffer.from(`user:${key}`).toString('base64').slice(8, 24))
})

it('a secret in the words, the cause or the request id of an error is not in what is thrown', async () => {
  const key = 'sk_live_0123456789'
  await using vendor = await startVendor(
    (_, response) => sendJson(response, 401, { message: 'no' }, { 'request-id': key }),
    { http: { bearer: key } },
  )
  const odd = Object.assign(new Error(`odd ${key}`), { config: { headers: { authorization: key } } })
  const thrown: readonly unknown[] = [
    await vendor.http.get('/a', { signal: never }).catch((reason: unknown) => reason),
    await vendor.host
      .call({ label: 'SDK', docs: 'https://x', signal: never }, () => Promise.reject(odd))
      .catch((reason: unknown) => reason),
  ]
  for (const error of thrown) {
    const message = error instanceof Error ? error.message : ''
    expect(message).toContain('[secret]')
    // Looked at before anybody redacts it once more.
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(key)
  }
})

it.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;https://evil\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u009b2Jclear', 'clear'],
  ['a\u0000b\u0007c\u007fd\u0090e', 'abcd'],
  ['user\u202Egnp.exe', 'usergnp.exe'],
  ['one\r\ntwo\tthree\u2028four', 'one two three four'],
  ['größe 👩‍👩‍👧 名', 'größe 👩‍👩‍👧 名'],
])('%j becomes %j on a terminal', (text, shown) => {
  expect(stripControlCharacters(text)).toBe(shown)
})

it('no control character gets through, and no line is endless', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
      const shown = stripControlCharacters(text)
      // oxlint-disable-next-line no-control-regex
      expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      expect(shown.length).toBeLessThanOrEqual(500)
    }),
  )
})
