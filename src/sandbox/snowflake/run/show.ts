/** SHOW: https://docs.snowflake.com/en/sql-reference/sql/show */
import { fullName } from '../account/rights.ts'
import { showGrants } from '../account/show-grants.ts'
import { defaultParameters } from '../session/parameters.ts'
import { likePattern } from '../sql/like-pattern.ts'
import { unsupported } from '../sql/snowflake-error.ts'
import type { Show } from '../sql/statement.ts'
import type { CatalogObject } from './catalog.ts'
import { listingOf, listingOutcome, type Cells, type Listing } from './listing.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import type { RunContext } from './run-statement.ts'

export function runShow(context: RunContext, statement: Show): Outcome {
  const listing = listings[statement.what]
  if (!listing) throw unsupported(`SHOW ${statement.what}`)
  const { names, rows } = listing(context, statement)
  const key = names.indexOf(
    statement.what === 'PARAMETERS' ? 'key' : statement.what === 'COLUMNS' ? 'column_name' : 'name',
  )
  const wanted = rows.filter((row) => {
    const name = row[key] ?? ''
    return (
      (statement.like === null || likePattern(statement.like).test(name)) &&
      (statement.startsWith === null || name.startsWith(statement.startsWith))
    )
  })
  return listingOutcome(statementTypes.show, { names, rows: wanted.slice(0, statement.limit ?? undefined) })
}

type Lister = (context: RunContext, statement: Show) => Listing

const listings: { readonly [what: string]: Lister } = {
  TABLES: objectsWith('table', 'created_on name database_name schema_name kind comment owner rows bytes'),
  VIEWS: objectsWith('view', 'created_on name reserved database_name schema_name owner comment text is_secure'),
  SCHEMAS: objectsWith(
    'schema',
    'created_on name is_default is_current database_name owner comment options retention_time',
  ),
  DATABASES: objectsWith(
    'database',
    'created_on name is_default is_current origin owner comment options retention_time',
  ),
  STAGES: objectsWith('stage', 'created_on name database_name schema_name url owner comment type'),
  COLUMNS: (context, statement) =>
    listingOf(
      [...objects(context, statement, 'table'), ...objects(context, statement, 'view')].flatMap(({ object }) =>
        object.columns.map((column) => ({ object, column })),
      ),
      {
        table_name: ({ object }) => object.name.name,
        schema_name: ({ object }) => object.name.schema,
        column_name: ({ column }) => column.name,
        data_type: ({ column }) =>
          JSON.stringify({ type: column.type.replace(/\(.*/, ''), nullable: column.nullable !== false }),
        'null?': ({ column }) => String(column.nullable !== false),
        default: nothing,
        kind: () => 'COLUMN',
        expression: nothing,
        comment: nothing,
        database_name: ({ object }) => object.name.database,
      },
    ),
  WAREHOUSES: ({ service, session }) =>
    listingOf(
      Object.values(service.account.state.warehouses).filter(({ name }) =>
        service.rights.may(session.role, [], 'WAREHOUSE', name),
      ),
      {
        name: ({ name }) => name,
        state: ({ suspended }) => (suspended ? 'SUSPENDED' : 'STARTED'),
        type: () => 'STANDARD',
        size: ({ size }) => size,
        is_default: () => 'N',
        is_current: ({ name }) => yesOrNo(name === session.warehouse),
        auto_suspend: () => '600',
        auto_resume: ({ autoResume }) => String(autoResume),
      },
    ),
  ROLES: ({ service, session }) =>
    listingOf(Object.keys(service.account.state.roles), {
      created_on: () => null,
      name: (name) => name,
      is_default: () => 'N',
      is_current: (name) => yesOrNo(name === session.role),
      is_inherited: () => 'N',
      owner: nothing,
      comment: nothing,
    }),
  USERS: ({ service }) =>
    listingOf(Object.values(service.account.state.users), {
      name: ({ name }) => name,
      created_on: () => null,
      login_name: ({ name }) => name,
      disabled: ({ disabled }) => String(disabled),
      default_warehouse: ({ defaultWarehouse }) => defaultWarehouse,
      default_role: ({ defaultRole }) => defaultRole,
      has_rsa_public_key: ({ publicKey }) => String(publicKey !== null),
    }),
  PARAMETERS: ({ session }) =>
    listingOf(Object.entries(session.parameters), {
      key: ([name]) => name,
      value: ([, value]) => String(value),
      default: ([name]) => String(defaultParameters[name]),
      level: ([name, value]) => (value === defaultParameters[name] ? '' : 'SESSION'),
      description: nothing,
      type: ([, value]) => (typeof value === 'string' ? 'STRING' : typeof value === 'number' ? 'NUMBER' : 'BOOLEAN'),
    }),
  GRANTS: (context, { rest }) => showGrants(context, rest),
}

/** Objects of a kind, with these columns. */
function objectsWith(kind: CatalogObject['kind'], columns: string): Lister {
  const names = columns.split(' ')
  return (context, statement) =>
    listingOf(
      objects(context, statement, kind),
      Object.fromEntries(names.map((name) => [name, objectCells[name] ?? nothing])),
    )
}

type Seen = { readonly object: CatalogObject; readonly isTemporary: boolean; readonly isCurrent: boolean }

/** What the role sees of a kind, in the place that was named, or in the session's. */
function objects({ service, session }: RunContext, statement: Show, kind: CatalogObject['kind']): readonly Seen[] {
  const where = statement.in
  const inside = ({ name }: CatalogObject): boolean => {
    if (where?.kind === 'ACCOUNT' || kind === 'database') return true
    if (where?.kind === 'TABLE' || where?.kind === 'VIEW')
      return where.name !== null && fullName(name) === fullName(where.name)
    if (where?.kind === 'DATABASE') return name.database === (where.name?.name ?? session.database)
    if (kind === 'schema') return session.database === null || name.database === session.database
    const database = where?.name?.database ?? session.database
    const schema = where ? (where.name?.name ?? session.schema) : session.schema
    return database === null || (name.database === database && (schema === null || name.schema === schema))
  }
  const seen = service.rights.shown(session.role)
  const current = kind === 'database' ? session.database : session.schema
  const show = (isTemporary: boolean) => (object: CatalogObject) => ({
    object,
    isTemporary,
    isCurrent: object.name.name === current,
  })
  const own = [...session.temporary.values()].map(show(true))
  const shared = [...service.catalog.all()].filter(seen).map(show(false))
  return [...own, ...shared]
    .filter(({ object }) => object.kind === kind && inside(object))
    .sort((one, other) => (fullName(one.object.name) < fullName(other.object.name) ? -1 : 1))
}

const nothing = () => ''
const yesOrNo = (holds: boolean) => (holds ? 'Y' : 'N')

/** What objects show; a column that is not here is empty. */
const objectCells: Cells<Seen> = {
  created_on: ({ object }) => object.createdAt,
  name: ({ object }) => object.name.name,
  database_name: ({ object }) => object.name.database,
  schema_name: ({ object }) => object.name.schema,
  owner: ({ object }) => object.owner,
  comment: ({ object }) => object.comment ?? '',
  kind: ({ object, isTemporary }) => (isTemporary ? 'TEMPORARY' : object.transient ? 'TRANSIENT' : 'TABLE'),
  type: ({ isTemporary }) => (isTemporary ? 'INTERNAL TEMPORARY' : 'INTERNAL'),
  text: ({ object }) => object.text,
  is_secure: () => 'false',
  is_default: () => 'N',
  is_current: ({ isCurrent }) => yesOrNo(isCurrent),
  retention_time: () => '1',
  rows: () => null,
  bytes: () => null,
}
