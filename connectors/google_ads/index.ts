import { connector, z } from 'millrace'
import { readRoots, openAccounts } from './accounts.ts'
import { openClient } from './client.ts'
import { openMetadata } from './metadata.ts'
import { makeGaqlStream } from './gaql-stream.ts'
import { makeStreams } from './make-stream.ts'
import { reportsOfQueries } from './query-stream.ts'
import { adsStreams, gaqlName } from './streams.ts'

const secret = (description: string) => z.string().min(1).meta({ secret: true, description })
const url = () => z.url({ protocol: /^https?$/ })
const customerId = z.union([
  z.int().positive(),
  z
    .string()
    .regex(/^\s*\d{3}-?\d{3}-?\d{4}(\s*,\s*\d{3}-?\d{3}-?\d{4})*\s*$/, 'is not a customer id like 123-456-7890'),
])

const config = z.strictObject({
  client_id: secret(
    'OAuth client of a Google Cloud project with the Google Ads API, and Explorer access to it or more',
  ),
  client_secret: secret('Of the OAuth client'),
  refresh_token: secret('Of a user with read access, for the scope https://www.googleapis.com/auth/adwords'),
  developer_token: secret('Not needed: Google ignores it since September 2026, and gives none').optional(),
  customer_ids: z
    .union([customerId, z.array(customerId).min(1)])
    .meta({ description: 'The accounts to read; of a manager, all accounts below it' }),
  login_customer_id: customerId.optional().meta({
    description: 'The manager through which the user has access. Without it each of customer_ids is its own',
  }),
  base_url: url()
    .default('https://googleads.googleapis.com')
    .meta({ description: 'Protocol, host and port of the API' }),
  token_url: url()
    .default('https://oauth2.googleapis.com/token')
    .meta({ description: 'Where access tokens come from' }),
  api_version: z
    .string()
    .regex(/^v\d+$/)
    .default('v25')
    .meta({ description: 'The API version; fields come and go between versions' }),
  rate_per_second: z.number().positive().max(1000).default(10).meta({ description: 'Requests per second' }),
  queries: z
    .record(z.string().regex(/^[a-z][a-z0-9_]*$/), z.string().min(1))
    .default({})
    .meta({ description: 'Streams of your own: name → a query in GAQL, without dates, ORDER BY and LIMIT' }),
})

export default connector({
  name: 'google_ads',
  config,
  async open({ config, host }) {
    const roots = readRoots(config)
    const definitions = [...adsStreams, ...reportsOfQueries(config.queries, adsStreams)]
    const api = await openClient(config, host)
    const accounts = openAccounts(api, roots, host)
    const metadata = openMetadata(api)
    const check = ({ signal }: { readonly signal: AbortSignal }) => api.listAccessible(signal)
    return {
      check,
      async account({ signal }) {
        await check({ signal })
        return roots.map(({ id }) => id).join(',')
      },
      async now(context) {
        if (!host.lastDate()) await check(context)
        return host.lastDate() ?? new Date()
      },
      takesQueries: true,
      async streams({ names, queries = {}, signal }) {
        const parts = { api, accounts, metadata, host, signal }
        const isAsked = ({ name }: { readonly name: string }) => names?.includes(name) ?? true
        const asked = [...definitions, ...reportsOfQueries(queries, definitions)].filter(isAsked)
        return [...(await makeStreams(asked, parts)), ...[makeGaqlStream(parts)].filter(isAsked)]
      },
      streamNames: async () => [...definitions.map(({ name }) => name), gaqlName],
    }
  },
})
