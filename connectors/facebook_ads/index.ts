import { connector, MillraceError, z, type LogicalType, type Stream } from 'millrace'
import { openClient, type GraphApi } from './client.ts'
import { dayMs } from './days.ts'
import { entities, type Entity } from './entity.ts'
import { accountColumns } from './entity-columns.ts'
import {
  breakdownNames,
  breakdownPresets,
  dayColumns,
  fieldsOf,
  idOf,
  levels,
  type Breakdown,
  type Level,
} from './insights-columns.ts'
import { overlapDays } from './insights-days.ts'
import { asksFor, insightsOptionsOf, readOptions } from './insights-options.ts'
import { accountDocs, readAccounts } from './read-accounts.ts'
import { readEntities } from './read-entities.ts'
import { readInsights } from './read-insights.ts'

const accountForm = /^(act_)?\d+$/
const accountsForm = /^(act_)?\d+(\s*,\s*(act_)?\d+)*$/

const config = z.strictObject({
  access_token: z
    .string()
    .min(1)
    .meta({ secret: true, description: 'Of a system user, with ads_read: Business settings → System users' }),
  app_secret: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true, description: 'The app’s secret: requests are signed with it (appsecret_proof)' }),
  account_ids: z
    .union(
      [
        z.literal('all'),
        z.array(z.string().regex(accountForm)).min(1),
        // Where a list cannot stand: a variable of the environment.
        z.string().regex(accountsForm),
      ],
      { error: 'account_ids are digits, as text: ["1234567890"], or "1234567890, 2345678901"; or `all`' },
    )
    .optional()
    .meta({ description: 'Ad accounts to read. Default: `all` that the token may see' }),
  api_version: z
    .string()
    .regex(/^v\d+\.\d+$/)
    .default('v25.0')
    .meta({ description: 'Version of the Graph API; the columns are those of the default' }),
  base_url: z
    .url({ protocol: /^https?$/ })
    .default('https://graph.facebook.com')
    .meta({ description: 'Where the Graph API is' }),
  poll_interval_ms: z
    .int()
    .min(1)
    .max(60_000)
    .default(2_000)
    .meta({ description: 'Between the first two questions after a report; they become rarer, down to every 30 s' }),
})

type InsightsStream = { readonly name: string; readonly level: Level; readonly breakdowns: readonly Breakdown[] }

const insights: readonly InsightsStream[] = levels.flatMap((level) => [
  { name: `${level}_insights`, level, breakdowns: [] },
  ...Object.entries(breakdownPresets).map(([preset, breakdowns]) => ({
    name: `${level}_insights_by_${preset}`,
    level,
    breakdowns,
  })),
])

const streamNames = ['ad_accounts', ...entities.map(({ name }) => name), ...insights.map(({ name }) => name)]

export default connector({
  name: 'facebook_ads',
  config,
  streamNames,
  streamOptions: Object.fromEntries(insights.map(({ name, level }) => [name, insightsOptionsOf(level)])),
  async open({ config, host }) {
    const api = await openClient(config, host)
    const reading: Reading = { api, accountIds: listOf(config.account_ids), pollMs: config.poll_interval_ms }
    const streams = [
      describeAccounts(reading),
      ...entities.map((entity) => describeEntity(reading, entity)),
      ...insights.map((stream) => describeInsights(reading, stream)),
    ]
    return {
      check: ({ signal }) => readMe(api, signal),
      account: ({ signal }) => readMe(api, signal),
      streams: async ({ names }) => streams.filter(({ name }) => names?.includes(name) ?? true),
      streamNames: async () => streamNames,
    }
  },
})

/** undefined: all that the token may see. */
function listOf(ids: readonly string[] | string | undefined): readonly string[] | undefined {
  if (ids === 'all') return undefined
  return typeof ids === 'string' ? ids.split(',').map((id) => id.trim()) : ids
}

type Reading = {
  readonly api: GraphApi
  readonly accountIds: readonly string[] | undefined
  readonly pollMs: number
}

/** https://developers.facebook.com/docs/graph-api/overview/#me */
function readMe(api: GraphApi, signal: AbortSignal): Promise<string> {
  return api.ask({
    label: 'GET /me',
    docs: 'https://developers.facebook.com/docs/graph-api/overview/#me',
    signal,
    send: (sdk) => sdk.me(['id']),
    read: (bytes) => {
      const me: unknown = JSON.parse(Buffer.from(bytes).toString())
      if (typeof me === 'object' && me !== null && 'id' in me && typeof me.id === 'string') return me.id
      throw new MillraceError('MR-3005', { message: 'Asking Facebook whose token it is: the answer has no id.' })
    },
  })
}

/** What all streams have in common: no stamp of the last change, so a row's version is the time of its request. */
const common = { order: 'none', lagMs: 0, overlapMs: 0, children: [] } as const

/** Listed whole at every scan, whatever the sync's `start` says. */
const listed = { ...common, heedsStart: false } as const

const describeAccounts = ({ api, accountIds }: Reading): Stream => ({
  ...listed,
  name: 'ad_accounts',
  docs: accountDocs,
  key: ['id'],
  columns: accountColumns,
  // Asked of each account by every run. One that is gone, or that the token sees no more, keeps its row.
  enumerates: false,
  fullEveryMs: 0,
  pageRows: 1,
  read: (scan, { signal }) => readAccounts(api, { accountIds, scan, signal }),
})

const describeEntity = ({ api, accountIds }: Reading, entity: Entity): Stream => ({
  ...listed,
  name: entity.name,
  docs: entity.docs,
  key: ['id'],
  columns: entity.columns,
  enumerates: true,
  // Listed whole anyway: what is gone is gone with every run.
  fullEveryMs: 0,
  pageRows: entity.pageRows,
  read: (scan, { signal }) => readEntities(api, { entity, accountIds, scan, signal }),
})

function describeInsights({ api, accountIds, pollMs }: Reading, { name, level, breakdowns }: InsightsStream): Stream {
  // Without breakdowns of its own it takes those of the sync, whichever they are.
  const byBreakdown = (breakdowns.length > 0 ? breakdowns : breakdownNames).map((breakdown): [string, LogicalType] => [
    breakdown,
    'string',
  ])
  return {
    ...common,
    name,
    docs: 'https://developers.facebook.com/docs/marketing-api/reference/adgroup/insights/',
    key: [idOf[level], 'date_start', '_breakdowns'],
    columns: {
      ...fieldsOf(level, breakdowns),
      ...dayColumns,
      ...Object.fromEntries(byBreakdown),
      _breakdowns: 'string',
    },
    parts: { _breakdowns: byBreakdown.map(([breakdown]) => breakdown) },
    boundedBy: 'date_start',
    reportsDays: true,
    // Days that are too old are kept no longer, and are not gone for it.
    enumerates: false,
    windowOf: ['account_id'],
    overlapMs: overlapDays * dayMs,
    options: insightsOptionsOf(level),
    loads: (field, options) => asksFor(level, field, options),
    meaningBy: ['breakdowns', 'action_breakdowns', 'attribution_windows'],
    checkAsked: async ({ options }) => void readOptions({ stream: name, level, breakdowns }, options),
    pageRows: 500,
    read: (scan, { signal }) =>
      readInsights(api, { stream: name, level, breakdowns, accountIds, pollMs, scan, signal }),
  }
}
