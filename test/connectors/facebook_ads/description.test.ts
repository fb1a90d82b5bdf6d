/**
 * Holds the connector and its simulator against Facebook's own description of its API, where it is pointed at a checkout of it
 * (github.com/facebook/facebook-business-sdk-codegen): MILLRACE_FACEBOOK_ADS_DESCRIPTION=…/api_specs/specs
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json, JsonObject } from 'millrace'
import facebookAds from '../../../connectors/facebook_ads/index.ts'
import {
  accountColumns,
  adColumns,
  adSetColumns,
  audienceColumns,
  campaignColumns,
  creativeColumns,
} from '../../../connectors/facebook_ads/entity-columns.ts'
import { statusesOf } from '../../../connectors/facebook_ads/entity.ts'
import { breakdownNames, dayColumns, fieldsOf } from '../../../connectors/facebook_ads/insights-columns.ts'
import { insightsOptions } from '../../../connectors/facebook_ads/insights-options.ts'
import simulator from '../../../connectors/facebook_ads/sandbox.ts'
import { openRecorded, type Recorded, type RecordedExchange } from '../open-api-exchanges.ts'
import { readDescription, type Api, type Node } from './description-nodes.ts'

const folder = process.env['MILLRACE_FACEBOOK_ADS_DESCRIPTION']
const description = readDescription(folder ?? '')

const nodes = {
  AdAccount: accountColumns,
  Campaign: campaignColumns,
  AdSet: adSetColumns,
  Ad: adColumns,
  AdCreative: creativeColumns,
  CustomAudience: audienceColumns,
  AdsInsights: { ...fieldsOf('ad'), ...dayColumns },
}

const nodeOf = (name: string): Node => {
  const node = description.node(name)
  if (!node) throw new Error(`the description has no ${name}`)
  return node
}

describe.skipIf(folder === undefined)(
  'the columns (skipped where MILLRACE_FACEBOOK_ADS_DESCRIPTION names no description)',
  () => {
    it.each(Object.entries(nodes))(
      'of %s are fields of the description, and hold what they are there',
      (name, columns) => {
        const { fields } = nodeOf(name)
        const odd = Object.entries(columns).filter(([field, type]) => !holds(String(type), fields[field]))
        expect(odd.map(([field, type]) => `${field}: ${String(type)} for ${fields[field]}`)).toEqual([])
      },
    )

    it.each(Object.entries(nodes))(
      'of %s are all its fields but those that the simulator’s list leaves out',
      (name, columns) => {
        const left = new Set(
          Object.keys(simulator.leftOut)
            .filter((thing) => thing.startsWith(`${name}: `))
            .flatMap((thing) => thing.slice(name.length + 2).split(', ')),
        )
        const missing = Object.keys(nodeOf(name).fields).filter((field) => !Object.hasOwn(columns, field))
        expect(missing.filter((field) => !left.has(field))).toEqual([])
        expect([...left].filter((field) => Object.hasOwn(columns, field))).toEqual([])
      },
    )

    it('of a report are broken down, counted and windowed by what there is', () => {
      const { shape } = insightsOptions
      const given = {
        breakdowns: breakdownNames,
        action_breakdowns: shape.action_breakdowns.unwrap().element.options,
        action_attribution_windows: shape.attribution_windows.unwrap().element.options,
        level: shape.level.unwrap().options,
      }
      for (const [name, values] of Object.entries(given))
        expect(description.valuesOf(`adaccountinsights_${name}_enum_param`)).toEqual(
          expect.arrayContaining([...values]),
        )
      for (const [level, name] of [
        ['campaign', 'Campaign'],
        ['adset', 'AdSet'],
        ['ad', 'Ad'],
      ] as const)
        expect(new Set(description.valuesOf(`${name}_effective_status`))).toEqual(new Set(statusesOf[level]))
    })
  },
)

describe.skipIf(folder === undefined)(
  'the simulator (skipped where MILLRACE_FACEBOOK_ADS_DESCRIPTION names no description)',
  () => {
    let recorded: Recorded
    beforeAll(async () => {
      recorded = await openRecorded({ connector: facebookAds, simulator, keys: { account_ids: undefined } })
      await recorded.sandbox.move(3)
      await recorded.opened.check(recorded.host.context(new AbortController().signal))
      for (const name of ['ad_accounts', 'campaigns', 'adsets', 'ads', 'creatives', 'custom_audiences', 'ad_insights'])
        await recorded.read(name)
      await recorded.read('adset_insights', {
        limit: 10,
        options: {
          breakdowns: ['publisher_platform', 'platform_position'],
          action_breakdowns: ['action_device'],
          attribution_windows: ['7d_click', '1d_view'],
        },
      })
      // A report that failed, which is asked for again by its campaigns.
      await recorded.sandbox.setFault('facebook_ads', 'job_failed', { times: 3 })
      await recorded.read('account_insights', { options: { days_per_report: 2 }, start: '2026-11-20' })
    })
    afterAll(async () => {
      await recorded?.[Symbol.asyncDispose]()
    })

    it('serves what there is', () => {
      const unknown = Object.keys(simulator.coverage).filter((endpoint) => {
        const [method = '', path = ''] = endpoint.split(' ')
        return apiOf(method, path.replace(':run', '1').replace(':id', '1')) === undefined
      })
      expect(unknown).toEqual([])
      const served = new Set(recorded.exchanges.map(({ method, path }) => `${method} ${nameOf(path)}`))
      expect([...served].toSorted()).toEqual(Object.keys(simulator.coverage).toSorted())
    })

    it('is asked for what the description knows', () => {
      expect(unique(recorded.exchanges.flatMap(checkRequest))).toEqual([])
    })

    it('answers as described', () => {
      expect(unique(recorded.exchanges.flatMap(checkAnswer))).toEqual([])
    })
  },
)

const nameOf = (path: string) =>
  path
    .replace(/^\/v[\d.]+/, '')
    .replace(/^\/act_\d+/, '/act_:id')
    .replace(/^\/\d+/, '/:run')

/** The described call of a path without its version. */
function apiOf(method: string, path: string): Api | undefined {
  const [, of = '', endpoint] = path.replace(/^\/v[\d.]+/, '').split('/')
  const { apis } = nodeOf(of === 'me' ? 'User' : of.startsWith('act_') ? 'AdAccount' : 'AdReportRun')
  return apis.find((api) => api.method === method && (endpoint ? api.endpoint === endpoint : api.name === '#get'))
}

