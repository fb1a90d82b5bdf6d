/** What goes to a vendor by an SDK goes to nobody else, whatever the environment says of certificates. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createProxy } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer, type Server } from 'node:https'
import { connect, type AddressInfo, type Server as SocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import customerio from '../../connectors/customerio/index.ts'
import stripe from '../../connectors/stripe/index.ts'
import { never, quickHost } from './fake-vendor.ts'

const dir = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
let server: Server
let seen: string[] = []

beforeAll(async () => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  )
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    seen.push(String(request.headers.authorization))
    response.end('{}')
  })
  await listening(server)
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
})
afterAll(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  rmSync(dir, { recursive: true })
})

const stripeKeys = () => ({ base_url: `https://127.0.0.1:${portOf(server)}`, api_key: 'rk_test_0123456789' })
const customerioKeys = () => {
  const { base_url } = stripeKeys()
  const keys = { site_id: 's12345678', api_key: 'k0123456789', app_api_key: 'a0123456789' }
  return { base_url, app_base_url: base_url, ...keys }
}

test.each([
  ['stripe', stripe, stripeKeys],
  ['customerio', customerio, customerioKeys],
] as const)('%s sends no credentials where nobody vouches for the certificate', async (_name, connector, keys) => {
  seen = []
  const host = quickHost()
  const opened = await connector.open({ config: connector.config.parse(keys()) as never, host })
  await expect(opened.check({ signal: never })).rejects.toThrow('certificate cannot be trusted')
  await opened.close?.()
  await host.close()
  expect(seen).toEqual([])
})

test('nor by way of a proxy of the environment, which is asked where Node is told to', async () => {
  seen = []
  const asked: string[] = []
  const proxy = createProxy().on('connect', ({ url = '' }, client) => {
    asked.push(url)
    tunnel(client, url)
  })
  await listening(proxy)
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  vi.stubEnv('https_proxy', `http://127.0.0.1:${portOf(proxy)}`)
  vi.stubEnv('no_proxy', '')
  // What it goes by is made once.
  vi.resetModules()
  const { sendWithin } = await import('../../src/connector/exchange.ts')
  const url = `https://127.0.0.1:${portOf(server)}/a`
  const request = { url, method: 'GET', headers: { authorization: 'a' }, body: null }
  const sending = sendWithin({ signal: never, answer: null }, request, { vendor: 'Acme', maxBytes: 99 })
  await expect(sending).rejects.toMatchObject({ cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
  expect(asked).toEqual([`127.0.0.1:${portOf(server)}`])
  expect(seen).toEqual([])
  proxy.closeAllConnections()
  proxy.close()
  vi.stubEnv('NODE_USE_ENV_PROXY', '0')
})

test('a proxy behind TLS that would speak HTTP/2 is asked for a tunnel in HTTP/1.1', async () => {
  const known = getCACertificates('default')
  setDefaultCACertificates([...known, readFileSync(cert, 'utf8')])
  const proxy = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert), allowHTTP1: true })
  let connections = 0
  proxy.on('secureConnection', () => connections++)
  proxy.on('connect', ({ httpVersion, url = '' }, client) => {
    if (httpVersion === '1.1') tunnel(client, url)
  })
  await listening(proxy)
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  vi.stubEnv('https_proxy', `https://127.0.0.1:${portOf(proxy)}`)
  vi.stubEnv('no_proxy', '')
  vi.resetModules()
  const { sendWithin } = await import('../../src/connector/exchange.ts')
  const request = { url: `https://127.0.0.1:${portOf(server)}/a`, method: 'GET', headers: {}, body: null }
  const exchange = { signal: AbortSignal.timeout(3000), answer: null }
  try {
    expect(await sendWithin(exchange, request, { vendor: 'Acme', maxBytes: 99 })).toMatchObject({ status: 200 })
    expect(connections).toBe(1)
  } finally {
    setDefaultCACertificates(known)
    proxy.close()
    vi.stubEnv('NODE_USE_ENV_PROXY', '0')
  }
})

test('nor to an address that hands out this machine’s own credentials, though its name is another’s', async () => {
  vi.resetModules()
  const lookup = (_name: string, _options: object, found: (error: null, addresses: object[]) => void) =>
    found(null, [{ address: '169.254.169.254', family: 4 }])
  vi.doMock('node:dns', () => ({ lookup }))
  const { sendWithin } = await import('../../src/connector/exchange.ts')
  const request = { url: 'http://api.acme.example/a', method: 'GET', headers: {}, body: null }
  const sending = sendWithin({ signal: never, answer: null }, request, { vendor: 'Acme', maxBytes: 99 })
  await expect(sending).rejects.toMatchObject({ code: 'MR-3008' })
})

/** As a proxy answers `CONNECT`. */
function tunnel(client: Duplex, address: string): void {
  const [host, port] = address.split(':')
  const there = connect(Number(port), host, () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    there.pipe(client).pipe(there)
  })
  client.on('error', () => there.destroy())
  there.on('error', () => client.destroy())
}

const listening = (each: SocketServer) =>
  new Promise<void>((resolve) => void each.listen(0, '127.0.0.1', () => resolve()))

function portOf(each: SocketServer): number {
  // It listens at a port.
  return (each.address() as AddressInfo).port
}
