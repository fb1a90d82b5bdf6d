/** Every way by which a connection's secret came out once, or could: none of them shows it. */
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { OpenedConnector, Stream } from '../../src/connector/contract.ts'
import type { DestinationObject } from '../../src/connector/destination.ts'
import { redactedConnector, redactThrown } from '../../src/connector/redacted-connector.ts'
import { createRedactor } from '../../src/connector/redact.ts'
import { MillraceError, MillraceErrors } from '../../src/model/millrace-error.ts'
import { never, quickHost, sendJson, startVendor } from './fake-vendor.ts'

const key = 'sk_live_0123456789'
const redactor = createRedactor([key])
const shown = (error: unknown) => inspect(error, { depth: 9, showHidden: true })

/** What a call says when its attempt fails with this. */
async function saidBy(failure: Error, secrets: readonly string[] = [key], label = 'GET /x'): Promise<string> {
  const host = quickHost({ secrets })
  const error: unknown = await host
    .call({ label, docs: 'https://docs.example', signal: never }, () => Promise.reject(failure))
    .catch((reason: unknown) => reason)
  return shown(error)
}
const refused = (message: string, more: object = {}) => Object.assign(new Error(message), { status: 401, ...more })

describe('a call', () => {
  const pem = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nsecondlineofthekey12345\n-----END KEY-----'
  const long = `eyJ${'abcdefghij'.repeat(80)}`
  test.each([
    [
      'a secret of several lines, which are made one',
      saidBy(refused(`cannot use ${pem}`), [pem]),
      'secondlineofthekey',
    ],
    ['the same in an error that nobody knows', saidBy(new Error(`cannot use ${pem}`), [pem]), 'secondlineofthekey'],
    ['a secret longer than a message may be', saidBy(refused(`bad token ${long}`), [long]), 'abcdefghijabcdefghij'],
    ['a secret where the message is cut', saidBy(refused(`${'x'.repeat(485)}${key}`)), 'sk_live_01'],
    ['the label of an error that nobody knows', saidBy(new Error('odd'), [key], `SDK ${key}`), key],
    ['the code of an SDK error', saidBy(refused('no', { code: `bad_${key}` })), key],
    ['an error of ours that a connector throws', saidBy(new MillraceError('MR-3004', { message: `said ${key}` })), key],
    ['a secret with a space behind it, which a header loses', saidBy(refused(`bad ${key}`), [`${key} `]), key],
  ])('does not show %s', async (_, saying, secret) => {
    expect(await saying).not.toContain(secret)
  })

  test('says a code that an SDK holds as a number', async () => {
    const host = quickHost({ secrets: [key] })
    const classify = () => ({ kind: 'refused' as const, message: 'no', code: 1234 as unknown as string }) // what jsforce does
    const error: unknown = await host
      .call({ label: 'l', docs: 'https://docs.example', signal: never, classify }, () => Promise.reject(new Error('x')))
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'MR-3004', message: expect.stringContaining('1234: no') })
  })

  test('does not show a secret where the body of an answer is cut', async () => {
    await using vendor = await startVendor(
      (_request, response) => {
        response.writeHead(401)
        response.end(`${'x'.repeat(185)}${key}`)
      },
      { http: { bearer: key } },
    )
    const error: unknown = await vendor.http.get('/x', { signal: never }).catch((reason: unknown) => reason)
    expect(shown(error)).not.toContain('sk_live_01')
  })

  test('does not show a secret that stands in the base URL, where there is no other documentation', async () => {
    await using vendor = await startVendor((_request, response) => sendJson(response, 400, { message: 'no' }), {
      http: {},
    })
    const host = quickHost({ secrets: [key] })
    const http = host.http({ baseUrl: `${vendor.url}/hooks/${key}` })
    const error: unknown = await http.get('x', { signal: never }).catch((reason: unknown) => reason)
    await host.close()
    expect(error).toBeInstanceOf(MillraceError)
    expect(shown(error)).not.toContain(key)
  })
})

