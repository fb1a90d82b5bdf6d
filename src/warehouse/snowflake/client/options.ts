import { decodePart } from '../../../model/decode-part.ts'

/** Everything that a session with a Snowflake account needs; secrets are plain values by now. */
export type SnowflakeOptions = {
  /** `organisation-account`, or an account locator. */
  readonly account: string
  /** null: the token says who it is. */
  readonly user: string | null
  readonly auth: SnowflakeAuth
  /** null: the user's own default. */
  readonly role: string | null
  readonly warehouse: string | null
  readonly database: string | null
  readonly schema: string | null
  /** null: the account's own address. */
  readonly accessUrl: string | null
  /** `http://user:password@host:port`; null: what the environment says (HTTPS_PROXY). */
  readonly proxy: string | null
  /** After it the server ends a statement. */
  readonly statementTimeoutMs: number
  /** How long a statement waits for a lock that another session holds. */
  readonly lockTimeoutMs: number
  /** For the whole sign-in, with every attempt of it. */
  readonly loginTimeoutMs: number
  /** For one answer of the server, which says after 45 seconds at the latest that a statement is still running. @default 90 s */
  readonly requestTimeoutMs?: number
  /** How long a request that gets no answer is repeated, about. @default 60 s */
  readonly retryTimeoutMs?: number
  /** A session that is idle for four hours ends without it. @default false */
  readonly keepAlive?: boolean
  /** Keys that every QUERY_TAG has. */
  readonly queryTag: { readonly [key: string]: string }
  readonly sessionParameters: { readonly [name: string]: string | number | boolean }
  /** Ends the sign-in; what comes after it is ended by `cancel`. */
  readonly signal?: AbortSignal
  readonly onStatement?: (statement: StatementReport) => void
}

export type SnowflakeAuth =
  /** PKCS#8 in PEM. */
  | { readonly kind: 'key_pair'; readonly privateKey: string; readonly passphrase: string | null }
  /** A programmatic access token. */
  | { readonly kind: 'pat'; readonly token: string }
  | { readonly kind: 'oauth'; readonly token: string }
  /** For people: the browser opens. */
  | { readonly kind: 'external_browser' }

export type StatementReport = {
  readonly sql: string
  /** null: the server has never answered. */
  readonly queryId: string | null
  readonly milliseconds: number
}

/** Where the account answers. */
export const addressOf = ({ account, accessUrl }: Pick<SnowflakeOptions, 'account' | 'accessUrl'>): string =>
  accessUrl ?? `https://${account.toLowerCase()}.snowflakecomputing.com`

export const requestTimeoutOf = ({ requestTimeoutMs = 90_000 }: Pick<SnowflakeOptions, 'requestTimeoutMs'>): number =>
  requestTimeoutMs

/** What must never be shown of these options. */
export function secretsOf({ auth, proxy }: Pick<SnowflakeOptions, 'auth' | 'proxy'>): readonly string[] {
  const password = proxy === null || !URL.canParse(proxy) ? '' : new URL(proxy).password
  return [...authSecrets(auth), password, decodePart(password)].filter((secret) => secret.length >= 4)
}

function authSecrets(auth: SnowflakeAuth): readonly string[] {
  switch (auth.kind) {
    case 'key_pair':
      // A message may hold a line of the key.
      return [
        auth.privateKey,
        ...auth.privateKey.split(/\\n|\s/).filter((line) => line.length >= 16),
        auth.passphrase ?? '',
      ]
    case 'pat':
    case 'oauth':
      return [auth.token]
    case 'external_browser':
      return []
  }
}
