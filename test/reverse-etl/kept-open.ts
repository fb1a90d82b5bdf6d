import { tmpdir } from 'node:os'
import { openDatabase, type Database } from '../../src/duckdb/open-database.ts'
import { duckdbDialect } from '../../src/warehouse/duckdb/dialect.ts'
import { duckdbEngine } from '../../src/warehouse/duckdb/engine.ts'
import { duckdbParquet } from '../../src/warehouse/duckdb/parquet-style.ts'
import type { Warehouse } from '../../src/warehouse/port.ts'
import { joinLookups } from '../../src/warehouse/sql/lookup-join.ts'
import { openSession } from '../../src/warehouse/sql/session.ts'
import { createState } from '../../src/warehouse/sql/state-schema.ts'

/** A DuckDB file that stays open between sessions: hundreds of runs in seconds. Sessions take turns. */
export function keepOpen(path: string): Warehouse {
  let db: Promise<Database> | undefined
  let last: Promise<unknown> = Promise.resolve()
  return {
    type: 'duckdb',
    place: path,
    parquet: duckdbParquet,
    quote: duckdbDialect.quote,
    joinLookups: (model, lookups) => joinLookups(duckdbDialect, model, lookups),
    costOf: null,
    close: async () => undefined,
    session(request, work) {
      const mine = last.then(async () => {
        const opened = await (db ??= openWithState(path))
        if (!request.rehearsal) return work(openSession(duckdbEngine(opened)))
        await opened.run('BEGIN TRANSACTION')
        try {
          return await work(openSession(duckdbEngine(opened)))
        } finally {
          await opened.run('ROLLBACK')
        }
      })
      last = mine.catch(() => undefined)
      return mine
    },
  }
}

async function openWithState(path: string): Promise<Database> {
  const db = await openDatabase({ path, memoryLimit: '500MB', spillDirectory: tmpdir(), threads: 1 })
  await createState(duckdbEngine(db))
  return db
}
