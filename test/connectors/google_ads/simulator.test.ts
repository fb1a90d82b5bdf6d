import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adsStreams } from '../../../connectors/google_ads/streams.ts'
import { fields, resources } from '../../../connectors/google_ads/sandbox/fields.ts'
import { credentials } from '../../../connectors/google_ads/sandbox/credentials.ts'
import simulator from '../../../connectors/google_ads/sandbox.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

let sandbox: RunningSandbox
let token = ''
beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
  const form = new URLSearchParams({
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    refresh_token: credentials.refreshToken,
    grant_type: 'refresh_token',
  })
  const answer = await fetch(`${address()}/token`, { method: 'POST', body: form })
  const body: { readonly access_token: string } = JSON.parse(await answer.text())
  token = body.access_token
})
afterAll(() => sandbox.close())

const address = () => `http://127.0.0.1:${sandbox.addresses.google_ads?.port}`

type Body = {
  readonly results?: readonly { readonly [resource: string]: { readonly [field: string]: unknown } }[]
  readonly error?: { readonly details?: readonly { readonly errors: readonly { readonly errorCode: object }[] }[] }
}

async function ask(query: string, { customer = '1110000001', login = '9000000001' } = {}): Promise<Body> {
  const answer = await fetch(`${address()}/v25/customers/${customer}/googleAds:search`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(login !== '' && { 'login-customer-id': login }),
    },
    body: JSON.stringify({ query }),
  })
  const body: Body = JSON.parse(await answer.text())
  return body
}

const codeOf = (body: Body) => body.error?.details?.[0]?.errors[0]?.errorCode

describe('the language', () => {
  it.each([
    ['SELECT campaign.nme FROM campaign', 'UNRECOGNIZED_FIELD'],
    ['SELECT campaign.id FROM campaigns', 'BAD_RESOURCE_TYPE_IN_FROM_CLAUSE'],
    ['SELECT campaign.id', 'EXPECTED_FROM'],
    ['campaign.id FROM campaign', 'EXPECTED_SELECT'],
    ['SELECT ad_group.id FROM campaign', 'PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE'],
    ['SELECT label.id, metrics.clicks FROM label', 'PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE'],
    ["SELECT label.id FROM label WHERE segments.date = '2026-11-01'", 'PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE'],
    ['SELECT segments.date, metrics.clicks FROM campaign', 'EXPECTED_FILTERS_ON_DATE_RANGE'],
    ["SELECT segments.date FROM campaign WHERE segments.date >= '2026-11-01'", 'EXPECTED_FILTERS_ON_DATE_RANGE'],
    ["SELECT segments.date FROM campaign WHERE segments.date = '1 November'", 'INVALID_DATE_FORMAT'],
    [
      "SELECT segments.conversion_action_name, metrics.clicks FROM campaign WHERE segments.date = '2026-11-01'",
      'PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE',
    ],
    ['SELECT campaign.id FROM campaign WHERE campaign.status = RUNNING', 'BAD_ENUM_CONSTANT'],
    ["SELECT campaign.id FROM campaign WHERE campaign.id = 'one'", 'BAD_NUMBER'],
    ["SELECT campaign.id FROM campaign WHERE campaign.name = 'open", 'STRING_NOT_TERMINATED'],
    ['SELECT campaign.id FROM campaign WHERE campaign.name = 5', 'INVALID_STRING_VALUE'],
    ['SELECT campaign.id FROM campaign WHERE campaign.labels = "x"', 'OPERATOR_FIELD_MISMATCH'],
    ['SELECT campaign.id FROM campaign ORDER BY campaign.name', 'EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE'],
    ['SELECT campaign.id FROM campaign LIMIT 0', 'LIMIT_VALUE_TOO_LOW'],
    ['SELECT campaign.id FROM campaign WHERE campaign.id > 1 OR campaign.id < 9', 'UNEXPECTED_INPUT'],
  ])('refuses: %s', async (query, code) => {
    expect(codeOf(await ask(query))).toEqual({ queryError: code })
  })

  it('filters, orders and limits', async () => {
    const all = await ask('SELECT campaign.id FROM campaign ORDER BY campaign.id DESC')
    expect(all.results?.map(({ campaign }) => campaign?.id)).toEqual(['0012002', '0012001'])
    const one = await ask(
      "SELECT campaign.id FROM campaign WHERE campaign.id IN (0012001) AND campaign.name LIKE 'Brand%' LIMIT 5",
    )
    expect(one.results).toEqual([
      { campaign: { resourceName: 'customers/1110000001/campaigns/0012001', id: '0012001' } },
    ])
  })

  it('adds days up where they are not asked for', async () => {
    const where = "WHERE segments.date BETWEEN '2026-11-01' AND '2026-11-10'"
    const daily = await ask(`SELECT segments.date, metrics.clicks FROM customer ${where}`)
    const sum = await ask(`SELECT metrics.clicks FROM customer ${where}`)
    expect(daily.results).toHaveLength(10)
    expect(sum.results).toHaveLength(1)
    expect(Number(sum.results?.[0]?.metrics?.clicks)).toBe(
      daily.results?.reduce((total, row) => total + Number(row.metrics?.clicks), 0),
    )
  })
})

