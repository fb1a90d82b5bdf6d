/**
 * CREATE, ALTER, DROP. Each commits what is open, and runs in a transaction of its own.
 * https://docs.snowflake.com/en/sql-reference/transactions#ddl
 */
import { checkObject, checkReads, checkSeen } from '../account/check-rights.ts'
import { fullName } from '../account/rights.ts'
import { forgetLoads } from '../stage/load-history.ts'
import { forgetStage } from '../stage/stage-directory.ts'
import { shownName, shownPart } from '../sql/names.ts'
import { objectExists, objectMissing, otherKind } from '../sql/snowflake-error.ts'
import type { Ddl, ObjectName, Statement } from '../sql/statement.ts'
import { translateDuckDBError } from '../sql/translate-duckdb-error.ts'
import type { Run } from '../session/transaction.ts'
import { changedColumns } from './changed-columns.ts'
import { keyOf, kindOf, seenKey, type CatalogObject, type Kind } from './catalog.ts'
import { refuseRow } from './dml.ts'
import { needWarehouse } from './need-warehouse.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import type { RunContext } from './run-statement.ts'
import { statusOutcome } from './listing.ts'
import { writePlace } from './write-place.ts'

/** @param read what the statement means now: while it waited for the lock, another may have done the same */
export async function runDdl(context: RunContext, first: Ddl, read: () => Statement): Promise<Outcome> {
  const { session } = context
  await session.transaction.commit()
  const known = find(context, first)
  const nothing = checkExistence(first, known)
  checkDdlRights(context, first, known)
  checkReads(context, first.reads)
  if (first.rowsFrom !== null) needWarehouse(context)
  if (nothing !== null || context.describeOnly) return done(nothing ?? first.message)
  const outcome = await session.transaction.write(writePlace(context, first.name), async (run) => {
    const again = read()
    return write(context, again.kind === 'ddl' ? again : first, run)
  })
  context.service.scanned.forget(first.name)
  outcome.afterwards()
  return { ...done(outcome.message), changed: { inserted: outcome.rows, updated: 0, deleted: 0 } }
}

async function write(context: RunContext, statement: Ddl, run: Run) {
  const known = find(context, statement)
  const isOwn = isOwnOf(context, statement)
  const nothing = checkExistence(statement, known)
  if (nothing !== null) return { message: nothing, rows: 0, afterwards: () => undefined }
  const changed: number[] = []
  try {
    for (const check of statement.checks) await refuseRow(context.session.connection, check)
    for (const sql of statement.sql) changed.push(await run(sql))
  } catch (error) {
    throw translateDuckDBError(error, statement.sql.join(';\n'))
  }
  await record(context, statement, { known, run, isOwn })
  return {
    message: statement.message,
    rows: statement.rowsFrom === null ? 0 : (changed[statement.rowsFrom] ?? 0),
    afterwards: () => afterwards(context, statement, { known, isOwn }),
  }
}

const done = (message: string): Outcome => statusOutcome(statementTypes.ddl, message)

/** The name as the catalog has it: of a schema in `name`, beside its database. */
const nameOf = ({ objectKind, name }: Ddl): ObjectName =>
  objectKind === 'schema' ? { database: name.database, schema: null, name: name.name } : name

const kindOfDdl = ({ objectKind }: Ddl): Kind => kindOf({ kind: objectKind })

/** A temporary object of the session: it hides another of the same name, for DROP and ALTER too. */
const isOwnOf = ({ session }: RunContext, statement: Ddl): boolean =>
  statement.verb === 'create'
    ? statement.temporary
    : session.temporary.has(keyOf(kindOfDdl(statement), nameOf(statement)))

function find({ service, session }: RunContext, statement: Ddl): CatalogObject | undefined {
  const kind = kindOfDdl(statement)
  const own = session.temporary.get(keyOf(kind, nameOf(statement)))
  if (statement.verb === 'create' && statement.temporary) return own
  return (statement.verb === 'create' ? undefined : own) ?? service.catalog.get(kind, nameOf(statement))
}

/** What there is to say where there is nothing to do. */
function checkExistence(statement: Ddl, known: CatalogObject | undefined): string | null {
  const { verb, ifExists, ifNotExists, orReplace, name } = statement
  const shown = shownName(nameOf(statement))
  if (verb === 'create') {
    if (!known || orReplace) return null
    if (ifNotExists) return `${shownPart(name.name)} already exists, statement succeeded.`
    throw objectExists(shown)
  }
  if (known && verb === 'drop' && statement.objectKind !== known.kind) throw otherKind(known.kind, statement.objectKind)
  if (known) return null
  if (ifExists && verb === 'drop')
    return `Drop statement executed successfully (${shownPart(name.name)} already dropped).`
  if (ifExists) return 'Statement executed successfully.'
  throw objectMissing(shown, titled(statement.objectKind))
}

const titled = (kind: string) => kind.charAt(0).toUpperCase() + kind.slice(1).replace('_', ' ')

