import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectionOptions } from 'snowflake-sdk'
import { keyPair, refusal, run, signIn, signOut, startTestSnowflake, type TestSnowflake } from './sdk.ts'

const createKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const keys = { one: createKey(), two: createKey(), foreign: createKey() }

let snowflake: TestSnowflake
let now = Date.now()

beforeAll(async () => {
  snowflake = await startTestSnowflake({
    now: () => new Date(now),
    users: [
      { name: 'ROTATING', privateKey: keys.one, secondPrivateKey: keys.two, roles: ['MILLRACE'] },
      { name: 'LOCKED', privateKey: keys.one, roles: ['MILLRACE'], locked: true },
      { name: 'DISABLED', privateKey: keys.one, roles: ['MILLRACE'], disabled: true },
      { name: 'ELSEWHERE', privateKey: keys.one, roles: ['MILLRACE'], allowedAddresses: ['203.0.113.7'] },
      {
        name: 'TOKENS',
        roles: ['MILLRACE', 'SYSADMIN'],
        tokens: [
          { kind: 'pat', value: 'pat-good', role: 'MILLRACE' },
          { kind: 'pat', value: 'pat-old', expiresAt: new Date(now - 1000) },
          { kind: 'oauth', value: 'oauth-good' },
          { kind: 'oauth', value: 'oauth-old', expiresAt: new Date(now - 1000) },
        ],
      },
    ],
  })
})
afterAll(() => snowflake.remove())

const service = () => keyPair(snowflake.connection)

async function userOf(options: ConnectionOptions): Promise<unknown> {
  const connection = await signIn(options)
  const rows = await run(connection, 'SELECT CURRENT_USER() AS U')
  await signOut(connection)
  return rows[0]?.U
}

describe('a key pair', () => {
  test('signs in, and the session has the place that was asked for', async () => {
    const connection = await signIn(service())
    const rows = await run(
      connection,
      'SELECT CURRENT_USER() AS U, CURRENT_ROLE() AS R, CURRENT_WAREHOUSE() AS W, CURRENT_DATABASE() AS D, CURRENT_SCHEMA() AS S',
    )
    expect(rows).toEqual([{ U: 'MILLRACE', R: 'MILLRACE', W: 'MILLRACE_WH', D: 'MILLRACE', S: 'PUBLIC' }])
    await signOut(connection)
  })

  test('with a passphrase does too', async () => {
    const encrypted = createPrivateKey(snowflake.connection.privateKey).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    })
    expect(await userOf({ ...service(), privateKey: encrypted.toString(), privateKeyPass: 'secret' })).toBe('MILLRACE')
  })

  test('of either of two keys does, so that keys can be rotated', async () => {
    for (const privateKey of [keys.one, keys.two])
      expect(await userOf({ ...service(), username: 'ROTATING', privateKey })).toBe('ROTATING')
  })

  test.for([
    ['that is not registered', { privateKey: keys.foreign }, '390144'],
    ['of a user whom nobody knows', { username: 'NOBODY' }, '390144'],
    ['of a locked user', { username: 'LOCKED', privateKey: keys.one }, '390102'],
    ['of a disabled user', { username: 'DISABLED', privateKey: keys.one }, '390101'],
    [
      'from an address that the network policy does not name',
      { username: 'ELSEWHERE', privateKey: keys.one },
      '390422',
    ],
    ['with a role that is not granted', { role: 'SYSADMIN' }, '390189'],
    ['with a role that is not there', { role: 'NO_SUCH_ROLE' }, '390189'],
  ] as const)('%s is refused', async ([_what, options, code]) => {
    expect(await refusal(signIn({ ...service(), ...options }))).toContain(code)
  })

  test('whose token is from another time is refused', async () => {
    const real = now
    now += 3 * 3_600_000
    expect(await refusal(signIn(service()))).toContain('390144')
    now = real
  })

  test('to an account that is not here meets HTTP 404', async () => {
    expect(await refusal(signIn({ ...service(), account: 'ELSEWHERE' }))).toContain('Request to Snowflake failed')
  })
})

describe('a token', () => {
  const token = (authenticator: string, value: string, more: object = {}) => ({
    ...service(),
    username: 'TOKENS',
    privateKey: undefined,
    authenticator,
    token: value,
    ...more,
  })

  test('of the programmatic kind or of OAuth signs in', async () => {
    expect(await userOf(token('PROGRAMMATIC_ACCESS_TOKEN', 'pat-good'))).toBe('TOKENS')
    expect(await userOf(token('OAUTH', 'oauth-good'))).toBe('TOKENS')
  })

  test.for([
    ['PROGRAMMATIC_ACCESS_TOKEN', 'pat-old', {}, '394401'],
    ['PROGRAMMATIC_ACCESS_TOKEN', 'pat-unknown', {}, '394400'],
    ['PROGRAMMATIC_ACCESS_TOKEN', 'pat-good', { role: 'SYSADMIN' }, '390189'],
    ['OAUTH', 'oauth-old', {}, '390318'],
    ['OAUTH', 'oauth-unknown', {}, '390303'],
  ] as const)('%s %s %o is refused', async ([authenticator, value, more, code]) => {
    expect(await refusal(signIn(token(authenticator, value, more)))).toContain(code)
  })
})

describe('others', () => {
  test('a password alone is refused', async () => {
    const options = { ...service(), authenticator: 'SNOWFLAKE', privateKey: undefined, password: 'secret' }
    expect(await refusal(signIn(options))).toContain('390100')
  })

  test('a person signs in with the browser', async () => {
    const browse = async (url: string) => {
      const page = new URL(url)
      await fetch(new URL(page.pathname + page.search, snowflake.url))
    }
    const connection = await signIn({
      ...service(),
      privateKey: undefined,
      authenticator: 'EXTERNALBROWSER',
      disableConsoleLogin: false,
      openExternalBrowserCallback: (url: string) => void browse(url),
    })
    expect(await run(connection, 'SELECT CURRENT_USER() AS U')).toEqual([{ U: 'MILLRACE' }])
    await signOut(connection)
  })

  test('a warehouse or a database that is not there is found out by the first statement that needs it', async () => {
    const connection = await signIn({ ...service(), warehouse: 'NO_SUCH', database: 'NO_SUCH' })
    expect(await run(connection, 'SELECT CURRENT_WAREHOUSE() AS W, CURRENT_DATABASE() AS D')).toEqual([
      { W: null, D: null },
    ])
    expect(await refusal(run(connection, 'USE WAREHOUSE NO_SUCH'))).toContain('002043 02000')
    expect(await refusal(run(connection, 'USE DATABASE NO_SUCH'))).toContain('002043 02000')
    await signOut(connection)
  })
})
