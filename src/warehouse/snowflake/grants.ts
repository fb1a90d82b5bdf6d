/** The script that an administrator of the account runs once: the least that millrace needs, and what each line is for. */

export type GrantNames = {
  readonly role: string
  readonly user: string
  readonly warehouse: string
  readonly database: string
  /** Schemas of the syncs; the script names each where the role may not make schemas itself. */
  readonly schemas: readonly string[]
  /** How `millrace.yaml` signs in. */
  readonly signIn: 'key_pair' | 'pat' | 'oauth' | 'external_browser'
}

/**
 * https://docs.snowflake.com/en/user-guide/security-access-control-privileges
 * By default the role may make schemas in its database, and owns what it makes. `perSchema`: an administrator makes them,
 * and the role gets no right on the database but to use it.
 */
export function grantScript(names: GrantNames, { perSchema }: { readonly perSchema: boolean }): string {
  const { role, warehouse, database } = names
  return [
    '-- What millrace needs in Snowflake, and no more. An administrator runs it once.',
    '',
    section('A role for it, and an administrator who can see what it owns.', [
      'USE ROLE SECURITYADMIN;',
      `CREATE ROLE IF NOT EXISTS ${role};`,
      `GRANT ROLE ${role} TO ROLE SYSADMIN;`,
    ]),
    section(userComment(names), userStatements(names)),
    section('Compute: to run statements on, and to see what they cost (MONITOR; it may be left out).', [
      'USE ROLE SYSADMIN;',
      `CREATE WAREHOUSE IF NOT EXISTS ${warehouse} WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE;`,
      `CREATE DATABASE IF NOT EXISTS ${database};`,
      'USE ROLE SECURITYADMIN;',
      `GRANT USAGE ON WAREHOUSE ${warehouse} TO ROLE ${role};`,
      `GRANT MONITOR ON WAREHOUSE ${warehouse} TO ROLE ${role};`,
    ]),
    ...(perSchema ? schemaSections(names) : databaseSection(names)),
    '-- Models may read more than what millrace loads. For each such table:  GRANT SELECT ON TABLE … TO ROLE …;',
    // It shows what everybody in the account has used, so that it is for the administrator to say.
    `-- To see the credits of a run (\`millrace run show\`) the account’s administrator says:  GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE ${role};`,
    '',
  ].join('\n')
}

function databaseSection({ role, database }: GrantNames): readonly string[] {
  return [
    section(
      'Its database: it makes a schema per sync, `models` for the views and `_millrace` for cursors and history, and owns them.',
      [`GRANT USAGE, CREATE SCHEMA ON DATABASE ${database} TO ROLE ${role};`],
    ),
  ]
}

function schemaSections({ role, database, schemas }: GrantNames): readonly string[] {
  const own = ['MODELS', '_MILLRACE', ...schemas.map((schema) => schema.toUpperCase())]
  return [
    section('Its database, in which it makes no schema itself.', [
      `GRANT USAGE ON DATABASE ${database} TO ROLE ${role};`,
    ]),
    ...own.map((schema) =>
      section(
        schemaComments[schema] ?? `What the sync ${schema.toLowerCase()} loads: it makes the tables, and owns them.`,
        [
          'USE ROLE SYSADMIN;',
          `CREATE SCHEMA IF NOT EXISTS ${database}.${schema};`,
          'USE ROLE SECURITYADMIN;',
          `GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA ${database}.${schema} TO ROLE ${role};`,
        ],
      ),
    ),
  ]
}

const schemaComments: { readonly [schema: string]: string } = {
  MODELS: 'The models, which are views.',
  _MILLRACE: 'Cursors, fences, snapshots and history of millrace itself.',
}

function userComment({ signIn }: GrantNames): string {
  switch (signIn) {
    case 'key_pair':
      return 'A user that signs in with a key pair. Make the pair:\n--   openssl genrsa 2048 | openssl pkcs8 -topk8 -inform PEM -out key.p8\n--   openssl rsa -in key.p8 -pubout -out key.pub\n-- and put the text of key.pub, without its first and last line, in the place of <PUBLIC KEY>.'
    case 'pat':
      return 'A user that signs in with a programmatic access token, which is shown once and expires. It needs a network policy.'
    case 'oauth':
      return 'A user that your identity provider’s OAuth token is for; its security integration is not part of this script.'
    case 'external_browser':
      return 'A person, who signs in with the browser.'
  }
}

function userStatements({ role, user, warehouse, signIn }: GrantNames): readonly string[] {
  const defaults = `DEFAULT_ROLE = ${role} DEFAULT_WAREHOUSE = ${warehouse}`
  const person = signIn === 'external_browser' ? '' : 'TYPE = SERVICE '
  return [
    'USE ROLE USERADMIN;',
    `CREATE USER IF NOT EXISTS ${user} ${person}${defaults};`,
    ...(signIn === 'key_pair' ? [`ALTER USER ${user} SET RSA_PUBLIC_KEY = '<PUBLIC KEY>';`] : []),
    'USE ROLE SECURITYADMIN;',
    `GRANT ROLE ${role} TO USER ${user};`,
    // Only a role that the user has can be the token's: https://docs.snowflake.com/en/sql-reference/sql/alter-user-add-programmatic-access-token
    ...(signIn === 'pat'
      ? [
          `ALTER USER ${user} ADD PROGRAMMATIC ACCESS TOKEN MILLRACE ROLE_RESTRICTION = '${role.replaceAll('"', '')}' DAYS_TO_EXPIRY = 90;`,
        ]
      : []),
  ]
}

const section = (comment: string, statements: readonly string[]) => `-- ${comment}\n${statements.join('\n')}\n`
