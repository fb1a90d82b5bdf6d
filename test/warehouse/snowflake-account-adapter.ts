/**
 * The production warehouse on a real account, for whoever has set MILLRACE_TEST_SNOWFLAKE_*: docs/snowflake.md says what it
 * needs and costs. Each place is a database of its own, dropped when it is closed.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSnowflakeClient } from '../../src/warehouse/snowflake/client/open-client.ts'
import type { SnowflakeOptions } from '../../src/warehouse/snowflake/client/options.ts'
import { openSnowflakeWarehouse } from '../../src/warehouse/snowflake/warehouse.ts'
import type { OpenWarehouse } from './workbench.ts'

export const accountVariables = ['ACCOUNT', 'USER', 'PRIVATE_KEY', 'ROLE', 'WAREHOUSE', 'DATABASE'] as const

type Variable = (typeof accountVariables)[number] | 'PASSPHRASE' | 'URL'

/** Names of the variables that are missing. */
export const missingVariables = (): readonly string[] =>
  accountVariables.filter((name) => variable(name) === null).map((name) => `${prefix}${name}`)

export const open: OpenWarehouse = (location, onStatement) => {
  const file = join(location, 'database.txt')
  const isFirst = !existsSync(file)
  // Before the database is there: whoever opens the same place next must not make another.
  if (isFirst) writeFileSync(file, `${variable('DATABASE')}_${randomBytes(5).toString('hex').toUpperCase()}`)
  const database = readFileSync(file, 'utf8')
  if (isFirst) made.set(location, administer(`CREATE TRANSIENT DATABASE ${database} DATA_RETENTION_TIME_IN_DAYS = 0`))
  const warehouse = openSnowflakeWarehouse({
    place: `Snowflake ${database}`,
    connection: async () => {
      await made.get(location)
      return { ...accountOptions(), database, ...(onStatement && { onStatement: ({ sql }) => onStatement(sql) }) }
    },
  })
  return {
    warehouse,
    close: async () => {
      await warehouse.close()
      if (!isFirst) return
      await made.get(location)
      made.delete(location)
      await administer(`DROP DATABASE IF EXISTS ${database}`)
    },
  }
}

/** Of this process. */
const made = new Map<string, Promise<void>>()

async function administer(sql: string): Promise<void> {
  const client = await openSnowflakeClient(accountOptions())
  try {
    await client.run(sql)
  } finally {
    await client.close()
  }
}

function accountOptions(): SnowflakeOptions {
  const key = variable('PRIVATE_KEY') ?? ''
  return {
    account: variable('ACCOUNT') ?? '',
    user: variable('USER'),
    auth: {
      kind: 'key_pair',
      privateKey: key.includes('PRIVATE KEY') ? key : readFileSync(key, 'utf8'),
      passphrase: variable('PASSPHRASE'),
    },
    role: variable('ROLE'),
    warehouse: variable('WAREHOUSE'),
    database: null,
    schema: null,
    accessUrl: variable('URL'),
    proxy: null,
    statementTimeoutMs: 600_000,
    lockTimeoutMs: 60_000,
    loginTimeoutMs: 60_000,
    queryTag: { project: 'millrace-test' },
    sessionParameters: {},
  }
}

const variable = (name: Variable): string | null => process.env[`${prefix}${name}`] || null

const prefix = 'MILLRACE_TEST_SNOWFLAKE_'
