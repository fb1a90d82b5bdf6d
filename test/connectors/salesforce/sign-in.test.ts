import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import salesforce from '../../../connectors/salesforce/index.ts'
import { appPrivateKey } from '../../../connectors/salesforce/sandbox/app-key.ts'
import { refreshToken } from '../../../connectors/salesforce/sandbox/session.ts'
import { openSalesforce, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce | undefined
afterEach(async () => {
  await org?.[Symbol.asyncDispose]()
  org = undefined
})

const open = async (keys: { readonly [key: string]: unknown }) => (org = await openSalesforce({ keys }))
const jwt = { sign_in: 'jwt', private_key: appPrivateKey(), username: 'integration@millrace-demo.example' }
const tokenRequests = async () =>
  (await org?.sandbox.journal('salesforce'))?.filter(({ path }) => path.startsWith('/services/oauth2/token')) ?? []

describe('JWT bearer', () => {
  it('signs in as the user that it names, by the vendor’s clock where this machine’s is wrong, and without the secret', async () => {
    // The sandbox's clock stands still: the first assertion is of another year.
    const { opened, signal } = await open(jwt)
    await opened.check({ signal })
    const requests = await tokenRequests()
    expect(requests.length).toBe(2)
    for (const { body } of requests) expect(String(body)).not.toContain('client_secret')
    await opened.check({ signal })
    expect(await tokenRequests()).toHaveLength(2)
    expect(await opened.account({ signal })).toMatch(/^00D/)
  })

  it('is another user than that of client credentials, who made the query job, and may not see it', async () => {
    const { sandbox } = await open({})
    const [staff] = (await sandbox.show('salesforce', 'User')).filter((user) => user['Name'] !== 'Millrace Integration')
    const other = await openSalesforce({ keys: { ...jwt, username: String(staff?.['Username']) } })
    await other.opened.check({ signal: other.signal })
    const object = await other.object('Account')
    const [account] = await other.sandbox.show('salesforce', 'Account')
    await other.write(object, 'Id', [
      {
        op: 'update',
        key: String(account?.['Id']),
        fields: { Id: String(account?.['Id']), Sic: '1' },
        previous: null,
        idempotencyKey: 'k',
      },
    ])
    expect((await other.sandbox.show('salesforce', 'Account', String(account?.['Id'])))[0]?.['LastModifiedById']).toBe(
      staff?.['Id'],
    )
    await other[Symbol.asyncDispose]()
  })

  it.each([
    ['a key whose certificate the app does not have', { private_key: newKey() }, /invalid assertion/],
    ['a user who may not', { username: 'nobody@nowhere.example' }, /user hasn't approved this consumer/],
    ['another audience', { audience: 'https://test.salesforce.com' }, /audience is invalid/],
    ['another app', { client_id: 'someone-elses-client-id' }, /client identifier invalid/],
  ])('is refused with %s', async (_what, keys, words) => {
    const { opened, signal } = await open({ ...jwt, ...keys })
    await expect(opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringMatching(words),
    })
  })

  it('renews an expired token once for all', async () => {
    const { opened, signal, sandbox } = await open(jwt)
    await opened.check({ signal })
    await sandbox.setFault('salesforce', 'expire_tokens', {})
    await Promise.all(Array.from({ length: 5 }, () => opened.check({ signal })))
    // By the vendor's clock at once, now that it is known.
    expect(await tokenRequests()).toHaveLength(3)
  })
})

describe('a refresh token', () => {
  it('signs in, and says so where the app gives another one', async () => {
    const { opened, signal, sandbox, events } = await open({ sign_in: 'refresh', refresh_token: refreshToken })
    await opened.check({ signal })
    expect(String((await tokenRequests())[0]?.body)).toContain('grant_type=refresh_token')
    expect(events.filter(({ type }) => type === 'run.warning')).toEqual([])
    await sandbox.setFault('salesforce', 'rotate_refresh', { times: 'always' })
    await sandbox.setFault('salesforce', 'expire_tokens', {})
    await opened.check({ signal })
    expect(events.filter(({ type }) => type === 'run.warning')).toMatchObject([
      { message: expect.stringContaining('rotation') },
    ])
  })

  it('that was revoked is refused', async () => {
    const { opened, signal } = await open({ sign_in: 'refresh', refresh_token: 'a-token-of-last-year' })
    await expect(opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('expired access/refresh token'),
    })
  })
})

describe('the keys of a connection', () => {
  const keys = { login_url: 'https://acme.my.salesforce.com', client_id: 'id' }
  const problems = (more: object) =>
    salesforce.config
      .safeParse({ ...keys, ...more })
      .error?.issues.map(({ path, message }) => [path.join('.'), message])

  it.each([
    [{}, 'client_secret', /is missing; .*private_key and username.*refresh_token/],
    [{ private_key: appPrivateKey() }, 'username', /is missing/],
    [{ sign_in: 'jwt', username: 'u' }, 'private_key', /is missing/],
    [{ private_key: 'not a key', username: 'u' }, 'private_key', /not a private key in PEM/],
    [{ private_key: newKey('ec'), username: 'u' }, 'private_key', /type ec, and Salesforce takes RSA/],
    [{ sign_in: 'refresh' }, 'refresh_token', /is missing/],
    [{ private_key: appPrivateKey(), username: 'u', refresh_token: 't' }, 'sign_in', /two ways/],
    [{ client_secret: 's', quota_per_run: '0%' }, 'quota_per_run', /not a share/],
    [{ client_secret: 's', bulk_query_from: 'always' }, 'bulk_query_from', /./],
  ])('%#: what is wrong with them is said at its key', (more, key, words) => {
    expect(problems(more)).toEqual([[key, expect.stringMatching(words)]])
  })

  it.each([
    [{ client_secret: 's' }],
    [{ private_key: appPrivateKey(), username: 'u' }],
    [{ client_secret: 's', refresh_token: 't' }],
  ])('%#: are enough', (more) => {
    expect(problems(more)).toBeUndefined()
  })
})

function newKey(type: 'rsa' | 'ec' = 'rsa'): string {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}
