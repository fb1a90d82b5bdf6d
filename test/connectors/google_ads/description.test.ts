/**
 * Holds the connector and its simulator against Google's own description of the API (github.com/googleapis/googleapis), where it
 * is pointed at a checkout of it: MILLRACE_GOOGLE_ADS_DESCRIPTION=…/google/ads/googleads/v25
 */
import { isDeepStrictEqual } from 'node:util'
import type { Json, JsonObject } from 'millrace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import googleAds from '../../../connectors/google_ads/index.ts'
import simulator from '../../../connectors/google_ads/sandbox.ts'
import { fields } from '../../../connectors/google_ads/sandbox/fields.ts'
import { adsStreams } from '../../../connectors/google_ads/streams.ts'
import { openRecorded, type Recorded, type RecordedExchange } from '../open-api-exchanges.ts'
import { readProtos, type ProtoField, type Protos } from './description-protos.ts'

const folder = process.env['MILLRACE_GOOGLE_ADS_DESCRIPTION']
const protos: Protos = folder ? readProtos(folder) : { messages: new Map(), enums: new Map(), endpoints: new Map() }

const root = 'google.ads.googleads.v25'
const row = `${root}.services.GoogleAdsRow`

describe.skipIf(!folder)('the fields (skipped where MILLRACE_GOOGLE_ADS_DESCRIPTION names no protos)', () => {
  it('that are asked for, here and in the simulator, are in the description', () => {
    const asked = new Set([...fields.keys(), ...adsStreams.flatMap((stream) => [...stream.fields, ...stream.key])])
    expect(asked.size).toBeGreaterThan(100)
    expect([...asked].filter((name) => !fieldOf(name))).toEqual([])
    expect(adsStreams.filter(({ from }) => !fieldOf(from))).toEqual([])
  })

  it('of the simulator are of the described type, once or repeated', () => {
    const odd = [...fields.values()].flatMap(({ name, dataType, isRepeated }) => {
      const field = fieldOf(name)
      if (!field) return []
      const described = dataTypesOf(field)
      return described.includes(dataType) && field.isRepeated === isRepeated
        ? []
        : [`${name}: ${dataType}${isRepeated ? '[]' : ''} is ${described.join('|')}${field.isRepeated ? '[]' : ''}`]
    })
    expect(odd).toEqual([])
  })

  it('of the simulator have no value that is not described', () => {
    const odd = [...fields.values()].flatMap(({ name, enumValues }) => {
      const described = protos.enums.get(fieldOf(name)?.type ?? '') ?? []
      return enumValues.filter((value) => !described.includes(value)).map((value) => `${name}: ${value}`)
    })
    expect(odd).toEqual([])
  })
})

