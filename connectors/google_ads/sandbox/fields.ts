/**
 * What can be asked: resources with their attributes, metrics, segments, and what goes with what.
 * https://developers.google.com/google-ads/api/fields/v25/overview
 */

export type DataType =
  'BOOLEAN' | 'DATE' | 'DOUBLE' | 'ENUM' | 'INT32' | 'INT64' | 'MESSAGE' | 'RESOURCE_NAME' | 'STRING'

export type FieldSpec = {
  readonly name: string
  readonly category: 'ATTRIBUTE' | 'METRIC' | 'SEGMENT'
  readonly dataType: DataType
  readonly isRepeated: boolean
  readonly enumValues: readonly string[]
}

export type ResourceSpec = {
  readonly name: string
  /** Resources whose attributes may stand beside its own. */
  readonly joins: readonly string[]
  /** Resources whose attributes may stand beside its own, too, and split its rows. */
  readonly splits: readonly string[]
  readonly metrics: readonly string[]
  readonly segments: readonly string[]
}

const status = ['ENABLED', 'PAUSED', 'REMOVED']
const matchTypes = ['BROAD', 'EXACT', 'PHRASE']

/** Type, or the values of an enum. `[]` behind a name: repeated. */
const attributes: { readonly [resource: string]: { readonly [field: string]: DataType | readonly string[] } } = {
  customer: {
    resource_name: 'RESOURCE_NAME',
    id: 'INT64',
    descriptive_name: 'STRING',
    currency_code: 'STRING',
    time_zone: 'STRING',
    status: ['ENABLED', 'CANCELED', 'SUSPENDED', 'CLOSED'],
    manager: 'BOOLEAN',
    test_account: 'BOOLEAN',
    auto_tagging_enabled: 'BOOLEAN',
    tracking_url_template: 'STRING',
    final_url_suffix: 'STRING',
    has_partners_badge: 'BOOLEAN',
    optimization_score: 'DOUBLE',
    'conversion_tracking_setting.conversion_tracking_id': 'INT64',
    'conversion_tracking_setting.conversion_tracking_status': [
      'NOT_CONVERSION_TRACKED',
      'CONVERSION_TRACKING_MANAGED_BY_SELF',
    ],
  },
  customer_client: {
    resource_name: 'RESOURCE_NAME',
    client_customer: 'RESOURCE_NAME',
    id: 'INT64',
    level: 'INT64',
    manager: 'BOOLEAN',
    hidden: 'BOOLEAN',
    test_account: 'BOOLEAN',
    descriptive_name: 'STRING',
    currency_code: 'STRING',
    time_zone: 'STRING',
    status: ['ENABLED', 'CANCELED', 'SUSPENDED', 'CLOSED'],
  },
  campaign: {
    resource_name: 'RESOURCE_NAME',
    id: 'INT64',
    name: 'STRING',
    status,
    serving_status: ['SERVING', 'NONE', 'ENDED', 'PENDING', 'SUSPENDED'],
    primary_status: ['ELIGIBLE', 'PAUSED', 'REMOVED', 'ENDED', 'PENDING', 'LIMITED', 'NOT_ELIGIBLE'],
    'primary_status_reasons[]': ['CAMPAIGN_REMOVED', 'CAMPAIGN_PAUSED', 'BUDGET_CONSTRAINED'],
    advertising_channel_type: ['SEARCH', 'DISPLAY', 'SHOPPING', 'VIDEO', 'PERFORMANCE_MAX', 'DEMAND_GEN'],
    advertising_channel_sub_type: ['SEARCH_MOBILE_APP', 'APP_CAMPAIGN'],
    bidding_strategy_type: ['MANUAL_CPC', 'MAXIMIZE_CONVERSIONS', 'TARGET_CPA', 'TARGET_SPEND'],
    start_date_time: 'STRING',
    end_date_time: 'STRING',
    campaign_budget: 'RESOURCE_NAME',
    optimization_score: 'DOUBLE',
    tracking_url_template: 'STRING',
    final_url_suffix: 'STRING',
    'labels[]': 'RESOURCE_NAME',
  },
  campaign_budget: {
    resource_name: 'RESOURCE_NAME',
    id: 'INT64',
    name: 'STRING',
    amount_micros: 'INT64',
    period: ['DAILY', 'CUSTOM_PERIOD'],
    status: ['ENABLED', 'REMOVED'],
  },
  ad_group: {
    resource_name: 'RESOURCE_NAME',
    id: 'INT64',
    name: 'STRING',
    status,
    type: ['SEARCH_STANDARD', 'DISPLAY_STANDARD', 'SHOPPING_PRODUCT_ADS'],
    primary_status: ['ELIGIBLE', 'PAUSED', 'REMOVED', 'PENDING', 'LIMITED', 'NOT_ELIGIBLE'],
    campaign: 'RESOURCE_NAME',
    cpc_bid_micros: 'INT64',
    effective_cpc_bid_micros: 'INT64',
    target_cpa_micros: 'INT64',
    target_roas: 'DOUBLE',
    tracking_url_template: 'STRING',
    final_url_suffix: 'STRING',
    'labels[]': 'RESOURCE_NAME',
  },
  ad_group_ad: {
    resource_name: 'RESOURCE_NAME',
    ad_group: 'RESOURCE_NAME',
    status,
    primary_status: ['ELIGIBLE', 'PAUSED', 'REMOVED', 'PENDING', 'LIMITED', 'NOT_ELIGIBLE'],
    ad_strength: ['PENDING', 'NO_ADS', 'POOR', 'AVERAGE', 'GOOD', 'EXCELLENT'],
    'ad.id': 'INT64',
    'ad.resource_name': 'RESOURCE_NAME',
    'ad.name': 'STRING',
    'ad.type': ['RESPONSIVE_SEARCH_AD', 'EXPANDED_TEXT_AD', 'IMAGE_AD'],
    'ad.final_urls[]': 'STRING',
    'ad.tracking_url_template': 'STRING',
    'ad.responsive_search_ad.headlines[]': 'MESSAGE',
    'ad.responsive_search_ad.descriptions[]': 'MESSAGE',
    'ad.responsive_search_ad.path1': 'STRING',
    'ad.responsive_search_ad.path2': 'STRING',
    'policy_summary.approval_status': ['DISAPPROVED', 'APPROVED_LIMITED', 'APPROVED', 'AREA_OF_INTEREST_ONLY'],
    'policy_summary.review_status': ['REVIEW_IN_PROGRESS', 'REVIEWED', 'UNDER_APPEAL', 'ELIGIBLE_MAY_SERVE'],
    'labels[]': 'RESOURCE_NAME',
  },
  ad_group_criterion: {
    resource_name: 'RESOURCE_NAME',
    ad_group: 'RESOURCE_NAME',
    criterion_id: 'INT64',
    type: ['KEYWORD', 'PLACEMENT', 'USER_LIST', 'AGE_RANGE'],
    status,
    negative: 'BOOLEAN',
    'keyword.text': 'STRING',
    'keyword.match_type': matchTypes,
    approval_status: ['APPROVED', 'DISAPPROVED', 'PENDING_REVIEW', 'UNDER_REVIEW'],
    system_serving_status: ['ELIGIBLE', 'RARELY_SERVED'],
    cpc_bid_micros: 'INT64',
    effective_cpc_bid_micros: 'INT64',
    'quality_info.quality_score': 'INT32',
    'final_urls[]': 'STRING',
    'labels[]': 'RESOURCE_NAME',
  },
  label: {
    resource_name: 'RESOURCE_NAME',
    id: 'INT64',
    name: 'STRING',
    status: ['ENABLED', 'REMOVED'],
    'text_label.background_color': 'STRING',
    'text_label.description': 'STRING',
  },
  keyword_view: { resource_name: 'RESOURCE_NAME' },
  search_term_view: {
    resource_name: 'RESOURCE_NAME',
    ad_group: 'RESOURCE_NAME',
    search_term: 'STRING',
    status: ['ADDED', 'EXCLUDED', 'ADDED_EXCLUDED', 'NONE'],
  },
  geographic_view: {
    resource_name: 'RESOURCE_NAME',
    country_criterion_id: 'INT64',
    location_type: ['AREA_OF_INTEREST', 'LOCATION_OF_PRESENCE'],
  },
  click_view: {
    resource_name: 'RESOURCE_NAME',
    gclid: 'STRING',
    ad_group_ad: 'RESOURCE_NAME',
    keyword: 'RESOURCE_NAME',
    'keyword_info.text': 'STRING',
    'keyword_info.match_type': matchTypes,
    page_number: 'INT64',
    'area_of_interest.city': 'RESOURCE_NAME',
    'area_of_interest.country': 'RESOURCE_NAME',
    'location_of_presence.city': 'RESOURCE_NAME',
    'location_of_presence.country': 'RESOURCE_NAME',
  },
}

