import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { recordsOf, textOf } from './records.ts'
import { isHourly } from './unsupported-metrics.ts'

/** What a report was asked for, checked. */
export type Query = {
  readonly account: string
  readonly level: 'account' | 'campaign' | 'adset' | 'ad'
  readonly fields: readonly string[]
  readonly breakdowns: readonly string[]
  readonly first: string
  readonly last: string
  /** A row for each day, or one for all. */
  readonly daily: boolean
  readonly filters: readonly Filter[]
}

export type Filter = { readonly field: string; readonly isNot: boolean; readonly values: readonly string[] }

/**
 * The rows of a report, as they stand at the vendor's now. What an ad does on a day is drawn from its id and the day, so
 * that it is the same for every report; what people do after they saw it is counted later, for 28 days: restated.
 */
export function makeRows({ store, world, now }: SimulatorContext, query: Query): readonly JsonObject[] {
  const account = store.get('ad_accounts', query.account)
  const timezone = textOf(account, 'timezone_name')
  const today = dayOf(now(), timezone)
  const ads = recordsOf(store, 'ads')
    .filter((ad) => `act_${textOf(ad, 'account_id')}` === query.account && isWanted(query, { store }, ad))
    .map((ad) => ({ ad, firstDay: dayOf(new Date(textOf(ad, 'created_time').replace('+0000', 'Z')), timezone) }))
  const broken = combinations(query.breakdowns)
  const rows: JsonObject[] = []
  const spans = query.daily
    ? daysBetween(query.first, query.last).map((day) => [day])
    : [daysBetween(query.first, query.last)]
  for (const days of spans) {
    const sums = new Map<string, Sum>()
    for (const day of days.filter((each) => each <= today))
      for (const { ad, firstDay } of ads) {
        const id = textOf(ad, 'id')
        if (day < firstDay) continue
        if (stoppedBefore(ad, day)) continue
        for (const values of broken) {
          const drawn = draw(world.seed, `${id} ${day} ${values.toSorted().join(' ')}`)
          // Not every ad is shown to everyone every day.
          if (drawn[0] < 0.15) continue
          const key = [keyOf(query.level, ad), ...values].join('\u0001')
          const sum = sums.get(key) ?? emptySum(ad, values)
          add(sum, { drawn, matured: maturity(day, today), share: broken.length })
          sums.set(key, sum)
        }
      }
    for (const sum of sums.values()) rows.push(describe(query, { store, account, sum, days }))
  }
  return rows
}

/** The part of the conversions that the vendor knows of: the rest comes within 28 days. */
function maturity(day: string, today: string): number {
  const age = Math.round((Date.parse(today) - Date.parse(day)) / dayMs)
  return age >= 28 ? 1 : 0.6 + (0.4 * age) / 28
}

type Sum = {
  readonly ad: JsonObject
  readonly values: readonly string[]
  impressions: number
  clicks: number
  cents: number
  purchases: number
  reach: number
}

const emptySum = (ad: JsonObject, values: readonly string[]): Sum => ({
  ad,
  values,
  impressions: 0,
  clicks: 0,
  cents: 0,
  purchases: 0,
  reach: 0,
})

function add(
  sum: Sum,
  { drawn: [, a, b, c], matured, share }: { readonly drawn: Drawn; readonly matured: number; readonly share: number },
): void {
  const impressions = Math.ceil((200 + a * 4_000) / share)
  sum.impressions += impressions
  sum.reach += Math.ceil(impressions * 0.8)
  sum.clicks += Math.floor(impressions * 0.02 * b)
  sum.cents += Math.ceil(impressions * (0.4 + c))
  // Clicks that are found invalid are taken off again; purchases come late.
  sum.purchases += Math.floor(impressions * 0.01 * b * matured)
}

type Facts = {
  readonly store: SimulatorContext['store']
  readonly account: JsonObject | undefined
  readonly sum: Sum
  readonly days: readonly string[]
}

