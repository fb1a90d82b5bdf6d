import { afterEach, describe, expect, it } from 'vitest'
import { openSalesforce, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
afterEach(() => org[Symbol.asyncDispose]())

const tokenRequests = async () =>
  (await org.sandbox.journal('salesforce')).filter(({ path }) => path.startsWith('/services/oauth2/token')).length

describe('a Salesforce connection', () => {
  it('checks itself, names its org and tells the vendor’s time', async () => {
    org = await openSalesforce()
    await org.opened.check({ signal: org.signal })
    expect(await org.opened.account({ signal: org.signal })).toMatch(/^00D\w{15}$/)
    expect(await org.opened.now?.({ signal: org.signal })).toEqual(await org.sandbox.now())
    expect(await tokenRequests()).toBe(1)
  })

  it('says that wrong credentials are wrong, in the vendor’s words', async () => {
    org = await openSalesforce({ keys: { client_secret: 'wrong' } })
    await expect(org.opened.check({ signal: org.signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('invalid client credentials'),
    })
    expect(await tokenRequests()).toBe(1)
  })

  it('refuses an API version that the org does not have', async () => {
    org = await openSalesforce({ keys: { api_version: '99.0' } })
    await expect(org.opened.check({ signal: org.signal })).rejects.toMatchObject({
      code: 'MR-3004',
      message: expect.stringContaining('99.0'),
    })
  })

  it('signs in once for all calls that find their token expired', async () => {
    org = await openSalesforce()
    await org.opened.check({ signal: org.signal })
    expect(await tokenRequests()).toBe(1)
    await org.sandbox.setFault('salesforce', 'expire_tokens', {})
    const counts = await Promise.all(
      ['Account', 'Contact', 'Lead', 'Opportunity', 'User', 'Account', 'Contact', 'Lead'].map(async (name) => {
        const stream = await org.stream(name)
        return await stream.count?.(await org.scanOf(stream), org.host.context(org.signal))
      }),
    )
    expect(counts.every((count) => (count ?? 0) > 0)).toBe(true)
    expect(await tokenRequests()).toBe(2)
  })

  it('goes on where a token expires in the middle of a read', async () => {
    org = await openSalesforce({ scale: 0.2, keys: { page_size: 200 } })
    const stream = await org.stream('Contact')
    const scan = await org.scanOf(stream)
    await org.sandbox.setFault('salesforce', 'expire_tokens', { match: 'queryAll', after: 2 })
    const items = await org.read(stream, scan)
    const rows = items.reduce((sum, item) => sum + (item.kind === 'lines' ? item.rows : 0), 0)
    expect(rows).toBe((await org.sandbox.show('salesforce', 'Contact')).length)
    expect(await tokenRequests()).toBe(2)
  })

  it('gives up on a token that stays refused after one renewal, and when the renewal is refused', async () => {
    org = await openSalesforce()
    await org.opened.check({ signal: org.signal })
    await org.sandbox.setFault('salesforce', 'expire_tokens', { times: 'always' })
    await expect(org.opened.check({ signal: org.signal })).rejects.toMatchObject({ code: 'MR-3001' })
    expect(await tokenRequests()).toBe(2)
    await org.sandbox.setFault('salesforce', 'refuse_refresh', { times: 'always' })
    await expect(org.opened.check({ signal: org.signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('invalid client credentials'),
    })
  })

  it.each([
    ['of a proxy, in words', 'Proxy: not for you'],
    ['of Salesforce', '[{"message":"INVALID_HEADER_TYPE","errorCode":"INVALID_AUTH_HEADER"}]'],
    ['of a session that is not for this API', '[{"message":"Not valid for REST","errorCode":"INVALID_SESSION_ID"}]'],
  ])('ends at a 401 %s, that stays though the sign-in gives the token of the session that lives', async (_of, body) => {
    org = await openSalesforce()
    await org.opened.check({ signal: org.signal })
    await org.sandbox.setFault('salesforce', 'status', { status: 401, body, match: '/services/data/', times: 'always' })
    await expect(org.opened.check({ signal: AbortSignal.timeout(5_000) })).rejects.toMatchObject({ code: 'MR-3001' })
    expect(await tokenRequests()).toBe(2)
  })

  it('waits where too many requests are under way, and stops where the day’s are used up', async () => {
    org = await openSalesforce()
    await org.sandbox.setFault('salesforce', 'rate_limit', { times: 2 })
    await org.opened.check({ signal: org.signal })
    expect(org.events.filter(({ type }) => type === 'rate.limited')).toHaveLength(2)
    await org.sandbox.setFault('salesforce', 'daily_limit', { times: 'always' })
    const before = (await org.sandbox.journal('salesforce')).length
    await expect(org.opened.check({ signal: org.signal })).rejects.toMatchObject({
      code: 'MR-3006',
      message: expect.stringContaining('TotalRequests Limit exceeded'),
    })
    expect((await org.sandbox.journal('salesforce')).length - before).toBe(1)
  })

  it.each([
    '[{"message":"The server is unavailable","errorCode":"SERVER_UNAVAILABLE"}]',
    '{"error":"x"}',
    '{"name":"Account","fields":[null],"sobjects":[{"queryable":true}]}',
    'null',
    '',
  ])('asks again where a 200 is no answer to what was asked, and says so where it stays: %s', async (body) => {
    org = await openSalesforce()
    const { opened, signal, sandbox } = org
    const asked = {
      'data/v66.0/$': () => opened.check({ signal }),
      sobjects$: () => opened.streamNames?.({ signal }),
      'sobjects/Account/describe': () => opened.streams?.({ names: ['Account'], signal }),
      'sobjects/Contact/describe': () => opened.objects?.({ names: ['Contact'], signal }),
    }
    for (const [match, ask] of Object.entries(asked)) {
      const expected = JSON.stringify(await ask())
      await sandbox.setFault('salesforce', 'error_200', { match, times: 1, body })
      expect(JSON.stringify(await ask()), match).toBe(expected)
      await sandbox.setFault('salesforce', 'error_200', { match, times: 'always', body })
      await expect(ask(), match).rejects.toMatchObject({ code: 'MR-3005' })
      await sandbox.setFault('salesforce', 'error_200', null)
    }
  })

  it('tries again after a 503, a lost answer and an HTML page, with no retries of the SDK beside', async () => {
    org = await openSalesforce()
    await org.opened.check({ signal: org.signal })
    for (const [fault, spec] of [
      ['server_unavailable', { times: 2 }],
      ['status', { status: 503, times: 2 }],
      ['reset_before', { times: 1 }],
      ['reset_after', { times: 1 }],
      ['html', { times: 1 }],
      ['cut_json', { times: 1 }],
      ['bad_utf8', { times: 1 }],
    ] as const) {
      const [before, sent] = [(await org.sandbox.journal('salesforce')).length, org.host.requests()]
      await org.sandbox.setFault('salesforce', fault, spec)
      await org.opened.streamNames?.({ signal: org.signal })
      expect(org.host.requests() - sent, fault).toBe(spec.times + 1)
      expect((await org.sandbox.journal('salesforce')).length - before, fault).toBeLessThanOrEqual(spec.times + 1)
    }
  })

  it('does not follow a redirect with the token in hand', async () => {
    org = await openSalesforce({ keys: { page_size: 200 } })
    await org.opened.check({ signal: org.signal })
    await org.sandbox.setFault('salesforce', 'status', { status: 302, times: 'always' })
    await expect(org.opened.streamNames?.({ signal: org.signal })).rejects.toMatchObject({ code: 'MR-3001' })
  })

  it.each([
    [302, '', /sends on to another address \(HTTP 302\): instance_url or login_url/],
    [404, '<html>not here</html>', /HTTP 404, and no error of Salesforce's: .* or a proxy stands before it/],
    [405, '', /HTTP 405, and no error of Salesforce's/],
    [404, { message: 'no Route matched with those values' }, /HTTP 404, and no error of Salesforce's/],
  ])('says of an answer that is not Salesforce’s own where to look: %d %j', async (status, body, says) => {
    org = await openSalesforce()
    await org.opened.check({ signal: org.signal })
    await org.sandbox.setFault('salesforce', 'status', { status, body, times: 'always' })
    await expect(org.opened.streamNames?.({ signal: org.signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringMatching(says),
    })
  })

  it.each([
    [302, /sends on to another address \(HTTP 302\): login_url is not the one of your domain/],
    [404, /HTTP 404, and no error of Salesforce's: login_url/],
  ])('says so of an answer to its sign-in, too: %d', async (status, says) => {
    org = await openSalesforce()
    await org.sandbox.setFault('salesforce', 'status', {
      status,
      body: '<html>',
      match: 'oauth2/token',
      times: 'always',
    })
    await expect(org.opened.check({ signal: org.signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringMatching(says),
    })
  })

  it('warns once when most of the day’s requests are used', async () => {
    org = await openSalesforce()
    await org.sandbox.setFault('salesforce', 'near_limit', { times: 'always' })
    await org.opened.check({ signal: org.signal })
    await org.opened.streamNames?.({ signal: org.signal })
    expect(org.warnings()).toEqual([expect.stringContaining('85000 of the org’s 100000')])
  })

  it('stops within seconds when it is told to', async () => {
    org = await openSalesforce()
    await org.opened.check({ signal: org.signal })
    await org.sandbox.setFault('salesforce', 'hang', { times: 'always' })
    const controller = new AbortController()
    const asked = org.opened.streamNames?.({ signal: controller.signal })
    setTimeout(() => controller.abort(), 50)
    const begun = Date.now()
    await expect(asked).rejects.toMatchObject({ code: 'MR-7001' })
    expect(Date.now() - begun).toBeLessThan(10_000)
    await org.sandbox.setFault('salesforce', 'hang', null)
  })
})