function checkDdlRights(context: RunContext, statement: Ddl, known: CatalogObject | undefined): void {
  const { objectKind, verb, temporary, name, renamedTo } = statement
  if (verb !== 'create') {
    if (!known || context.session.temporary.has(keyOf(kindOf(known), known.name))) return
    checkOwner(context, known)
    if (renamedTo && (renamedTo.schema !== name.schema || renamedTo.database !== name.database))
      mayCreate(context, objectKind, renamedTo)
    return
  }
  // IF NOT EXISTS asks for the right also where the object stands.
  if (!temporary) mayCreate(context, objectKind, nameOf(statement))
  else checkSeen(context, name)
  // Of a temporary one: what it hides. https://docs.snowflake.com/en/sql-reference/sql/create-table#access-control-requirements
  const replaced = temporary ? context.service.catalog.get(kindOfDdl(statement), name) : known
  if (replaced && !(known && statement.ifNotExists)) checkOwner(context, replaced)
}

function mayCreate(context: RunContext, kind: Ddl['objectKind'], name: ObjectName): void {
  const privilege = `CREATE ${kind.toUpperCase().replace('_', ' ')}`
  const container = (own: string) => ({ database: null, schema: null, name: own })
  if (kind === 'database') return checkObject(context, [privilege], 'ACCOUNT', container('ACCOUNT'))
  checkSeen(context, name)
  if (kind === 'schema') return checkObject(context, [privilege], 'DATABASE', container(name.database ?? ''))
  checkObject(context, [privilege], 'SCHEMA', { ...container(name.schema ?? ''), database: name.database })
}

function checkOwner(context: RunContext, known: CatalogObject): void {
  if (known.name.schema !== null) checkSeen(context, known.name)
  checkObject(context, ['OWNERSHIP'], known.kind.toUpperCase(), known.name)
}

async function record(
  context: RunContext,
  statement: Ddl,
  { known, run, isOwn }: { readonly known: CatalogObject | undefined; readonly run: Run; readonly isOwn: boolean },
): Promise<void> {
  const { service, session } = context
  const kind = kindOfDdl(statement)
  const name = nameOf(statement)
  const put = async (object: CatalogObject) => {
    if (isOwn) session.temporary.set(keyOf(kind, object.name), object)
    else await service.catalog.put(object, run)
  }
  const remove = async () => {
    if (isOwn) {
      await forgetLoads(run, seenKey(session, kind, name))
      session.temporary.delete(keyOf(kind, name))
    } else
      for (const gone of await service.catalog.remove(kind, name, run))
        await forgetLoads(run, keyOf(kindOf(gone), gone.name))
  }
  if (statement.verb === 'drop') return remove()
  if (statement.verb === 'create') {
    if (known) await remove()
    await put(created(context, statement))
    // A database comes with a schema.
    if (statement.objectKind === 'database')
      await put({
        ...created(context, statement),
        kind: 'schema',
        name: { database: name.name, schema: null, name: 'PUBLIC' },
      })
    return
  }
  if (!known) return
  const moved = statement.renamedTo ?? known.name
  if (statement.renamedTo) await remove()
  const columns =
    statement.verb === 'alter' && kind === 'relation'
      ? (statement.columns ?? (await changedColumns(session.connection, moved, isOwn)))
      : known.columns
  await put({ ...known, name: moved, columns, comment: statement.comment ?? known.comment })
}

const created = ({ service, session }: RunContext, statement: Ddl): CatalogObject => ({
  kind: statement.objectKind,
  name: nameOf(statement),
  columns: statement.columns ?? [],
  transient: statement.transient,
  owner: session.role,
  createdAt: service.now().toISOString(),
  comment: statement.comment,
  text: statement.text,
  options: statement.options,
})

/** Rights and files go with what they belong to. The creator owns what is created, and a session moves to a new schema. */
function afterwards(
  context: RunContext,
  statement: Ddl,
  { known, isOwn }: { readonly known: CatalogObject | undefined; readonly isOwn: boolean },
): void {
  const { service, session } = context
  const name = nameOf(statement)
  const on = statement.objectKind.toUpperCase()
  const gone = known && (statement.verb === 'drop' || (statement.verb === 'create' && statement.orReplace))
  if (gone) {
    if (!isOwn) service.rights.forget(on, fullName(name))
    forgetStage(service, known, isOwn ? session : null)
  }
  if (statement.renamedTo && !isOwn) service.rights.rename(on, fullName(name), fullName(statement.renamedTo))
  if (statement.verb === 'drop') return leave(context, statement)
  if (statement.verb !== 'create') return
  if (!statement.temporary) service.rights.come(session.role, on, name)
  if (statement.objectKind === 'database') {
    service.rights.come(session.role, 'SCHEMA', { database: name.name, schema: null, name: 'PUBLIC' })
    session.database = name.name
    session.schema = 'PUBLIC'
  }
  if (statement.objectKind === 'schema') {
    session.database = name.database
    session.schema = name.name
  }
}

/** A session whose place is dropped has none. */
function leave({ session }: RunContext, { objectKind, name }: Ddl): void {
  if (objectKind === 'database' && session.database === name.name) {
    session.database = null
    session.schema = null
  }
  if (objectKind === 'schema' && session.database === name.database && session.schema === name.name)
    session.schema = null
}
