import type { JsonObject } from 'millrace'
import type { Random, SimulatorContext } from 'millrace/sandbox'
import { vendorTime } from './records.ts'

/** Two accounts of one business: one on each side of the Atlantic, so that their days differ. */
export function seedBusiness(context: SimulatorContext): void {
  const { world, store } = context
  const random = world.random('facebook_ads')
  const perAccount = 4 + Math.ceil(world.companies.length / 100)
  for (const place of places) {
    const { accountId } = place
    const createdAt = new Date(world.epoch.getTime() - historyDays * dayMs)
    store.put('ad_accounts', `act_${accountId}`, makeAccount(accountId, place, createdAt))
    for (let number = 1; number <= perAccount; number++)
      makeCampaign(context, random, {
        accountId,
        name: `${place.short} – ${random.pick(goals).title} ${number}`,
        status: ['ARCHIVED', 'DELETED', 'PAUSED'][number - 2],
        at: new Date(createdAt.getTime() + random.integer(0, 20) * dayMs + random.integer(0, 80_000) * 1000),
      })
    for (const name of ['Customers', 'Trial users', 'Лиды 名単 😀', 'Lookalike of customers (DE, 1%)'])
      makeAudience(context, random, { accountId, name, at: createdAt })
  }
}

type Place = (typeof places)[number]

/** An id that looks like the vendor's: longer than a double holds. */
export const makeId = ({ store, world }: SimulatorContext): string =>
  String(120_210_000_000_000_000n + BigInt(store.next('id')) * 10_007n + BigInt(world.seed))

type Named = { readonly accountId: string; readonly name: string; readonly at: Date }

/** With its ad sets, their ads and creatives. */
export function makeCampaign(
  context: SimulatorContext,
  random: Random,
  { accountId, name, at, status = 'ACTIVE' }: Named & { readonly status?: string },
): string {
  const { store } = context
  const id = makeId(context)
  const goal = random.pick(goals)
  const created = vendorTime(at)
  store.put('campaigns', id, {
    id,
    account_id: accountId,
    bid_strategy: 'LOWEST_COST_WITHOUT_CAP',
    budget_rebalance_flag: false,
    budget_remaining: '0',
    buying_type: 'AUCTION',
    can_use_spend_cap: true,
    configured_status: status,
    created_time: created,
    effective_status: status,
    has_secondary_skadnetwork_reporting: false,
    is_adset_budget_sharing_enabled: false,
    is_budget_schedule_enabled: false,
    is_skadnetwork_attribution: false,
    name,
    objective: goal.objective,
    pacing_type: ['standard'],
    smart_promotion_type: 'GUIDED_CREATION',
    source_campaign_id: '0',
    special_ad_categories: [],
    special_ad_category: 'NONE',
    start_time: created,
    status,
    updated_time: created,
  })
  for (let set = 1; set <= 2; set++)
    makeAdSet(context, random, { accountId, campaign: id, name: `${name} / set ${set}`, at, status })
  return id
}

type Below = {
  readonly accountId: string
  readonly campaign: string
  readonly name: string
  readonly at: Date
  readonly status: string
}

function makeAdSet(context: SimulatorContext, random: Random, { accountId, campaign, name, at, status }: Below): void {
  const { store } = context
  const id = makeId(context)
  const created = vendorTime(at)
  store.put('adsets', id, {
    id,
    account_id: accountId,
    attribution_spec: [
      { event_type: 'CLICK_THROUGH', window_days: 7 },
      { event_type: 'VIEW_THROUGH', window_days: 1 },
    ],
    billing_event: 'IMPRESSIONS',
    budget_remaining: String(random.integer(0, 5_000)),
    campaign_id: campaign,
    configured_status: 'ACTIVE',
    created_time: created,
    daily_budget: String(random.integer(5, 200) * 100),
    destination_type: 'WEBSITE',
    effective_status: below(status),
    is_budget_schedule_enabled: false,
    is_dynamic_creative: false,
    lifetime_budget: '0',
    lifetime_imps: 0,
    name,
    optimization_goal: 'OFFSITE_CONVERSIONS',
    pacing_type: ['standard'],
    promoted_object: { pixel_id: '8123450000000001', custom_event_type: 'PURCHASE' },
    recurring_budget_semantics: false,
    source_adset_id: '0',
    start_time: created,
    status: 'ACTIVE',
    use_new_app_click: false,
    targeting: {
      age_min: 18,
      age_max: 65,
      geo_locations: { countries: ['DE', 'FR'], location_types: ['home', 'recent'] },
    },
    updated_time: created,
  })
  for (let ad = 1; ad <= 2; ad++)
    makeAd(context, random, { accountId, campaign, adset: id, name: `${name} / ad ${ad} ünïcødé`, at, status })
}

