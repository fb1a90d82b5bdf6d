import type { Json, JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'
import { fields, resources } from './fields.ts'
import type { Condition, Query } from './gaql.ts'
import { accountOf, accountsBelow } from './hierarchy.ts'

/** Rows as they are kept: by the names of fields. */
export type Row = JsonObject

/** All rows of a query, in order; without LIMIT. */
export function runQuery(store: SimulatorStore, customer: string, query: Query): readonly Row[] {
  const named = [...query.select, ...query.where.map(({ field }) => field)]
  const splits = resources.get(query.from)?.splits ?? []
  const isReport = splits.length > 0 || named.some((field) => /^(metrics|segments)\./.test(field))
  const whole = [...baseRows(store, customer, query.from, isReport)].filter((row) =>
    query.where.every((condition) => matches(valueOf(store, row, condition.field), condition)),
  )
  const notAsked = [
    ...(isReport && !query.select.includes('segments.date') ? ['segments.date'] : []),
    ...splits.filter((of) => !named.some((field) => field.startsWith(`${of}.`))).map((of) => `${of}.id`),
  ]
  const rows = notAsked.length > 0 ? sumUp(whole, { select: query.select, notAsked }) : whole
  const selected = rows.map((row) => pick(store, row, query))
  for (const { field, isDescending } of [...query.orderBy].reverse())
    selected.sort((a, b) => compare(a[field], b[field]) * (isDescending ? -1 : 1))
  return selected
}

function* baseRows(store: SimulatorStore, customer: string, from: string, isReport: boolean): Generator<Row> {
  if (from === 'customer_client') {
    for (const { account, level } of accountsBelow(store, customer)) yield clientRow(customer, account, level)
    return
  }
  if (from === 'geographic_view') {
    for (const [, row] of store.all('ad_group_performance'))
      if (row['customer.id'] === customer) yield geographicRow(customer, row)
    return
  }
  const type = isReport ? (facts[from] ?? from) : from
  for (const [, row] of store.all(type)) if (row['customer.id'] === customer) yield row
}

/** Where the rows by day of a resource are kept. */
const facts: { readonly [from: string]: string } = {
  customer: 'customer_performance',
  campaign: 'campaign_performance',
  ad_group: 'ad_group_performance',
  ad_group_ad: 'ad_performance',
  keyword_view: 'keyword_performance',
  search_term_view: 'search_term_performance',
  click_view: 'click_view',
}

/** An ad group is seen in one country. Its name and its campaign's are not in the view's own. */
function geographicRow(customer: string, row: Row): Row {
  const country = Number(row['ad_group.id']) % 2 === 0 ? '2246' : '2840'
  return {
    ...row,
    'geographic_view.resource_name': `customers/${customer}/geographicViews/${country}~LOCATION_OF_PRESENCE`,
    'geographic_view.country_criterion_id': country,
    'geographic_view.location_type': 'LOCATION_OF_PRESENCE',
  }
}

function clientRow(customer: string, account: Row, level: number): Row {
  const id = String(account['customer.id'])
  return {
    'customer.id': customer,
    'customer_client.resource_name': `customers/${customer}/customerClients/${id}`,
    'customer_client.client_customer': `customers/${id}`,
    'customer_client.id': id,
    'customer_client.level': String(level),
    'customer_client.manager': account['customer.manager'] ?? false,
    'customer_client.hidden': false,
    'customer_client.test_account': account['customer.test_account'] ?? false,
    'customer_client.descriptive_name': account['customer.descriptive_name'] ?? null,
    'customer_client.currency_code': account['customer.currency_code'] ?? null,
    'customer_client.time_zone': account['customer.time_zone'] ?? null,
    'customer_client.status': account['customer.status'] ?? null,
  }
}

/** Its own value, or that of the resource that the row belongs to. */
function valueOf(store: SimulatorStore, row: Row, field: string): Json {
  const own = row[field]
  if (own !== undefined) return own
  const only = onlyValues[field]
  if (only !== undefined) return only
  const [resource = ''] = field.split('.')
  return joined(store, row, resource)?.[field] ?? null
}

/** Segments by which no row is split. */
const onlyValues: { readonly [segment: string]: string } = {
  'segments.device': 'DESKTOP',
  'segments.ad_network_type': 'SEARCH',
}

function joined(store: SimulatorStore, row: Row, resource: string): Row | undefined {
  const customer = String(row['customer.id'])
  const adGroup = String(row['ad_group.id'])
  switch (resource) {
    case 'customer':
      return accountOf(store, customer)
    case 'campaign':
      return store.get('campaign', `customers/${customer}/campaigns/${String(row['campaign.id'])}`)
    case 'campaign_budget':
      return store.get('campaign_budget', String(row['campaign.campaign_budget']))
    case 'ad_group':
      return store.get('ad_group', `customers/${customer}/adGroups/${adGroup}`)
    case 'ad_group_ad':
      return store.get('ad_group_ad', `customers/${customer}/adGroupAds/${adGroup}~${String(row['ad_group_ad.ad.id'])}`)
    case 'ad_group_criterion':
      return store.get(
        'ad_group_criterion',
        `customers/${customer}/adGroupCriteria/${adGroup}~${String(row['ad_group_criterion.criterion_id'])}`,
      )
    default:
      return undefined
  }
}

/** What is selected, and the names of the resources that it is of, which always come. */
function pick(store: SimulatorStore, row: Row, { select, from }: Query): Row {
  const of = new Set([from, ...select.map((field) => field.split('.')[0] ?? '')])
  const names = [...of].map((resource) => `${resource}.resource_name`).filter((name) => fields.has(name))
  return Object.fromEntries([...names, ...select].map((field) => [field, valueOf(store, row, field)]))
}

/** Days, and what else splits rows, add up where nobody asks for them one by one. */
function sumUp(
  rows: readonly Row[],
  { select, notAsked }: { readonly select: readonly string[]; readonly notAsked: readonly string[] },
): readonly Row[] {
  const sums = new Map<string, { [field: string]: Json }>()
  for (const row of rows) {
    const key = Object.entries(row)
      .filter(([field]) => !field.startsWith('metrics.') && !notAsked.includes(field))
      .map(([, value]) => String(value))
      .join('\n')
    const sum = sums.get(key)
    if (!sum) sums.set(key, { ...row })
    else
      for (const field of select)
        if (field.startsWith('metrics.')) {
          const added = Number(sum[field]) + Number(row[field])
          sum[field] = typeof row[field] === 'string' ? String(added) : Math.round(added * 100) / 100
        }
  }
  return [...sums.values()]
}

function matches(value: Json, { operator, values }: Condition): boolean {
  const texts = values.map(({ text }) => text)
  const [first = '', second = ''] = texts
  const list = Array.isArray(value) ? value.map(String) : []
  switch (operator) {
    case 'IS NULL':
      return value === null
    case 'IS NOT NULL':
      return value !== null
    case 'CONTAINS ANY':
      return texts.some((text) => list.includes(text))
    case 'CONTAINS ALL':
      return texts.every((text) => list.includes(text))
    case 'CONTAINS NONE':
      return !texts.some((text) => list.includes(text))
    case 'IN':
      return texts.includes(String(value))
    case 'NOT IN':
      return !texts.includes(String(value))
    case 'LIKE':
      return like(first).test(String(value))
    case 'NOT LIKE':
      return !like(first).test(String(value))
    case 'BETWEEN':
      return compare(value, first) >= 0 && compare(value, second) <= 0
    case '=':
      return compare(value, first) === 0
    case '!=':
      return compare(value, first) !== 0
    case '<':
      return compare(value, first) < 0
    case '<=':
      return compare(value, first) <= 0
    case '>':
      return compare(value, first) > 0
    default:
      return compare(value, first) >= 0
  }
}

const like = (pattern: string) =>
  new RegExp(`^${pattern.replace(/[.*+?^${}()|\\]/g, '\\$&').replaceAll('%', '.*')}$`, 'is')

function compare(a: Json | undefined, b: Json | undefined): number {
  const left = String(a ?? '')
  const right = String(b ?? '')
  if (/^-?\d+(\.\d+)?$/.test(left) && /^-?\d+(\.\d+)?$/.test(right)) {
    const far = Number(left) - Number(right)
    return Math.sign(far)
  }
  // Enums and booleans are said in any case.
  return left.toLowerCase() < right.toLowerCase() ? -1 : left.toLowerCase() > right.toLowerCase() ? 1 : 0
}
