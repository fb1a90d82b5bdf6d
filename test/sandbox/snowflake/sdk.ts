/** The real snowflake-sdk, as the tests use it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sdk, { type Connection, type ConnectionOptions, type SnowflakeError } from 'snowflake-sdk'
import {
  startSnowflake,
  type RunningSnowflake,
  type SnowflakeConnection,
  type SnowflakeOptions,
} from '../../../src/sandbox/snowflake/start.ts'

sdk.configure({ logLevel: 'OFF', additionalLogToConsole: false })

export type TestSnowflake = RunningSnowflake & {
  readonly directory: string
  readonly remove: () => Promise<void>
}

export async function startTestSnowflake(options: Partial<SnowflakeOptions> = {}): Promise<TestSnowflake> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'snowflake-'))
  const running = await startSnowflake({ ...options, directory })
  return {
    ...running,
    directory,
    remove: async () => {
      await running.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export const keyPair = (to: SnowflakeConnection): ConnectionOptions => ({
  account: to.account,
  username: to.user,
  authenticator: 'SNOWFLAKE_JWT',
  privateKey: to.privateKey,
  role: to.role,
  warehouse: to.warehouse,
  database: to.database,
  schema: 'PUBLIC',
  accessUrl: to.url,
})

export async function signIn(options: ConnectionOptions): Promise<Connection> {
  const connection = sdk.createConnection({ ...quick, ...options })
  await new Promise<void>((resolve, reject) => {
    void connection.connectAsync((error) => (error ? reject(error) : resolve())).catch(reject)
  })
  return connection
}

/** Retries that do not keep a test waiting. */
const quick = { sfRetryMaxLoginRetries: 0, retryTimeout: 5 } as Partial<ConnectionOptions> // not all are in its types

export type Row = { readonly [column: string]: unknown }

export const run = (connection: Connection, sqlText: string, more: object = {}): Promise<readonly Row[]> =>
  new Promise((resolve, reject) => {
    connection.execute({
      sqlText,
      ...more,
      complete: (error, _statement, rows) => (error ? reject(error) : resolve((rows ?? []) as Row[])), // as asked
    })
  })

/** Code, SQLSTATE and message of what it is refused with. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    const { code, sqlState, message } = error as SnowflakeError // the SDK's own
    return `${code} ${sqlState ?? ''} ${message}`
  }
  return 'it went through'
}

export const signOut = (connection: Connection): Promise<void> =>
  new Promise((resolve) => {
    connection.destroy(() => resolve())
  })
