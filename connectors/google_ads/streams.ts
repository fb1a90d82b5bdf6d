/**
 * The streams as data: a further one is a further entry. How they are read is in read-entities.ts and read-report.ts; of
 * what type their columns are, the vendor says (metadata.ts).
 * https://developers.google.com/google-ads/api/fields/v25/overview
 */

export type AdsStream = {
  readonly name: string
  /** The resource in FROM. */
  readonly from: string
  /** GAQL field names. */
  readonly key: readonly string[]
  readonly fields: readonly string[]
  /** Managers have rows of it too. */
  readonly ofManagers?: boolean
  /** Of a query that a user wrote: its conditions. */
  readonly where?: string
  /** Of a query that a user wrote: one field that is not there is an error, and not a column less. */
  readonly isOwn?: boolean
  /** Rows by day. */
  readonly report?: Report
}

export type Report = {
  /** How many days are read again at each run, since they may have been restated. */
  readonly windowDays: number
  /** Days of one query, and of one checkpoint. */
  readonly daysPerQuery: number
  /** The vendor takes one day a query only. */
  readonly isDaily?: boolean
  /** How many days back the vendor gives rows at all: what asks for an older one is refused. */
  readonly keptDays: number
}

/**
 * 37 months, and some days less: what counts as a month is the vendor's to say, and today the account's.
 * https://developers.google.com/google-ads/api/docs/reporting/segmentation
 */
export const keptDays = 1110
/** https://developers.google.com/google-ads/api/fields/v25/click_view */
export const keptClickDays = 90

/** The stream whose query stands in the sync: see gaql-stream.ts. */
export const gaqlName = 'gaql'

const ids = { campaign: ['customer.id', 'campaign.id'], adGroup: ['customer.id', 'campaign.id', 'ad_group.id'] }

const metrics = [
  'metrics.impressions',
  'metrics.clicks',
  'metrics.cost_micros',
  'metrics.interactions',
  'metrics.conversions',
  'metrics.conversions_value',
  'metrics.all_conversions',
  'metrics.all_conversions_value',
  'metrics.view_through_conversions',
]

/** Where the vendor lists what goes with its resource. */
export const docsOf = ({ from }: AdsStream): string => `https://developers.google.com/google-ads/api/fields/v25/${from}`

