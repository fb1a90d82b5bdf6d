import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { gzipSync } from 'node:zlib'
import { MillraceError, sendWithin, type Exchange } from 'millrace'
import { afterEach, describe, expect, it } from 'vitest'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

const limit = { vendor: 'Acme', maxBytes: 1024 * 1024 }
const get = (url: string) => ({ url, method: 'GET', headers: {}, body: null })
const fresh = (signal = AbortSignal.timeout(5000)): Exchange => ({ signal, answer: null })

describe('What an SDK would send, sent within an attempt of the host', () => {
  it('keeps status, headers and bytes as they came, also of an error', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x31])
    const url = await serve((_, answer) => answer.writeHead(503, { 'Retry-After': '7' }).end(bytes))
    const exchange = fresh()
    await sendWithin(exchange, get(url), limit)
    expect(exchange.answer).toMatchObject({ status: 503, bytes, headers: { 'retry-after': '7' } })
    expect(exchange.answer?.header('Retry-After')).toBe('7')
  })

  it('sends method, headers and body', async () => {
    const url = await serve((request, answer) => {
      answer.write(`${request.method} ${request.headers['x-a']} `)
      request.pipe(answer)
    })
    const answer = await sendWithin(fresh(), { url, method: 'PATCH', headers: { 'x-a': 'b' }, body: 'ü' }, limit)
    expect(answer.bytes.toString()).toBe('PATCH b ü')
  })

  it('says of a port that fetch does not connect to what is wrong', async () => {
    const sent = sendWithin(fresh(), get('http://127.0.0.1:6000/x?secret=1'), limit)
    await expect(sent).rejects.toMatchObject({
      code: 'MR-3008',
      message: expect.stringMatching(/^Connecting to 127\.0\.0\.1:6000: clients of HTTP/),
    })
  })

  it('follows no redirect', async () => {
    let asked = 0
    const url = await serve((_, answer) => {
      asked++
      answer.writeHead(302, { location: '/elsewhere' }).end()
    })
    expect((await sendWithin(fresh(), get(url), limit)).status).toBe(302)
    expect(asked).toBe(1)
  })

  it('takes no more of an answer than it may, also of one that inflates', async () => {
    const packed = gzipSync(Buffer.alloc(8 * limit.maxBytes))
    const url = await serve((_, answer) => answer.writeHead(200, { 'content-encoding': 'gzip' }).end(packed))
    const exchange = fresh()
    await expect(sendWithin(exchange, get(url), limit)).rejects.toThrow('of Acme: it is larger than 1 MB')
    expect(exchange.answer).toBeNull()
  })

  it('is no answer where it came broken: it may not be read as other text', async () => {
    const url = await serve((_, answer) => answer.writeHead(200).end(Buffer.from([0x7b, 0xff, 0x7d])))
    const exchange = fresh()
    await expect(sendWithin(exchange, get(url), limit)).rejects.toMatchObject({
      code: 'MR-3005',
      message: 'Reading an answer of Acme: its bytes are not UTF-8.',
    })
    expect(exchange.answer).toBeNull()
  })

  it('lets go of an answer that cannot be kept', async () => {
    let gone: Promise<unknown> = Promise.resolve()
    const url = await serve((_, answer) => {
      gone = once(answer, 'close')
      answer.write('the first of many')
    })
    const take = () => Promise.reject(new MillraceError('MR-2004', { message: 'the disk is full' }))
    const exchange = fresh(new AbortController().signal)
    await expect(sendWithin(exchange, get(url), { ...limit, take })).rejects.toThrow('the disk is full')
    await gone
  }, 5_000)

  it('ends with the attempt', async () => {
    const url = await serve(() => undefined)
    await expect(sendWithin(fresh(AbortSignal.timeout(50)), get(url), limit)).rejects.toThrow('timeout')
    servers.at(-1)?.closeAllConnections()
  })
})
