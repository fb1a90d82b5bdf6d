import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startSnowflake, type SnowflakeConnection } from '../../src/sandbox/snowflake/start.ts'
import type { SnowflakeOptions } from '../../src/warehouse/snowflake/client/options.ts'
import { openSnowflakeWarehouse } from '../../src/warehouse/snowflake/warehouse.ts'
import type { OpenWarehouse } from './workbench.ts'

/**
 * The production warehouse over the real SDK, against the simulator: one for a place, run by whoever opens it first; child
 * processes find its address there.
 */
export const open: OpenWarehouse = (location, onStatement) => {
  const file = join(location, 'snowflake.json')
  const started = existsSync(file) ? null : startSnowflake({ directory: join(location, 'snowflake') })
  const connection = started
    ? started.then((running) => {
        writeFileSync(file, JSON.stringify(running.connection))
        return running.connection
      })
    : Promise.resolve(JSON.parse(readFileSync(file, 'utf8')) as SnowflakeConnection) // written above
  const warehouse = openSnowflakeWarehouse({
    place: 'the simulated Snowflake',
    connection: async () => ({
      ...optionsOf(await connection),
      ...(onStatement && { onStatement: ({ sql }) => onStatement(sql) }),
    }),
  })
  return {
    warehouse,
    close: async () => {
      await warehouse.close()
      await (await started)?.close()
    },
  }
}

export const optionsOf = ({ account, user, privateKey, role, warehouse, database, url }: SnowflakeConnection) =>
  ({
    account,
    user,
    auth: { kind: 'key_pair', privateKey, passphrase: null },
    role,
    warehouse,
    database,
    schema: null,
    accessUrl: url,
    proxy: null,
    statementTimeoutMs: 60_000,
    lockTimeoutMs: 30_000,
    loginTimeoutMs: 30_000,
    queryTag: {},
    sessionParameters: {},
  }) satisfies SnowflakeOptions
