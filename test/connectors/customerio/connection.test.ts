import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import customerio from '../../../connectors/customerio/index.ts'
import { openCustomerio, type OpenedCustomerio } from './open-customerio.ts'

let vendor: OpenedCustomerio
beforeAll(async () => {
  vendor = await openCustomerio()
})
afterAll(() => vendor[Symbol.asyncDispose]())

const signal = AbortSignal.timeout(60_000)

describe('a connection to Customer.io', () => {
  it('is checked by a cheap signed-in request, whose Date is the vendor’s clock', async () => {
    await vendor.opened.check({ signal })
    expect((await vendor.requests()).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/accounts/region',
    ])
    expect(vendor.host.lastDate()).toEqual(await vendor.sandbox.now())
  })

  it.each([{ site_id: 'other' }, { api_key: 'other' }])('is refused with wrong credentials: %o', async (keys) => {
    await using wrong = await openCustomerio({ keys })
    await expect(wrong.opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('Unauthorized request. site_id, api_key and region (eu) must belong together'),
    })
    expect(await wrong.requests()).toHaveLength(1)
  })

  it('says that the workspace is in another region', async () => {
    await using wrong = await openCustomerio({ keys: { region: 'us' } })
    await expect(wrong.opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3004',
      message: expect.stringContaining('region "eu"'),
    })
  })

  it('does not follow a redirect with its credentials', async () => {
    await vendor.sandbox.setFault('customerio', 'status', { status: 307 })
    await expect(vendor.opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('sends on to another address. region (eu) must be'),
    })
  })

  it('is named by its region and a hash of half of its credential', async () => {
    const account = await vendor.opened.account({ signal })
    expect(account).toMatch(/^eu:[0-9a-f]{16}$/)
    expect(account).not.toContain(String(vendor.sandbox.connection('customerio')['site_id']))
  })

  it('takes a base_url with or without /api/v1', async () => {
    const { base_url } = vendor.sandbox.connection('customerio')
    await using other = await openCustomerio({ keys: { base_url: `${base_url}/api/v1/` } })
    await expect(other.opened.check({ signal }))
      .rejects.toMatchObject({ code: 'MR-3001' })
      .catch(() => undefined)
    expect((await vendor.requests()).at(-1)?.path).toBe('/api/v1/accounts/region')
  })

  it('offers one object, and only to who asks for it', async () => {
    expect((await vendor.opened.objects?.({ names: ['person'], signal }))?.map(({ name }) => name)).toEqual(['person'])
    expect(await vendor.opened.objects?.({ names: ['deal'], signal })).toEqual([])
  })

  it.each([
    [{ site_id: 's', api_key: 'k', region: 'mars' }],
    [{ site_id: 's' }],
    [{ site_id: 's', api_key: 'k', workspace: 1 }],
    [{ site_id: 's', api_key: 'k', rate_per_second: 0 }],
  ])('is not configured by %o', (keys) => {
    expect(customerio.config.safeParse(keys).success).toBe(false)
  })
})