export const adsStreams: readonly AdsStream[] = [
  {
    name: 'customer',
    from: 'customer',
    key: ['customer.id'],
    ofManagers: true,
    fields: [
      'customer.id',
      'customer.resource_name',
      'customer.descriptive_name',
      'customer.currency_code',
      'customer.time_zone',
      'customer.status',
      'customer.manager',
      'customer.test_account',
      'customer.auto_tagging_enabled',
      'customer.tracking_url_template',
      'customer.final_url_suffix',
      'customer.has_partners_badge',
      'customer.optimization_score',
      'customer.conversion_tracking_setting.conversion_tracking_id',
      'customer.conversion_tracking_setting.conversion_tracking_status',
    ],
  },
  {
    name: 'campaign',
    from: 'campaign',
    key: ['customer.id', 'campaign.id'],
    fields: [
      ...ids.campaign,
      'campaign.resource_name',
      'campaign.name',
      'campaign.status',
      'campaign.serving_status',
      'campaign.primary_status',
      'campaign.primary_status_reasons',
      'campaign.advertising_channel_type',
      'campaign.advertising_channel_sub_type',
      'campaign.bidding_strategy_type',
      'campaign.start_date_time',
      'campaign.end_date_time',
      'campaign.campaign_budget',
      'campaign_budget.amount_micros',
      'campaign_budget.period',
      'campaign.optimization_score',
      'campaign.tracking_url_template',
      'campaign.final_url_suffix',
      'campaign.labels',
    ],
  },
  {
    name: 'ad_group',
    from: 'ad_group',
    key: ['customer.id', 'ad_group.id'],
    fields: [
      ...ids.adGroup,
      'ad_group.resource_name',
      'ad_group.name',
      'ad_group.status',
      'ad_group.type',
      'ad_group.primary_status',
      'ad_group.cpc_bid_micros',
      'ad_group.effective_cpc_bid_micros',
      'ad_group.target_cpa_micros',
      'ad_group.target_roas',
      'ad_group.tracking_url_template',
      'ad_group.final_url_suffix',
      'ad_group.labels',
    ],
  },
  {
    name: 'ad_group_ad',
    from: 'ad_group_ad',
    key: ['customer.id', 'ad_group.id', 'ad_group_ad.ad.id'],
    fields: [
      ...ids.adGroup,
      'ad_group_ad.ad.id',
      'ad_group_ad.resource_name',
      'ad_group_ad.status',
      'ad_group_ad.primary_status',
      'ad_group_ad.ad_strength',
      'ad_group_ad.ad.name',
      'ad_group_ad.ad.type',
      'ad_group_ad.ad.final_urls',
      'ad_group_ad.ad.tracking_url_template',
      'ad_group_ad.ad.responsive_search_ad.headlines',
      'ad_group_ad.ad.responsive_search_ad.descriptions',
      'ad_group_ad.ad.responsive_search_ad.path1',
      'ad_group_ad.ad.responsive_search_ad.path2',
      'ad_group_ad.policy_summary.approval_status',
      'ad_group_ad.policy_summary.review_status',
      'ad_group_ad.labels',
    ],
  },
  {
    name: 'keyword',
    from: 'ad_group_criterion',
    key: ['customer.id', 'ad_group.id', 'ad_group_criterion.criterion_id'],
    where: 'ad_group_criterion.type = KEYWORD',
    fields: [
      ...ids.adGroup,
      'ad_group_criterion.criterion_id',
      'ad_group_criterion.resource_name',
      'ad_group_criterion.keyword.text',
      'ad_group_criterion.keyword.match_type',
      'ad_group_criterion.status',
      'ad_group_criterion.negative',
      'ad_group_criterion.approval_status',
      'ad_group_criterion.system_serving_status',
      'ad_group_criterion.cpc_bid_micros',
      'ad_group_criterion.effective_cpc_bid_micros',
      'ad_group_criterion.quality_info.quality_score',
      'ad_group_criterion.final_urls',
      'ad_group_criterion.labels',
    ],
  },
  {
    name: 'label',
    from: 'label',
    key: ['customer.id', 'label.id'],
    ofManagers: true,
    fields: [
      'customer.id',
      'label.id',
      'label.resource_name',
      'label.name',
      'label.status',
      'label.text_label.background_color',
      'label.text_label.description',
    ],
  },
  {
    name: 'customer_performance',
    from: 'customer',
    key: ['customer.id', 'segments.date'],
    fields: ['customer.id', 'segments.date', 'customer.currency_code', ...metrics],
    report: { windowDays: 30, daysPerQuery: 30, keptDays },
  },
  {
    name: 'campaign_performance',
    from: 'campaign',
    key: [...ids.campaign, 'segments.date'],
    fields: [...ids.campaign, 'segments.date', 'campaign.name', 'customer.currency_code', ...metrics],
    report: { windowDays: 30, daysPerQuery: 30, keptDays },
  },
  {
    name: 'ad_group_performance',
    from: 'ad_group',
    key: ['customer.id', 'ad_group.id', 'segments.date'],
    fields: [...ids.adGroup, 'segments.date', 'ad_group.name', 'customer.currency_code', ...metrics],
    report: { windowDays: 30, daysPerQuery: 15, keptDays },
  },
  {
    name: 'ad_performance',
    from: 'ad_group_ad',
    key: ['customer.id', 'ad_group.id', 'ad_group_ad.ad.id', 'segments.date'],
    fields: [...ids.adGroup, 'ad_group_ad.ad.id', 'segments.date', 'customer.currency_code', ...metrics],
    report: { windowDays: 30, daysPerQuery: 10, keptDays },
  },
  {
    name: 'keyword_performance',
    from: 'keyword_view',
    key: ['customer.id', 'ad_group.id', 'ad_group_criterion.criterion_id', 'segments.date'],
    fields: [
      ...ids.adGroup,
      'ad_group_criterion.criterion_id',
      'segments.date',
      'ad_group_criterion.keyword.text',
      'ad_group_criterion.keyword.match_type',
      'customer.currency_code',
      ...metrics,
    ],
    report: { windowDays: 30, daysPerQuery: 10, keptDays },
  },
  {
    name: 'click_view',
    from: 'click_view',
    key: ['customer.id', 'segments.date', 'click_view.gclid'],
    fields: [
      ...ids.adGroup,
      'segments.date',
      'click_view.gclid',
      'click_view.resource_name',
      'click_view.ad_group_ad',
      'click_view.keyword',
      'click_view.keyword_info.text',
      'click_view.keyword_info.match_type',
      'click_view.page_number',
      'click_view.area_of_interest.city',
      'click_view.area_of_interest.country',
      'click_view.location_of_presence.city',
      'click_view.location_of_presence.country',
      'metrics.clicks',
    ],
    report: { windowDays: 3, daysPerQuery: 1, isDaily: true, keptDays: keptClickDays },
  },
]
