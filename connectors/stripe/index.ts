import { connector, z, type LogicalType, type Stream } from 'millrace'
import { inMode, readAccountId, rememberAccount } from './account.ts'
import { openAccounts } from './accounts.ts'
import { openClient } from './client.ts'
import { readStream, type Reading } from './read-stream.ts'
import type { StripeStream } from './stream-table.ts'
import { streamNames, stripeStreams } from './streams.ts'

const keys = z.strictObject({
  api_key: z
    .string()
    .min(1)
    .meta({ secret: true, description: 'A restricted key with read permissions: Developers → API keys' }),
  base_url: z
    .url({ protocol: /^https?$/ })
    .refine(
      (text) => !URL.canParse(text) || isBare(new URL(text)),
      'the SDK takes protocol, host and port, and no path',
    )
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
  accounts: z
    .union([z.literal('all'), z.array(z.string().startsWith('acct_')).min(1)])
    .optional()
    .meta({
      description: 'Several accounts: all (its own and those connected to it), or their ids. Rows get `_account`',
    }),
  rate_per_second: z
    .number()
    .positive()
    .max(1000)
    .default(80)
    .meta({ description: 'Requests per second: Stripe allows 100 in live mode, 25 in a sandbox' }),
  rate_per_endpoint: z
    .number()
    .positive()
    .max(1000)
    .default(20)
    .meta({ description: 'Requests per second to one endpoint (all of `/v1/invoices/:id` are one): Stripe allows 25' }),
})

const isBare = ({ pathname, search }: URL) => pathname === '/' && search === ''

const config = keys.superRefine(({ account, accounts }, context) => {
  if (account !== undefined && accounts !== undefined)
    context.addIssue({
      code: 'custom',
      path: ['accounts'],
      message: 'it stands beside `account`, which reads one connected account as if it were its own; leave one out',
    })
})

export default connector({
  name: 'stripe',
  config,
  streamNames,
  streamOptions: {},
  async open({ config, host }) {
    const api = await openClient(config, host)
    const own = rememberAccount(api)
    const accounts =
      config.accounts === undefined ? null : openAccounts(api, { named: config.accounts, ownAccount: own.id })
    const source = config.account === undefined ? undefined : inMode(config.account, config.api_key)
    return {
      check: ({ signal }) => readAccountId(api, signal),
      account: async ({ signal }) => inMode(await own.idIfTold(signal), config.api_key),
      rowsAreOfAccount: true,
      async now({ signal }) {
        if (!host.lastDate()) await own.idIfTold(signal)
        return host.lastDate() ?? new Date()
      },
      streams: async ({ names }) =>
        stripeStreams
          .filter((stream) => isAskedFor(stream, names))
          .map((stream) => describeStream({ api, accounts }, stream, source)),
      streamNames: async () => streamNames,
      close: async () => api.close(),
    }
  },
})

/** A child comes with its parent. */
const isAskedFor = ({ name, children = [] }: StripeStream, names: readonly string[] | undefined) =>
  names === undefined || names.includes(name) || children.some((child) => names.includes(child.name))

function describeStream(reading: Reading, stream: StripeStream, source?: string): Stream {
  const { name, docs, columns, appendOnly, minorUnits, ofPlatform, createdAs, children = [] } = stream
  const many = reading.accounts !== null
  // Ids that an account chooses itself (of a product, of a coupon) are another's too.
  const identity = (own: Columns): { key: readonly string[]; columns: Columns } =>
    many ? { key: ['_account', 'id'], columns: { _account: 'string', ...own } } : { key: ['id'], columns: own }
  // What an account that refuses has was not deleted: only a pass that may not leave one out says what is gone.
  const enumerates = !stream.enumerates ? false : !many || ofPlatform === true ? true : undefined
  return {
    name,
    docs,
    ...identity(columns),
    ...(source !== undefined && { source }),
    // Newest first, and no stamp of the last change: a row's version is the time of its request.
    order: 'none',
    ...(enumerates !== undefined && { enumerates }),
    ...(enumerates && stream.fullEveryMs !== undefined && { fullEveryMs: stream.fullEveryMs }),
    ...(appendOnly && { appendOnly }),
    ...(minorUnits && { minorUnits }),
    // Lists take no other bounds: a backfill of a range reads what was created in it, as it is now.
    boundedBy: createdAs ?? 'created',
    // Events may be listed late. https://docs.stripe.com/api/events
    lagMs: 60_000,
    overlapMs: 0,
    children: children.map((child) => ({
      name: child.name,
      docs: child.docs,
      ...identity(child.columns),
      parent: child.parent,
      ...(child.minorUnits && { minorUnits: child.minorUnits }),
    })),
    read: (scan, context) => readStream(reading, stream, scan, context),
  }
}

type Columns = { readonly [field: string]: LogicalType }