describe('accounts', () => {
  it.each([
    [
      'metrics of a manager',
      'SELECT metrics.clicks FROM customer',
      '9000000002',
      '9000000001',
      { queryError: 'REQUESTED_METRICS_FOR_MANAGER' },
    ],
    [
      'a cancelled one',
      'SELECT customer.id FROM customer',
      '1110000004',
      '9000000001',
      { authorizationError: 'CUSTOMER_NOT_ENABLED' },
    ],
    [
      'through one that is not above it',
      'SELECT customer.id FROM customer',
      '1110000001',
      '9000000002',
      { authorizationError: 'USER_PERMISSION_DENIED' },
    ],
    [
      'of strangers',
      'SELECT customer.id FROM customer',
      '2220000001',
      '9000000001',
      { authorizationError: 'USER_PERMISSION_DENIED' },
    ],
    [
      'with dashes in the manager',
      'SELECT customer.id FROM customer',
      '1110000001',
      '900-000-0001',
      { headerError: 'INVALID_LOGIN_CUSTOMER_ID' },
    ],
  ])('refuses %s', async (_what, query, customer, login, code) => {
    expect(codeOf(await ask(query, { customer, login }))).toEqual(code)
  })

  it.each([
    ["segments.date BETWEEN '2026-11-18' AND '2026-11-19'", { clickViewError: 'EXPECTED_FILTER_ON_A_SINGLE_DAY' }],
    ["segments.date = '2026-07-01'", { clickViewError: 'DATE_TOO_OLD' }],
  ])('wants one recent day of clicks: %s', async (where, code) => {
    expect(codeOf(await ask(`SELECT click_view.gclid FROM click_view WHERE ${where}`))).toEqual(code)
  })
})

describe('the days', () => {
  it.each([
    ["SELECT segments.date, metrics.clicks FROM campaign WHERE segments.date = '2023-10-19'", 'refused'],
    ["SELECT segments.date, metrics.clicks FROM campaign WHERE segments.date = '2023-10-20'", 'given'],
    ["SELECT segments.date FROM campaign WHERE segments.date BETWEEN '2000-01-01' AND '2026-11-01'", 'refused'],
    [
      "SELECT segments.date FROM campaign WHERE segments.date > '2000-01-01' AND segments.date < '2001-01-01'",
      'refused',
    ],
    ["SELECT metrics.clicks FROM campaign WHERE segments.date BETWEEN '2020-01-01' AND '2020-02-29'", 'given'],
    ["SELECT metrics.clicks FROM campaign WHERE segments.date BETWEEN '2020-01-02' AND '2020-02-29'", 'refused'],
    ["SELECT metrics.clicks FROM campaign WHERE segments.date BETWEEN '2020-01-01' AND '2020-02-28'", 'refused'],
  ])('of 37 months are given, and sums of whole months before: %s is %s', async (query, what) => {
    expect(codeOf(await ask(query))).toEqual(
      what === 'given' ? undefined : { dateRangeError: 'REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED' },
    )
  })

  it('are restated for two weeks as the clock moves, and then stand', async () => {
    const query =
      "SELECT segments.date, metrics.conversions, metrics.cost_micros FROM customer WHERE segments.date BETWEEN '2026-10-15' AND '2026-11-30' ORDER BY segments.date"
    const before = (await ask(query)).results ?? []
    await sandbox.move(1)
    const after = (await ask(query)).results ?? []
    expect(after).toHaveLength(before.length + 1)
    const changed = before.filter((row, index) => row.metrics?.conversions !== after[index]?.metrics?.conversions)
    expect(changed.length).toBeGreaterThanOrEqual(13)
    expect(before.slice(0, -15)).toEqual(after.slice(0, before.length - 15))
  })
})

describe('the fields', () => {
  // The SDK's are made of the vendor's own description.
  const published = readFileSync(
    new URL(import.meta.resolve('google-ads-api/fields').replace(/\.js$/, '.d.ts')),
    'utf8',
  )

  it('are the vendor’s, here and in the connector', () => {
    const names = [...new Set([...fields.keys(), ...adsStreams.flatMap((stream) => stream.fields)])]
    // Names of resources stand in a list of their own.
    const attributes = names.filter((name) => !name.endsWith('.resource_name'))
    expect(attributes.length).toBeGreaterThan(100)
    expect(attributes.filter((name) => !published.includes(`"${name}"`))).toEqual([])
  })

  it('that the connector selects are all here', () => {
    for (const { from, fields: selected } of adsStreams) {
      expect(resources.has(from)).toBe(true)
      expect(selected.filter((name) => !fields.has(name))).toEqual([])
    }
  })
})
