import * as Sdk from 'facebook-nodejs-business-sdk'
import type { JsonObject } from 'millrace'
import { describe, expect, it } from 'vitest'
import * as columns from '../../../connectors/facebook_ads/entity-columns.ts'
import { breakdownNames, dayColumns, fieldsOf } from '../../../connectors/facebook_ads/insights-columns.ts'
import { openFacebook, rowsOf } from './open-facebook.ts'

describe('the lists of an account', () => {
  it.each([false, true])(
    'hold what is archived, which the vendor leaves out by itself; deleted ones cannot be asked for (whole: %s)',
    async (whole) => {
      await using vendor = await openFacebook()
      for (const name of ['campaigns', 'adsets', 'ads']) {
        const held = await vendor.sandbox.show('facebook_ads', name)
        const rows = rowsOf(await vendor.read(name, { whole }))
        expect(idsOf(rows)).toEqual(idsOf(held.filter((row) => row['effective_status'] !== 'DELETED')))
        expect(rows.length).toBeLessThan(held.length)
        expect(new Set(rows.map((row) => row['effective_status'])).has('ARCHIVED')).toBe(true)
        expect(await vendor.stream(name)).toMatchObject({ enumerates: true, fullEveryMs: 0, heedsStart: false })
      }
      expect(vendor.warnings()).toEqual([])
    },
  )

  it('of an account alone are read where account_ids says so, with or without act_', async () => {
    await using all = await openFacebook()
    const [account] = await all.sandbox.show('facebook_ads', 'ad_accounts')
    const id = String(account?.['account_id'])
    for (const form of [[id], [`act_${id}`], ` ${id} , act_${id}`.trim()]) {
      await using vendor = await openFacebook({ account_ids: form })
      const rows = rowsOf(await vendor.read('campaigns'))
      expect(new Set(rows.map((row) => row['account_id']))).toEqual(new Set([id]))
      expect((await vendor.requests()).some((request) => request.includes('/me/adaccounts'))).toBe(false)
    }
  })

  it('are asked for in smaller pages where the vendor says that it is too much', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('too_much_page', { times: 'always', limit: 9, match: '/ads\\?' })
    const rows = rowsOf(await vendor.read('ads'))
    const held = await vendor.sandbox.show('facebook_ads', 'ads')
    expect(idsOf(rows)).toEqual(idsOf(held.filter((row) => row['effective_status'] !== 'DELETED')))
  })

  it('are asked for in smaller pages where the vendor does not know why it fails, however often it is asked', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('too_much_page', { times: 'always', limit: 9, match: '/ads\\?', ...unknown })
    const rows = rowsOf(await vendor.read('ads'))
    const held = await vendor.sandbox.show('facebook_ads', 'ads')
    expect(idsOf(rows)).toEqual(idsOf(held.filter((row) => row['effective_status'] !== 'DELETED')))
    const limits = limitsOf(await vendor.requests())
    expect(limits.slice(0, 21)).toEqual([100, 50, 25, 12].flatMap((limit) => Array(5).fill(limit)).concat(6))
    expect(new Set(limits.slice(20))).toEqual(new Set([6]))
  })

  it('end with the vendor’s error where a small page fails, too, and in no smaller one where it passes', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('too_much_page', { times: 4, limit: 9, match: '/ads\\?', ...unknown })
    await vendor.read('ads')
    expect(new Set(limitsOf(await vendor.requests()))).toEqual(new Set([100]))
    await vendor.fault('too_much_page', { times: 'always', limit: 0, match: '/ads\\?', ...unknown })
    await expect(vendor.read('ads')).rejects.toMatchObject({
      code: 'MR-3003',
      message: expect.stringContaining('An unknown error occurred'),
    })
    expect(Math.min(...limitsOf(await vendor.requests()))).toBe(5)
  })

  it('go on after a page though its last object was deleted since, and begin again where the cursor is of another time', async () => {
    await using vendor = await openFacebook()
    await vendor.fault('too_much_page', { times: 'always', limit: 3, match: '/campaigns\\?' })
    const whole = rowsOf(await vendor.read('campaigns'))
    const account = `act_${whole[0]?.['account_id']}`
    const resume = { done: [], account, at: Buffer.from('a cursor of last year').toString('base64url') }
    expect(rowsOf(await vendor.read('campaigns', { resume }))).toHaveLength(whole.length)
  })

  it('with an account that is not the token’s name it, and the vendor’s reason', async () => {
    await using all = await openFacebook()
    await using vendor = await openFacebook({ account_ids: [await firstAccount(all), '999'] })
    expect(rowsOf(await vendor.read('ad_accounts'))).toHaveLength(1)
    expect(vendor.warnings()).toEqual([expect.stringMatching(/^ad_accounts: act_999 cannot be read.*does not exist/)])
  })
})

const unknown = { message: 'An unknown error occurred' }

const limitsOf = (requests: readonly string[]) =>
  requests.flatMap((request) => (request.includes('/ads?') ? [Number(/limit=(\d+)/.exec(request)?.[1])] : []))

const idsOf = (rows: readonly JsonObject[]) => rows.map(({ id }) => String(id)).sort()

const firstAccount = async ({ sandbox }: { readonly sandbox: Awaited<ReturnType<typeof openFacebook>>['sandbox'] }) =>
  String((await sandbox.show('facebook_ads', 'ad_accounts'))[0]?.['id'])

describe('the columns', () => {
  it.each([
    ['AdAccount', columns.accountColumns],
    ['Campaign', columns.campaignColumns],
    ['AdSet', columns.adSetColumns],
    ['Ad', columns.adColumns],
    ['AdCreative', columns.creativeColumns],
    ['CustomAudience', columns.audienceColumns],
    ['AdsInsights', { ...fieldsOf('ad'), ...dayColumns }],
  ])('of %s are fields that the SDK describes', (name, known) => {
    const described = describedBy(name, 'Fields')
    expect(Object.keys(known).filter((field) => !described.has(field))).toEqual([])
  })

  it('of breakdowns are the vendor’s', () => {
    const described = describedBy('AdsInsights', 'Breakdowns')
    expect(breakdownNames.filter((name) => !described.has(name))).toEqual([])
  })
})

function describedBy(name: string, kind: 'Fields' | 'Breakdowns'): ReadonlySet<string> {
  const described: unknown = Reflect.get(Object(Reflect.get(Sdk, name)), kind)
  return new Set(Object.values(Object(described)))
}
