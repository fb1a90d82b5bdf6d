import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { fieldsOf } from '../insights-columns.ts'
import { breakdownValues, dayOf, daysBetween, makeRows, type Filter, type Query } from './insights.ts'
import { fromCursor, makePage, toCursor } from './page.ts'
import { listOf, type Given, type Spec } from './parameters.ts'
import { recordsOf, textOf } from './records.ts'
import {
  refuseField,
  refuseInsightsField,
  refuseParameter,
  refuseTooMuch,
  refuseTooOld,
  refuseUnready,
  type Refusal,
} from './refusal.ts'
import { refuseMetrics } from './unsupported-metrics.ts'

/** https://developers.facebook.com/docs/marketing-api/reference/ad-account/insights/ */
export const startSpec: Spec = {
  level: ['account', 'campaign', 'adset', 'ad'],
  fields: 'names',
  breakdowns: 'list',
  action_breakdowns: 'list',
  action_attribution_windows: 'list',
  time_range: 'object',
  time_increment: 'text',
  filtering: 'list',
  // The SDK sends the account's own id along.
  id: 'text',
}
export const runSpec: Spec = { fields: 'names' }
export const rowsSpec: Spec = { limit: 'integer', after: 'text' }

/** Starts a run. What it will say is settled here; it says so after some questions. */
export function startReport(context: SimulatorContext, account: string, given: Given): JsonObject | Refusal {
  const query = readQuery(context, account, given)
  if ('refused' in query) return query
  const most = context.fault('too_much_data')?.['rows']
  const isClosed = query.breakdowns.some((name) => optedIn.has(name)) && context.fault('not_opted_in')
  const rows = isClosed ? [] : makeRows(context, query)
  if (rows.length > (typeof most === 'number' ? most : mostRows)) return refuseTooMuch()
  const id = String(6_100_000_000_000 + context.store.next('report'))
  context.store.put('report_runs', id, {
    id,
    account,
    asked: 0,
    outcome: outcomeOf(context, query),
    query: JSON.stringify(query),
  })
  const ran = ranOf(context)
  ran.set(id, rows)
  for (const old of ran.keys()) if (ran.size > keptRuns) ran.delete(old)
  return { report_run_id: id }
}

/** Rows of the latest runs, by store: made again for a run that is older. */
function ranOf({ store }: SimulatorContext): Map<string, readonly JsonObject[]> {
  const known = ranByStore.get(store) ?? new Map<string, readonly JsonObject[]>()
  ranByStore.set(store, known)
  return known
}

/** `Job Not Started`, `Job Running` and then how it ended. */
export function describeRun(context: SimulatorContext, run: JsonObject, given: Given): JsonObject | Refusal {
  const odd = listOf(given['fields']).find((name) => !runFields.includes(name))
  if (odd !== undefined) return refuseField(odd, 'AdReportRun')
  const asked = Number(run['asked']) + 1
  context.store.put('report_runs', textOf(run, 'id'), { ...run, asked })
  const needed = Number(context.fault('slow_reports')?.['polls'] ?? usualPolls)
  const isOver = asked >= needed
  const outcome = textOf(run, 'outcome')
  const status = isOver ? outcome : asked === 1 ? 'Job Not Started' : 'Job Running'
  if (isOver) context.store.put('report_runs', textOf(run, 'id'), { ...run, asked, is_over: true })
  const [first, last] = daysOfRun(run)
  return {
    id: textOf(run, 'id'),
    account_id: textOf(run, 'account').replace('act_', ''),
    async_status: status,
    // It says 100 per cent a little before it is complete.
    async_percent_completion: isOver ? (outcome === 'Job Completed' ? 100 : 0) : asked === 1 ? 0 : 100,
    ...(isOver && outcome === 'Job Failed' && jobFailure),
    date_start: first ?? '',
    date_stop: last ?? '',
    is_running: !isOver,
  }
}

export function listRows(
  context: SimulatorContext,
  run: JsonObject,
  { url, given }: { readonly url: URL; readonly given: Given },
): JsonObject | Refusal {
  if (run['is_over'] !== true || run['outcome'] !== 'Job Completed') return refuseUnready()
  const query: Query = JSON.parse(textOf(run, 'query'))
  // A report stays as it was when it ran.
  const items = ranOf(context).get(textOf(run, 'id')) ?? makeRows(context, query)
  return makePage(
    context,
    {
      url,
      given,
      cursorOf: (index) => toCursor(String(index)),
      indexAfter: (cursor) => {
        const index = Number(fromCursor(cursor) ?? Number.NaN)
        return Number.isNaN(index) ? undefined : index + 1
      },
    },
    { items, describe: (row) => row },
  )
}

function readQuery(context: SimulatorContext, account: string, given: Given): Query | Refusal {
  const level = (['account', 'campaign', 'adset', 'ad'] as const).find((each) => each === given['level']) ?? 'account'
  const fields = listOf(given['fields'])
  const dead = context.fault('dead_field')?.['field']
  const oddField = fields.find((name) => !Object.hasOwn(fieldsOf('ad'), name) || name === dead)
  if (oddField !== undefined) return refuseInsightsField(oddField)
  const breakdowns = listOf(given['breakdowns'])
  const names = Object.keys(breakdownValues)
  const oddBreakdown = breakdowns.findIndex((name) => !names.includes(name))
  if (oddBreakdown >= 0)
    return refuseParameter(`breakdowns[${oddBreakdown}] must be one of the following values: ${names.join(', ')}`)
  if (!isAllowedTogether(breakdowns))
    return refuseParameter(`Current combination of data breakdown columns (${breakdowns.join(', ')}) is invalid`)
  const oddMetric = refuseMetrics(fields, breakdowns)
  if (oddMetric) return oddMetric
  const increment = given['time_increment'] ?? 'all_days'
  if (increment !== '1' && increment !== 'all_days')
    return refuseParameter('Param time_increment must be 1 or all_days')
  const range = readRange(context, account, given['time_range'])
  if ('refused' in range) return range
  const filters = readFilters(given['filtering'])
  if (!Array.isArray(filters)) return refuseParameter('Param filtering must be an array of {field, operator, value}.')
  return { account, level, fields, breakdowns, ...range, daily: increment === '1', filters }
}

