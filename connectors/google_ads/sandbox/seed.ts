import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { rootManager } from './credentials.ts'
import { writeDays } from './daily.ts'

type Client = {
  readonly id: string
  readonly name: string
  readonly currency: string
  readonly zone: string
  readonly manager: string
  readonly status: 'ENABLED' | 'CANCELED'
  /** How many days before the first day it began. */
  readonly days: number
}

const subManager = '9000000002'

const clients: readonly Client[] = [
  {
    id: '1110000001',
    name: 'Acme Search US',
    currency: 'USD',
    zone: 'America/New_York',
    manager: rootManager,
    status: 'ENABLED',
    days: 45,
  },
  {
    id: '1110000002',
    name: 'Acme Haku Suomi – “ääkköset” 😀',
    currency: 'EUR',
    zone: 'Europe/Helsinki',
    manager: subManager,
    status: 'ENABLED',
    days: 30,
  },
  {
    id: '1110000003',
    name: 'Acme 検索 日本',
    currency: 'JPY',
    zone: 'Asia/Tokyo',
    manager: subManager,
    status: 'ENABLED',
    days: 12,
  },
  {
    id: '1110000004',
    name: 'Acme Old Shop',
    currency: 'USD',
    zone: 'America/New_York',
    manager: rootManager,
    status: 'CANCELED',
    days: 0,
  },
]

/** A manager with a manager below it, three accounts that run and one that was cancelled. */
export function seedAccounts(context: SimulatorContext): void {
  const { store, world } = context
  putCustomer(context, { id: rootManager, name: 'Acme (manager)', currency: 'USD', zone: 'America/New_York' }, true)
  putCustomer(
    context,
    { id: subManager, name: 'Acme abroad (manager)', currency: 'EUR', zone: 'Europe/Helsinki' },
    true,
  )
  store.put('link', subManager, { manager: rootManager })
  const size = Math.min(3, 2 + Math.floor(world.companies.length / 1000))
  for (const client of clients) {
    putCustomer(context, client, false)
    store.put('link', client.id, { manager: client.manager })
    const begins = new Date(world.epoch.getTime() - client.days * 86_400_000).toISOString().slice(0, 10)
    store.put('beginning', client.id, { date: begins })
    if (client.status === 'ENABLED') seedCampaigns(context, { client, size, begins })
  }
  for (const id of [rootManager, ...clients.map((client) => client.id)])
    for (const [nth, name] of ['Brand', 'Always on', 'Тест "quoted" \\ 名'].entries()) {
      const number = `${id.slice(-3)}${nth + 1}`
      const resource = `customers/${id}/labels/${number}`
      store.put('label', resource, {
        'customer.id': id,
        'label.resource_name': resource,
        'label.id': number,
        'label.name': name,
        'label.status': 'ENABLED',
        'label.text_label.background_color': '#ffcc00',
        'label.text_label.description': nth === 0 ? null : `Label ${nth + 1}`,
      })
    }
  writeDays(context)
}

function putCustomer(
  { store }: SimulatorContext,
  client: Pick<Client, 'id' | 'name' | 'currency' | 'zone'> & { readonly status?: Client['status'] },
  isManager: boolean,
): void {
  const resource = `customers/${client.id}`
  store.put('customer', resource, {
    'customer.id': client.id,
    'customer.resource_name': resource,
    'customer.descriptive_name': client.name,
    'customer.currency_code': client.currency,
    'customer.time_zone': client.zone,
    'customer.status': client.status ?? 'ENABLED',
    'customer.manager': isManager,
    'customer.test_account': false,
    'customer.auto_tagging_enabled': !isManager,
    'customer.tracking_url_template': null,
    'customer.final_url_suffix': null,
    'customer.has_partners_badge': false,
    'customer.optimization_score': isManager ? null : 0.8642857142857143,
    'customer.conversion_tracking_setting.conversion_tracking_id': isManager ? null : `88${client.id}`,
    'customer.conversion_tracking_setting.conversion_tracking_status': 'CONVERSION_TRACKING_MANAGED_BY_SELF',
  })
}

type Scene = { readonly client: Client; readonly size: number; readonly begins: string }

function seedCampaigns(context: SimulatorContext, { client, size, begins }: Scene): void {
  const { store } = context
  for (let nth = 1; nth <= size; nth++) {
    const id = `${client.id.slice(-3)}${2000 + nth}`
    const resource = `customers/${client.id}/campaigns/${id}`
    const budget = `customers/${client.id}/campaignBudgets/${id}7`
    store.put('campaign_budget', budget, {
      'customer.id': client.id,
      'campaign_budget.resource_name': budget,
      'campaign_budget.id': `${id}7`,
      'campaign_budget.name': `Budget ${nth}`,
      // More than a double holds.
      'campaign_budget.amount_micros': nth === 1 ? '9007199254740993' : String(nth * 25_000_000),
      'campaign_budget.period': 'DAILY',
      'campaign_budget.status': 'ENABLED',
    })
    store.put('campaign', resource, {
      'customer.id': client.id,
      'campaign.id': id,
      'campaign.resource_name': resource,
      'campaign.name': nth === 1 ? 'Brand – Ünïcødé 名 😀' : `Generic ${nth} "A/B" \\ test`,
      'campaign.status': 'ENABLED',
      'campaign.serving_status': 'SERVING',
      'campaign.primary_status': 'ELIGIBLE',
      'campaign.primary_status_reasons': [],
      'campaign.advertising_channel_type': 'SEARCH',
      'campaign.advertising_channel_sub_type': null,
      'campaign.bidding_strategy_type': nth === 1 ? 'MAXIMIZE_CONVERSIONS' : 'MANUAL_CPC',
      'campaign.start_date_time': `${begins} 00:00:00`,
      'campaign.end_date_time': null,
      'campaign.campaign_budget': budget,
      'campaign.optimization_score': 0.1 + nth / 7,
      'campaign.tracking_url_template': null,
      'campaign.final_url_suffix': nth === 1 ? 'utm_source=google&utm_campaign={campaignid}' : null,
      'campaign.labels': nth === 1 ? [`customers/${client.id}/labels/${client.id.slice(-3)}1`] : [],
    })
    for (let group = 1; group <= size; group++)
      seedAdGroup(context, { client, campaign: id, number: `${id}${group}`, size })
  }
}

