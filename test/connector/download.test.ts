import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { downloadTo } from 'millrace'
import { afterEach, describe, expect, it } from 'vitest'
import { AttemptError } from '../../src/connector/http-error.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/file.csv?signature=sesame`
}

const path = join(mkdtempSync(join(tmpdir(), 'millrace-download-')), 'file')
const get = (url: string, maxBytes = 1024 * 1024, signal = AbortSignal.timeout(5000)) =>
  downloadTo(path, { url, maxBytes, signal })
const failureOf = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => null,
    (failure: unknown) => failure,
  )
  expect(JSON.stringify([error, error instanceof Error && [error.message, error.stack]])).not.toContain('sesame')
  return error instanceof AttemptError ? error.failure : error
}

describe('A file behind a vendor’s link', () => {
  it('is written as it came, inflated where it was packed, without our credentials', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x31])
    await get(await serve((_, answer) => answer.end(bytes)))
    expect(readFileSync(path)).toEqual(bytes)
    await get(
      await serve(({ headers }, answer) =>
        answer.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(`authorization: ${headers.authorization}`)),
      ),
    )
    expect(readFileSync(path, 'utf8')).toBe('authorization: undefined')
  })

  it('is taken no further than it may be, also where it inflates', async () => {
    const packed = gzipSync(Buffer.alloc(8 * 1024 * 1024))
    const url = await serve((_, answer) => answer.writeHead(200, { 'content-encoding': 'gzip' }).end(packed))
    expect(await failureOf(get(url))).toMatchObject({ kind: 'refused', message: 'the file is larger than 1 MB' })
    const plain = await serve((_, answer) => answer.end(Buffer.alloc(2 * 1024 * 1024)))
    expect(await failureOf(get(plain))).toMatchObject({ kind: 'refused' })
  })

  it.each([
    [403, 'auth'],
    [404, 'refused'],
    [503, 'server'],
    [302, 'malformed'],
  ])('that answers %i is a failure of the kind %s; no redirect is followed', async (status, kind) => {
    let asked = 0
    const url = await serve((_, answer) => {
      asked++
      answer.writeHead(status, { location: '/elsewhere' }).end('sesame')
    })
    expect(await failureOf(get(url))).toMatchObject({ kind, status })
    expect(asked).toBe(1)
  })

  it('that breaks off is a failure, and not a shorter file', async () => {
    const url = await serve((_, answer) => {
      answer.writeHead(200, { 'content-length': '10' })
      answer.write('12345', () => answer.destroy())
    })
    expect(await failureOf(get(url))).toBeInstanceOf(Error)
    const packed = await serve((_, answer) =>
      answer.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('a long text '.repeat(99)).subarray(0, 20)),
    )
    expect(await failureOf(get(packed))).toBeInstanceOf(Error)
  })

  it('is not sought at an address that hands out a machine’s credentials, or where no URL is', async () => {
    expect(await failureOf(get('http://169.254.169.254/latest?signature=sesame'))).toMatchObject({ code: 'MR-3008' })
    for (const link of ['file:///etc/passwd?sesame', 'sesame'])
      expect(await failureOf(get(link))).toMatchObject({
        kind: 'malformed',
        message: 'its link to the file is not a URL',
      })
  })

  it('ends with its signal', async () => {
    const url = await serve((_, answer) => void answer.writeHead(200).write('x'))
    expect(await failureOf(get(url, 10, AbortSignal.timeout(50)))).toMatchObject({ name: 'TimeoutError' })
  })
})
