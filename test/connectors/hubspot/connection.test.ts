import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import hubspot from '../../../connectors/hubspot/index.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { change, openHubspot, type OpenedHubspot } from './open-hubspot.ts'

let vendor: OpenedHubspot
beforeAll(async () => {
  vendor = await openHubspot()
})
afterAll(() => vendor[Symbol.asyncDispose]())

const { signal } = new AbortController()
const failure = (status: number, body: JsonObject) => vendor.fault('status', { status, body })

describe('a connection to HubSpot', () => {
  it('is checked by a cheap signed-in request that any app may make, whose Date is the vendor’s clock', async () => {
    await vendor.opened.check({ signal })
    expect(await vendor.asked()).toEqual(['GET /account-info/v3/details'])
    expect(vendor.host.lastDate()).toEqual(await vendor.sandbox.now())
    expect(await vendor.opened.account({ signal })).toBe('portal:14520000')
  })

  it('is taken for that of its token, and says so, where HubSpot does not tell it the account', async () => {
    await using other = await openHubspot()
    await other.fault('missing_scopes', { scopes: ['oauth'], times: 'always' })
    await other.opened.check({ signal })
    const account = await other.opened.account({ signal })
    expect(account).toMatch(/^token:[0-9a-f]{16}$/)
    expect(await other.opened.account({ signal })).toBe(account)
    expect(JSON.stringify(other.events)).toContain('another one counts as another account')
    await other.fault('missing_scopes', null)
    await other.fault('status', { status: 403, times: 1, body: { category: 'BANNED', message: 'no' } })
    await expect(other.opened.check({ signal })).rejects.toMatchObject({ code: 'MR-3001' })
  })

  it('is refused with another token', async () => {
    await using wrong = await openHubspot({ keys: { access_token: 'other' } })
    await expect(wrong.opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('INVALID_AUTHENTICATION'),
    })
    expect(await wrong.requests()).toHaveLength(1)
  })

  it('says that a token has expired', async () => {
    await vendor.fault('expire_tokens')
    await expect(vendor.opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('EXPIRED_AUTHENTICATION'),
    })
  })

  it('names the scopes that are missing', async () => {
    const contact = await vendor.object('contact')
    await vendor.fault('missing_scopes', { scopes: ['crm.objects.contacts.write'] })
    const context = { ...vendor.host.context(signal), match: 'person_id', options: {}, saveReceipt: async () => {} }
    await expect(contact.write([change('person_id', 'A-1')], context)).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('It needs crm.objects.contacts.write.'),
    })
  })

  it('lists the objects that the token may see, and says which it may not', async () => {
    const list = async () => (await vendor.opened.objects?.({ signal }))?.map(({ name }) => name)
    expect(await list()).toEqual(['contact', 'company', 'deal', 'p14520000_machine', 'subscription'])
    await vendor.fault('missing_scopes', {
      scopes: ['crm.schemas.custom.read', 'crm.schemas.deals.read'],
      times: 'always',
    })
    expect(await list()).toEqual(['contact', 'company', 'subscription'])
    await vendor.fault('missing_scopes', null)
    expect(JSON.stringify(vendor.events)).toMatch(/custom objects are not listed.*crm\.schemas\.custom\.read/)
    expect(JSON.stringify(vendor.events)).toMatch(/deal records are left out.*crm\.schemas\.deals\.read/)
    expect(await vendor.opened.objects?.({ names: ['nonsense'], signal })).toEqual([])
  })

  it('waits for the window that is full, for a lock, and for what Retry-After says', async () => {
    await using patient = await openHubspot({ retry: {} })
    await patient.fault('rate_limit', { interval_ms: 300 })
    let began = performance.now()
    await patient.opened.check({ signal })
    expect(performance.now() - began).toBeGreaterThan(290)
    await patient.fault('rate_limit', { retry_after: 0.2 })
    began = performance.now()
    await patient.opened.check({ signal })
    expect(performance.now() - began).toBeLessThan(9_000)
    await patient.fault('locked')
    began = performance.now()
    await patient.opened.check({ signal })
    expect(performance.now() - began).toBeGreaterThan(1_990)
    expect((await patient.requests()).map(({ status }) => status)).toEqual([429, 200, 429, 200, 423, 200])
  })

  it('waits a second where other searches of the account were in the way', async () => {
    await using patient = await openHubspot({ retry: {} })
    const body = { status: 'error', category: 'RATE_LIMITS', message: 'no', policyName: 'SECONDLY' }
    await patient.fault('status', { status: 429, times: 1, match: 'search', body })
    const began = performance.now()
    expect(await patient.write('company', 'domain', [change('domain', 'none.example', {}, 'update')])).toEqual([
      { outcome: 'absent' },
    ])
    expect(performance.now() - began).toBeGreaterThan(990)
    expect(performance.now() - began).toBeLessThan(9_000)
  })

  it('does not wait for the next day', async () => {
    await using patient = await openHubspot({ retry: {} })
    await patient.fault('rate_limit', { policy: 'DAILY' })
    await expect(patient.opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3006',
      message: expect.stringContaining('You have reached your daily limit'),
    })
    expect(await patient.requests()).toHaveLength(1)
  })

  it.each([
    [404, 'MR-3004'],
    [405, 'MR-3001'],
    [409, 'MR-3004'],
    [413, 'MR-3004'],
    [414, 'MR-3004'],
    [422, 'MR-3004'],
    [302, 'MR-3001'],
    [307, 'MR-3001'],
    [477, 'MR-3006'],
    [500, 'MR-3003'],
    [502, 'MR-3003'],
    [504, 'MR-3003'],
  ])('takes a %i for what it is', async (status, code) => {
    await failure(status, { status: 'error', category: 'SOMETHING', message: 'no', correlationId: 'c-1' })
    await expect(vendor.opened.check({ signal })).rejects.toMatchObject({ code })
  })

  it.each<{ readonly said: JsonObject | string; readonly why: string }>([
    { said: '<html><h2>HTTP ERROR 404</h2></html>', why: 'it is no answer in HubSpot’s words' },
    { said: '', why: 'it is no answer in HubSpot’s words' },
    { said: { message: 'no Route matched' }, why: 'no Route matched' },
    { said: { status: 'error', message: 'Not Found.' }, why: 'Not Found' },
  ])('takes a 404 in other words than HubSpot’s for that of another address: %o', async ({ said, why }) => {
    await vendor.fault('status', { status: 404, body: said })
    await expect(vendor.opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: `hubspot answered 404 (GET /account-info/v3/details): ${why}; base_url may not be the one of the API, or a proxy may stand before it.`,
    })
  })

  it('has no objects to tell of under a path that HubSpot does not have', async () => {
    const base_url = `${String(vendor.sandbox.connection('hubspot')['base_url'])}/api`
    await using lost = await openHubspot({ keys: { base_url } })
    const objects = lost.opened.objects?.({ names: ['company'], signal })
    await expect(objects).rejects.toMatchObject({ code: 'MR-3001', message: expect.stringContaining('base_url') })
  })

  it('knows an object that is not there by HubSpot’s own 404, too', async () => {
    await failure(404, { status: 'error', message: 'resource not found', correlationId: 'c-1' })
    expect(await vendor.opened.objects?.({ names: ['company'], signal })).toEqual([])
  })

  it.each([
    { access_token: '' },
    {},
    { access_token: 'x', portal: 1 },
    { access_token: 'x', requests_per_10_seconds: 0 },
  ])('is not configured by %o', (keys) => {
    expect(hubspot.config.safeParse(keys).success).toBe(false)
  })

  it('goes to HubSpot, a hundred requests in ten seconds, unless told otherwise', () => {
    expect(hubspot.config.parse({ access_token: 'x' })).toEqual({
      access_token: 'x',
      base_url: 'https://api.hubapi.com',
      requests_per_10_seconds: 100,
    })
  })
})