type Group = { readonly client: Client; readonly campaign: string; readonly number: string; readonly size: number }

function seedAdGroup({ store, world }: SimulatorContext, { client, campaign, number, size }: Group): void {
  const ids: JsonObject = { 'customer.id': client.id, 'campaign.id': campaign, 'ad_group.id': number }
  const random = world.random(`google_ads ad group ${number}`)
  const adGroup = `customers/${client.id}/adGroups/${number}`
  store.put('ad_group', adGroup, {
    ...ids,
    'ad_group.resource_name': adGroup,
    'ad_group.name': `Group ${number}`,
    'ad_group.status': 'ENABLED',
    'ad_group.type': 'SEARCH_STANDARD',
    'ad_group.primary_status': 'ELIGIBLE',
    'ad_group.campaign': `customers/${client.id}/campaigns/${campaign}`,
    'ad_group.cpc_bid_micros': String(random.integer(10, 400) * 10_000),
    'ad_group.effective_cpc_bid_micros': String(random.integer(10, 400) * 10_000),
    'ad_group.target_cpa_micros': '0',
    'ad_group.target_roas': null,
    'ad_group.tracking_url_template': null,
    'ad_group.final_url_suffix': null,
    'ad_group.labels': [],
  })
  for (let nth = 1; nth <= 2; nth++) {
    const ad = `${number}${90 + nth}`
    const resource = `customers/${client.id}/adGroupAds/${number}~${ad}`
    store.put('ad_group_ad', resource, {
      ...ids,
      'ad_group_ad.resource_name': resource,
      'ad_group_ad.ad_group': adGroup,
      'ad_group_ad.status': 'ENABLED',
      'ad_group_ad.primary_status': 'ELIGIBLE',
      'ad_group_ad.ad_strength': random.pick(['POOR', 'AVERAGE', 'GOOD']),
      'ad_group_ad.ad.id': ad,
      'ad_group_ad.ad.resource_name': `customers/${client.id}/ads/${ad}`,
      'ad_group_ad.ad.name': null,
      'ad_group_ad.ad.type': 'RESPONSIVE_SEARCH_AD',
      'ad_group_ad.ad.final_urls': [`https://www.acme.example/${number}?a=1&b={keyword}`],
      'ad_group_ad.ad.tracking_url_template': null,
      'ad_group_ad.ad.responsive_search_ad.headlines': [
        { text: `Headline ${nth} "now"`, pinnedField: 'HEADLINE_1' },
        { text: 'Ünïcødé 名 😀 { [ , : \\' },
      ],
      'ad_group_ad.ad.responsive_search_ad.descriptions': [{ text: 'Made to last.' }],
      'ad_group_ad.ad.responsive_search_ad.path1': 'shop',
      'ad_group_ad.ad.responsive_search_ad.path2': nth === 1 ? 'now' : null,
      'ad_group_ad.policy_summary.approval_status': 'APPROVED',
      'ad_group_ad.policy_summary.review_status': 'REVIEWED',
      'ad_group_ad.labels': [],
    })
  }
  const words = ['acme', 'buy acme', 'acme 検索', 'acme "pro"', 'cheap widgets', 'widgets near me']
  for (let nth = 1; nth <= size + 1; nth++) {
    const criterion = `${number}${50 + nth}`
    const resource = `customers/${client.id}/adGroupCriteria/${number}~${criterion}`
    store.put('ad_group_criterion', resource, {
      ...ids,
      'ad_group_criterion.resource_name': resource,
      'ad_group_criterion.ad_group': adGroup,
      'ad_group_criterion.criterion_id': criterion,
      'ad_group_criterion.type': 'KEYWORD',
      'ad_group_criterion.status': 'ENABLED',
      'ad_group_criterion.negative': false,
      'ad_group_criterion.keyword.text': `${words[(nth + Number(number)) % words.length]} ${number}`,
      'ad_group_criterion.keyword.match_type': random.pick(['BROAD', 'EXACT', 'PHRASE']),
      'ad_group_criterion.approval_status': 'APPROVED',
      'ad_group_criterion.system_serving_status': 'ELIGIBLE',
      'ad_group_criterion.cpc_bid_micros': nth === 1 ? String(random.integer(10, 400) * 10_000) : null,
      'ad_group_criterion.effective_cpc_bid_micros': String(random.integer(10, 400) * 10_000),
      'ad_group_criterion.quality_info.quality_score': random.integer(1, 10),
      'ad_group_criterion.final_urls': [],
      'ad_group_criterion.labels': [],
    })
  }
}