function checkRequest({ method, path, query, sent }: RecordedExchange): readonly string[] {
  const api = apiOf(method, path)
  if (!api) return [`${method} ${path} is not described`]
  const at = `${method} ${nameOf(path)}`
  const given: JsonObject = { ...Object.fromEntries(query), ...(isObject(sent) ? sent : {}) }
  const missing = api.params
    .filter(({ name, required }) => required && !(name in given))
    .map(({ name }) => `${at}: no ${name}`)
  const odd = Object.entries(given).flatMap(([name, value]) => {
    if (ofEveryRequest.has(name)) return []
    const fields = nodeOf(api.return === 'AdReportRun' && api.endpoint ? 'AdsInsights' : api.return).fields
    if (name === 'fields')
      return (typeof value === 'string' ? value.split(',') : [])
        .filter((field) => !(field in fields))
        .map((field) => `${at}: no field ${field}`)
    if (name === 'id' && value === path.split('/')[2]) return []
    const param = api.params.find((each) => each.name === name)
    if (!param) return [`${at}: no parameter ${name}`]
    const said = description.check(value, param.type, `${at} ${name}`)
    return said.length > 0 && query.has(name) ? description.check(fromQuery(value), param.type, `${at} ${name}`) : said
  })
  return [...missing, ...odd]
}

function checkAnswer({ method, path, status, answered }: RecordedExchange): readonly string[] {
  const api = apiOf(method, path)
  const at = `${method} ${nameOf(path)}`
  if (!api || status !== 200) return [`${at}: ${status}`]
  if (!isObject(answered)) return [`${at}: no object`]
  // A run that was started is told by its id under a name of its own, as the SDKs know it.
  if (method === 'POST')
    return Object.keys(answered).join() === 'report_run_id' ? [] : [`${at}: ${Object.keys(answered).join()}`]
  const rows: Json = api.endpoint ? (answered['data'] ?? null) : [answered]
  if (!Array.isArray(rows)) return [`${at}: no list`]
  return rows.flatMap((row) => {
    // Breakdowns stand beside the fields: their names are those of the parameter's values.
    const own = isObject(row)
      ? Object.fromEntries(Object.entries(row).filter(([name]) => !isBreakdown(api, name)))
      : row
    return description.check(own, api.return, at).filter((said) => !isLoose(said))
  })
}

/**
 * Described as a list of objects; the vendor's own examples have texts.
 * https://developers.facebook.com/docs/marketing-api/reference/adgroup
 */
const isLoose = (said: string) => /(conversion|tracking)_specs\[\d+\]\.(action\.type)\[\d+\]: "/.test(said)

const isBreakdown = (api: Api, name: string) =>
  api.return === 'AdsInsights' && (description.valuesOf('adaccountinsights_breakdowns_enum_param') ?? []).includes(name)

/** Lists and objects stand in a query as JSON, numbers as text. */
function fromQuery(value: Json): Json {
  if (typeof value !== 'string' || !/^([[{]|\d+$)/.test(value)) return value
  return JSON.parse(value) as Json // JSON.parse gives nothing else
}

/** https://developers.facebook.com/docs/graph-api/results, …/guides/secure-requests: of every node and edge. */
const ofEveryRequest = new Set(['access_token', 'appsecret_proof', 'limit', 'after'])

/** Facebook writes amounts and ratios as text; a column says what stands in the text. */
function holds(column: string, described: string | undefined): boolean {
  if (described === undefined) return false
  const isText = described === 'string' || description.valuesOf(described) !== undefined
  switch (column) {
    case 'string':
      return isText
    case 'integer':
      return /^(unsigned )?int$/.test(described) || isText
    case 'double':
      return described === 'float' || isText
    case 'boolean':
      return described === 'bool'
    case 'timestamp':
      // Seconds since 1970.
      return described === 'datetime' || described === 'unsigned int'
    case 'date':
      return isText
    case 'json':
      return !/^(string|(unsigned )?int|float|bool|datetime)$/.test(described) && !isText
    default:
      return isText
  }
}

const unique = (said: readonly string[]) => [...new Set(said.map((each) => each.replace(/\[\d+\]/g, '[]')))]

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