const metricTypes: { readonly [name: string]: DataType } = {
  impressions: 'INT64',
  clicks: 'INT64',
  cost_micros: 'INT64',
  interactions: 'INT64',
  conversions: 'DOUBLE',
  conversions_value: 'DOUBLE',
  all_conversions: 'DOUBLE',
  all_conversions_value: 'DOUBLE',
  view_through_conversions: 'INT64',
}

const segmentTypes: { readonly [name: string]: DataType | readonly string[] } = {
  date: 'DATE',
  device: ['MOBILE', 'TABLET', 'DESKTOP', 'CONNECTED_TV', 'OTHER'],
  ad_network_type: ['SEARCH', 'SEARCH_PARTNERS', 'CONTENT', 'MIXED', 'YOUTUBE'],
  // Splits conversions, and cannot stand beside what is not one.
  conversion_action_name: 'STRING',
}

const metricNames = Object.keys(metricTypes).map((name) => `metrics.${name}`)
const segmentNames = Object.keys(segmentTypes).map((name) => `segments.${name}`)
const report = { metrics: metricNames, segments: segmentNames }
const plain = { metrics: [], segments: [] }

export const resources: ReadonlyMap<string, ResourceSpec> = new Map(
  [
    { name: 'customer', joins: [], ...report },
    { name: 'customer_client', joins: ['customer'], ...plain },
    { name: 'campaign', joins: ['customer', 'campaign_budget'], ...report },
    { name: 'campaign_budget', joins: ['customer'], ...plain },
    { name: 'ad_group', joins: ['customer', 'campaign'], ...report },
    { name: 'ad_group_ad', joins: ['customer', 'campaign', 'ad_group'], ...report },
    { name: 'ad_group_criterion', joins: ['customer', 'campaign', 'ad_group'], ...plain },
    { name: 'label', joins: ['customer'], ...plain },
    { name: 'keyword_view', joins: ['customer', 'campaign', 'ad_group', 'ad_group_criterion'], ...report },
    { name: 'search_term_view', joins: ['customer', 'campaign', 'ad_group'], ...report },
    { name: 'geographic_view', joins: ['customer'], splits: ['ad_group', 'campaign'], ...report },
    {
      name: 'click_view',
      joins: ['customer', 'campaign', 'ad_group'],
      metrics: ['metrics.clicks'],
      segments: ['segments.date', 'segments.device', 'segments.ad_network_type'],
    },
  ].map((resource) => [resource.name, { splits: [], ...resource }]),
)

export const fields: ReadonlyMap<string, FieldSpec> = new Map([
  ...Object.entries(attributes).flatMap(([resource, own]) =>
    Object.entries(own).map(([name, type]) => specOf(`${resource}.${name}`, 'ATTRIBUTE', type)),
  ),
  ...Object.entries(metricTypes).map(([name, type]) => specOf(`metrics.${name}`, 'METRIC', type)),
  ...Object.entries(segmentTypes).map(([name, type]) => specOf(`segments.${name}`, 'SEGMENT', type)),
])

function specOf(
  text: string,
  category: FieldSpec['category'],
  type: DataType | readonly string[],
): [string, FieldSpec] {
  const name = text.replace('[]', '')
  const dataType = typeof type === 'string' ? type : 'ENUM'
  return [
    name,
    { name, category, dataType, isRepeated: text !== name, enumValues: typeof type === 'string' ? [] : type },
  ]
}

/** May a metric stand beside a segment? */
export const goesWith = (metric: string, segment: string): boolean =>
  segment !== 'segments.conversion_action_name' || /conversions/.test(metric)
