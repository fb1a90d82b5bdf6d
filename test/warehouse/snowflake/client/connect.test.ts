import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { MillraceError } from '../../../../src/model/millrace-error.ts'
import { openSnowflakeClient } from '../../../../src/warehouse/snowflake/client/open-client.ts'
import { startStandIn, type Answer, type StandIn } from './stand-in.ts'

let server: StandIn | undefined
afterEach(() => server?.close())

async function standIn(
  login?: (attempt: number) => Answer | undefined,
  answer: (sql: string) => Answer | undefined = () => undefined,
) {
  server = await startStandIn(answer, { login })
  return server
}

const loginOf = ({ requests }: StandIn) => {
  const found = requests.find(({ path }) => path.startsWith('/session/v1/login-request'))
  // As the SDK sends it.
  return { path: found?.path ?? '', data: found?.body['data'] as { readonly [key: string]: unknown } }
}

describe('the sign-in', () => {
  it('with a key pair sends a signed token, and never the key', async () => {
    const { options, requests, ...rest } = await standIn()
    await (await openSnowflakeClient(options())).close()
    const { data, path } = loginOf({ options, requests, ...rest })
    expect(data).toMatchObject({ ACCOUNT_NAME: 'ACME-TEST', LOGIN_NAME: 'LOADER', AUTHENTICATOR: 'SNOWFLAKE_JWT' })
    const [, claims = ''] = String(data['TOKEN']).split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: expect.stringMatching(/^ACME-TEST\.LOADER\.SHA256:/),
      sub: 'ACME-TEST.LOADER',
    })
    expect(path).toMatch(/warehouse=WH&databaseName=DB&roleName=LOADER/)
    expect(JSON.stringify(requests)).not.toContain('PRIVATE KEY')
  })

  it.each([
    ['pat', 'PROGRAMMATIC_ACCESS_TOKEN'],
    ['oauth', 'OAUTH'],
  ] as const)('with a token of kind %s', async (kind, authenticator) => {
    const running = await standIn()
    const client = await openSnowflakeClient(running.options({ user: null, auth: { kind, token: 'token-0123' } }))
    await client.close()
    expect(loginOf(running).data).toMatchObject({ AUTHENTICATOR: authenticator, TOKEN: 'token-0123' })
  })

  it('tells Snowflake nothing of this machine’s cloud, and sends no telemetry', async () => {
    const running = await standIn()
    await (await openSnowflakeClient(running.options())).close()
    expect(loginOf(running).data['CLIENT_ENVIRONMENT']).toMatchObject({
      PLATFORM: ['disabled'],
      APPLICATION: 'millrace',
    })
    expect(running.requests.filter(({ path }) => path.includes('telemetry'))).toEqual([])
  })

  it('is tried again where the server has a bad moment', async () => {
    const running = await standIn((attempt) => (attempt < 3 ? { status: 503 } : undefined))
    await (await openSnowflakeClient(running.options())).close()
    expect(running.requests.filter(({ path }) => path.includes('login-request'))).toHaveLength(3)
  })

  it('is not tried again where it was refused', async () => {
    const running = await standIn(() => ({ refuse: { code: '390144', message: 'JWT token is invalid.' } }))
    const error = await refusal(openSnowflakeClient(running.options()))
    expect(error).toMatchObject({ code: 'MR-2202', retry: 'never' })
    expect(error.message).toMatch(/^signing in to Snowflake \(LOADER at ACME-TEST\): /)
    expect(running.requests).toHaveLength(1)
  })

  it.each([[403], [404]])('HTTP %i is an account that is not there', async (status) => {
    const running = await standIn(() => ({ status }))
    const error = await refusal(openSnowflakeClient(running.options()))
    expect(error).toMatchObject({ code: 'MR-2001', retry: 'never' })
    expect(error.message).toContain('there is no Snowflake account at http://127.0.0.1')
    expect(running.requests).toHaveLength(1)
  })

  it('a name that leads nowhere is an account that is not there', async () => {
    const { options } = await standIn()
    const error = await refusal(openSnowflakeClient(options({ accessUrl: 'http://no-such-account.invalid' })))
    expect(error).toMatchObject({ code: 'MR-2001', retry: 'never' })
    expect(error.next[0]).toContain('`account`')
  })

  it('gives up at its own limit where nobody answers', async () => {
    const { options } = await standIn()
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const port = (silent.address() as AddressInfo).port // a TCP server
    const started = performance.now()
    const error = await refusal(
      openSnowflakeClient(options({ accessUrl: `http://127.0.0.1:${port}`, loginTimeoutMs: 400 })),
    )
    expect(error).toMatchObject({ code: 'MR-2001', retry: 'later' })
    expect(performance.now() - started).toBeLessThan(10_000)
    silent.close()
  })

  it('ends when it is told to', async () => {
    const { options } = await standIn(() => ({ status: 503 }))
    const stop = new AbortController()
    const opening = openSnowflakeClient(options({ signal: stop.signal, loginTimeoutMs: 60_000 }))
    setTimeout(() => stop.abort(), 100)
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
  })

  it.each([
    ['account', { account: 'https://acme.snowflakecomputing.com' }, /not the name of an account/],
    ['key', { auth: { kind: 'key_pair', privateKey: 'nonsense', passphrase: null } }, /not a private key/],
    ['proxy', { proxy: 'proxy:secret-0123' }, /proxy/],
  ] as const)('sends nothing with a bad %s', async (_, over, words) => {
    const running = await standIn()
    const error = await refusal(openSnowflakeClient(running.options(over)))
    expect(error).toMatchObject({ code: 'MR-1201', kept: 'Nothing was sent.' })
    expect(error.message).toMatch(words)
    expect(error.message).not.toContain('secret-0123')
    expect(running.requests).toEqual([])
  })

  it.each([
    ['database', { finalDatabaseName: null }, /database DB does not exist, or is not granted to the role LOADER/],
    ['warehouse', { finalWarehouseName: '' }, /warehouse WH does not exist, or is not granted to the role LOADER/],
  ])('a %s that the session has not got is told at once, and the session is ended', async (_, data, words) => {
    const running = await standIn(undefined, () => ({ columns: [], rows: [], data }))
    const error = await refusal(openSnowflakeClient(running.options()))
    expect(error.code).toBe('MR-2203')
    expect(error.message).toMatch(words)
    expect(running.requests.at(-1)?.path).toContain('/session?delete=true')
  })

  it('goes through the proxy, with its password', async () => {
    const asked: string[] = []
    const proxy = createServer((socket) =>
      socket.once('data', (bytes) => {
        asked.push(bytes.toString('latin1'))
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      }),
    ).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const port = (proxy.address() as AddressInfo).port // a TCP server
    const { options } = await standIn()
    const over = { accessUrl: null, proxy: `http://me:p%40ss-0123@127.0.0.1:${port}`, loginTimeoutMs: 400 }
    const error = await refusal(openSnowflakeClient(options(over)))
    expect(asked[0]).toMatch(/^CONNECT acme-test\.snowflakecomputing\.com:443 HTTP/i)
    expect(asked[0]).toContain(`Basic ${Buffer.from('me:p@ss-0123').toString('base64')}`)
    expect(error.code).toBe('MR-2001')
    expect(`${error.message}${JSON.stringify(error.next)}`).not.toMatch(/p(@|%40)ss-0123/)
    proxy.close()
  })

  it('shows no token that the server says back', async () => {
    const running = await standIn(() => ({
      refuse: { code: '394400', message: 'The token pat-s3cret-0123 is expired.' },
    }))
    const error = await refusal(
      openSnowflakeClient(running.options({ auth: { kind: 'pat', token: 'pat-s3cret-0123' } })),
    )
    expect(error.message).toContain('[secret]')
    expect(`${error.message}${error.stack}${JSON.stringify(error.cause)}`).not.toContain('s3cret')
  })
})

async function refusal(work: Promise<unknown>): Promise<MillraceError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof MillraceError) return error
  throw new TypeError(`no error of ours: ${String(error)}`)
}
