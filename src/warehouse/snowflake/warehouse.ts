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
import { askForCost } from './cost.ts'
import { openSnowflakeClient, type SnowflakeClient } from './client/open-client.ts'
import type { SnowflakeOptions } from './client/options.ts'
import { isConnectionLost } from './client/translate-error.ts'
import { snowflakeDialect } from './dialect.ts'
import { snowflakeEngine } from './engine.ts'
import type { Link } from './link.ts'
import { storedName } from './names.ts'
import { obedientClient } from './obedient-client.ts'
import { standInForState } from './older-state.ts'
import { snowflakeParquet } from './parquet/style.ts'

export type SnowflakeWarehouseOptions = {
  /** For messages: the account and the database. */
  readonly place: string
  /** Asked for when the first session begins: secrets are not looked up before. */
  readonly connection: () => Promise<SnowflakeOptions>
}

export function openSnowflakeWarehouse(options: SnowflakeWarehouseOptions): Warehouse {
  let idle: { readonly client: SnowflakeClient; readonly since: number }[] = []
  const epochs = new Map<string, number>()
  let hasState = false
  // Sessions that begin together do not all make it.
  let making: Promise<void> | undefined
  let resolved: Promise<SnowflakeOptions> | undefined

  const resolve = () =>
    (resolved ??= options.connection().catch((error: unknown) => {
      // What is missing now may be there for the next session.
      resolved = undefined
      throw error
    }))
  const connect = async (signal?: AbortSignal) =>
    openSnowflakeClient({ ...(await resolve()), schema: storedName(stateSchema), ...(signal && { signal }) })

  const prepare = async (client: SnowflakeClient, request: SessionRequest) => {
    const found = hasState ? null : await findState(client)
    hasState ||= found?.stands ?? false
    if (found?.stands && found.isCurrent) return client
    const standsIn = !hasState && (request.rehearsal ?? false)
    if (standsIn && !(await standInForState(client))) throw nothingLoaded(options.place)
    while (!hasState && !standsIn) {
      const isOurs = making === undefined
      const link = { client: () => client, renew: cannotRenew, spoil: () => undefined }
      making ??= createState(snowflakeEngine({ link, epochs, isRehearsal: false })).finally(() => {
        making = undefined
      })
      try {
        await making
        hasState = true
      } catch (error) {
        // Another session that was stopped is no reason for this one to fail.
        if (isOurs) throw error
      }
    }
    // Temporary tables need a schema, and are its session's own.
    await client.run(`USE SCHEMA ${snowflakeDialect.quote(stateSchema)}`)
    return client
  }

  const signIn = async (request: SessionRequest, signal?: AbortSignal): Promise<SnowflakeClient> => {
    const client = await connect(signal)
    try {
      return await cancelling(signal, { client: () => client }, () => prepare(client, request))
    } catch (error) {
      await client.close()
      throw error
    }
  }

  const openClient = async (request: SessionRequest): Promise<SnowflakeClient> => {
    const freshest = Date.now() - idleMs
    await Promise.all(idle.filter(({ since }) => since < freshest).map(({ client }) => client.close()))
    idle = idle.filter(({ since }) => since >= freshest)
    const waiting = idle.pop()
    if (waiting) return waiting.client
    try {
      return await signIn(request, request.signal)
    } catch (error) {
      throw request.signal?.aborted ? sessionStopped(request, error) : error
    }
  }

  const work = async <T>(request: SessionRequest, does: (session: Session) => Promise<T>): Promise<T> => {
    const { signal } = request
    if (signal?.aborted) throw sessionStopped(request, signal.reason)
    let client = await openClient(request)
    const stopped = () => (signal?.aborted ? sessionStopped(request, signal.reason) : null)
    const obedient = obedientClient(() => client, stopped)
    const tag = { run: request.runId, purpose: request.purpose }
    await client.tag(tag)
    const link: Link = {
      client: () => obedient,
      renew: async () => {
        const stop = stopped()
        if (stop) throw stop
        await client.close()
        client = await signIn(request, signal)
        obedient.renewed()
        await client.tag(tag)
      },
      spoil: obedient.spoil,
    }
    const engine = snowflakeEngine({ link, epochs, isRehearsal: request.rehearsal ?? false })
    let isSound = false
    try {
      const result = await cancelling(signal, { client: () => client }, () => does(openSession(engine)))
      isSound = true
      return result
    } catch (error) {
      isSound = !isConnectionLost(error)
      throw signal?.aborted ? sessionStopped(request, error) : error
    } finally {
      // What a rehearsal has put in front of the tables goes with its connection.
      if (isSound && obedient.isClean() && !signal?.aborted && !request.rehearsal)
        idle.push({ client, since: Date.now() })
      else await client.close()
    }
  }
  return {
    type: 'snowflake',
    place: options.place,
    parquet: snowflakeParquet,
    quote: snowflakeDialect.quote,
    joinLookups: (model, lookups) => joinLookups(snowflakeDialect, model, lookups),
    session: (request, does) => asSession(request, () => work(request, does)),
    costOf: (run) => askForCost(() => connect(run.signal), run),
    close: async () => {
      await Promise.all(idle.splice(0).map(({ client }) => client.close()))
    },
  }
}

/** Ends at the server what the signal meets: again and again, since a statement may be on its way there. */
async function cancelling<T>(
  signal: AbortSignal | undefined,
  { client }: Pick<Link, 'client'>,
  work: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const cancel = () =>
    void client()
      .cancel()
      .catch(() => undefined)
  const stop = () => {
    cancel()
    timer = setInterval(cancel, 1000)
  }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await work()
  } finally {
    signal?.removeEventListener('abort', stop)
    clearInterval(timer)
  }
}

/** `isCurrent`: the session is in its schema, as it was signed in. */
async function findState(client: SnowflakeClient): Promise<{ readonly stands: boolean; readonly isCurrent: boolean }> {
  const wanted = wantedColumns()
  const each = wanted.map(
    ({ table, column }) =>
      `(table_name = ${snowflakeDialect.text(storedName(table))} AND column_name = ${snowflakeDialect.text(storedName(column))})`,
  )
  const [found] = await client.rows(
    `SELECT count(*) AS n, CURRENT_SCHEMA() AS place FROM INFORMATION_SCHEMA.COLUMNS WHERE table_schema = ${snowflakeDialect.text(storedName(stateSchema))} AND (${each.join(' OR ')})`,
  )
  return { stands: found?.['n'] === String(wanted.length), isCurrent: found?.['place'] === storedName(stateSchema) }
}

/** A session that nobody uses ends after four hours: https://docs.snowflake.com/en/user-guide/session-policies */
const idleMs = 30 * 60_000

const cannotRenew = () => Promise.reject(new MillraceError('MR-7000', { message: 'There is no fence to be held yet.' }))

const nothingLoaded = (place: string) =>
  new MillraceError('MR-2102', {
    message: `The warehouse ${place} holds nothing of millrace yet: nothing has been loaded on this target.`,
    next: 'The first run of a sync makes it:  millrace sync list',
  })
