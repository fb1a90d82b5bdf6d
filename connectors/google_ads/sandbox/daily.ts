/**
 * The rows by day. They are restated: conversions are credited to the day of the click for two weeks, and clicks that
 * turn out to be invalid are taken back, with what they cost, in the first days.
 * https://support.google.com/google-ads/answer/2544985
 */
import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext, World } from 'millrace/sandbox'
import { todayOf } from './hierarchy.ts'

const maturesInDays = 14

/** Writes every day that may have changed since it was written last: of a new account all. */
export function writeDays(context: SimulatorContext): void {
  const { store, now } = context
  const adGroups = [...store.all('ad_group')]
  for (const [, account] of store.all('customer')) {
    const customer = String(account['customer.id'])
    const begins = store.get('beginning', customer)?.date
    if (typeof begins !== 'string' || account['customer.status'] !== 'ENABLED') continue
    const today = todayOf(account, now())
    const written = store.get('written', customer)?.date
    let day = typeof written === 'string' ? laterOf(begins, addDays(written, -maturesInDays)) : begins
    for (; day <= today; day = addDays(day, 1))
      writeDay(context, {
        customer,
        day,
        today,
        adGroups: adGroups.map(([, row]) => row).filter((row) => row['customer.id'] === customer),
      })
    store.put('written', customer, { date: today })
  }
}

type DayOf = {
  readonly customer: string
  readonly day: string
  readonly today: string
  readonly adGroups: readonly JsonObject[]
}

function writeDay(context: SimulatorContext, { customer, day, today, adGroups }: DayOf): void {
  const { store, world } = context
  const age = Math.round((Date.parse(today) - Date.parse(day)) / 86_400_000)
  const campaigns = new Map<string, Metrics>()
  let whole = noMetrics
  for (const adGroup of adGroups) {
    const ids: JsonObject = {
      'customer.id': customer,
      'campaign.id': adGroup['campaign.id'] ?? null,
      'ad_group.id': adGroup['ad_group.id'] ?? null,
    }
    const number = String(adGroup['ad_group.id'])
    let group = noMetrics
    for (const ad of of(context, 'ad_group_ad', number)) {
      const id = String(ad['ad_group_ad.ad.id'])
      const metrics = metricsOf(world, `${id} ${day}`, age)
      put(context, 'ad_performance', `${number}~${id}/${day}`, { ...ids, 'ad_group_ad.ad.id': id }, day, metrics)
      group = add(group, metrics)
    }
    put(context, 'ad_group_performance', `${number}/${day}`, ids, day, group)
    writeKeywords(context, { ids, number, day, group })
    writeClicks(context, { ids, number, day, age, customer })
    const campaign = String(adGroup['campaign.id'])
    campaigns.set(campaign, add(campaigns.get(campaign) ?? noMetrics, group))
    whole = add(whole, group)
  }
  for (const [campaign, metrics] of campaigns)
    put(
      context,
      'campaign_performance',
      `${customer}/${campaign}/${day}`,
      { 'customer.id': customer, 'campaign.id': campaign },
      day,
      metrics,
    )
  put(context, 'customer_performance', `${customer}/${day}`, { 'customer.id': customer }, day, whole)
  // Only of days with something in them does the vendor have rows.
  if (whole.impressions === 0) store.remove('customer_performance', `${customer}/${day}`)
}

type Part = { readonly ids: JsonObject; readonly number: string; readonly day: string }

/** What an ad group has is shared out among its keywords, the rest to the last. */
function writeKeywords(
  context: SimulatorContext,
  { ids, number, day, group }: Part & { readonly group: Metrics },
): void {
  const keywords = [...of(context, 'ad_group_criterion', number)]
  let left = group
  for (const [index, keyword] of keywords.entries()) {
    const id = String(keyword['ad_group_criterion.criterion_id'])
    const share = index === keywords.length - 1 ? left : scale(group, 1 / (keywords.length + 1))
    left = add(left, scale(share, -1))
    const customer = String(ids['customer.id'])
    put(
      context,
      'keyword_performance',
      `${number}~${id}/${day}`,
      {
        ...ids,
        'ad_group_criterion.criterion_id': id,
        'keyword_view.resource_name': `customers/${customer}/keywordViews/${number}~${id}`,
      },
      day,
      share,
    )
    const term = `${String(keyword['ad_group_criterion.keyword.text'])} online`
    put(
      context,
      'search_term_performance',
      `${number}~${id}/${day}`,
      {
        ...ids,
        'search_term_view.resource_name': `customers/${customer}/searchTermViews/${String(ids['campaign.id'])}~${number}~${Buffer.from(term).toString('base64url')}`,
        'search_term_view.search_term': term,
        'search_term_view.ad_group': `customers/${customer}/adGroups/${number}`,
        'search_term_view.status': 'NONE',
      },
      day,
      share,
    )
  }
}