describe.skipIf(!folder)('the simulator (skipped where MILLRACE_GOOGLE_ADS_DESCRIPTION names no protos)', () => {
  let recorded: Recorded
  const faults = [
    ['quota', {}],
    ['transient', { times: 1 }],
    ['deadline', { times: 1 }],
    ['rate_limit', { retry_after: 0, times: 1 }],
    ['not_enabled', { customer: '1110000002', times: 1 }],
    ['test_access', { times: 1 }],
    ['expire_tokens', { times: 1 }],
  ] as const

  beforeAll(async () => {
    recorded = await openRecorded({
      connector: googleAds,
      simulator,
      keys: {
        rate_per_second: 1000,
        queries: { terms: 'SELECT search_term_view.search_term, metrics.clicks FROM search_term_view' },
      },
    })
    await recorded.opened.check(recorded.host.context(new AbortController().signal))
    for (const { name } of adsStreams) await recorded.read(name, { limit: 50 })
    await recorded.read('terms', { limit: 50 })
    for (const [fault, spec] of faults) {
      await recorded.sandbox.setFault('google_ads', fault, spec)
      // Some end the reading, others are waited for.
      await recorded.read('campaign').catch((error: unknown) => expect(error).toBeInstanceOf(Error))
      await recorded.sandbox.setFault('google_ads', fault, null)
    }
    for (const body of refusedBodies) await askRaw(recorded, body)
  })
  afterAll(async () => {
    await recorded?.[Symbol.asyncDispose]()
  })

  it('serves what there is', () => {
    const ofTheApi = Object.keys(simulator.coverage).filter((endpoint) => endpoint !== tokens)
    expect(ofTheApi.filter((endpoint) => !endpointOf(endpoint.replace(':id', '1')))).toEqual([])
    const served = new Set(recorded.exchanges.map(({ method, path }) => `${method} ${path.replace(/\d{10}/, ':id')}`))
    expect([...ofTheApi].filter((endpoint) => !served.has(endpoint))).toEqual([])
  })

  it('is asked for what the description knows', () => {
    const odd = ofTheConnector(recorded.exchanges).flatMap(({ method, path, query, sent }) => {
      const endpoint = endpointOf(`${method} ${path}`)
      if (!endpoint) return [`${method} ${path} is not described`]
      // Those in the path are not in the body.
      const inPath = [...endpoint.path.matchAll(/\{(\w+)/g)].map(([, name = '']) => name)
      const required = [...(protos.messages.get(endpoint.request) ?? [])].flatMap(([name, field]) =>
        field.isRequired && !inPath.includes(name) && !(isObject(sent) && camel(name) in sent) ? [name] : [],
      )
      return [...query.keys(), ...required, ...(sent === null ? [] : check(sent, endpoint.request, endpoint.path))]
    })
    expect([...new Set(odd)]).toEqual([])
  })

  it('answers as described', () => {
    const odd = recorded.exchanges.flatMap(({ method, path, status, answered }) => {
      const endpoint = endpointOf(`${method} ${path}`)
      return endpoint && status === 200 ? check(answered, endpoint.response, endpoint.path) : []
    })
    expect([...new Set(odd)]).toEqual([])
  })

  it('refuses with errors that are described', () => {
    const refused = recorded.exchanges.filter(({ path, status }) => path !== '/token' && status !== 200)
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([400, 401, 403, 429, 500, 504]))
    expect([...new Set(refused.flatMap(checkRefusal))]).toEqual([])
  })
})

/** Google's own OAuth server, which these protos do not describe. https://developers.google.com/identity/protocols/oauth2 */
const tokens = 'POST /token'

const ofTheConnector = (exchanges: readonly RecordedExchange[]) =>
  exchanges.filter(
    ({ path, sent }) => path !== '/token' && !refusedBodies.some((body) => isDeepStrictEqual(body, sent)),
  )

/** Each is refused for a reason of its own. */
const refusedBodies: readonly JsonObject[] = [
  { query: '' },
  { query: 'SELECT campaign.id FROM nothing' },
  { query: 'SELECT campaign.nothing FROM campaign' },
  { query: "SELECT campaign.id FROM campaign WHERE campaign.name = 'open" },
  { query: 'SELECT campaign.id FROM campaign WHERE campaign.id = x' },
  { query: 'SELECT campaign.id FROM campaign WHERE campaign.status = NOTHING' },
  { query: "SELECT campaign.id FROM campaign WHERE campaign.id LIKE '1%'" },
  { query: 'SELECT click_view.gclid FROM click_view' },
  { query: "SELECT click_view.gclid FROM click_view WHERE segments.date = '2001-01-01'" },
  { query: "SELECT segments.date, metrics.clicks FROM customer WHERE segments.date = '2001-01-01'" },
  { query: 'SELECT label.id, metrics.clicks FROM label' },
  { query: 'SELECT ;' },
  { query: 'SELECT campaign.id FROM campaign', pageToken: 'x' },
  { query: 'SELECT campaign.id FROM campaign', pageSize: 5 },
]

