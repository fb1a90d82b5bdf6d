import { tmpdir } from 'node:os'
import { openDatabase, type Database } from '../../src/duckdb/open-database.ts'
import { quoteName } from '../../src/duckdb/sql-text.ts'
import { joinLookups } from '../../src/warehouse/duckdb/lookup-join.ts'
import { openSession } from '../../src/warehouse/duckdb/session.ts'
import { stateTables } from '../../src/warehouse/duckdb/state-schema.ts'
import type { Warehouse } from '../../src/warehouse/port.ts'

/** A DuckDB file that stays open between sessions: hundreds of runs in seconds. Sessions take turns. */
export function keepOpen(path: string): Warehouse {
  let db: Promise<Database> | undefined
  let last: Promise<unknown> = Promise.resolve()
  return {
    type: 'duckdb',
    place: path,
    quote: quoteName,
    joinLookups,
    session(request, work) {
      const mine = last.then(async () => {
        const opened = await (db ??= openWithState(path))
        if (!request.rehearsal) return work(openSession(opened))
        await opened.run('BEGIN TRANSACTION')
        try {
          return await work(openSession(opened))
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
  await db.run('CREATE SCHEMA IF NOT EXISTS _millrace')
  for (const statement of stateTables) await db.run(statement)
  return db
}
