import type { Day, SimulatorContext } from 'millrace/sandbox'
import { recordsOf, textOf, vendorTime } from './records.ts'
import { below, makeCampaign } from './seed.ts'

/** A day of an advertiser: a budget changes, a campaign is paused, archived or deleted, a new one begins, an audience goes. */
export function playDay(context: SimulatorContext, { number, start, end }: Day): void {
  const { world, store } = context
  const random = world.random(`facebook_ads day ${number}`)
  const at = new Date(start.getTime() + Math.floor(random.next() * (end.getTime() - start.getTime())))
  const updated_time = vendorTime(at)

  const adset = random.pick(recordsOf(store, 'adsets'))
  store.put('adsets', textOf(adset, 'id'), {
    ...adset,
    daily_budget: String(random.integer(5, 200) * 100),
    updated_time,
  })

  const running = recordsOf(store, 'campaigns').filter((campaign) => campaign['effective_status'] === 'ACTIVE')
  if (running.length > 2) {
    const campaign = random.pick(running)
    const id = textOf(campaign, 'id')
    const status = random.pick(['PAUSED', 'ARCHIVED', 'DELETED'])
    store.put('campaigns', id, {
      ...campaign,
      status,
      configured_status: status,
      effective_status: status,
      updated_time,
    })
    for (const kind of ['adsets', 'ads'] as const)
      for (const record of recordsOf(store, kind))
        if (record['campaign_id'] === id)
          store.put(kind, textOf(record, 'id'), { ...record, effective_status: below(status), updated_time })
  }
  if (number % 2 === 1) {
    const account = random.pick(recordsOf(store, 'ad_accounts'))
    makeCampaign(context, random, { accountId: textOf(account, 'account_id'), name: `Launch of day ${number}`, at })
  }
  const audiences = recordsOf(store, 'custom_audiences')
  if (number % 3 === 0 && audiences.length > 2) store.remove('custom_audiences', textOf(random.pick(audiences), 'id'))
}