/** As the connector did, with another body. */
async function askRaw({ sandbox, exchanges }: Recorded, body: JsonObject): Promise<void> {
  const { port } = sandbox.addresses['google_ads'] ?? { port: 0 }
  const last = exchanges.findLast(({ path, status }) => path.endsWith('/googleAds:search') && status === 200)
  await fetch(`http://127.0.0.1:${port}${last?.path}`, {
    method: 'POST',
    headers: {
      authorization: last?.headers['authorization'] ?? '',
      'login-customer-id': last?.headers['login-customer-id'] ?? '',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })
}

function endpointOf(asked: string) {
  for (const [path, types] of protos.endpoints)
    if (new RegExp(`^${path.replaceAll(/\{\w+=\*\}/g, '[^/:]+')}$`).test(asked)) return { path, ...types }
  return undefined
}

/** `campaign.network_settings.target_google_search` → the field at its end. */
function fieldOf(name: string): ProtoField | undefined {
  let field: ProtoField | undefined
  let message = row
  for (const part of name.split('.')) {
    field = protos.messages.get(message)?.get(part)
    if (!field) return undefined
    message = field.type
  }
  return field
}

/** What Google's field metadata may say of a field. Dates are texts in the protos. */
function dataTypesOf({ type, isReference }: ProtoField): readonly string[] {
  if (protos.enums.has(type)) return ['ENUM']
  if (protos.messages.has(type)) return ['MESSAGE']
  if (type === 'string') return isReference ? ['RESOURCE_NAME'] : ['STRING', 'DATE', 'RESOURCE_NAME']
  return [{ bool: 'BOOLEAN' }[type] ?? type.toUpperCase()]
}

/** What is wrong with a message as JSON. https://protobuf.dev/programming-guides/json */
function check(value: Json, type: string, at: string): readonly string[] {
  const message = protos.messages.get(type)
  if (!message) return checkScalar(value, type) ? [] : [`${at}: ${JSON.stringify(value)} is no ${type}`]
  if (!isObject(value)) return [`${at}: no object`]
  const names = new Map([...message].map(([name, field]) => [camel(name), field]))
  return Object.entries(value).flatMap(([name, each]) => {
    const field = names.get(name)
    const place = `${at}.${name}`
    if (!field) return [`${place} is not described`]
    if (field.isMap)
      return isObject(each) ? Object.values(each).flatMap((one) => check(one, field.type, place)) : [`${place}: no map`]
    if (!field.isRepeated) return check(each, field.type, place)
    // What is empty is left out.
    return Array.isArray(each) && each.length > 0
      ? each.flatMap((one) => check(one, field.type, `${place}[]`))
      : [`${place}: no list, or an empty one`]
  })
}

function checkScalar(value: Json, type: string): boolean {
  const values = protos.enums.get(type)
  if (values) return typeof value === 'string' && values.includes(value)
  switch (type) {
    case 'int64':
    case 'uint64':
      return typeof value === 'string' && /^-?\d+$/.test(value)
    case 'int32':
      return Number.isSafeInteger(value)
    case 'double':
    case 'float':
      return typeof value === 'number'
    case 'bool':
      return typeof value === 'boolean'
    case 'google.protobuf.Duration':
      return typeof value === 'string' && /^\d+(\.\d+)?s$/.test(value)
    default:
      // Texts; a google.protobuf.FieldMask is one, too.
      return typeof value === 'string'
  }
}

/** https://developers.google.com/google-ads/api/docs/concepts/api-objects#errors; what is around it is google.rpc.Status. */
function checkRefusal({ answered, status }: RecordedExchange): readonly string[] {
  const error = isObject(answered) ? answered['error'] : undefined
  if (error === undefined || !isObject(error)) return [`${status}: no error`]
  const { code, message, status: name, details = [], ...more } = error
  const isWhole = code === status && typeof message === 'string' && typeof name === 'string' && Array.isArray(details)
  if (!isWhole || Object.keys(more).length > 0) return [`${status}: ${JSON.stringify(error)}`]
  return details.flatMap((detail) => {
    if (!isObject(detail)) return [`${status}: no detail`]
    const { '@type': type, ...failure } = detail
    return type === `type.googleapis.com/${root}.errors.GoogleAdsFailure`
      ? check(failure, `${root}.errors.GoogleAdsFailure`, String(status))
      : [`${status}: ${String(type)}`]
  })
}

const camel = (name: string) => name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
