/** INSERT, UPDATE, DELETE, MERGE and TRUNCATE: what they change, and how Snowflake tells of it. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { checkReads, checkWrite } from '../account/check-rights.ts'
import { translateDuckDBError } from '../sql/translate-duckdb-error.ts'
import type { Check, Count, Dml } from '../sql/statement.ts'
import type { Run } from '../session/transaction.ts'
import { cancelled } from './failures.ts'
import { needWarehouse } from './need-warehouse.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import { resultOf } from './result-set.ts'
import { number } from './row-type.ts'
import type { RunContext } from './run-statement.ts'
import { statusOutcome } from './listing.ts'
import { writePlace } from './write-place.ts'

export async function runDml(context: RunContext, statement: Dml): Promise<Outcome> {
  const { service, session } = context
  checkWrite(context, statement)
  checkReads(context, statement.reads)
  if (statement.verb !== 'truncate') needWarehouse(context)
  if (context.describeOnly) return outcomeOf(statement, noCounts, 0)
  if (!session.transaction.isOpen() && context.parameters.AUTOCOMMIT === false) session.transaction.begin()
  const place = {
    ...writePlace(context, statement.target),
    onlyAdds: statement.verb === 'insert' && !statement.overwrite,
  }
  const counts = await session.transaction.write(place, (run) => change(context, statement, run))
  const reads = statement.verb === 'insert' ? statement.reads : [statement.target, ...statement.reads]
  const bytes = await service.scanned.bytes(session.connection, reads)
  return outcomeOf(statement, counts, bytes)
}

type Counts = { readonly [kind in keyof Dml['counts']]: number }

const noCounts: Counts = { inserted: 0, updated: 0, deleted: 0, multiJoined: 0 }

async function change(context: RunContext, statement: Dml, run: Run): Promise<Counts> {
  const { connection } = context.session
  const step = async <T>(sql: string, work: (sql: string) => Promise<T>): Promise<T> => {
    if (context.query.abort.signal.aborted) throw cancelled()
    try {
      return await work(sql)
    } catch (error) {
      throw translateDuckDBError(error, sql)
    }
  }
  try {
    for (const sql of statement.prepare) await step(sql, run)
    for (const check of statement.checks) await step(check.sql, () => refuseRow(connection, check))
    const before = new Map<Count, number>()
    for (const count of Object.values(statement.counts))
      if (count?.kind === 'query') before.set(count, await step(count.sql, () => readNumber(connection, count.sql)))
    const changed: number[] = []
    for (const sql of statement.sql) changed.push(await step(sql, run))
    const numberOf = (count: Count | null) =>
      count === null ? 0 : count.kind === 'changed' ? (changed[count.statement] ?? 0) : (before.get(count) ?? 0)
    const { inserted, updated, deleted, multiJoined } = statement.counts
    return {
      inserted: numberOf(inserted),
      updated: numberOf(updated),
      deleted: numberOf(deleted),
      multiJoined: numberOf(multiJoined),
    }
  } finally {
    // After an error DuckDB has given the transaction up, and with it what `prepare` made.
    for (const sql of statement.cleanup) await run(sql).catch(() => null)
  }
}

export async function refuseRow(connection: DuckDBConnection, { sql, error }: Check): Promise<void> {
  const result = await connection.run(`SELECT * FROM (${sql}\n) LIMIT 1`)
  const row = (await result.getRowsJson())[0]
  if (row)
    throw error(
      row.map((cell) => (cell === null ? null : typeof cell === 'object' ? JSON.stringify(cell) : String(cell))),
    )
}

async function readNumber(connection: DuckDBConnection, sql: string): Promise<number> {
  const rows = await (await connection.run(sql)).getRowsJson()
  return Number(rows[0]?.[0] ?? 0)
}

function outcomeOf(statement: Dml, counts: Counts, bytesScanned: number): Outcome {
  const { verb } = statement
  if (verb === 'truncate') return statusOutcome(statementTypes.truncate)
  const told = (['inserted', 'updated', 'deleted'] as const).filter((kind) => statement.counts[kind] !== null)
  const cells = told.map((kind): readonly [string, number] => [`number of rows ${kind}`, counts[kind]])
  if (verb === 'update') cells.push(['number of multi-joined rows updated', counts.multiJoined])
  return {
    statementTypeId: statementTypes[verb],
    changed: { inserted: counts.inserted, updated: counts.updated, deleted: counts.deleted },
    bytesScanned,
    result: resultOf(
      cells.map(([name]) => number(name, 19)),
      [cells.map(([, count]) => String(count))],
      {
        numRowsInserted: counts.inserted,
        numRowsUpdated: counts.updated,
        numRowsDeleted: counts.deleted,
        numDmlDuplicates: 0,
      },
    ),
  }
}
