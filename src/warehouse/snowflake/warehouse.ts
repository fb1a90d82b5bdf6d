/**
 * The production warehouse. A connection serves one session at a time; what is idle is used again, since signing in takes a
 * second. What several sessions do at once is kept apart by fences and locks, as between machines.
 */
import { MillraceError } from '../../model/millrace-error.ts'
import type { Session, SessionRequest, Warehouse } from '../port.ts'
import { asSession, sessionStopped } from '../session-context.ts'
import { joinLookups } from '../sql/lookup-join.ts'
import { openSession } from '../sql/session.ts'
import { createState, stateSchema, wantedColumns } from '../sql/state-schema.ts'
import { openSnowflakeClient, type SnowflakeClient } from './client/open-client.ts'
import type { SnowflakeOptions } from './client/options.ts'
import { isConnectionLost } from './client/translate-error.ts'
import { snowflakeDialect } from './dialect.ts'
import { snowflakeEngine } from './engine.ts'
import { storedName } from './names.ts'

export type SnowflakeWarehouseOptions = {
  /** For messages: the account and the database. */
  readonly place: string
  /** Asked for when the first session begins: secrets are not looked up before. */
  readonly connection: () => Promise<SnowflakeOptions>
}

export function openSnowflakeWarehouse(options: SnowflakeWarehouseOptions): Warehouse {
  const idle: SnowflakeClient[] = []
  const epochs = new Map<string, number>()
  let hasState = false
  // Sessions that begin together do not all make it.
  let making: Promise<void> | undefined
  let resolved: Promise<SnowflakeOptions> | undefined

  const connect = async (signal?: AbortSignal) =>
    openSnowflakeClient({ ...(await (resolved ??= options.connection())), ...(signal && { signal }) })

  const prepare = async (client: SnowflakeClient, request: SessionRequest) => {
    hasState ||= await stateStands(client)
    if (!hasState && request.rehearsal) throw nothingLoaded(options.place)
    if (!hasState) {
      const engine = snowflakeEngine({ link: { client: () => client, renew: cannotRenew }, epochs, isRehearsal: false })
      making ??= createState(engine).finally(() => {
        making = undefined
      })
      await making
      hasState = true
    }
    // Temporary tables need a schema, and are its session's own.
    await client.run(`USE SCHEMA ${snowflakeDialect.quote(stateSchema)}`)
    return client
  }

  const openClient = async (request: SessionRequest): Promise<SnowflakeClient> => {
    const waiting = idle.pop()
    if (waiting) return waiting
    try {
      return await prepare(await connect(request.signal), request)
    } catch (error) {
      throw request.signal?.aborted ? sessionStopped(request, error) : error
    }
  }

  const work = async <T>(request: SessionRequest, does: (session: Session) => Promise<T>): Promise<T> => {
    if (request.signal?.aborted) throw sessionStopped(request, request.signal.reason)
    let client = await openClient(request)
    const tag = { run: request.runId, purpose: request.purpose }
    await client.tag(tag)
    const obeying = obey(() => client, request)
    const renew = async () => {
      await client.close()
      client = await prepare(await connect(), request)
      await client.tag(tag)
    }
    const cancel = () => void client.cancel().catch(() => undefined)
    request.signal?.addEventListener('abort', cancel, { once: true })
    let isSound = false
    try {
      const engine = snowflakeEngine({
        link: { client: () => obeying, renew },
        epochs,
        isRehearsal: request.rehearsal ?? false,
      })
      const result = await does(openSession(engine))
      isSound = true
      return result
    } catch (error) {
      isSound = !isConnectionLost(error) && !request.signal?.aborted
      throw request.signal?.aborted ? sessionStopped(request, error) : error
    } finally {
      request.signal?.removeEventListener('abort', cancel)
      // What a rehearsal has put in front of the tables goes with its connection.
      if (isSound && !request.rehearsal) idle.push(client)
      else await client.close()
    }
  }
  return {
    type: 'snowflake',
    place: options.place,
    jsonInFiles: 'text',
    quote: snowflakeDialect.quote,
    joinLookups: (model, lookups) => joinLookups(snowflakeDialect, model, lookups),
    session: (request, does) => asSession(request, () => work(request, does)),
    close: async () => {
      await Promise.all(idle.splice(0).map((client) => client.close()))
    },
  }
}

/** What comes after the signal must not begin; but a transaction is still rolled back. */
function obey(client: () => SnowflakeClient, request: SessionRequest): SnowflakeClient {
  const { signal } = request
  const unlessStopped = (sql: string) => {
    if (signal?.aborted && sql !== 'ROLLBACK') throw sessionStopped(request, signal.reason)
  }
  return {
    run: async (sql) => {
      unlessStopped(sql)
      return client().run(sql)
    },
    rows: async (sql) => {
      unlessStopped(sql)
      return client().rows(sql)
    },
    async *stream(sql) {
      unlessStopped(sql)
      yield* client().stream(sql)
    },
    describe: async (sql) => {
      unlessStopped(sql)
      return client().describe(sql)
    },
    put: async (files, stage) => {
      unlessStopped('PUT')
      return client().put(files, stage)
    },
    cancel: () => client().cancel(),
    tag: (tag) => client().tag(tag),
    close: () => client().close(),
  }
}

async function stateStands(client: SnowflakeClient): Promise<boolean> {
  const wanted = wantedColumns()
  const each = wanted.map(
    ({ table, column }) =>
      `(table_name = ${snowflakeDialect.text(storedName(table))} AND column_name = ${snowflakeDialect.text(storedName(column))})`,
  )
  const [found] = await client.rows(
    `SELECT count(*) AS n FROM INFORMATION_SCHEMA.COLUMNS WHERE table_schema = ${snowflakeDialect.text(storedName(stateSchema))} AND (${each.join(' OR ')})`,
  )
  return found?.['n'] === String(wanted.length)
}

const cannotRenew = () => Promise.reject(new MillraceError('MR-7000', { message: 'There is no fence to be held yet.' }))

const nothingLoaded = (place: string) =>
  new MillraceError('MR-2102', {
    message: `The warehouse ${place} holds nothing of millrace yet: nothing has been loaded on this target.`,
    next: 'millrace sync run --all   loads it',
  })