describe('a connector', () => {
  const bad = () => Promise.reject(new Error(`the SDK cannot use ${key}`))
  const context = { signal: never } as never // what these methods do not look at

  test.each(['check', 'account', 'now', 'streamNames', 'streams', 'objects', 'close'] as const)(
    'shows no secret in what its %s throws beside the host',
    async (method) => {
      const connector = redactedConnector({ ...nothing, [method]: bad }, redactor)
      const error: unknown = await connector[method]?.(context).catch((reason: unknown) => reason)
      expect(shown(error)).toContain('[secret]')
      expect(shown(error)).not.toContain(key)
    },
  )

  test('shows none in its account, and none when it reads or counts', async () => {
    const stream = {
      async *read() {
        yield { kind: 'checkpoint', resume: 1 }
        await bad()
      },
      count: bad,
    } as unknown as Stream // only what is called here
    const connector = redactedConnector(
      {
        ...nothing,
        account: () => Promise.resolve(`https://${key}.example`),
        streams: () => Promise.resolve([stream]),
      },
      redactor,
    )
    expect(await connector.account(context)).toBe('https://[secret].example')
    const [read] = (await connector.streams?.(context)) ?? []
    if (!read) throw new Error('there is no stream')
    const items = read.read(context, context)[Symbol.asyncIterator]()
    expect(await items.next()).toMatchObject({ value: { resume: 1 } })
    for (const failing of [items.next(), read.count?.(context, context)])
      expect(shown(await failing?.catch((reason: unknown) => reason))).not.toContain(key)
  })

  test('shows none in what a destination says of a row', async () => {
    const object = {
      write: () => Promise.resolve([{ outcome: 'rejected', code: `c ${key}`, message: `m ${key}`, retryable: false }]),
    } as unknown as DestinationObject // only what is called here
    const connector = redactedConnector({ ...nothing, objects: () => Promise.resolve([object]) }, redactor)
    const [written] = (await connector.objects?.(context)) ?? []
    expect(await written?.write([], context)).toEqual([
      { outcome: 'rejected', code: 'c [secret]', message: 'm [secret]', retryable: false },
    ])
  })

  test('shows none in what ended a write in the middle, which keeps its code', async () => {
    const failure = new MillraceError('MR-3006', { message: `f ${key}` })
    const object = {
      write: () => Promise.resolve([{ outcome: 'unknown', message: `m ${key}`, failure }]),
    } as unknown as DestinationObject // only what is called here
    const connector = redactedConnector({ ...nothing, objects: () => Promise.resolve([object]) }, redactor)
    const [written] = (await connector.objects?.(context)) ?? []
    const [result] = (await written?.write([], context)) ?? []
    expect(result).toMatchObject({
      outcome: 'unknown',
      message: 'm [secret]',
      failure: { code: 'MR-3006', message: 'f [secret]' },
    })
    expect(result?.outcome === 'unknown' && result.failure).toBeInstanceOf(MillraceError)
    expect(shown(result)).not.toContain(key)
  })

  test('keeps the code, the place, the way on and the time to come back of an error of ours', () => {
    const ours = new MillraceError('MR-3004', {
      message: `m ${key}`,
      kept: `k ${key}`,
      next: [`n ${key}`],
      retry: 'later',
      retryAfterMs: 60_000,
    })
    const copy = redactThrown(new MillraceErrors([ours]), redactor)
    const said = { message: 'm [secret]', kept: 'k [secret]', next: ['n [secret]'] }
    expect(copy).toMatchObject({
      errors: [{ code: 'MR-3004', ...said, retry: 'later', retryAfterMs: 60_000 }],
    })
    expect(shown(copy)).not.toContain(key)
  })
})

const nothing: OpenedConnector = { check: () => Promise.resolve(), account: () => Promise.resolve('') }
