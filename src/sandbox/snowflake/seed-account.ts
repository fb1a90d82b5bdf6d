/** What is there from the start: the database, its schema, the shared one with the account's history, and wished-for users. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { databaseName, newUser } from './account/account.ts'
import { publicKeyOf } from './account/key-pair.ts'
import type { CatalogObject } from './run/catalog.ts'
import { usageViews, type UsageLag } from './run/history.ts'
import type { Service } from './service.ts'
import { relationSql, schemaSql } from './sql/names.ts'
import type { NewUser } from './start.ts'

export async function seedAccount(
  service: Service,
  connection: DuckDBConnection,
  { users, lag }: { readonly users: readonly NewUser[]; readonly lag: UsageLag },
): Promise<void> {
  const { catalog, account } = service
  const run = async (sql: string) => (await connection.run(sql)).rowsChanged
  const object = (kind: CatalogObject['kind'], name: CatalogObject['name']): CatalogObject => ({
    kind,
    name,
    columns: [],
    transient: false,
    owner: 'SYSADMIN',
    createdAt: service.now().toISOString(),
    comment: null,
    text: null,
    options: {},
  })
  if (!catalog.hasDatabase(databaseName)) {
    await run(`CREATE SCHEMA IF NOT EXISTS ${schemaSql(databaseName, 'PUBLIC')}`)
    await catalog.put(object('database', { database: null, schema: null, name: databaseName }), run)
    await catalog.put(object('schema', { database: databaseName, schema: null, name: 'PUBLIC' }), run)
  }
  if (!catalog.hasDatabase('SNOWFLAKE')) {
    await run(`CREATE SCHEMA IF NOT EXISTS ${schemaSql('SNOWFLAKE', 'ACCOUNT_USAGE')}`)
    await catalog.put(object('database', { database: null, schema: null, name: 'SNOWFLAKE' }), run)
    await catalog.put(object('schema', { database: 'SNOWFLAKE', schema: null, name: 'ACCOUNT_USAGE' }), run)
  }
  for (const view of usageViews(lag)) {
    const name = { database: 'SNOWFLAKE', schema: 'ACCOUNT_USAGE', name: view.name }
    await run(`CREATE OR REPLACE VIEW ${relationSql(name)} AS ${view.sql}`)
    await catalog.put({ ...object('view', name), columns: view.columns }, run)
  }
  for (const user of users) addUser(service, user)
  if (users.length > 0) account.save()
}

function addUser({ account }: Service, wanted: NewUser): void {
  account.state.users[wanted.name] = {
    ...newUser(wanted.name),
    publicKey: wanted.privateKey === undefined ? null : publicKeyOf(wanted.privateKey),
    publicKey2: wanted.secondPrivateKey === undefined ? null : publicKeyOf(wanted.secondPrivateKey),
    roles: [...(wanted.roles ?? [])],
    defaultRole: wanted.defaultRole ?? wanted.roles?.[0] ?? null,
    locked: wanted.locked ?? false,
    disabled: wanted.disabled ?? false,
    allowedAddresses: wanted.allowedAddresses ? [...wanted.allowedAddresses] : null,
    tokens: (wanted.tokens ?? []).map(({ kind, value, role, expiresAt }) => ({
      kind,
      value,
      role: role ?? null,
      expiresAt: expiresAt?.getTime() ?? null,
    })),
  }
}
