import { describe, expect, it } from 'vitest'
import facebookAds from '../../../connectors/facebook_ads/index.ts'
import { classifyFailure } from '../../../connectors/facebook_ads/classify-failure.ts'
import { GraphError } from '../../../connectors/facebook_ads/graph-error.ts'
import { pauseMs, readUsage } from '../../../connectors/facebook_ads/usage.ts'
import { openFacebook, rowsOf } from './open-facebook.ts'

const never = new AbortController().signal

describe('signing in', () => {
  it('sends the proof of the app’s secret, and nothing to the vendor’s own address', async () => {
    await using vendor = await openFacebook()
    await vendor.opened.check({ signal: never })
    const [entry] = await vendor.sandbox.journal('facebook_ads')
    expect(entry?.path).toMatch(/^\/v25\.0\/me\?fields=id&access_token=\[redacted\]&appsecret_proof=[0-9a-f]{64}$/)
    expect(vendor.host.lastDate()).toEqual(await vendor.sandbox.now())
  })

  it('with two connections in one process: each keeps its own address and version', async () => {
    await using one = await openFacebook()
    await using two = await openFacebook({ api_version: 'v26.0' })
    await Promise.all([one.opened.check({ signal: never }), two.opened.check({ signal: never })])
    expect((await one.sandbox.journal('facebook_ads')).map(({ path }) => path.slice(0, 6))).toEqual(['/v25.0'])
    expect((await two.sandbox.journal('facebook_ads')).map(({ path }) => path.slice(0, 6))).toEqual(['/v26.0'])
  })

  it.each([['an expired token', 'expire_tokens', {}, /190\/463.*Session has expired/]])(
    'says %s at once, without the token',
    async (_what, fault, keys, says) => {
      await using vendor = await openFacebook(keys)
      await vendor.fault(fault, { times: 'always' })
      const failure = await vendor.read('campaigns').catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'MR-3001', message: expect.stringMatching(says) })
      expect(JSON.stringify([failure, String(Object(failure).stack)])).not.toContain('EAAsandbox')
      expect(await vendor.requests()).toHaveLength(1)
    },
  )

  it.each(['v3.0', 'v24.0'])(
    'with a version that is over is refused in the vendor’s words: %s',
    async (api_version) => {
      await using vendor = await openFacebook({ api_version })
      await expect(vendor.opened.check({ signal: never })).rejects.toMatchObject({
        code: 'MR-3004',
        message: expect.stringMatching(/deprecated version of the Ads API/),
      })
    },
  )

  it('takes account ids as text only: digits beyond a double would be lost in YAML', () => {
    const keys = { access_token: 'x', account_ids: [1_015_000_000_000_001] }
    expect(facebookAds.config.safeParse(keys).success).toBe(false)
    expect(facebookAds.config.safeParse({ access_token: 'x', account_ids: ['act_1', '2'] }).success).toBe(true)
  })
})

