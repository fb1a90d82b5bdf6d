import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SnowflakeWarehouse } from '../config/project.ts'
import { resolveSecrets } from '../config/secrets.ts'
import type { JsonObject } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { SnowflakeConnection } from '../sandbox/snowflake/start.ts'
import type { SnowflakeAuth, SnowflakeOptions } from '../warehouse/snowflake/client/options.ts'
import type { App } from './app.ts'

/**
 * What a target's keys come to: references are resolved now, and not before somebody works in its warehouse. On a sandbox
 * target `simulator` says all that the keys leave open, and no secret of yours is looked up.
 * @throws MillraceErrors MR-1301
 */
export async function readSnowflakeOptions(
  { project, target, env }: Pick<App, 'project' | 'target' | 'env'>,
  simulator: SnowflakeConnection | null = null,
): Promise<SnowflakeOptions> {
  const { warehouse } = target
  if (warehouse.type !== 'snowflake')
    throw new MillraceError('MR-7000', { message: `The warehouse of ${target.name} is not Snowflake.` })
  const keys =
    simulator === null
      ? await resolveKeys(warehouse, { project, target, env })
      : { ...namesOf(warehouse), ...simulatorKeys(simulator) }
  return {
    account: text(keys, 'account') ?? '',
    user: text(keys, 'user'),
    auth: authOf(keys),
    role: text(keys, 'role'),
    warehouse: text(keys, 'warehouse'),
    database: text(keys, 'database'),
    schema: text(keys, 'schema'),
    accessUrl: text(keys, 'base_url'),
    proxy: text(keys, 'proxy'),
    statementTimeoutMs: warehouse.statementTimeoutMs,
    // What a dead run has locked is let go after ten minutes at the latest: five until its query ends, five of an idle transaction.
    lockTimeoutMs: 900_000,
    loginTimeoutMs: warehouse.signIn?.kind === 'external_browser' ? 180_000 : 60_000,
    queryTag: warehouse.queryTag,
    sessionParameters: warehouse.sessionParameters,
  }
}

async function resolveKeys(
  warehouse: SnowflakeWarehouse,
  { project, target, env }: Parameters<typeof readSnowflakeOptions>[0],
): Promise<JsonObject> {
  const { value } = await resolveSecrets(
    { ...namesOf(warehouse), ...signInKeys(warehouse), base_url: warehouse.baseUrl, proxy: warehouse.proxy },
    { env, readFile: (path) => readFile(resolve(project.home, path), 'utf8') },
    { warehouseOf: target.name, project },
  )
  return value
}

/** In the words of the file, so that what is missing is told by its key. */
const namesOf = ({ account, user, role, warehouse, database, schema }: SnowflakeWarehouse): JsonObject => ({
  account,
  user,
  role,
  warehouse,
  database,
  schema,
})

function signInKeys({ signIn }: SnowflakeWarehouse): JsonObject {
  switch (signIn?.kind) {
    case 'key_pair':
      return { private_key: signIn.privateKey, private_key_passphrase: signIn.passphrase }
    case 'pat':
      return { token: signIn.token }
    case 'oauth':
      return { oauth_token: signIn.token }
    default:
      return {}
  }
}

const simulatorKeys = ({
  url,
  privateKey,
  account,
  user,
  role,
  warehouse,
  database,
}: SnowflakeConnection): JsonObject => ({
  account,
  user,
  role,
  warehouse,
  database,
  private_key: privateKey,
  base_url: url,
})

function authOf(keys: JsonObject): SnowflakeAuth {
  const privateKey = text(keys, 'private_key')
  if (privateKey !== null) return { kind: 'key_pair', privateKey, passphrase: text(keys, 'private_key_passphrase') }
  const [pat, oauth] = [text(keys, 'token'), text(keys, 'oauth_token')]
  if (pat !== null) return { kind: 'pat', token: pat }
  return oauth === null ? { kind: 'external_browser' } : { kind: 'oauth', token: oauth }
}

function text(keys: JsonObject, key: string): string | null {
  const value = keys[key]
  return typeof value === 'string' ? value : null
}
