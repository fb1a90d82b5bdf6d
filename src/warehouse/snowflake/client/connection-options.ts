import type { ConnectionOptions } from 'snowflake-sdk'
import { decodePart } from '../../../model/decode-part.ts'
import { MillraceError } from '../../../model/millrace-error.ts'
import { requestTimeoutOf, type SnowflakeAuth, type SnowflakeOptions } from './options.ts'
import { readPrivateKey } from './private-key.ts'

/** In the SDK's words: https://docs.snowflake.com/en/developer-guide/node-js/nodejs-driver-options */
export function connectionOptions(options: SnowflakeOptions): ConnectionOptions {
  if (!/^\w+([.-]\w+)*$/.test(options.account)) throw badAccount(options.account)
  return {
    account: options.account,
    application: 'millrace',
    ...given({
      username: options.user,
      role: options.role,
      warehouse: options.warehouse,
      database: options.database,
      schema: options.schema,
      accessUrl: options.accessUrl?.replace(/\/+$/, '') ?? null,
    }),
    ...signIn(options.auth),
    ...(options.proxy !== null && proxyOptions(options.proxy)),
    timeout: requestTimeoutOf(options),
    sfRetryMaxLoginRetries: 0,
    clientSessionKeepAlive: options.keepAlive ?? false,
    // One for the whole process; else it stands as the text NULL.
    representNullAsStringNull: false,
    rowStreamHighWaterMark: 2000,
    resultPrefetch: 2,
    disableQueryContextCache: false,
  }
}

function signIn(auth: SnowflakeAuth): ConnectionOptions {
  switch (auth.kind) {
    case 'key_pair':
      return { authenticator: 'SNOWFLAKE_JWT', privateKey: readPrivateKey(auth.privateKey, auth.passphrase) }
    case 'pat':
      return { authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: auth.token }
    case 'oauth':
      return { authenticator: 'OAUTH', token: auth.token }
    case 'external_browser':
      // Sessions are short and many: without the kept token each would open the browser.
      return { authenticator: 'EXTERNALBROWSER', clientStoreTemporaryCredential: true }
  }
}

function proxyOptions(proxy: string): ConnectionOptions {
  if (!/^https?:/.test(proxy) || !URL.canParse(proxy)) throw badProxy()
  const { protocol, hostname, port, username, password } = new URL(proxy)
  return {
    proxyHost: hostname,
    proxyPort: Number(port || (protocol === 'https:' ? 443 : 80)),
    proxyProtocol: protocol.slice(0, -1),
    ...(username !== '' && { proxyUser: decodePart(username), proxyPassword: decodePart(password) }),
    noProxy: 'localhost|127.0.0.1',
  }
}

const given = (values: { readonly [key: string]: string | null }) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))

const badAccount = (account: string) =>
  new MillraceError('MR-1201', {
    message: `The account of the Snowflake warehouse, \`${account}\`, is not the name of an account.`,
    kept: 'Nothing was sent.',
    next: 'It is ORGANISATION-ACCOUNT, as the address of the account begins; not the whole address.',
  })

/** It is not shown: it may hold a password. */
const badProxy = () =>
  new MillraceError('MR-1201', {
    message: 'The proxy of the Snowflake warehouse is not an address.',
    kept: 'Nothing was sent.',
    next: 'It has the form http://host:port or http://user:password@host:port.',
  })
