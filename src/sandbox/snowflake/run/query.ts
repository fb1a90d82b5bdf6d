/** SELECT: its rows leave DuckDB as JSON text, row by row, and go into the answer or into files. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { translateDuckDBError } from '../sql/translate-duckdb-error.ts'
import { decodeName } from '../sql/names.ts'
import type { Query } from '../sql/statement.ts'
import { checkReads } from '../account/check-rights.ts'
import { needWarehouse } from './need-warehouse.ts'
import { cancelled } from './failures.ts'
import { indentJson } from './indent-json.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import { openSpool, resultOf, type ResultSet } from './result-set.ts'
import { wireColumn, type WireColumn } from './row-type.ts'
import type { RunContext } from './run-statement.ts'

export async function runQuery(context: RunContext, statement: Query): Promise<Outcome> {
  const { service, session } = context
  checkReads(context, statement.reads)
  if (statement.reads.length > 0) needWarehouse(context)
  const result = await session.transaction.read(() => fetchResult(context, statement.sql))
  const bytesScanned = await service.scanned.bytes(session.connection, statement.reads)
  return { statementTypeId: statementTypes.select, result, bytesScanned }
}

/** Runs any DuckDB query and keeps its result as the wire wants it. */
export async function fetchResult(context: RunContext, sql: string): Promise<ResultSet> {
  const { service, session, query, parameters, describeOnly } = context
  try {
    const columns = await describeQuery(session.connection, sql)
    const descriptions = columns.map(({ description }) => description)
    if (describeOnly) return resultOf(descriptions, [])
    const indent = Number(parameters.JSON_INDENT)
    const variants = columns.flatMap(({ description }, index) => (isVariant(description.type) ? [index] : []))
    const spool = openSpool(service.queries.directoryOf(query.id), descriptions)
    const result = await session.connection.stream(jsonRows(sql, columns))
    for (;;) {
      if (query.abort.signal.aborted) throw cancelled()
      const chunk = await result.fetchChunk()
      if (!chunk || chunk.rowCount === 0) break
      const rows = chunk.getColumnValues(0).map(String)
      await spool.add(variants.length > 0 && indent > 0 ? rows.map((row) => indented(row, variants, indent)) : rows)
    }
    return await spool.end()
  } catch (error) {
    throw translateDuckDBError(error, sql)
  }
}

async function describeQuery(connection: DuckDBConnection, sql: string): Promise<readonly WireColumn[]> {
  const prepared = await connection.prepare(sql)
  try {
    return Array.from({ length: prepared.columnCount }, (_column, index) =>
      wireColumn(decodeName(prepared.columnName(index)), prepared.columnType(index)),
    )
  } finally {
    prepared.destroySync()
  }
}

/** One column of text: a JSON array of the row's cells. */
function jsonRows(sql: string, columns: readonly WireColumn[]): string {
  const names = columns.map((_column, index) => `c${index}`)
  const cells = columns.map(({ cell }, index) => cell(`c${index}`))
  return `SELECT CAST(to_json([${cells.join(', ')}]) AS VARCHAR) FROM (${sql}\n) AS result(${names.join(', ')})`
}

const isVariant = (type: string) => type === 'variant' || type === 'object' || type === 'array'

function indented(row: string, variants: readonly number[], width: number): string {
  const cells = JSON.parse(row) as (string | null)[] // what to_json gave
  for (const index of variants) {
    const text = cells[index]
    if (text !== null && text !== undefined) cells[index] = indentJson(text, width)
  }
  return JSON.stringify(cells)
}
