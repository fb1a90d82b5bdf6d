import { get, type IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { faultCatalogue } from '../../src/sandbox/fault-catalogue.ts'
import type { FaultSpec } from '../../src/sandbox/fault.ts'
import { startSimulators } from '../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../src/sandbox/running-sandbox.ts'
import { answerFaults, insteadFaults } from '../../src/sandbox/wire-fault.ts'
import tiny from './tiny-simulator.ts'

let sandbox: RunningSandbox
let url: string
const note = () => fetch(`${url}/notes`, { method: 'POST', body: 'hello', headers: { connection: 'close' } })
const notes = async () => (await sandbox.status()).vendors[0]?.records.Note ?? 0
const on = (name: string, spec: FaultSpec = {}) => sandbox.setFault('tiny', name, spec)
const last = async () => (await sandbox.journal('tiny')).at(-1)
const codeOf = (error: unknown): unknown =>
  error instanceof Error
    ? error.cause instanceof Error && 'code' in error.cause
      ? error.cause.code
      : error.message
    : error

beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [tiny], dir: null, scale: 0.01 })
  url = String(sandbox.connection('tiny').base_url)
})
afterEach(() => sandbox.reset())
afterAll(() => sandbox.close())

test('the catalogue names every fault that the host can play', () => {
  expect(Object.keys(faultCatalogue).toSorted()).toEqual(
    [...Object.keys(insteadFaults), ...Object.keys(answerFaults), 'delay', 'refused'].toSorted(),
  )
})

test('status answers instead of the vendor, as often as it was told', async () => {
  await on('status', { status: 429, retry_after: 7, times: 2 })
  const answers = [await note(), await note(), await note()]
  expect(answers.map(({ status }) => status)).toEqual([429, 429, 200])
  expect(answers[0]?.headers.get('retry-after')).toBe('7')
  expect(await notes()).toBe(1)
  expect(
    (await sandbox.journal('tiny')).map(({ status, handledStatus, fault, body }) => [
      status,
      handledStatus,
      fault,
      body,
    ]),
  ).toEqual([
    [429, null, 'status', 'hello'],
    [429, null, 'status', 'hello'],
    [200, 200, null, 'hello'],
  ])
})

test.each([
  ['date', 'Fri, 20 Nov 2026 09:55:02 GMT'],
  ['absurd', '99999999999'],
  [undefined, null],
])('Retry-After can be %s', async (retry_after, header) => {
  await on('status', { status: 503, ...(retry_after ? { retry_after } : {}) })
  expect((await note()).headers.get('retry-after')).toBe(header)
})

test('a fault falls where match and after say', async () => {
  await on('status', { status: 500, match: '^/notes\\?page=2', after: 1 })
  const ask = async (path: string) => (await fetch(url + path)).status
  expect([
    await ask('/notes?page=1'),
    await ask('/notes?page=2'),
    await ask('/notes?page=2'),
    await ask('/notes?page=2'),
  ]).toEqual([200, 200, 500, 200])
  await on('status', { status: 500, match: '^POST ' })
  expect([await ask('/notes'), (await note()).status]).toEqual([200, 500])
})

test('a fault by chance falls on the same requests for the same seed', async () => {
  const statuses = async (seed: number) => {
    await on('status', { status: 503, times: 'always', chance: 0.5, seed })
    const seen: number[] = []
    for (let count = 0; count < 20; count++) seen.push((await note()).status)
    return seen
  }
  const first = await statuses(4)
  expect(new Set(first)).toEqual(new Set([200, 503]))
  expect(await statuses(4)).toEqual(first)
  expect(await statuses(5)).not.toEqual(first)
})

test('error_200 is an error with status 200', async () => {
  await on('error_200', { body: { error: 'no' } })
  const answer = await note()
  expect([answer.status, await answer.json(), await notes()]).toEqual([200, { error: 'no' }, 0])
})

test('html is a page with status 200', async () => {
  await on('html')
  const answer = await note()
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(await answer.text()).toContain('<h1>')
})

test.each([
  [{}, 0],
  [{ handled: true }, 1],
])('hang %j never answers', async (spec, handled) => {
  await on('hang', spec)
  const asked = fetch(`${url}/notes`, { method: 'POST', body: 'x', signal: AbortSignal.timeout(300) })
  await expect(asked).rejects.toThrow(/timeout/)
  expect(await notes()).toBe(handled)
  expect(await last()).toMatchObject({ fault: 'hang', status: null, handledStatus: handled ? 200 : null })
})

test('slow sends a byte at a time', async () => {
  await on('slow', { interval_ms: 5 })
  const answer = await note()
  let chunks = 0
  for await (const chunk of answer.body ?? []) {
    expect(chunk.length).toBeLessThan(10)
    chunks += 1
  }
  expect(chunks).toBeGreaterThan(20)
})