function readRange(
  { store, now }: SimulatorContext,
  account: string,
  given: Json | undefined,
): { readonly first: string; readonly last: string } | Refusal {
  const today = dayOf(now(), textOf(store.get('ad_accounts', account), 'timezone_name'))
  // Without a range: the last 30 days.
  if (given === undefined) {
    const days = daysBetween('2000-01-01', today).slice(-31, -1)
    return { first: days[0] ?? today, last: days.at(-1) ?? today }
  }
  const { since, until } = { since: '', until: '', ...(typeof given === 'object' ? given : {}) }
  if (!isDay(since) || !isDay(until)) return refuseParameter('Must be a date representation in the format YYYY-MM-DD')
  if (since > until) return refuseParameter('The start date must be earlier than or equal to the end date')
  const oldest = new Date(now())
  oldest.setUTCMonth(oldest.getUTCMonth() - 37)
  if (Date.parse(since) < oldest.getTime()) return refuseTooOld()
  return { first: since, last: until }
}

/** `[{ field: 'campaign.id', operator: 'IN', value: […] }]`: ids and states, IN and NOT_IN alone. null: not so. */
function readFilters(given: Json | undefined): Query['filters'] | null {
  const filters: Filter[] = []
  for (const each of Array.isArray(given) ? given : []) {
    const { field, operator, value } = {
      field: '',
      operator: '',
      value: null,
      ...(typeof each === 'object' ? each : {}),
    }
    const isKnown = typeof field === 'string' && /^(campaign|adset|ad)\.(id|effective_status)$/.test(field)
    if (!isKnown || (operator !== 'IN' && operator !== 'NOT_IN') || !Array.isArray(value)) return null
    filters.push({ field, isNot: operator === 'NOT_IN', values: listOf(value) })
  }
  return filters
}

/** https://developers.facebook.com/docs/marketing-api/insights/breakdowns#combos */
const isAllowedTogether = (breakdowns: readonly string[]) =>
  breakdowns.length <= 1 ||
  breakdownsThatMix.some((mix) => breakdowns.every((name) => mix.includes(name)) && isWithPlatform(breakdowns))

/** A position alone means nothing. */
const isWithPlatform = (breakdowns: readonly string[]) =>
  !breakdowns.includes('platform_position') || breakdowns.includes('publisher_platform')

const breakdownsThatMix = [
  ['age', 'gender'],
  ['publisher_platform', 'platform_position', 'impression_device', 'device_platform'],
]

/** The faults `job_failed` and `job_skipped`; with `days` or `campaigns` only reports of more than so many. */
function outcomeOf({ fault, store }: SimulatorContext, { account, first, last, filters }: Query): string {
  const days = daysBetween(first, last).length
  const filter = filters.find(({ field }) => field === 'campaign.id')
  const campaigns = filter
    ? recordsOf(store, 'campaigns').filter(
        (record) =>
          `act_${textOf(record, 'account_id')}` === account &&
          filter.values.includes(textOf(record, 'id')) !== filter.isNot,
      ).length
    : Infinity
  for (const [name, outcome] of [
    ['job_failed', 'Job Failed'],
    ['job_skipped', 'Job Skipped'],
  ] as const) {
    const spec = fault(name)
    const isSmall = days <= Number(spec?.['days'] ?? 0) || campaigns <= Number(spec?.['campaigns'] ?? 0)
    if (spec && !isSmall) return outcome
  }
  return 'Job Completed'
}

function daysOfRun(run: JsonObject): readonly [string, string] {
  const query: Query = JSON.parse(textOf(run, 'query'))
  return [query.first, query.last]
}

const isDay = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))

/** https://developers.facebook.com/docs/marketing-api/reference/ad-report-run/ */
const runFields = [
  'id',
  'account_id',
  'async_percent_completion',
  'async_status',
  'date_start',
  'date_stop',
  'error_code',
  'error_message',
  'error_subcode',
  'error_user_msg',
  'error_user_title',
  'is_running',
]

/** https://developers.facebook.com/documentation/ads-commerce/marketing-api/insights/error-codes */
const jobFailure = {
  error_code: -2,
  error_message: 'Report Failed',
  error_subcode: 2490547,
  error_user_title: 'Report Failed',
  error_user_msg: 'Generating the report failed. Try again later.',
}
/** https://developers.facebook.com/documentation/ads-commerce/marketing-api/out-of-cycle-changes/occ-2026 */
const optedIn: ReadonlySet<string> = new Set([
  'frequency_value',
  'hourly_stats_aggregated_by_audience_time_zone',
  'impression_device',
])
const usualPolls = 3
const keptRuns = 20
const ranByStore = new WeakMap<object, Map<string, readonly JsonObject[]>>()
const mostRows = 20_000
