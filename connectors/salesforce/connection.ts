import { createPrivateKey } from 'node:crypto'
import { z } from 'millrace'

/** A connection's keys. */
export type Connection = z.output<typeof connectionKeys>

const url = () => z.url({ protocol: /^https?$/ })
const percent = (fallback: string) =>
  z
    .string()
    .regex(/^(100|[1-9]\d?)%$/, 'is not a share like 25%')
    .default(fallback)

export const connectionKeys = z
  .strictObject({
    login_url: url().meta({
      description:
        'Your domain, https://acme.my.salesforce.com: client credentials do not work at login.salesforce.com',
    }),
    client_id: z.string().min(1).meta({ secret: true, description: 'Consumer key of the external client app' }),
    client_secret: z
      .string()
      .min(1)
      .optional()
      .meta({ secret: true, description: 'Consumer secret of the app; not needed with private_key' }),
    private_key: z.string().min(1).optional().meta({
      secret: true,
      description: 'JWT bearer: PEM of the RSA key whose certificate the app has; goes with username',
    }),
    username: z.string().min(1).optional().meta({ description: 'JWT bearer: the user to sign in as' }),
    audience: url().default('https://login.salesforce.com').meta({
      description: 'JWT bearer: https://test.salesforce.com for a sandbox of Salesforce’s own',
    }),
    refresh_token: z
      .string()
      .min(1)
      .optional()
      .meta({ secret: true, description: 'Of a user who let the app in by the web server flow' }),
    sign_in: z.enum(['client', 'jwt', 'refresh']).optional().meta({
      description: 'client credentials, JWT bearer or refresh token; only where keys of several stand here',
    }),
    instance_url: url().optional().meta({ description: 'Where the API is, if it is not where the token says' }),
    api_version: z
      .string()
      .regex(/^\d{2,3}\.0$/)
      .default('66.0')
      .meta({ description: 'The API version; names and columns may differ between versions' }),
    page_size: z
      .int()
      .min(200)
      .max(2000)
      .default(2000)
      .meta({ description: 'Rows of one query, and of one checkpoint' }),
    numbers: z.enum(['exact', 'double']).default('exact').meta({
      description:
        'double: numbers with more decimals than their field has are loaded too, with the fifteen digits of a double',
    }),
    bulk_query_from: z
      .union([z.int().min(1), z.literal('never')])
      .default(20_000)
      .meta({ description: 'A scan of so many rows goes by a query job of the Bulk API' }),
    bulk_query_page: z
      .int()
      .min(200)
      .max(1_000_000)
      .default(50_000)
      .meta({ description: 'Rows of one page of a query job’s results, and of one checkpoint' }),
    bulk_query_jobs: z
      .int()
      .min(1)
      .max(25)
      .default(3)
      .meta({ description: 'Query jobs that are under way at one time' }),
    bulk_from: z
      .int()
      .min(1)
      .max(10_001)
      .default(2000)
      .meta({ description: 'So many rows of a written batch go as a job of the Bulk API; 10001: never' }),
    bulk_wait_seconds: z.int().min(1).max(86_400).default(3600).meta({
      description: 'How long a run waits for a job of the Bulk API; a job that writes is taken over by the next run',
    }),
    quota_per_run: percent('25%').meta({
      description: 'The share of a day’s API requests that one run may read with; then it stops, and the next goes on',
    }),
    quota_in_all: percent('80%').meta({
      description: 'The share that may be used by all programs of the org before reading stops',
    }),
  })
  .superRefine((keys, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
    if (keys.private_key !== undefined && keys.refresh_token !== undefined && keys.sign_in === undefined)
      refuse('sign_in', 'there are keys for two ways to sign in: say jwt or refresh')
    const way = signInOf(keys)
    if (way === 'client' && keys.client_secret === undefined)
      refuse(
        'client_secret',
        'is missing; to sign in without it, give private_key and username (JWT bearer) or refresh_token',
      )
    if (way === 'refresh' && keys.refresh_token === undefined) refuse('refresh_token', 'is missing')
    if (way !== 'jwt') return
    if (keys.username === undefined) refuse('username', 'is missing: JWT bearer signs in as a user')
    const problem = keys.private_key === undefined ? 'is missing' : keyProblem(keys.private_key)
    if (problem) refuse('private_key', problem)
  })

export function signInOf(
  keys: Pick<Connection, 'sign_in' | 'private_key' | 'refresh_token'>,
): 'client' | 'jwt' | 'refresh' {
  return (
    keys.sign_in ?? (keys.private_key !== undefined ? 'jwt' : keys.refresh_token !== undefined ? 'refresh' : 'client')
  )
}

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm : RS256, and nothing else. */
function keyProblem(pem: string): string | undefined {
  try {
    const { asymmetricKeyType } = createPrivateKey(pem)
    return asymmetricKeyType === 'rsa' ? undefined : `is a key of type ${asymmetricKeyType}, and Salesforce takes RSA`
  } catch {
    // Its words may hold some of the key.
    return 'is not a private key in PEM without a passphrase'
  }
}
