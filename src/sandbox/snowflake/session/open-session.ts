/** The beginning and the end of a session. */
import { randomInt } from 'node:crypto'
import type { Service } from '../service.ts'
import { defaultParameters, withWishes } from './parameters.ts'
import type { Session } from './session.ts'
import { createTransaction } from './transaction.ts'

export type SessionWishes = {
  readonly user: string
  readonly role: string
  readonly warehouse: string | null
  readonly database: string | null
  readonly schema: string | null
  readonly parameters: { readonly [name: string]: unknown }
}

export type Opened =
  { readonly session: Session } | { readonly refusal: { readonly code: string; readonly message: string } }

/**
 * A warehouse or database that is not there, or not for this role, is no error of the login: the session begins without
 * one. Only a client that asks for VALIDATE_DEFAULT_PARAMETERS (not the Node SDK) is refused.
 */
export async function openSession(service: Service, wishes: SessionWishes): Promise<Opened> {
  const { rights } = service
  const warehouse =
    wishes.warehouse !== null && rights.mayUse(wishes.role, 'WAREHOUSE', wishes.warehouse) ? wishes.warehouse : null
  const database =
    wishes.database !== null &&
    service.catalog.hasDatabase(wishes.database) &&
    rights.mayUse(wishes.role, 'DATABASE', wishes.database)
      ? wishes.database
      : null
  const schema = database === null ? null : chooseSchema(service, database, wishes)
  if (wishes.parameters.VALIDATE_DEFAULT_PARAMETERS === true) {
    const missing =
      (wishes.warehouse !== null && warehouse === null && 'warehouse') ||
      (wishes.database !== null && database === null && 'database') ||
      (wishes.schema !== null && schema !== wishes.schema && 'schema')
    if (missing)
      return { refusal: { code: '390201', message: `The requested ${missing} does not exist or not authorized.` } }
  }
  const id = String(Math.floor(service.now().getTime() / 1000) * 1_000_000 + randomInt(1_000_000))
  const connection = await service.instance.connect()
  await connection.run(`SET TimeZone = 'UTC'`)
  const now = () => service.now().getTime()
  const session: Session = {
    id,
    user: wishes.user,
    connection,
    parameters: withWishes(defaultParameters, wishes.parameters),
    transaction: createTransaction({ sessionId: id, connection, lock: service.lock, now }),
    variables: new Map(),
    temporary: new Map(),
    role: wishes.role,
    warehouse,
    database,
    schema,
    lastQueryId: null,
    closed: false,
    idleSince: now(),
    tail: Promise.resolve(),
  }
  service.sessions.set(id, session)
  return { session }
}

/** Without a wish it is PUBLIC, where the database has one. */
function chooseSchema(service: Service, database: string, { schema }: SessionWishes): string | null {
  const wanted = schema ?? 'PUBLIC'
  return service.catalog.hasSchema({ database, schema: wanted }) ? wanted : null
}

/** What runs is cancelled, an open transaction is rolled back, temporary tables are gone with their connection. */
export async function closeSession(service: Service, session: Session): Promise<void> {
  if (session.closed) return
  session.closed = true
  service.sessions.delete(session.id)
  service.tokens.forget(session.id)
  for (const query of service.queries.running()) {
    if (query.session === session) query.abort.abort('cancelled')
  }
  await session.tail
  await session.transaction.rollback()
  session.connection.closeSync()
}
