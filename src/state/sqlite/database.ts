/** The file behind the control store: how it is opened, and how one reads and writes it beside other processes. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { ownFolder } from '../../model/own-folder.ts'
import { prepareSqliteFile } from '../../model/prepare-sqlite-file.ts'
import { prepareSchema } from './schema.ts'
import { isBusy, storeError } from './store-error.ts'

export type Database = {
  readonly path: string
  readonly sql: DatabaseSync
  /** One short IMMEDIATE transaction. `work` is synchronous, so nothing of this process comes between. */
  readonly write: <T>(work: () => T) => Promise<T>
  readonly read: <T>(work: () => T) => Promise<T>
  readonly close: () => void
}

export function openDatabase(path: string): Database {
  const sql = openFile(path)
  const read = <T>(work: () => T) => whileBusy(path, work)
  const write = <T>(work: () => T) => whileBusy(path, () => inTransaction(sql, work))
  return { path, sql, read, write, close: () => sql.close() }
}

function openFile(path: string): DatabaseSync {
  let sql: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), ownFolder(dirname(path)))
    prepareSqliteFile(path)
    sql = new DatabaseSync(path, { timeout: openTimeoutMs })
    prepareSchema(sql, path)
    // Not durable against a power cut, which ends every holder anyway; so a transaction costs no fsync.
    sql.exec('pragma synchronous = normal')
    // A checkpoint does: some 10 ms in the middle of a commit. At 64 MB it comes each two minutes where 50 slots come each second.
    sql.exec(`pragma wal_autocheckpoint = ${checkpointPages}`)
    sql.exec(`pragma busy_timeout = ${blockMs}`)
    return sql
  } catch (error) {
    if (sql?.isOpen) sql.close()
    throw storeError(path, 'opening it', error)
  }
}

function inTransaction<T>(sql: DatabaseSync, work: () => T): T {
  sql.exec('begin immediate')
  try {
    const result = work()
    sql.exec('commit')
    return result
  } catch (error) {
    if (sql.isTransaction) sql.exec('rollback')
    throw error
  }
}

/** SQLite's own waiting blocks the event loop, and with it every heartbeat; so it waits briefly, and the rest waits here. */
async function whileBusy<T>(path: string, work: () => T): Promise<T> {
  const until = performance.now() + giveUpAfterMs
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw storeError(path, 'using it', error)
    }
    await sleep(1 + Math.random() * 10)
  }
}

const openTimeoutMs = 5_000
/** Of 4 KB. */
const checkpointPages = 16_384
const blockMs = 20
/** A process that was stopped (SIGSTOP) inside a transaction holds everybody up; past this, say so. */
const giveUpAfterMs = 15_000
