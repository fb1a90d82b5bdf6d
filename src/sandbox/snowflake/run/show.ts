/** SHOW: https://docs.snowflake.com/en/sql-reference/sql/show */
import { fullName } from '../account/check-rights.ts'
import { showGrants } from '../account/show-grants.ts'
import { defaultParameters } from '../session/parameters.ts'
import { unsupported } from '../sql/snowflake-error.ts'
import type { Show } from '../sql/statement.ts'
import type { CatalogObject } from './catalog.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import type { RunContext } from './run-statement.ts'
import { tableOutcome } from './table-outcome.ts'

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
      (statement.like === null || isLike(name, statement.like)) &&
      (statement.startsWith === null || name.startsWith(statement.startsWith))
    )
  })
  return tableOutcome(statementTypes.show, names, statement.limit === null ? wanted : wanted.slice(0, statement.limit))
}

type Row = readonly (string | null)[]
type Listing = (
  context: RunContext,
  statement: Show,
) => { readonly names: readonly string[]; readonly rows: readonly Row[] }

const listings: { readonly [what: string]: Listing } = {
  TABLES: (context, statement) => ({
    names: ['created_on', 'name', 'database_name', 'schema_name', 'kind', 'comment', 'owner', 'rows', 'bytes'],
    rows: objects(context, statement, 'table').map(({ object, temporary }) => [
      object.createdAt,
      object.name.name,
      object.name.database,
      object.name.schema,
      temporary ? 'TEMPORARY' : object.transient ? 'TRANSIENT' : 'TABLE',
      object.comment ?? '',
      object.owner,
      null,
      null,
    ]),
  }),
  VIEWS: (context, statement) => ({
    names: ['created_on', 'name', 'reserved', 'database_name', 'schema_name', 'owner', 'comment', 'text', 'is_secure'],
    rows: objects(context, statement, 'view').map(({ object }) => [
      object.createdAt,
      object.name.name,
      '',
      object.name.database,
      object.name.schema,
      object.owner,
      object.comment ?? '',
      object.text,
      'false',
    ]),
  }),
  SCHEMAS: (context, statement) => ({
    names: [
      'created_on',
      'name',
      'is_default',
      'is_current',
      'database_name',
      'owner',
      'comment',
      'options',
      'retention_time',
    ],
    rows: objects(context, statement, 'schema').map(({ object }) => [
      object.createdAt,
      object.name.name,
      'N',
      object.name.name === context.session.schema ? 'Y' : 'N',
      object.name.database,
      object.owner,
      object.comment ?? '',
      '',
      '1',
    ]),
  }),
  DATABASES: (context, statement) => ({
    names: [
      'created_on',
      'name',
      'is_default',
      'is_current',
      'origin',
      'owner',
      'comment',
      'options',
      'retention_time',
    ],
    rows: objects(context, statement, 'database').map(({ object }) => [
      object.createdAt,
      object.name.name,
      'N',
      object.name.name === context.session.database ? 'Y' : 'N',
      '',
      object.owner,
      object.comment ?? '',
      '',
      '1',
    ]),
  }),
  STAGES: (context, statement) => ({
    names: ['created_on', 'name', 'database_name', 'schema_name', 'url', 'owner', 'comment', 'type'],
    rows: objects(context, statement, 'stage').map(({ object, temporary }) => [
      object.createdAt,
      object.name.name,
      object.name.database,
      object.name.schema,
      '',
      object.owner,
      object.comment ?? '',
      temporary ? 'INTERNAL TEMPORARY' : 'INTERNAL',
    ]),
  }),
  COLUMNS: (context, statement) => ({
    names: [
      'table_name',
      'schema_name',
      'column_name',
      'data_type',
      'null?',
      'default',
      'kind',
      'expression',
      'comment',
      'database_name',
    ],
    rows: [...objects(context, statement, 'table'), ...objects(context, statement, 'view')].flatMap(({ object }) =>
      object.columns.map((column) => [
        object.name.name,
        object.name.schema,
        column.name,
        JSON.stringify({ type: column.type.replace(/\(.*/, ''), nullable: column.nullable !== false }),
        String(column.nullable !== false),
        '',
        'COLUMN',
        '',
        '',
        object.name.database,
      ]),
    ),
  }),
  WAREHOUSES: ({ service, session }) => ({
    names: ['name', 'state', 'type', 'size', 'is_default', 'is_current', 'auto_suspend', 'auto_resume'],
    rows: Object.values(service.account.state.warehouses)
      .filter(({ name }) => service.rights.may(session.role, [], 'WAREHOUSE', name))
      .map(({ name, suspended, size, autoResume }) => [
        name,
        suspended ? 'SUSPENDED' : 'STARTED',
        'STANDARD',
        size,
        'N',
        name === session.warehouse ? 'Y' : 'N',
        '600',
        String(autoResume),
      ]),
  }),
  ROLES: ({ service, session }) => ({
    names: ['created_on', 'name', 'is_default', 'is_current', 'is_inherited', 'owner', 'comment'],
    rows: Object.keys(service.account.state.roles).map((name) => [
      null,
      name,
      'N',
      name === session.role ? 'Y' : 'N',
      'N',
      '',
      '',
    ]),
  }),
  USERS: ({ service }) => ({
    names: ['name', 'created_on', 'login_name', 'disabled', 'default_warehouse', 'default_role', 'has_rsa_public_key'],
    rows: Object.values(service.account.state.users).map((user) => [
      user.name,
      null,
      user.name,
      String(user.disabled),
      user.defaultWarehouse,
      user.defaultRole,
      String(user.publicKey !== null),
    ]),
  }),
  PARAMETERS: ({ session }) => ({
    names: ['key', 'value', 'default', 'level', 'description', 'type'],
    rows: Object.entries(session.parameters).map(([name, value]) => [
      name,
      String(value),
      String(defaultParameters[name]),
      value === defaultParameters[name] ? '' : 'SESSION',
      '',
      typeof value === 'string' ? 'STRING' : typeof value === 'number' ? 'NUMBER' : 'BOOLEAN',
    ]),
  }),
  GRANTS: (context, { rest }) => showGrants(context, rest),
}

/** What the role sees of a kind, in the place that was named, or in the session's. */
function objects(
  { service, session }: RunContext,
  statement: Show,
  kind: CatalogObject['kind'],
): readonly { readonly object: CatalogObject; readonly temporary: boolean }[] {
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
  const seen = ({ name, kind: of }: CatalogObject) =>
    of === 'database' || of === 'schema'
      ? service.rights.may(session.role, [], of.toUpperCase(), fullName(name))
      : service.rights.maySee(session.role, name)
  const own = [...session.temporary.values()].map((object) => ({ object, temporary: true }))
  const shared = [...service.catalog.all()].filter(seen).map((object) => ({ object, temporary: false }))
  return [...own, ...shared]
    .filter(({ object }) => object.kind === kind && inside(object))
    .sort((one, other) => (fullName(one.object.name) < fullName(other.object.name) ? -1 : 1))
}

/** As ILIKE: without regard to case. */
const isLike = (name: string, pattern: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('%', '[^]*')
      .replaceAll('_', '[^]')}$`,
    'i',
  ).test(name)
