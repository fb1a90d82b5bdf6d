/** `warehouse: { type: snowflake, … }`: its keys, and what of them a target cannot do without. */
import { z } from 'zod'
import { duration, strict } from './file-schema.ts'
import type { SnowflakeSignIn, SnowflakeWarehouse } from './project.ts'

const text = z.string().min(1, 'a value is needed')

/** A name in Snowflake; or a reference, which is looked at when it is resolved. */
const objectName = z
  .string()
  .regex(
    /\$\{|^[A-Za-z_][\w$]*$|^"[^"]+"$/,
    'a name in Snowflake is letters, digits, `_` and `$`, or stands in double quotes',
  )

const secret = (what: string) =>
  text.optional().describe(`${what} A reference: \`\${env:X}\` or \`\${file:/run/secrets/x}\`.`)

const fixedWords = 'millrace sets it itself: values must be the same on every warehouse'

export const snowflakeWarehouse = strict({
  type: z
    .literal('snowflake')
    .describe('A Snowflake account. On a target with `sandbox: true` nothing else is needed.'),
  account: z
    .string()
    .regex(
      /\$\{|^\w+([.-]\w+)*$/,
      'an account is `ORGANISATION-ACCOUNT`, as its address begins, and not the whole address',
    )
    .optional()
    .describe('`ORGANISATION-ACCOUNT`, as the address of the account begins.'),
  user: text.optional().describe('Who signs in. With a token it may be left out.'),
  private_key: secret('Signs in with a key pair: PKCS#8 in PEM, as `millrace grants snowflake` says.'),
  private_key_passphrase: secret('Where the private key is encrypted.'),
  token: secret('Signs in with a programmatic access token.'),
  oauth_token: secret('Signs in with an OAuth access token.'),
  authenticator: z
    .literal('external_browser')
    .optional()
    .describe('Signs a person in: the browser opens. Not for schedules.'),
  role: objectName.optional().describe('Default: the user’s own.'),
  warehouse: objectName.optional().describe('The compute that runs the statements.'),
  database: objectName.optional().describe('Where data lands; one database is one target’s.'),
  schema: objectName.optional().describe('The session’s schema, for models that name a table without one.'),
  base_url: z
    .string()
    .regex(
      /\$\{|^https:\/\/[^\s/]+\/?$|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/?$/,
      'an address is `https://…` without a path; `http://` is for 127.0.0.1 only',
    )
    .optional()
    .describe('Another address than the account’s own: a private link.'),
  proxy: z
    .string()
    .regex(/\$\{|^https?:\/\/[^\s]+$/, 'a proxy is `http://host:port`')
    .optional()
    .describe('`http://host:port`. With a password it is a reference. Default: HTTPS_PROXY of the environment.'),
  statement_timeout: duration.prefault('1h').describe('After it Snowflake ends a statement.'),
  query_tag: z
    .record(z.string(), z.string())
    .default({})
    .describe('Keys that QUERY_TAG has beside those of millrace: { team: data }.'),
  session_parameters: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z_]+$/, 'the name of a session parameter')
        .refine(isFree, fixedWords),
      z.union([z.string(), z.number(), z.boolean()], { error: 'text, a number, or true or false' }),
    )
    .default({})
    .describe('Parameters of each session; what values look like is not among them.'),
})

type SnowflakeKeys = z.output<typeof snowflakeWarehouse>

/** What the target's own keys leave open. Every finding has its place. */
export function checkSnowflakeKeys(
  keys: SnowflakeKeys,
  { isSandbox }: { readonly isSandbox: boolean },
  refuse: (path: readonly string[], message: string) => void,
): void {
  const given = signInKeys.filter((key) => keys[key] !== undefined)
  for (const key of given.slice(1)) refuse([key], `\`${given[0] ?? ''}\` signs in already; a target has one way`)
  if (keys.private_key_passphrase !== undefined && keys.private_key === undefined)
    refuse(['private_key_passphrase'], 'there is no `private_key` that it would open')
  if (isSandbox) return
  if (given.length === 0)
    refuse([], 'nothing signs in: it needs `private_key`, `token`, `oauth_token` or `authenticator: external_browser`')
  const hasToken = keys.token !== undefined || keys.oauth_token !== undefined
  for (const key of ['account', 'warehouse', 'database', ...(hasToken ? [] : (['user'] as const))] as const)
    if (keys[key] === undefined) refuse([key], 'it is missing')
}

const signInKeys = ['private_key', 'token', 'oauth_token', 'authenticator'] as const

/** camelCase; values may still be references. */
export function resolveSnowflake(keys: SnowflakeKeys): SnowflakeWarehouse {
  return {
    type: 'snowflake',
    account: keys.account ?? null,
    user: keys.user ?? null,
    signIn: signInOf(keys),
    role: keys.role ?? null,
    warehouse: keys.warehouse ?? null,
    database: keys.database ?? null,
    schema: keys.schema ?? null,
    baseUrl: keys.base_url ?? null,
    proxy: keys.proxy ?? null,
    statementTimeoutMs: keys.statement_timeout,
    queryTag: keys.query_tag,
    sessionParameters: keys.session_parameters,
  }
}

function signInOf(keys: SnowflakeKeys): SnowflakeSignIn | null {
  if (keys.private_key !== undefined)
    return { kind: 'key_pair', privateKey: keys.private_key, passphrase: keys.private_key_passphrase ?? null }
  if (keys.token !== undefined) return { kind: 'pat', token: keys.token }
  if (keys.oauth_token !== undefined) return { kind: 'oauth', token: keys.oauth_token }
  return keys.authenticator === undefined ? null : { kind: keys.authenticator }
}

/** With another value here the same project would give other values than on DuckDB, or commit at other moments. */
function isFree(name: string): boolean {
  return !/^(TIMEZONE|AUTOCOMMIT|QUERY_TAG|LOCK_TIMEOUT|STATEMENT_TIMEOUT_IN_SECONDS|JSON_INDENT|STRICT_JSON_OUTPUT|ROWS_PER_RESULTSET|MULTI_STATEMENT_COUNT|QUOTED_IDENTIFIERS_IGNORE_CASE|ERROR_ON_NONDETERMINISTIC_MERGE|TIMESTAMP_TYPE_MAPPING|\w+_(INPUT|OUTPUT)_FORMAT)$/i.test(
    name,
  )
}