function makeAd(context: SimulatorContext, random: Random, of: Below & { readonly adset: string }): void {
  const { store } = context
  const { accountId, campaign, adset, name, at, status } = of
  const id = makeId(context)
  const creative = makeId(context)
  const created = vendorTime(at)
  const body = random.pick(bodies)
  store.put('creatives', creative, {
    id: creative,
    account_id: accountId,
    actor_id: '104500000000001',
    authorization_category: 'NONE',
    body,
    call_to_action_type: 'LEARN_MORE',
    effective_authorization_category: 'NONE',
    effective_object_story_id: `104500000000001_${creative}`,
    image_hash: Buffer.from(creative).toString('hex').slice(0, 32),
    name: `${name} creative`,
    object_story_spec: {
      page_id: '104500000000001',
      link_data: { link: 'https://millrace-demo.example/', message: body },
    },
    object_type: 'SHARE',
    status: 'ACTIVE',
    thumbnail_url: `https://cdn.millrace-demo.example/${creative}.jpg`,
    title: name,
    use_page_actor_override: false,
  })
  store.put('ads', id, {
    id,
    account_id: accountId,
    adset_id: adset,
    bid_type: 'ABSOLUTE_OCPM',
    campaign_id: campaign,
    configured_status: 'ACTIVE',
    conversion_specs: [{ 'action.type': ['offsite_conversion'] }],
    created_time: created,
    creative: { id: creative },
    effective_status: below(status),
    last_updated_by_app_id: '119211728144504',
    name,
    preview_shareable_link: `https://fb.me/${id}`,
    source_ad_id: '0',
    status: 'ACTIVE',
    tracking_specs: [{ 'action.type': ['offsite_conversion'], fb_pixel: ['8123450000000001'] }],
    updated_time: created,
  })
}

/** What the state of a campaign makes of what is in it. */
export const below = (status: string): string => (status === 'PAUSED' ? 'CAMPAIGN_PAUSED' : status)

function makeAudience(context: SimulatorContext, random: Random, { accountId, name, at }: Named): void {
  const id = makeId(context)
  const seconds = Math.floor(at.getTime() / 1000)
  const size = random.integer(1_000, 900_000)
  context.store.put('custom_audiences', id, {
    id,
    account_id: accountId,
    approximate_count_lower_bound: size,
    approximate_count_upper_bound: Math.ceil(size * 1.2),
    customer_file_source: 'USER_PROVIDED_ONLY',
    data_source: { type: 'FILE_IMPORTED', sub_type: 'HASHES', creation_params: '[]' },
    delete_time: 0,
    delivery_status: { code: 200, description: 'This audience is ready for use.' },
    description: `${name}, as text`,
    is_value_based: false,
    name,
    operation_status: { code: 200, description: 'Normal' },
    permission_for_actions: {
      can_edit: true,
      can_see_insight: true,
      can_share: true,
      subtype_supports_lookalike: true,
      supports_recipient_lookalike: false,
    },
    retention_days: 0,
    subtype: 'CUSTOM',
    time_content_updated: seconds,
    time_created: seconds,
    time_updated: seconds,
  })
}

function makeAccount(
  accountId: string,
  { name, currency, timezone, timezoneId, offset }: Place,
  createdAt: Date,
): JsonObject {
  return {
    id: `act_${accountId}`,
    account_id: accountId,
    account_status: 1,
    age: historyDays,
    amount_spent: '123456',
    balance: '1200',
    business_city: '',
    business_country_code: 'DE',
    business_name: 'Millrace Demo',
    business_street: '',
    business_street2: '',
    capabilities: ['CAN_CREATE_CALL_ADS', 'CAN_USE_REACH_AND_FREQUENCY'],
    created_time: vendorTime(createdAt),
    currency,
    disable_reason: 0,
    end_advertiser: '104500000000001',
    end_advertiser_name: 'Millrace Demo',
    fb_entity: 0,
    is_direct_deals_enabled: false,
    is_notifications_enabled: true,
    is_personal: 0,
    is_prepay_account: false,
    media_agency: 'UNFOUND',
    min_campaign_group_spend_cap: '10000',
    min_daily_budget: 100,
    name,
    offsite_pixels_tos_accepted: true,
    owner: '104500000000002',
    spend_cap: '0',
    timezone_id: timezoneId,
    timezone_name: timezone,
    timezone_offset_hours_utc: offset,
  }
}

const places = [
  {
    accountId: '1015000000000001',
    name: 'Millrace Demo EU',
    short: 'EU',
    currency: 'EUR',
    timezone: 'Europe/Berlin',
    timezoneId: 47,
    offset: 1,
  },
  {
    accountId: '1015000000007920',
    name: 'Millrace Demo US',
    short: 'US',
    currency: 'USD',
    timezone: 'America/Los_Angeles',
    timezoneId: 1,
    offset: -8,
  },
] as const

const goals = [
  { title: 'Leads', objective: 'OUTCOME_LEADS' },
  { title: 'Sales', objective: 'OUTCOME_SALES' },
  { title: 'Traffic', objective: 'OUTCOME_TRAFFIC' },
] as const

const bodies = [
  'Your data, where you need it.',
  'Vom CRM ins Warehouse – und zurück.',
  'データを、両方向に。',
  '“Quotes”, commas; and 😀',
]

const dayMs = 86_400_000
/** How long the accounts have been there. */
export const historyDays = 75
