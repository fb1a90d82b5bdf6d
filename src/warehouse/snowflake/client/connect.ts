import { setTimeout as delay } from 'node:timers/promises'
import type { Connection, ConnectionOptions } from 'snowflake-sdk'
import { MillraceError } from '../../../model/millrace-error.ts'
import { factsOf } from './failure-facts.ts'
import type { SnowflakeSdk } from './load-sdk.ts'
import { addressOf, type SnowflakeOptions } from './options.ts'
import { translateSnowflakeError } from './translate-error.ts'

/**
 * Signs in. The SDK's own repetition is off: it goes on for minutes, also where the account's name is wrong, and leaves its
 * timers behind.
 */
export async function connect(
  sdk: SnowflakeSdk,
  connectionOptions: ConnectionOptions,
  options: SnowflakeOptions,
): Promise<Connection> {
  const { account, user, loginTimeoutMs, signal } = options
  const until = performance.now() + loginTimeoutMs
  const doing = `signing in to Snowflake (${[user, account].filter(Boolean).join(' at ')})`
  for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, 8000)) {
    signal?.throwIfAborted()
    try {
      return await connectOnce(sdk.createConnection({ ...connectionOptions }), { until, signal })
    } catch (error) {
      const facts = factsOf(error)
      if (isNoAccount(error)) throw noAccount(doing, addressOf(options), error)
      const isLast = performance.now() + pauseMs >= until
      if (isLast || !facts.isUnanswered || (facts.status !== null && facts.status < 500 && facts.status !== 429))
        throw facts.isUnanswered ? unreachable(doing, addressOf(options), error) : translateSnowflakeError(error, doing)
    }
    await delay(pauseMs, undefined, { signal })
  }
}

function connectOnce(
  connection: Connection,
  { until, signal }: { readonly until: number; readonly signal: AbortSignal | undefined },
): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>()
  const timer = setTimeout(() => reject(tooLong()), Math.max(0, until - performance.now()))
  const stop = () => reject(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  // https://docs.snowflake.com/en/developer-guide/node-js/nodejs-driver-connect
  connection.connect((error) => (error ? reject(error) : resolve(connection)))
  return promise
    .catch((error: unknown) => {
      // Its sockets; that it is not connected is known.
      connection.destroy(() => undefined)
      throw error
    })
    .finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    })
}

/** Every name below snowflakecomputing.com leads to Snowflake or nowhere; what it has no account for is 403 or 404. */
function isNoAccount(error: unknown): boolean {
  const { status, network } = factsOf(error)
  return network === 'ENOTFOUND' || status === 403 || status === 404
}

const noAccount = (doing: string, address: string, error: unknown) =>
  new MillraceError('MR-2001', {
    message: `${doing}: there is no Snowflake account at ${address}.`,
    kept: 'Nothing was changed.',
    next: [
      'Correct `account` in millrace.yaml: it is ORGANISATION-ACCOUNT, as the address of the account begins.',
      'If it is right: is this machine’s name resolution (DNS) all right, and does a proxy or firewall let it through?',
    ],
    retry: 'never',
    cause: causeOf(error),
  })

const unreachable = (doing: string, address: string, error: unknown) =>
  new MillraceError('MR-2001', {
    message: `${doing}: ${address} does not answer as Snowflake does (${reasonOf(error)}).`,
    kept: 'Nothing was changed.',
    next: ['Run again later, or look at https://status.snowflake.com.', 'Behind a proxy: `proxy` in millrace.yaml.'],
    cause: causeOf(error),
  })

const tooLong = () => ({ name: 'NetworkError', code: 'ETIMEDOUT', message: 'the sign-in took too long' })

function reasonOf(error: unknown): string {
  const { status, network, code } = factsOf(error)
  return status === null ? network || code : `HTTP ${status}`
}

const causeOf = (error: unknown) => {
  const { code, network, status } = factsOf(error)
  return { code, network, status }
}
