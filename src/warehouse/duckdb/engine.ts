/** The embedded warehouse's file as the shared SQL sees it: files are read where they lie, and DDL is part of a transaction. */
import type { Database } from '../../duckdb/open-database.ts'
import { ignoringFolders, logicalType, quoteName, quoteText } from '../../duckdb/sql-text.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Table } from '../../model/table.ts'
import { rid } from '../sql/dialect.ts'
import { wordingOf, type Engine, type LineColumn } from '../sql/engine.ts'
import { duckdbDialect } from './dialect.ts'
import { readingLines } from './long-lines.ts'
import { makeRoom } from './make-room.ts'
import { streamLists } from './stream-lists.ts'

export function duckdbEngine(db: Database): Engine {
  const { run, rows, stream } = db
  const wording = wordingOf(duckdbDialect)
  const transaction: Engine['transaction'] = async (work) => {
    await run('BEGIN TRANSACTION')
    try {
      const result = await work()
      await run('COMMIT')
      return result
    } catch (error) {
      // The rollback fails where DuckDB has already ended the transaction; the first error is the one that matters.
      await run('ROLLBACK').catch(() => undefined)
      throw error
    }
  }
  const createSchema: Engine['createSchema'] = async (schema) => {
    await run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`)
  }
  return {
    ...duckdbDialect,
    ...wording,
    run,
    rows,
    stream,
    streamLists: (query) => streamLists(db, query),
    introspect: (schema, name) => introspect(db, schema, name),
    describe: async (sql) =>
      (await rows(`DESCRIBE ${sql}`)).map((row) => ({
        name: row['column_name'] ?? '',
        type: logicalType(row['column_type'] ?? ''),
      })),
    tablesIn: async (schema, prefix) =>
      (
        await rows(
          `SELECT DISTINCT table_name FROM duckdb_tables() WHERE schema_name = ${quoteText(schema)} AND starts_with(table_name, ${quoteText(prefix)}) ORDER BY 1`,
        )
      ).map((row) => row['table_name'] ?? ''),
    transaction,
    fenced: (fence, work) =>
      transaction(async () => {
        const touched = await run(fence.update)
        const [row] = await rows(fence.select)
        if (touched.rowsChanged !== 1 || row?.['epoch'] !== String(fence.epoch) || row['owner'] !== fence.owner)
          throw fence.lost(row?.['owner'] ?? null)
        return work()
      }),
    lockAndLook: async ({ locks, select, change }) => {
      let touched = 0
      for (const lock of locks) touched = (await run(lock)).rowsChanged
      const found = (await rows(select)).map((row) => ({
        stream: row['stream'] ?? '',
        part: row['part'] ?? '',
        epoch: Number(row['epoch']),
        owner: row['owner'] ?? '',
        form: Number(row['form']),
      }))
      if (change !== undefined) await run(change)
      return { touched, rows: found }
    },
    whenCommitted: async (sql) => {
      await run(sql)
    },
    bring: async (paths) => `read_parquet([${paths.map(quoteText).join(', ')}], ${ignoringFolders})`,
    loadLines: (table, path, columns) =>
      readingLines(path, async (size) => {
        await run(`CREATE OR REPLACE TEMP TABLE ${table} AS ${lines(path, columns)}${size})`)
      }),
    loadLists: (table, path) =>
      readingLines(path, async (size) => {
        await run(
          `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT from_json(json, '["VARCHAR"]') AS line ` +
            `FROM read_ndjson_objects(${quoteText(path)}, ${ignoringFolders}${size}) WHERE json_type(json) = 'ARRAY'`,
        )
      }),
    bringValues: async (columns, values) =>
      `(SELECT * FROM (VALUES ${values.map((row) => `(${row.map(quoteText).join(', ')})`).join(', ')}) v(${wording.names(columns)}))`,
    makeRoom: (columns) => makeRoom(db, columns),
    prepare: async () => undefined,
    fill: async (table, select) => {
      await run(`CREATE OR REPLACE TEMP TABLE ${table} AS ${select}`)
    },
    discard: async (table) => {
      await run(`DROP TABLE ${table}`)
    },
    updateFrom: ({ target, set, from, on, where }) =>
      run(
        `UPDATE ${target} AS t SET ${set.map(([column, value]) => `${quoteName(column)} = ${value}`).join(', ')} ` +
          `FROM ${from} WHERE ${on}${where === undefined ? '' : ` AND ${where}`}`,
      ),
    deleteFrom: ({ target, from, where }) => run(`DELETE FROM ${target} AS t USING ${from} WHERE ${where}`),
    // A MERGE of 3 million rows fails under 1 GB, this passes under 400 MB.
    upsert: async ({ target, from, columns, values, where }) => {
      await run(
        `DELETE FROM ${target} WHERE rowid IN (SELECT ${rid} FROM ${from} WHERE (${where}) AND ${rid} IS NOT NULL)`,
      )
      await run(
        `INSERT INTO ${target} (${wording.names(columns)}) SELECT ${values.join(', ')} FROM ${from} WHERE ${where}`,
      )
    },
    deleteSome: async (table, where, limit) =>
      (await run(`DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${where} LIMIT ${limit})`))
        .rowsChanged,
    createSchema,
    createTable: async (table) => {
      const columns = table.columns.map(({ name, type }) => `${quoteName(name)} ${duckdbDialect.type(type)}`)
      await createSchema(table.schema)
      await run(`CREATE TABLE IF NOT EXISTS ${wording.relation(table.schema, table.name)} (${columns.join(', ')})`)
    },
    addColumn: async (table, { name, type }) => {
      await run(
        `ALTER TABLE ${wording.relation(table.schema, table.name)} ADD COLUMN IF NOT EXISTS ${quoteName(name)} ${duckdbDialect.type(type)}`,
      )
    },
    // One ALTER, all or nothing, which nobody else sees half done.
    widensInPlace: () => true,
    widen: async (table, to, from) => {
      const column = quoteName(to.name)
      await run(
        `ALTER TABLE ${wording.relation(table.schema, table.name)} ALTER COLUMN ${column} TYPE ${duckdbDialect.type(to.type)} ` +
          `USING ${duckdbDialect.converted(column, from.type, to.type)}`,
      )
    },
    makeView: async (schema, name, sql) => {
      await createSchema(schema)
      await run(`CREATE OR REPLACE VIEW ${wording.relation(schema, name)} AS ${sql}`)
    },
  }
}

/** Listing all columns of the file takes milliseconds, and more with every table: one is asked for by name, and may be missing. */
async function introspect(db: Database, schema: string, name: string): Promise<Table | null> {
  const table = `${quoteName(schema)}.${quoteName(name)}`
  const found = await db
    .rows(`SELECT name, type FROM pragma_table_info(${quoteText(table)}) ORDER BY cid`)
    .catch((error: unknown) => {
      if (isMissing(error)) return null
      throw error
    })
  return (
    found && {
      schema,
      name,
      columns: found.map((row) => ({ name: row['name'] ?? '', type: logicalType(row['type'] ?? '') })),
    }
  )
}

/** No transaction ends by it. */
const isMissing = (error: unknown): boolean =>
  error instanceof MillraceError &&
  error.cause instanceof Error &&
  /^Catalog Error: .* does not exist/.test(error.cause.message)

/** All but its last bracket: what says how long a line may be comes before it. */
function lines(path: string, columns: readonly LineColumn[]): string {
  const types = { text: 'VARCHAR', texts: 'VARCHAR[]', boolean: 'BOOLEAN', integer: 'BIGINT' } as const
  const read = columns.flatMap(({ name, type }) => (type === 'now' ? [] : [`${quoteName(name)}: '${types[type]}'`]))
  const made = columns.flatMap(({ name, type }) =>
    type === 'now' ? [`, ${duckdbDialect.now} AS ${quoteName(name)}`] : [],
  )
  return `SELECT *${made.join('')} FROM read_json(${quoteText(path)}, format = 'newline_delimited', columns = {${read.join(', ')}}, ${ignoringFolders}`
}
