/** A session over the translator and a real DuckDB: the little of the wire simulator that the translator's tests need. */
import { tmpdir } from 'node:os'
import { type Database, openDatabase } from '../../../../src/duckdb/open-database.ts'
import {
  type Column,
  type ObjectName,
  readStatement,
  type SqlContext,
} from '../../../../src/sandbox/snowflake/sql/read-statement.ts'
import { setupSql } from '../../../../src/sandbox/snowflake/sql/setup.ts'
import { schemaSql } from '../../../../src/sandbox/snowflake/sql/names.ts'
import { translateDuckDBError } from '../../../../src/sandbox/snowflake/sql/translate-duckdb-error.ts'

export type SqlSession = {
  readonly database: Database
  readonly context: (more?: Partial<SqlContext>) => Promise<SqlContext>
  /** Rows as lists of text. */
  readonly rows: (sql: string, more?: Partial<SqlContext>) => Promise<readonly (readonly (string | null)[])[]>
  /** The first cell. */
  readonly value: (sql: string, more?: Partial<SqlContext>) => Promise<string | null>
  readonly columns: (sql: string) => Promise<readonly Column[]>
  readonly run: (
    sql: string,
    more?: Partial<SqlContext>,
  ) => Promise<{
    readonly message: string | null
    readonly inserted: number
    readonly updated: number
    readonly deleted: number
    readonly multiJoined: number
  }>
  /** `001003 42000 SQL compilation error: …` */
  readonly error: (sql: string, more?: Partial<SqlContext>) => Promise<string>
  readonly close: () => void
}

export async function openSqlSession(): Promise<SqlSession> {
  const database = await openDatabase({ path: ':memory:', memoryLimit: '1GB', spillDirectory: tmpdir(), threads: 1 })
  for (const sql of [...setupSql, `CREATE SCHEMA ${schemaSql('DB', 'PUBLIC')}`]) await database.run(sql)
  const execute = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      const { cause } = error as { cause?: unknown } // MillraceError keeps what DuckDB threw.
      throw translateDuckDBError(cause ?? error, sql)
    }
  }
  const context = async (more: Partial<SqlContext> = {}): Promise<SqlContext> => {
    const columns = new Map<string, Column[]>()
    const temporary = new Set<string>()
    const rows = await database.rows('SELECT * FROM sf_all_columns ORDER BY is_temporary, column_index')
    const permanent = new Set<string>()
    for (const row of rows) {
      const key = JSON.stringify([row['database_name'], row['schema_name'], row['table_name']])
      if (row['is_temporary'] === 'true' && !temporary.has(key)) {
        temporary.add(key)
        columns.delete(key)
      } else permanent.add(key)
      const list = columns.get(key) ?? []
      list.push({
        name: row['column_name'] ?? '',
        type: row['t'] ?? '',
        nullable: row['is_nullable'] === 'true',
        ...(row['column_default'] ? { default: row['column_default'] } : {}),
      })
      columns.set(key, list)
    }
    const schemas = new Set(
      (await database.rows('SELECT * FROM sf_schemata')).map((row) => `${row['CATALOG_NAME']}.${row['SCHEMA_NAME']}`),
    )
    const keyOf = (table: ObjectName) => JSON.stringify([table.database, table.schema, table.name])
    return {
      database: 'DB',
      schema: 'PUBLIC',
      binds: [],
      session: { user: 'MILLRACE', role: 'LOADER', warehouse: 'WH', sessionId: '17', account: 'ACME' },
      columnsOf: (table) => columns.get(keyOf(table)) ?? null,
      isTemporary: (table) => temporary.has(keyOf(table)),
      hasSchema: ({ database: db, schema }) => schemas.has(`${db}.${schema}`),
      ...more,
    }
  }
  const rows: SqlSession['rows'] = async (sql, more) => {
    const statement = readStatement(sql, await context(more))
    if (statement.kind !== 'query') throw new Error(`not a query: ${sql}`)
    return execute(statement.sql, async () => {
      const result = await database.rows(statement.sql)
      return result.map((row) => Object.values(row))
    })
  }
  const run: SqlSession['run'] = async (sql, more) => {
    const statement = readStatement(sql, await context(more))
    const counts = { message: null as string | null, inserted: 0, updated: 0, deleted: 0, multiJoined: 0 }
    if (statement.kind === 'query') {
      await execute(statement.sql, () => database.rows(statement.sql))
      return counts
    }
    if (statement.kind === 'ddl') {
      for (const check of statement.checks) await runCheck(check)
      for (const one of statement.sql) await execute(one, () => database.run(one))
      return { ...counts, message: statement.message }
    }
    if (statement.kind !== 'dml') throw new Error(`not to be run here: ${sql}`)
    const number = async (text: string) => Number(Object.values((await database.rows(text))[0] ?? {})[0])
    for (const one of statement.prepare) await execute(one, () => database.run(one))
    for (const check of statement.checks) await runCheck(check)
    const kinds = ['inserted', 'updated', 'deleted', 'multiJoined'] as const
    for (const kind of kinds) {
      const count = statement.counts[kind]
      if (count?.kind === 'query') counts[kind] = await number(count.sql)
    }
    for (const [index, one] of statement.sql.entries()) {
      const result = await execute(one, () => database.run(one))
      for (const kind of kinds) {
        const count = statement.counts[kind]
        if (count?.kind === 'changed' && count.statement === index) counts[kind] = result.rowsChanged
      }
    }
    for (const one of statement.cleanup) await database.run(one)
    return counts
  }
  const runCheck = async (check: {
    readonly sql: string
    readonly error: (row: readonly (string | null)[]) => Error
  }) => {
    const [row] = await database.rows(check.sql)
    if (row) throw check.error(Object.values(row))
  }
  return {
    database,
    context,
    rows,
    value: async (sql, more) => (await rows(sql, more))[0]?.[0] ?? null,
    columns: async (sql) => {
      const statement = readStatement(sql, await context())
      if (statement.kind !== 'query') throw new Error(`not a query: ${sql}`)
      return statement.columns
    },
    run,
    error: async (sql, more) => {
      try {
        await run(sql, more)
      } catch (error) {
        const { code, sqlState, message } = error as { code?: string; sqlState?: string; message: string } // A SnowflakeError.
        return `${code} ${sqlState} ${message.replaceAll('\n', ' ')}`
      }
      return 'no error'
    },
    close: () => database.close(),
  }
}
