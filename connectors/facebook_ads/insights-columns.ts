import type { LogicalType } from 'millrace'

export type Level = 'account' | 'campaign' | 'adset' | 'ad'
type Columns = { readonly [field: string]: LogicalType }

/**
 * Metrics of a report, at every level. Amounts are in the account's currency, with its decimals; ratios are the vendor's own
 * floating numbers. Actions are lists of `{ action_type, value, … }`, as JSON.
 * https://developers.facebook.com/docs/marketing-api/reference/adgroup/insights/
 */
const metrics: Columns = {
  account_currency: 'string',
  account_name: 'string',
  action_values: 'json',
  actions: 'json',
  attribution_setting: 'string',
  canvas_avg_view_percent: 'double',
  canvas_avg_view_time: 'double',
  clicks: 'integer',
  conversion_values: 'json',
  conversions: 'json',
  cost_per_action_type: 'json',
  cost_per_conversion: 'json',
  cost_per_inline_link_click: 'double',
  cost_per_inline_post_engagement: 'double',
  cost_per_outbound_click: 'json',
  cost_per_thruplay: 'json',
  cost_per_unique_action_type: 'json',
  cost_per_unique_click: 'double',
  cpc: 'double',
  cpm: 'double',
  cpp: 'double',
  ctr: 'double',
  frequency: 'double',
  full_view_impressions: 'integer',
  full_view_reach: 'integer',
  impressions: 'integer',
  inline_link_click_ctr: 'double',
  inline_link_clicks: 'integer',
  inline_post_engagement: 'integer',
  optimization_goal: 'string',
  outbound_clicks: 'json',
  outbound_clicks_ctr: 'json',
  purchase_roas: 'json',
  reach: 'integer',
  social_spend: 'decimal(38,6)',
  spend: 'decimal(38,6)',
  unique_actions: 'json',
  unique_clicks: 'integer',
  unique_ctr: 'double',
  video_30_sec_watched_actions: 'json',
  video_avg_time_watched_actions: 'json',
  video_p100_watched_actions: 'json',
  video_p25_watched_actions: 'json',
  video_p50_watched_actions: 'json',
  video_p75_watched_actions: 'json',
  video_p95_watched_actions: 'json',
  video_play_actions: 'json',
  video_thruplay_watched_actions: 'json',
  website_ctr: 'json',
  website_purchase_roas: 'json',
}

/** What names the object, and what only such an object has. */
const own: { readonly [level in Level]: Columns } = {
  account: {},
  campaign: { campaign_id: 'string', campaign_name: 'string', buying_type: 'string', objective: 'string' },
  adset: { adset_id: 'string', adset_name: 'string' },
  ad: {
    ad_id: 'string',
    ad_name: 'string',
    quality_ranking: 'string',
    engagement_rate_ranking: 'string',
    conversion_rate_ranking: 'string',
  },
}

/** From the top down: a report of a level also names what is above. */
export const levels: readonly Level[] = ['account', 'campaign', 'adset', 'ad']

/** The field that names the object of a level. */
export const idOf: { readonly [level in Level]: string } = {
  account: 'account_id',
  campaign: 'campaign_id',
  adset: 'adset_id',
  ad: 'ad_id',
}

/** What the vendor is asked for. It adds the days and the breakdowns by itself. */
export function fieldsOf(level: Level, breakdowns: readonly Breakdown[] = []): Columns {
  const above = levels.slice(0, levels.indexOf(level) + 1)
  const all = Object.assign({ account_id: 'string' }, ...above.map((each) => own[each]), metrics) as Columns // all of them are columns
  return Object.fromEntries(Object.entries(all).filter(([field]) => notBrokenDown(field, breakdowns) === undefined))
}

/** The breakdown by which the vendor does not have a field. */
export const notBrokenDown = (field: string, breakdowns: readonly Breakdown[]): Breakdown | undefined =>
  breakdowns.find((breakdown) => missingBy[breakdown]?.test(field))

export const dayColumns: Columns = { date_start: 'date', date_stop: 'date' }

/**
 * What a report can be broken down by. Only breakdowns whose values are plain text: those of assets are objects, and
 * cannot be part of a key.
 * https://developers.facebook.com/docs/marketing-api/insights/breakdowns
 */
export const breakdownNames = [
  'age',
  'app_id',
  'country',
  'device_platform',
  'dma',
  'frequency_value',
  'gender',
  'hourly_stats_aggregated_by_advertiser_time_zone',
  'hourly_stats_aggregated_by_audience_time_zone',
  'impression_device',
  'place_page_id',
  'platform_position',
  'product_id',
  'publisher_platform',
  'region',
] as const

export type Breakdown = (typeof breakdownNames)[number]

/**
 * Refused by hours: video, and what counts people once; reach and frequency, and what is made of them, are then answered with 0.
 * Refused by region: how far videos are watched.
 * https://developers.facebook.com/docs/marketing-api/insights/breakdowns#hourlybreakdowns
 */
const byHour = /^(video_\w+|(cost_per_)?unique_\w+|(full_view_)?reach|frequency|cpp)$/
const missingBy: { readonly [breakdown in Breakdown]?: RegExp } = {
  hourly_stats_aggregated_by_advertiser_time_zone: byHour,
  hourly_stats_aggregated_by_audience_time_zone: byHour,
  region: /^video_(avg_time|p\d+)_watched_actions$/,
  dma: /^video_thruplay_watched_actions$/,
}

/**
 * Breakdowns by which the vendor may send nothing though there is something: accounts opt in to them, and reports by them are
 * few a day. https://developers.facebook.com/documentation/ads-commerce/marketing-api/out-of-cycle-changes/occ-2026
 */
export const optedInBreakdowns: readonly Breakdown[] = [
  'frequency_value',
  'hourly_stats_aggregated_by_audience_time_zone',
  'impression_device',
]

/** Streams with breakdowns of their own: `ad_insights_by_country`. */
export const breakdownPresets: { readonly [name: string]: readonly Breakdown[] } = {
  age_gender: ['age', 'gender'],
  country: ['country'],
  region: ['region'],
  platform: ['publisher_platform'],
  placement: ['publisher_platform', 'platform_position'],
  device: ['impression_device'],
  hour: ['hourly_stats_aggregated_by_advertiser_time_zone'],
}
