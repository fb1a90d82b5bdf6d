import { fields, goesWith, resources, type FieldSpec } from './fields.ts'
import type { Condition, Query } from './gaql.ts'
import { refuseClicks, refuseDays, refuseQuery, type Refusal } from './refusal.ts'

export type Asker = { readonly isManager: boolean; /** By the account's calendar. */ readonly today: string }

/** undefined: it may be asked. https://developers.google.com/google-ads/api/docs/query/structure */
export function checkQuery(query: Query, { isManager, today }: Asker): Refusal | undefined {
  const resource = resources.get(query.from)
  if (!resource) return refuseQuery('BAD_RESOURCE_TYPE_IN_FROM_CLAUSE', `'${query.from}' is not a valid resource name.`)
  const named = [...query.select, ...query.where.map(({ field }) => field)]
  const specs: FieldSpec[] = []
  for (const name of named) {
    const spec = fields.get(name)
    if (!spec) return refuseQuery('UNRECOGNIZED_FIELD', `Unrecognized field in the query: '${name}'.`)
    specs.push(spec)
    if (spec.category === 'METRIC' && !resource.metrics.includes(name))
      return refuseQuery(
        'PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE',
        `Cannot select or filter on the following metrics: '${name}', when the FROM clause is ${query.from}.`,
      )
    if (spec.category === 'SEGMENT' && !resource.segments.includes(name))
      return refuseQuery(
        'PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE',
        `Cannot select or filter on the following segments: '${name}', since segments are incompatible with the resource in the FROM clause '${query.from}'.`,
      )
    const [of = ''] = name.split('.')
    if (spec.category === 'ATTRIBUTE' && ![query.from, ...resource.joins, ...resource.splits].includes(of))
      return refuseQuery(
        'PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE',
        `The following resources cannot be selected with the resource in the FROM clause '${query.from}': '${of}'.`,
      )
  }
  const metrics = specs.filter(({ category }) => category === 'METRIC')
  if (metrics.length > 0 && isManager)
    return refuseQuery(
      'REQUESTED_METRICS_FOR_MANAGER',
      'Metrics cannot be requested for a manager account. To retrieve metrics, issue separate requests against each client account under the manager account.',
    )
  for (const metric of metrics)
    for (const segment of specs.filter(({ category }) => category === 'SEGMENT'))
      if (!goesWith(metric.name, segment.name))
        return refuseQuery(
          'PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE',
          `Cannot select or filter on the following segments: '${segment.name}' with metrics '${metric.name}'.`,
        )
  return checkOrder(query) ?? checkDates(query, today) ?? query.where.map(checkCondition).find((found) => found)
}

function checkOrder({ select, where, orderBy }: Query): Refusal | undefined {
  const filtered = where.filter(({ field }) => field.startsWith('segments.') && field !== 'segments.date')
  const unselected = [...filtered, ...orderBy].find(({ field }) => !select.includes(field))
  return (
    unselected &&
    refuseQuery(
      'EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE',
      `The following field must be present in SELECT clause: '${unselected.field}'.`,
    )
  )
}

function checkDates({ select, from, where }: Query, today: string): Refusal | undefined {
  const dates = where.filter(({ field }) => field === 'segments.date')
  for (const { operator, values } of dates)
    if (operator !== 'DURING')
      for (const { text } of values)
        if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text)))
          return refuseQuery(
            'INVALID_DATE_FORMAT',
            `Invalid date literal supplied for field 'segments.date': '${text}'.`,
          )
  const isFinite =
    dates.some(({ operator }) => ['=', 'BETWEEN', 'DURING'].includes(operator)) ||
    (dates.some(({ operator }) => operator.startsWith('>')) && dates.some(({ operator }) => operator.startsWith('<')))
  if (from === 'click_view') {
    const day = dates.find(({ operator }) => operator === '=')?.values[0]?.text
    if (day === undefined) return refuseClicks('EXPECTED_FILTER_ON_A_SINGLE_DAY', 'Missing filter on a single day.')
    const oldest = new Date(Date.parse(today) - 90 * 86_400_000).toISOString().slice(0, 10)
    if (day < oldest) return refuseClicks('DATE_TOO_OLD', 'The requested date is too old.')
  }
  if (select.includes('segments.date') && !isFinite)
    return refuseQuery(
      'EXPECTED_FILTERS_ON_DATE_RANGE',
      "Expected a finite date range filter on 'segments.date', since it is in the SELECT clause.",
    )
  return checkRetention(dates, { isByDay: select.includes('segments.date'), today })
}

/**
 * Days are kept for 37 months. What is older is given as sums of whole months.
 * https://developers.google.com/google-ads/api/docs/reporting/segmentation
 */
function checkRetention(
  dates: readonly Condition[],
  { isByDay, today }: { readonly isByDay: boolean; readonly today: string },
): Refusal | undefined {
  const days = dates
    .filter(({ operator }) => operator !== 'DURING')
    .flatMap(({ values }) => values.map(({ text }) => text))
  const [first] = days.toSorted()
  const last = days.toSorted().at(-1)
  if (first === undefined || last === undefined || first >= monthsBefore(today, 37)) return undefined
  if (!isByDay && first.endsWith('-01') && dayAfter(last).endsWith('-01')) return undefined
  return refuseDays(
    'REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED',
    'The requested time granularity is not supported for the date range in the query.',
  )
}

/** The same day of an earlier month, or its last one. */
function monthsBefore(day: string, months: number): string {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year, month - months, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 - months, Math.min(date, last))).toISOString().slice(0, 10)
}

const dayAfter = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)

function checkCondition({ field, operator, values }: Condition): Refusal | undefined {
  const spec = fields.get(field)
  if (!spec || field === 'segments.date') return undefined
  if (spec.isRepeated !== operator.startsWith('CONTAINS') && !operator.startsWith('IS'))
    return refuseQuery('OPERATOR_FIELD_MISMATCH', `Operator '${operator}' cannot be used with field '${field}'.`)
  for (const { text, isString } of values) {
    if (spec.dataType.startsWith('INT') && !/^-?\d+$/.test(text))
      return refuseQuery('BAD_NUMBER', `Invalid number supplied for field '${field}': '${text}'.`)
    if (spec.dataType === 'DOUBLE' && !/^-?\d+(\.\d+)?$/.test(text))
      return refuseQuery('BAD_NUMBER', `Invalid number supplied for field '${field}': '${text}'.`)
    if (spec.dataType === 'ENUM' && !spec.enumValues.includes(text))
      return refuseQuery('BAD_ENUM_CONSTANT', `Invalid enum value cannot be included in WHERE clause: '${text}'.`)
    if (spec.dataType === 'BOOLEAN' && !/^(true|false)$/i.test(text))
      return refuseQuery('BAD_VALUE', `Invalid value supplied for field '${field}': '${text}'.`)
    if ((spec.dataType === 'STRING' || spec.dataType === 'RESOURCE_NAME') && !isString)
      return refuseQuery('INVALID_STRING_VALUE', `Invalid string supplied for field '${field}': '${text}'.`)
  }
  return undefined
}
