import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { LookupAddress } from 'node:dns'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { guardedLookup, guardKeys, guardUrl, isRefusedAddress } from '../../src/connector/address-guard.ts'
import { never, quickHost, sendJson, startVendor } from './fake-vendor.ts'

it.each([
  'http://169.254.169.254/latest/meta-data',
  'http://169.254.0.1',
  'http://2852039166/', // 169.254.169.254 as one number
  'http://0xA9.0xFE.0xA9.0xFE/',
  'http://[fe80::1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[fd00:ec2::254]/',
  'http://100.100.100.200/',
  'http://METADATA.google.internal./computeMetadata/v1/',
  'file:///etc/passwd',
  'https://user:password@api.example.com',
])('%s is refused before anything is sent', async (address) => {
  expect(() => guardUrl(new URL(address))).toThrow(expect.objectContaining({ code: 'MR-3008' }))
})

it.each([
  'https://api.stripe.com',
  'http://127.0.0.1:8080',
  'http://[::1]:8080',
  'http://10.0.0.7',
  'http://169.253.0.1',
])('%s is allowed', (address) => {
  expect(() => guardUrl(new URL(address))).not.toThrow()
})

it('checks what a name resolves to, at the moment of connecting', async () => {
  expect(isRefusedAddress('169.254.10.10')).toBe(true)
  // An address as a name resolves to itself, as a name that was pointed there does.
  for (const all of [true, false]) {
    const error = await new Promise((resolve) => guardedLookup('169.254.169.254', { all }, (reason) => resolve(reason)))
    expect(error).toMatchObject({ code: 'MR-3008' })
  }
  const found = await new Promise<string | LookupAddress[]>((resolve) =>
    guardedLookup('localhost', { all: true }, (_, addresses) => resolve(addresses)),
  )
  expect(found.length).toBeGreaterThan(0)
})

it('a call to a metadata address ends at once', async () => {
  const host = quickHost()
  const work = host.http({ baseUrl: 'http://169.254.169.254' }).get('/latest', { signal: never })
  await expect(work).rejects.toMatchObject({ code: 'MR-3008', kept: 'Nothing was sent.' })
  expect(host.requests()).toBe(1)
})

it('follows redirects within the origin, for GET, at most five', async () => {
  await using vendor = await startVendor(
    (request, response) => {
      const hop = Number(/^\/hop\/(\d+)/.exec(request.url ?? '')?.[1] ?? 0)
      if (hop > 0) response.writeHead(302, { location: `/hop/${hop - 1}` }).end('moved')
      else sendJson(response, 200, { auth: request.headers.authorization ?? null })
    },
    { http: { bearer: 'sk_live_0123456789' } },
  )
  expect(await vendor.http.get('/hop/5', { signal: never })).toEqual({ auth: 'Bearer sk_live_0123456789' })
  await expect(vendor.http.get('/hop/6', { signal: never })).rejects.toMatchObject({ code: 'MR-3005' })
  await expect(vendor.http.post('/hop/1', {}, { signal: never })).rejects.toMatchObject({ code: 'MR-3005' })
})

it('never goes to another origin with our credentials: neither by redirect nor by a next link', async () => {
  await using other = await startVendor((_, response) => sendJson(response, 200, {}))
  await using vendor = await startVendor(
    (_, response) => response.writeHead(307, { location: `${other.url}/steal` }).end(),
    {
      http: { bearer: 'sk_live_0123456789' },
    },
  )
  await expect(vendor.http.get('/a', { signal: never })).rejects.toMatchObject({ code: 'MR-3004' })
  await expect(vendor.http.get(`${other.url}/a`, { signal: never })).rejects.toMatchObject({ code: 'MR-3008' })
  expect(other.seen()).toBe(0)
  expect(vendor.seen()).toBe(1)
})

const openssl = (() => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).trim()
  } catch {
    return null // the test below says so
  }
})()

it.skipIf(openssl === null)(
  'a certificate that nobody vouches for is refused, whatever the environment says (needs openssl)',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
      { stdio: 'ignore' },
    )
    let seen = 0
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      seen++
      response.end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const host = quickHost()
    const work = host
      .http({ baseUrl: `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` })
      .get('/a', { signal: never })
    await expect(work).rejects.toMatchObject({
      code: 'MR-3004',
      message: expect.stringContaining('certificate cannot be trusted'),
    })
    expect(seen).toBe(0)
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    await host.close()
    server.closeAllConnections()
    server.close()
    rmSync(dir, { recursive: true })
  },
)

it('the address of an SDK’s connection is refused before the SDK is built, wherever among its keys it stands', async () => {
  await expect(guardKeys({ login_url: 'http://169.254.169.254/', api_key: 'k' })).rejects.toMatchObject({
    code: 'MR-3008',
  })
  await expect(guardKeys({ base_url: 'https://metadata.google.internal' })).rejects.toMatchObject({ code: 'MR-3008' })
  await expect(guardKeys({ base_url: 'http://127.0.0.1:1', region: 'eu', port: 80 })).resolves.toBeUndefined()
})
