/** A session of one Snowflake account, over Snowflake's own SDK: sign-in, statements, results as exact text, files, cancel. */
import type { Connection } from 'snowflake-sdk'
import type { TextRow } from '../../../model/text-row.ts'
import { connect } from './connect.ts'
import { connectionOptions } from './connection-options.ts'
import { describeColumns, type ColumnDescription } from './describe-columns.ts'
import { checkNames } from './check-names.ts'
import { limitRetries } from './limit-retries.ts'
import { loadSdk } from './load-sdk.ts'
import { addressOf, requestTimeoutOf, secretsOf, type SnowflakeOptions } from './options.ts'
import { putFiles } from './put-files.ts'
import { queryTagText, type QueryTag } from './query-tag.ts'
import { readRows } from './read-rows.ts'
import { hideSecrets } from './hide-secrets.ts'
import { sessionStatement } from './session-parameters.ts'
import { statementRunner, type Runner } from './statement.ts'
import { translateSnowflakeError } from './translate-error.ts'

export type SnowflakeClient = {
  /** A statement whose result is not looked at. Rows changed: of INSERT, UPDATE, DELETE, MERGE; 0 of all others. */
  readonly run: (sql: string) => Promise<{ readonly rowsChanged: number; readonly queryId: string }>
  /** A small result, every cell as exact text or null. */
  readonly rows: (sql: string) => Promise<readonly TextRow[]>
  /** A large one, in chunks of 2000 rows, in flat memory; whoever does not ask for more gets no more. */
  readonly stream: (sql: string) => AsyncIterable<readonly TextRow[]>
  /** Columns of a query without running it. */
  readonly describe: (sql: string) => Promise<readonly ColumnDescription[]>
  /** Files to a stage, some at once, in flat memory. `stage` is as it stands in SQL: `@"S".%"T"/path`. */
  readonly put: (files: readonly string[], stage: string) => Promise<void>
  /** What runs now is cancelled at the server, and fails; so does what is being read. */
  readonly cancel: () => Promise<void>
  /** Changes QUERY_TAG for what follows; it goes with the statements, and is none itself. */
  readonly tag: (tag: QueryTag) => Promise<void>
  readonly close: () => Promise<void>
}

/** @throws MillraceError MR-1201 for a key that cannot be used, MR-1302 without the SDK, MR-2001, MR-2202, MR-2203 */
export async function openSnowflakeClient(options: SnowflakeOptions): Promise<SnowflakeClient> {
  const secrets = secretsOf(options)
  try {
    // Before the SDK is loaded, which takes a third of a second.
    const forSdk = connectionOptions(options)
    const sdk = await loadSdk({ isLocal: isLocal(options.accessUrl) })
    limitRetries(addressOf(options), options.retryTimeoutMs ?? 60_000)
    const connection = await connect(sdk, forSdk, options)
    let tag = queryTagText(options.queryTag, { purpose: 'session' })
    const runner = statementRunner(connection, {
      queryTag: () => tag,
      onStatement: (statement) => options.onStatement?.(statement),
    })
    const cancel = () => void runner.cancel()
    options.signal?.addEventListener('abort', cancel, { once: true })
    try {
      checkNames(await runner.execute(sessionStatement(options)), options)
      options.signal?.throwIfAborted()
    } catch (error) {
      await close(connection)
      throw translateSnowflakeError(error, 'setting up the session in Snowflake')
    } finally {
      options.signal?.removeEventListener('abort', cancel)
    }
    const setTag = (next: QueryTag) => {
      tag = queryTagText(options.queryTag, next)
    }
    return client({ connection, runner, secrets, setTag, stallMs: 3 * requestTimeoutOf(options) })
  } catch (error) {
    throw hideSecrets(error, secrets)
  }
}

function client({
  connection,
  runner,
  secrets,
  setTag,
  stallMs,
}: {
  readonly connection: Connection
  readonly runner: Runner
  readonly secrets: readonly string[]
  readonly setTag: (tag: QueryTag) => void
  /** Each part of a result is asked for several times, each within the request's own limit. */
  readonly stallMs: number
}): SnowflakeClient {
  let reading = new AbortController()
  const failed = (error: unknown, sql?: string) =>
    hideSecrets(translateSnowflakeError(error, 'running a statement in Snowflake', sql), secrets)
  const guarded = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw failed(error, sql)
    }
  }
  async function* stream(sql: string): AsyncGenerator<readonly TextRow[]> {
    try {
      yield* readRows(await runner.execute(sql), { stallMs, signal: reading.signal })
    } catch (error) {
      throw failed(error, sql)
    }
  }
  return {
    run: (sql) =>
      guarded(sql, async () => {
        const done = await runner.execute(sql)
        return { rowsChanged: Math.max(0, done.getNumUpdatedRows() ?? 0), queryId: done.getQueryId() }
      }),
    rows: async (sql) => (await Array.fromAsync(stream(sql))).flat(),
    stream,
    describe: (sql) => guarded(sql, async () => describeColumns(await runner.execute(sql, { describeOnly: true }))),
    put: async (files, stage) => {
      try {
        await putFiles(runner.execute, files, stage)
      } catch (error) {
        throw failed(error)
      }
    },
    async cancel() {
      reading.abort()
      reading = new AbortController()
      await runner.cancel()
    },
    tag: async (tag) => setTag(tag),
    close: () => close(connection),
  }
}

/** The session's end is told to the server; that it may not hear it any more keeps nobody waiting. */
async function close(connection: Connection): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, patienceMs)
  connection.destroy(() => resolve())
  await promise
  clearTimeout(timer)
}

const isLocal = (accessUrl: string | null) =>
  accessUrl !== null &&
  URL.canParse(accessUrl) &&
  ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(accessUrl).hostname)

const patienceMs = 5000
