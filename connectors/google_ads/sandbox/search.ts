import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { nest, toCamelCase } from './answer-json.ts'
import { checkQuery } from './check-query.ts'
import { parseGaql } from './gaql.ts'
import { accountOf, reaches, todayOf } from './hierarchy.ts'
import { readBody } from './read-body.ts'
import {
  isRefusal,
  refuseAccess,
  refuseHeader,
  refuseProject,
  refuseRequest,
  refuseUser,
  type Refusal,
} from './refusal.ts'
import { runQuery } from './run-query.ts'

export type SearchRequest = { readonly customer: string; readonly login: string | null; readonly text: string }

/** https://developers.google.com/google-ads/api/rest/reference/rest/v25/customers.googleAds/search */
export function search(context: SimulatorContext, { customer, login, text }: SearchRequest): JsonObject | Refusal {
  const { store, now, fault } = context
  if (!/^\d+$/.test(customer)) return refuseRequest('INVALID_CUSTOMER_ID', `Invalid customer ID '${customer}'.`)
  if (login !== null && !/^\d{10}$/.test(login))
    return refuseHeader('INVALID_LOGIN_CUSTOMER_ID', 'The login customer ID could not be validated.')
  const account = accountOf(store, customer)
  if (!account || !reaches(store, login ?? customer, customer)) return refuseUser()
  if (fault('test_access') && account['customer.test_account'] !== true) return refuseProject()
  const closed = fault('not_enabled')
  if (account['customer.status'] !== 'ENABLED' || closed?.customer === customer)
    return refuseAccess(
      'CUSTOMER_NOT_ENABLED',
      "The customer account can't be accessed because it is not yet enabled or has been deactivated.",
    )
  const body = readBody(text, {
    query: 'string',
    pageToken: 'string',
    pageSize: 'integer',
    validateOnly: 'boolean',
    searchSettings: { omitResults: 'boolean', returnSummaryRow: 'boolean', returnTotalResultsCount: 'boolean' },
  })
  if (isRefusal(body)) return body
  if (body.pageSize !== undefined)
    return refuseRequest(
      'PAGE_SIZE_NOT_SUPPORTED',
      'Setting the page size is not supported. Search Responses will have fixed page size of 10000 rows.',
    )
  if (typeof body.query !== 'string' || body.query === '')
    return refuseRequest('REQUIRED_FIELD_MISSING', 'The required field was not present.')
  const query = parseGaql(body.query, 'rows')
  if (isRefusal(query)) return query
  const refused = checkQuery(query, { isManager: account['customer.manager'] === true, today: todayOf(account, now()) })
  if (refused) return refused

  const mark = `${customer}:${hash(body.query)}:${now().getTime()}`
  const from = body.pageToken === undefined ? 0 : readToken(String(body.pageToken), mark)
  if (typeof from !== 'number') return from
  if (from > 0 && fault('expire_pages'))
    return refuseRequest('EXPIRED_PAGE_TOKEN', 'Page token expired. Please obtain the fresh page token.')
  const all = runQuery(store, customer, query)
  const rows = query.limit === null ? all : all.slice(0, query.limit)
  const size = Number(fault('page_rows')?.rows ?? 10_000)
  const settings = typeof body.searchSettings === 'object' && body.searchSettings !== null ? body.searchSettings : {}
  const isOmitted = 'omitResults' in settings && settings.omitResults === true
  const isCounted = 'returnTotalResultsCount' in settings && settings.returnTotalResultsCount === true
  const page = isOmitted || body.validateOnly === true ? [] : rows.slice(from, from + size)
  const more = !isOmitted && from + size < rows.length
  const miscount = Number(fault('miscount')?.by ?? 0)
  return {
    ...(page.length > 0 && { results: page.map(nest) }),
    ...(more && { nextPageToken: writeToken(fault('loop_pages') ? from : from + size, mark) }),
    ...(isCounted && all.length > 0 && { totalResultsCount: String(all.length + miscount) }),
    fieldMask: query.select.map((field) => field.split('.').map(toCamelCase).join('.')).join(','),
    queryResourceConsumption: String(100 + page.length),
  }
}

const writeToken = (offset: number, mark: string) => Buffer.from(`${offset}:${mark}`).toString('base64url')

function readToken(token: string, mark: string): number | Refusal {
  const [, offset, rest] = /^(\d+):(.*)$/s.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (offset === undefined || rest?.split(':').slice(0, 2).join() !== mark.split(':').slice(0, 2).join())
    return refuseRequest('INVALID_PAGE_TOKEN', 'Page token is invalid.')
  // What it goes on from is not kept for long.
  if (rest !== mark)
    return refuseRequest('EXPIRED_PAGE_TOKEN', 'Page token expired. Please obtain the fresh page token.')
  return Number(offset)
}

function hash(text: string): string {
  let sum = 2166136261
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 16777619) >>> 0
  return sum.toString(36)
}