test.each([
  ['slow', { interval_ms: 50 }],
  ['delay', { ms: 5000 }],
])('a client that leaves during %s leaves a vendor that goes on', async (name, spec) => {
  await on(name, spec)
  const asked = fetch(url, { signal: AbortSignal.timeout(120) }).then((answer) => answer.text())
  await expect(asked).rejects.toThrow(/timeout/)
  expect((await note()).status).toBe(200)
})

test('delay holds the request back before the vendor has it', async () => {
  await on('delay', { ms: 200 })
  const started = performance.now()
  const asked = note()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await notes()).toBe(0)
  expect((await asked).status).toBe(200)
  expect(performance.now() - started).toBeGreaterThan(195)
  expect(await last()).toMatchObject({ fault: 'delay', status: 200 })
})

test('reset_before drops the connection and the vendor never saw the request', async () => {
  await on('reset_before')
  expect(codeOf(await note().catch((error: unknown) => error))).toMatch(/ECONNRESET|UND_ERR_SOCKET/)
  expect(await notes()).toBe(0)
  expect(await last()).toMatchObject({ fault: 'reset_before', status: null, handledStatus: null, body: 'hello' })
})

test('reset_after drops the connection when the vendor has done it', async () => {
  await on('reset_after')
  expect(codeOf(await note().catch((error: unknown) => error))).toMatch(/ECONNRESET|UND_ERR_SOCKET/)
  expect(await notes()).toBe(1)
  expect(await last()).toMatchObject({ fault: 'reset_after', status: null, handledStatus: 200 })
})

test('truncated_gzip ends before the gzip does', async () => {
  await on('truncated_gzip')
  const answer = await getRaw('/')
  expect(answer.headers['content-encoding']).toBe('gzip')
  const whole = new Promise((resolve, reject) =>
    answer
      .pipe(createGunzip())
      .on('data', () => {})
      .on('end', resolve)
      .on('error', reject),
  )
  await expect(whole).rejects.toThrow('unexpected end of file')
})

test('wrong_length promises more than it sends', async () => {
  await on('wrong_length')
  const answer = await note()
  expect(answer.status).toBe(200)
  await expect(answer.text()).rejects.toThrow('terminated')
})

test('cut_json is half of the answer, correctly framed', async () => {
  await on('cut_json')
  const text = await (await note()).text()
  expect(text).toMatch(/^\{"notes":1,/)
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
})

test('bad_utf8 has a byte that is not UTF-8, in JSON that is whole', async () => {
  await on('bad_utf8')
  const bytes = await (await note()).bytes()
  expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow(TypeError)
  expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ notes: 1 })
})

test('inflate is small on the wire and gigabytes behind it, and valid to the last byte', async () => {
  await on('inflate', { gigabytes: 0.25 })
  const answer = await getRaw('/')
  let packed = 0
  let inflated = 0
  let tail = ''
  const gunzip = createGunzip()
  answer.on('data', (chunk: Uint8Array) => (packed += chunk.length))
  for await (const chunk of answer.pipe(gunzip)) {
    inflated += chunk.length
    tail = (tail + chunk.toString('latin1').slice(-4)).slice(-4)
  }
  expect(inflated).toBe(0.25 * 1024 ** 3 + 11)
  expect(tail).toBe('00"}')
  expect(packed).toBeLessThan(inflated / 500)
})

test('inflate stops when the client has had enough', async () => {
  await on('inflate', { gigabytes: 64 })
  const answer = await getRaw('/')
  answer.once('data', () => answer.destroy())
  await new Promise((resolve) => answer.on('close', resolve))
  expect((await note()).status).toBe(200)
})

test('refused closes the port until the fault is taken away', async () => {
  await on('refused')
  expect(codeOf(await note().catch((error: unknown) => error))).toBe('ECONNREFUSED')
  await sandbox.setFault('tiny', 'refused', null)
  expect((await note()).status).toBe(200)
})

test('a simulator plays its own fault as often as it was told, and sees the same within one request', async () => {
  await on('rate_limit', { times: 2, match: '/notes' })
  expect([(await fetch(url)).status, (await note()).status, (await note()).status, (await note()).status]).toEqual([
    200, 429, 429, 200,
  ])
  expect((await sandbox.status()).vendors[0]?.faults).toEqual({})
  expect((await sandbox.journal('tiny')).map(({ fault }) => fault)).toEqual([null, 'rate_limit', 'rate_limit', null])
})

test('a spec that is refused sets nothing', async () => {
  await expect(on('status', { status: 99 })).rejects.toMatchObject({ code: 'MR-1001' })
  expect((await sandbox.status()).vendors[0]?.faults).toEqual({})
})

/** Without fetch's own unpacking. */
const getRaw = (path: string) =>
  new Promise<IncomingMessage>((resolve, reject) => get(url + path, { agent: false }, resolve).on('error', reject))