function describe({ level, fields, breakdowns }: Query, { store, account, sum, days }: Facts): JsonObject {
  const { ad, values, impressions, clicks, cents, purchases, reach } = sum
  const campaign = store.get('campaigns', textOf(ad, 'campaign_id'))
  const adset = store.get('adsets', textOf(ad, 'adset_id'))
  const actions: Json = [
    { action_type: 'link_click', value: String(clicks) },
    ...(purchases > 0 ? [{ action_type: 'purchase', value: String(purchases) }] : []),
  ]
  const all: { readonly [field: string]: Json } = {
    account_currency: account?.['currency'] ?? 'USD',
    account_id: textOf(account, 'account_id'),
    account_name: textOf(account, 'name'),
    campaign_id: textOf(campaign, 'id'),
    campaign_name: textOf(campaign, 'name'),
    buying_type: textOf(campaign, 'buying_type'),
    objective: textOf(campaign, 'objective'),
    adset_id: textOf(adset, 'id'),
    adset_name: textOf(adset, 'name'),
    ad_id: textOf(ad, 'id'),
    ad_name: textOf(ad, 'name'),
    impressions: String(impressions),
    reach: String(reach),
    clicks: String(clicks),
    unique_clicks: String(Math.ceil(clicks * 0.9)),
    inline_link_clicks: String(clicks),
    spend: (cents / 100).toFixed(2),
    social_spend: '0',
    frequency: (impressions / Math.max(1, reach)).toFixed(6),
    ctr: ((100 * clicks) / impressions).toFixed(6),
    cpm: ((10 * cents) / impressions).toFixed(6),
    ...(clicks > 0 && { cpc: (cents / 100 / clicks).toFixed(6), actions }),
    ...(purchases > 0 && {
      conversions: [{ action_type: 'purchase_total', value: String(purchases) }],
      action_values: [{ action_type: 'purchase', value: (purchases * 49.9).toFixed(2) }],
      purchase_roas: [{ action_type: 'omni_purchase', value: ((purchases * 4990) / cents).toFixed(6) }],
    }),
    attribution_setting: '7d_click_1d_view',
    optimization_goal: textOf(adset, 'optimization_goal'),
    quality_ranking: 'UNKNOWN',
    engagement_rate_ranking: 'UNKNOWN',
    conversion_rate_ranking: 'UNKNOWN',
    video_avg_time_watched_actions: [{ action_type: 'video_view', value: '3' }],
    ...(breakdowns.some(isHourly) && { reach: '0', frequency: '0' }),
  }
  const asked = fields.length === 0 ? ['account_id', 'impressions', 'spend'] : fields
  const tooDeep = ['account', 'campaign', 'adset', 'ad'].slice(
    ['account', 'campaign', 'adset', 'ad'].indexOf(level) + 1,
  )
  return {
    ...Object.fromEntries(
      asked.flatMap((field): [string, Json][] => {
        const value = all[field]
        const isBelow = tooDeep.some((below) => field === `${below}_id` || field === `${below}_name`)
        return value === undefined || isBelow ? [] : [[field, value]]
      }),
    ),
    date_start: days[0] ?? '',
    date_stop: days.at(-1) ?? '',
    ...Object.fromEntries(breakdowns.map((name, index) => [name, values[index] ?? 'unknown'])),
  }
}

/** Filters, and what a report leaves out by itself: what is deleted comes only when its status is asked for. */
function isWanted({ filters, level }: Query, { store }: Pick<SimulatorContext, 'store'>, ad: JsonObject): boolean {
  const of = (kind: string) =>
    kind === 'ad' ? ad : store.get(kind === 'adset' ? 'adsets' : 'campaigns', textOf(ad, `${kind}_id`))
  const isFiltered = filters.some(({ field }) => field.endsWith('.effective_status'))
  if (level !== 'account' && !isFiltered && gone.has(textOf(of(level), 'effective_status'))) return false
  return filters.every(({ field, isNot, values }) => {
    const [kind = '', name = ''] = field.split('.')
    return values.includes(textOf(of(kind), name)) !== isNot
  })
}

function stoppedBefore(ad: JsonObject, day: string): boolean {
  return (
    textOf(ad, 'effective_status') !== 'ACTIVE' &&
    day > textOf(ad, 'updated_time').slice(0, 10) &&
    textOf(ad, 'updated_time') !== textOf(ad, 'created_time')
  )
}

const keyOf = (level: Query['level'], ad: JsonObject) =>
  textOf(ad, level === 'account' ? 'account_id' : level === 'ad' ? 'id' : `${level}_id`)

/** Every value of one breakdown with every value of the next. */
const combinations = (breakdowns: readonly string[]): readonly (readonly string[])[] =>
  breakdowns.reduce<readonly (readonly string[])[]>(
    (lists, name) => lists.flatMap((list) => (breakdownValues[name] ?? ['unknown']).map((value) => [...list, value])),
    [[]],
  )

export const breakdownValues: { readonly [name: string]: readonly string[] } = {
  age: ['18-24', '25-34', '35-44', 'Unknown'],
  app_id: ['119211728144504'],
  gender: ['female', 'male', 'unknown'],
  country: ['DE', 'FR', 'US'],
  region: ['Île-de-France', 'Bayern', 'California'],
  dma: ['San Francisco-Oak-San Jose'],
  publisher_platform: ['facebook', 'instagram', 'audience_network'],
  platform_position: ['feed', 'story'],
  impression_device: ['desktop', 'iphone', 'android_smartphone'],
  device_platform: ['desktop', 'mobile_app', 'mobile_web'],
  frequency_value: ['1', '2', '3-5'],
  place_page_id: ['104500000000009'],
  product_id: ['6021, Lamp, red'],
  hourly_stats_aggregated_by_advertiser_time_zone: ['08:00:00 - 08:59:59', '20:00:00 - 20:59:59'],
  hourly_stats_aggregated_by_audience_time_zone: ['08:00:00 - 08:59:59', '20:00:00 - 20:59:59'],
}

type Drawn = readonly [number, number, number, number]

/** Four numbers below 1, from a seed and a name alone. */
function draw(seed: number, name: string): Drawn {
  let state = seed ^ 0x811c9dc5
  for (let index = 0; index < name.length; index++) state = Math.imul(state ^ name.charCodeAt(index), 0x01000193)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return [next(), next(), next(), next()]
}

export function daysBetween(first: string, last: string): readonly string[] {
  const days: string[] = []
  for (let at = Date.parse(first); at <= Date.parse(last); at += dayMs)
    days.push(new Date(at).toISOString().slice(0, 10))
  return days
}

export function dayOf(at: Date, timezone: string): string {
  const format =
    formats.get(timezone) ??
    new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' })
  formats.set(timezone, format)
  return format.format(at)
}

const formats = new Map<string, Intl.DateTimeFormat>()
const gone = new Set(['ARCHIVED', 'DELETED'])
const dayMs = 86_400_000
