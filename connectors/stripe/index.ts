import { connector, MillraceError, z, type Stream } from 'millrace'
import { openClient, type StripeApi } from './client.ts'
import { readStream } from './read-stream.ts'
import { streamNames, stripeStreams, type StripeStream } from './streams.ts'

const config = z.strictObject({
  api_key: z
    .string()
    .min(1)
    .meta({ secret: true, description: 'A restricted key with read permissions: Developers → API keys' }),
  base_url: z
    .url({ protocol: /^https?$/ })
    .default('https://api.stripe.com')
    .meta({ description: 'Protocol, host and port of the API' }),
  api_version: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(\.\w+)?$/)
    .default('2026-10-28.endive')
    .meta({ description: 'The API version that objects are read in; the columns are those of the default' }),
  account: z
    .string()
    .startsWith('acct_')
    .optional()
    .meta({ description: 'A connected account to read (Stripe-Account)' }),
  rate_per_second: z
    .number()
    .positive()
    .max(1000)
    .default(80)
    .meta({ description: 'Requests per second: Stripe allows 100 in live mode, 25 in a sandbox' }),
})

export default connector({
  name: 'stripe',
  config,
  streamNames,
  async open({ config, host }) {
    const api = await openClient(config, host)
    return {
      check: ({ signal }) => readAccount(api, signal),
      account: ({ signal }) => readAccount(api, signal),
      streams: async ({ names }) =>
        stripeStreams.filter((stream) => isAskedFor(stream, names)).map((stream) => describeStream(api, stream)),
      streamNames: async () => streamNames,
      close: async () => api.close(),
    }
  },
})

/** https://docs.stripe.com/api/accounts/retrieve */
function readAccount(api: StripeApi, signal: AbortSignal): Promise<string> {
  return api.get({
    path: '/v1/account',
    docs: 'https://docs.stripe.com/api/accounts/retrieve',
    signal,
    read: (bytes) => {
      const account: unknown = JSON.parse(Buffer.from(bytes).toString())
      if (typeof account === 'object' && account !== null && 'id' in account && typeof account.id === 'string')
        return account.id
      throw new MillraceError('MR-3005', { message: 'Reading the account of Stripe: the answer has no id.' })
    },
  })
}

/** A child comes with its parent. */
const isAskedFor = ({ name, children = [] }: StripeStream, names: readonly string[] | undefined) =>
  names === undefined || names.includes(name) || children.some((child) => names.includes(child.name))

function describeStream(api: StripeApi, stream: StripeStream): Stream {
  const { name, docs, columns, enumerates, children = [] } = stream
  return {
    name,
    docs,
    key: ['id'],
    columns,
    // Newest first, and no stamp of the last change: a row's version is the time of its request.
    order: 'none',
    enumerates,
    // Lists take no other bounds: a backfill of a range reads what was created in it, as it is now.
    boundedBy: 'created',
    // Events may be listed late. https://docs.stripe.com/api/events
    lagMs: 60_000,
    overlapMs: 0,
    children: children.map((child) => ({
      name: child.name,
      docs: child.docs,
      key: ['id'],
      columns: child.columns,
      parent: child.parent,
    })),
    read: (scan, context) => readStream(api, stream, scan, context),
  }
}
