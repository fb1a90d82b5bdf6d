import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { brotliCompressSync, createGzip, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { never, quickHost, sendJson, startRawVendor, startVendor } from './fake-vendor.ts'

const errorOf = async (work: Promise<unknown>): Promise<MillraceError> => {
  const error: unknown = await work.then(
    () => 'it worked',
    (reason) => reason,
  )
  if (error instanceof MillraceError) return error
  throw error
}

const page = JSON.stringify({ data: [{ id: 1, name: 'größe' }], next: null })

describe('the way to the vendor', () => {
  it('refused: says so, and that nothing was sent', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    await new Promise((resolve) => server.close(resolve))
    const host = quickHost()
    const error = await errorOf(
      host.http({ baseUrl: `http://127.0.0.1:${port}` }).post('/a', {}, { signal: never, repeatable: false }),
    )
    expect(error.code).toBe('MR-3002')
    expect(error.message).toMatch(
      /^acme could not be reached five times in .* \(POST \/a\): the connection was refused\.$/,
    )
    expect(error.kept).toBe(`The request had no effect. ${keptBefore}`)
    expect(host.requests()).toBe(5)
  })

  it('a name that does not resolve', async () => {
    const error = await errorOf(
      quickHost({ retry: { attempts: 2 } })
        .http({ baseUrl: 'http://acme.invalid' })
        .get('/a', { signal: never }),
    )
    expect(error.code).toBe('MR-3002')
    expect(error.message).toMatch(/host name (does not resolve|cannot be resolved)/)
  })

  it('a connect timeout', async () => {
    // A process that is stopped takes no connection once its queue is full: what a dead host behind a firewall looks like.
    const script = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port) })`
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const port = Number(String((await once(child.stdout, 'data'))[0]))
    child.kill('SIGSTOP')
    const crowd = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const host = quickHost({ retry: { attempts: 2 }, transport: { connectTimeoutMs: 500 } })
    const error = await errorOf(host.http({ baseUrl: `http://127.0.0.1:${port}` }).get('/a', { signal: never }))
    for (const socket of crowd) socket.destroy()
    await host.close()
    child.kill('SIGKILL')
    expect(error.code).toBe('MR-3002')
    expect(error.message).toContain('did not take the connection in time')
    expect(error.kept).toBe(`The request had no effect. ${keptBefore}`)
  })

  it('a read timeout: no answer', async () => {
    await using vendor = await startRawVendor(() => undefined, { host: { retry: { attempts: 2 } } })
    const error = await errorOf(vendor.http.get('/a', { signal: never, timeoutMs: 100 }))
    expect(error.code).toBe('MR-3007')
    expect(error.message).toMatch(
      /^acme took too long two times in 0\.\d s \(GET \/a\): no whole answer within 0\.1 s\.$/,
    )
    expect(vendor.seen()).toBe(2)
  })

  it('a byte at a time: the timeout is for the whole answer', async () => {
    await using vendor = await startVendor(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      },
      { host: { retry: { attempts: 2 } } },
    )
    const error = await errorOf(vendor.http.get('/a', { signal: never, timeoutMs: 200 }))
    expect(error.code).toBe('MR-3007')
  })

  it('a reset after the request was sent: again where it is repeatable, else not', async () => {
    await using vendor = await startRawVendor((socket, count) => {
      if (count === 3) socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(page)}\r\n\r\n${page}`)
      else socket.resetAndDestroy()
    })
    const error = await errorOf(vendor.http.post('/a', { n: 1 }, { signal: never, repeatable: false }))
    expect(error.code).toBe('MR-3002')
    expect(error.message).toMatch(/connection was (reset|closed)/)
    expect(error.kept).toContain('whether it had an effect is not known')
    expect(vendor.seen()).toBe(1)
    expect(await vendor.http.post('/a', { n: 1 }, { signal: never })).toEqual(JSON.parse(page))
    expect(vendor.seen()).toBe(3)
  })
})

describe('what comes back', () => {
  const head = (...lines: string[]) =>
    ['HTTP/1.1 200 OK', 'Content-Type: application/json', ...lines, '', ''].join('\r\n')
  const gzipped = gzipSync(page)
  const bodies: [string, string, Buffer, RegExp][] = [
    [
      'truncated gzip',
      head(`Content-Length: ${gzipped.length - 9}`, 'Content-Encoding: gzip'),
      gzipped.subarray(0, -9),
      /MR-3005/,
    ],
    ['gzip that is none', head('Content-Length: 10', 'Content-Encoding: gzip'), Buffer.from('0123456789'), /MR-3005/],
    [
      'a Content-Length that is too long',
      head(`Content-Length: ${Buffer.byteLength(page) + 50}`),
      Buffer.from(page),
      /MR-300[25]/,
    ],
    [
      'a Content-Length that is too short',
      head(`Content-Length: ${Buffer.byteLength(page) - 5}`),
      Buffer.from(page),
      /MR-3005/,
    ],
    ['cut in mid-JSON', head('Connection: close'), Buffer.from(page.slice(0, 20)), /MR-3005/],
    ['a chunked body that stops', head('Transfer-Encoding: chunked'), Buffer.from(`ff\r\n${page}`), /MR-300[25]/],
    ['a chunk that has no length', head('Transfer-Encoding: chunked'), Buffer.from(`zz\r\n${page}`), /MR-3005/],
    ['what is not HTTP', 'SSH-2.0-OpenSSH_9.7\r\n', Buffer.alloc(0), /MR-3005/],
    ['headers without an end', head(`X-Trace: ${'a'.repeat(100_000)}`), Buffer.from(page), /MR-3005/],
    ['bad UTF-8', head('Connection: close'), Buffer.from('{"data":[{"id":"\xff"}]}', 'latin1'), /MR-3005/],
    [
      'an encoding that nobody asked for',
      head('Connection: close', 'Content-Encoding: zstd'),
      Buffer.from(page),
      /MR-3005/,
    ],
  ]
  it.each(bodies)('%s: never half an answer', async (_, headers, body, code) => {
    await using vendor = await startRawVendor((socket) => {
      socket.write(headers)
      socket.end(body)
    })
    const reads = [
      () => vendor.http.get('/a', { signal: never }),
      () => vendor.http.page('/a', { signal: never, records: 'data' }),
    ]
    for (const read of reads) {
      expect((await errorOf(read())).code).toMatch(code)
    }
    expect(vendor.seen()).toBeGreaterThanOrEqual(6)
  })

  it.each([
    ['gzip', gzipped],
    ['deflate', deflateSync(page)],
    ['br', brotliCompressSync(page)],
    ['identity', Buffer.from(page)],
  ])('%s is undone', async (encoding, body) => {
    await using vendor = await startVendor((_, response) => {
      response.writeHead(200, { 'content-encoding': encoding, 'content-length': body.length })
      response.end(body)
    })
    expect(await vendor.http.get('/a', { signal: never })).toEqual(JSON.parse(page))
  })

  it('a body that inflates to gigabytes is cut off at the cap', async () => {
    let sent = 0
    await using vendor = await startVendor(
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        const gzip = createGzip()
        gzip.pipe(response)
        const zeros = Buffer.alloc(1024 * 1024, ' ')
        const more = () => {
          while (!response.destroyed && sent++ < 4096) if (!gzip.write(zeros)) return
          gzip.end()
        }
        gzip.on('drain', more)
        more()
      },
      { host: { retry: { attempts: 1 }, transport: { maxBytes: 32 * 1024 * 1024 } } },
    )
    const before = process.memoryUsage().rss
    const error = await errorOf(vendor.http.get('/a', { signal: never }))
    expect(error.code).toBe('MR-3005')
    expect(error.message).toContain('larger than 32 MB')
    expect(sent).toBeLessThan(1024)
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024)
  })

  it('a page keeps its digits, and an answer gives big numbers as text', async () => {
    const text = '{"data": [ {"n": 123456789.123456789012} ], "total": 9007199254740993, "empty": 1.5}'
    await using vendor = await startVendor((_, response) => response.end(text))
    const cut = await vendor.http.page('/a', { signal: never, records: 'data' })
    expect(Buffer.from(cut.lines).toString()).toBe('{"n":"123456789.123456789012"}\n')
    expect(await vendor.http.get('/a', { signal: never })).toMatchObject({ total: '9007199254740993', empty: 1.5 })
  })

  it('nothing is null', async () => {
    await using vendor = await startVendor((_, response) => response.writeHead(204).end())
    expect(await vendor.http.delete('/a', { signal: never })).toBeNull()
  })
})

describe('what goes out', () => {
  it('is JSON with the digits of exact numbers, under our own name', async () => {
    let body = ''
    let headers: unknown
    await using vendor = await startVendor(
      (request, response) => {
        headers = request.headers
        request.on('data', (chunk) => (body += chunk))
        request.on('end', () => sendJson(response, 200, { path: request.url }))
      },
      { http: { basic: { user: 'me', password: 'sk_live_0123456789' }, headers: { 'x-version': '3' } } },
    )
    // TypeScript's library does not know JSON.rawJSON yet.
    const exact: unknown = Reflect.apply(Reflect.get(JSON, 'rawJSON'), JSON, ['12345678901234567890.5'])
    const answer = await vendor.http.put(
      '/a/b',
      { amount: exact },
      { signal: never, query: { q: 'ö &', none: null, n: 1 } },
    )
    expect(answer).toEqual({ path: '/a/b?q=%C3%B6+%26&n=1' })
    expect(body).toBe('{"amount":12345678901234567890.5}')
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^millrace\/\d/),
      'x-version': '3',
      authorization: `Basic ${Buffer.from('me:sk_live_0123456789').toString('base64')}`,
    })
  })
})

const keptBefore = 'What was committed or acknowledged before stays; a scan goes on at its last checkpoint.'