/** A click or two an ad group and day, for the last ten days before the beginning and for all after. */
function writeClicks(
  { store, world }: SimulatorContext,
  { ids, number, day, age, customer }: Part & { readonly age: number; readonly customer: string },
): void {
  if (age > 10) return
  const random = world.random(`google_ads clicks ${number} ${day}`)
  const [ad] = [...of({ store }, 'ad_group_ad', number)]
  const [keyword] = [...of({ store }, 'ad_group_criterion', number)]
  for (let nth = random.integer(0, 2); nth > 0; nth--) {
    const gclid = `Cj0KCQ${Buffer.from(`${number}-${day}-${nth}`).toString('base64url')}BwE`
    const resource = `customers/${customer}/clickViews/${day}~${gclid}`
    store.put('click_view', resource, {
      ...ids,
      'segments.date': day,
      'click_view.resource_name': resource,
      'click_view.gclid': gclid,
      'click_view.ad_group_ad': ad?.['ad_group_ad.resource_name'] ?? null,
      'click_view.keyword': keyword?.['ad_group_criterion.resource_name'] ?? null,
      'click_view.keyword_info.text': keyword?.['ad_group_criterion.keyword.text'] ?? null,
      'click_view.keyword_info.match_type': keyword?.['ad_group_criterion.keyword.match_type'] ?? null,
      'click_view.page_number': String(random.integer(1, 3)),
      'click_view.area_of_interest.city': null,
      'click_view.area_of_interest.country': null,
      'click_view.location_of_presence.city': `geoTargetConstants/${random.integer(1_000_000, 1_030_000)}`,
      'click_view.location_of_presence.country': `geoTargetConstants/${random.pick(['2840', '2246', '2392'])}`,
      'metrics.clicks': '1',
    })
  }
}

function* of({ store }: Pick<SimulatorContext, 'store'>, type: string, adGroup: string): Generator<JsonObject> {
  for (const [, row] of store.all(type)) if (row['ad_group.id'] === adGroup) yield row
}

type Metrics = {
  readonly impressions: number
  readonly clicks: number
  readonly cost: number
  readonly conversions: number
  readonly value: number
  readonly views: number
}

const noMetrics: Metrics = { impressions: 0, clicks: 0, cost: 0, conversions: 0, value: 0, views: 0 }

function metricsOf(world: World, name: string, age: number): Metrics {
  const random = world.random(`google_ads ${name}`)
  const whole = random.integer(40, 2000)
  // The first day is not over yet.
  const impressions = age === 0 ? Math.floor(whole * 0.4) : whole
  const valid = Math.floor(impressions * (0.01 + random.next() * 0.08))
  const invalid = age < 3 ? random.integer(0, 2) : 0
  const price = random.integer(12, 380) * 10_000 + random.integer(0, 9999)
  const clicks = valid + invalid
  const credited = Math.min(1, 0.4 + (0.6 * age) / maturesInDays)
  const conversions = round(valid * random.next() * 0.2 * credited)
  return {
    impressions,
    clicks,
    cost: clicks * price,
    conversions,
    value: round(conversions * random.integer(20, 300)),
    views: Math.floor(random.integer(0, 4) * credited),
  }
}

const add = (a: Metrics, b: Metrics): Metrics => ({
  impressions: a.impressions + b.impressions,
  clicks: a.clicks + b.clicks,
  cost: a.cost + b.cost,
  conversions: round(a.conversions + b.conversions),
  value: round(a.value + b.value),
  views: a.views + b.views,
})

const scale = (a: Metrics, by: number): Metrics => ({
  impressions: Math.trunc(a.impressions * by),
  clicks: Math.trunc(a.clicks * by),
  cost: Math.trunc(a.cost * by),
  conversions: round(a.conversions * by),
  value: round(a.value * by),
  views: Math.trunc(a.views * by),
})

const round = (value: number) => Math.round(value * 100) / 100

/** Only what has changed is written. */
function put(
  { store }: SimulatorContext,
  type: string,
  id: string,
  ids: JsonObject,
  day: string,
  metrics: Metrics,
): void {
  const values: { [field: string]: Json } = {
    'metrics.impressions': String(metrics.impressions),
    'metrics.clicks': String(metrics.clicks),
    'metrics.cost_micros': String(metrics.cost),
    'metrics.interactions': String(metrics.clicks),
    'metrics.conversions': metrics.conversions,
    'metrics.conversions_value': metrics.value,
    'metrics.all_conversions': round(metrics.conversions * 1.25),
    'metrics.all_conversions_value': round(metrics.value * 1.25),
    'metrics.view_through_conversions': String(metrics.views),
  }
  const kept = store.get(type, id)
  if (kept && Object.entries(values).every(([field, value]) => kept[field] === value)) return
  store.put(type, id, { ...ids, 'segments.date': day, 'segments.conversion_action_name': 'Purchase', ...values })
}

const addDays = (day: string, days: number) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)
const laterOf = (a: string, b: string) => (a > b ? a : b)