describe('limits', () => {
  it.each([4, 17, 32, 613, 80_000, 80_003, 80_004])(
    'code %i is waited for as long as the headers say',
    async (code) => {
      await using vendor = await openFacebook()
      await vendor.fault('rate_limit', { times: 1, code, regain_seconds: 1, match: '/campaigns' })
      const began = performance.now()
      expect(rowsOf(await vendor.read('campaigns')).length).toBeGreaterThan(5)
      expect(performance.now() - began).toBeGreaterThan(990)
    },
  )

  it('an hour until access is regained ends the run politely: what came before stays', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('rate_limit', { times: 'always', regain_minutes: 61, match: '/insights', after: 2 })
    const failure = await vendor.read('account_insights').catch((error: unknown) => error)
    expect(failure).toMatchObject({
      message: expect.stringMatching(/too many calls to this ad-account.*come back in/s),
    })
    expect(Object(failure).retryAfterMs).toBe(61 * 60_000)
  })

  it('requests go slower before a limit is reached, and the run says so once', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('usage', { times: 'always', percent: 79 })
    const began = performance.now()
    await vendor.read('ad_accounts')
    // Three requests, 1.5 s between them.
    expect(performance.now() - began).toBeGreaterThan(2_900)
    expect(vendor.warnings()).toEqual([
      expect.stringMatching(/79 % of the limit for ads_insights of 104500000000002 is used up/),
    ])
  })

  it('that another limit’s answer came behind are waited for all the same', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('usage', { times: 'always', percent: 79, match: '/campaigns' })
    await vendor.fault('delay', { times: 1, ms: 300, match: '/adsets' })
    const began = performance.now()
    await Promise.all([vendor.read('adsets', { limit: 1 }), vendor.read('campaigns', { limit: 1 })])
    await vendor.read('ads', { limit: 1 })
    // Of adsets nothing is used up; of campaigns 1.5 s are to go by.
    expect(performance.now() - began).toBeGreaterThan(1_500)
  })

  it('are read from all four headers: the worst counts', () => {
    const headers: { readonly [name: string]: string } = {
      'x-business-use-case-usage':
        '{"7":[{"type":"ads_insights","call_count":12,"total_cputime":91,"total_time":3,"estimated_time_to_regain_access":5}]}',
      'x-app-usage': '{"call_count":28,"total_time":25,"total_cputime":25}',
      'x-ad-account-usage': '{"acc_id_util_pct":9.67,"reset_time_duration":100}',
      'x-fb-ads-insights-throttle': '{"app_id_util_pct":40,"acc_id_util_pct":50}',
    }
    expect(readUsage((name) => headers[name] ?? null)).toEqual({
      percent: 91,
      what: 'ads_insights of 7',
      regainMs: 300_000,
    })
    expect(readUsage((name) => (name === 'x-app-usage' ? 'not JSON' : null))).toBeNull()
    expect([10, 75, 80, 90, 100, 140].map((percent) => pauseMs({ percent, what: '', regainMs: 0 }))).toEqual([
      0, 0, 2_400, 21_600, 60_000, 60_000,
    ])
  })
})

describe('an error of the Graph API', () => {
  const error = (status: number, body: object) =>
    new GraphError({ status, header: () => null, headers: {}, bytes: Buffer.from(JSON.stringify({ error: body })) })

  it.each([
    [401, { code: 190, error_subcode: 463, message: 'expired' }, 'auth', '190/463'],
    [400, { code: 104, message: 'no token' }, 'auth', '104'],
    [400, { code: 100, message: 'Invalid appsecret_proof provided in the API argument' }, 'auth', '100'],
    [403, { code: 200, message: 'permissions' }, 'auth', '200'],
    [403, { code: 10, message: 'permissions' }, 'auth', '10'],
    [400, { code: 17, message: 'User request limit reached' }, 'rate', '17'],
    [400, { code: 80_000, message: 'too many' }, 'rate', '80000'],
    [429, { message: 'too many' }, 'rate', undefined],
    [500, { code: 1, message: 'An unknown error occurred' }, 'server', '1'],
    [400, { code: 2, message: 'Service temporarily unavailable', is_transient: true }, 'server', '2'],
    [400, { code: 2601, is_transient: true, message: 'Error accessing adreport job.' }, 'server', '2601'],
    [503, {}, 'server', undefined],
    [400, { code: 100, message: '(#100) Invalid parameter' }, 'refused', '100'],
    [400, { code: 2635, message: 'deprecated' }, 'refused', '2635'],
    [302, {}, 'refused', undefined],
    [200, { message: 'odd' }, 'malformed', undefined],
  ])('%i %j is %s', (status, body, kind, code) => {
    const failure = classifyFailure(error(status, body))
    expect(failure?.kind).toBe(kind)
    expect(failure?.code).toBe(code)
  })

  it('that is somebody else’s is left to the host', () => {
    expect(classifyFailure(new TypeError('fetch failed'))).toBeUndefined()
  })
})

describe('the wire', () => {
  it.each(['reset_after', 'cut_json', 'bad_utf8', 'truncated_gzip', 'wrong_length', 'html', 'error_200', 'status'])(
    'a page that comes broken (%s) is asked for again, and each row comes once',
    async (fault) => {
      await using vendor = await openFacebook()
      const whole = rowsOf(await vendor.read('campaigns'))
      await vendor.fault(fault, { times: 1, match: '/campaigns\\?', after: 1 })
      expect(rowsOf(await vendor.read('campaigns'))).toEqual(whole)
    },
  )
})
