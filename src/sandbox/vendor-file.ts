import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Json } from '../model/json.ts'
import { ownFolder } from '../model/own-folder.ts'
import { prepareSqliteFile } from '../model/prepare-sqlite-file.ts'
import { readOwnJson } from './own-json.ts'

/**
 * One vendor's file: its records, its journal, and what the host keeps about it. Writes are collected and go to the file
 * as one transaction: before an answer leaves, else at the end of the turn. So a killed process loses no answered write.
 */
export type VendorFile = {
  readonly db: DatabaseSync
  readonly later: (write: () => void) => void
  readonly flush: () => void
  /** Runs `write` and flushes once; where it throws, nothing of it is written. Calls within a call belong to the outer one. */
  readonly batch: (write: () => void) => void
  /** What must forget its memory when a batch fails. */
  readonly onDiscard: (forget: () => void) => void
  readonly getFact: <T extends Json>(name: string) => T | undefined
  readonly setFact: (name: string, value: Json) => void
  readonly close: () => void
}

/** null: in memory. */
export function openVendorFile(path: string | null): VendorFile {
  if (path) {
    mkdirSync(dirname(path), ownFolder(dirname(path)))
    prepareSqliteFile(path)
  }
  const db = new DatabaseSync(path ?? ':memory:')
  try {
    db.exec(schema)
  } catch (error) {
    db.close()
    throw error
  }
  const selectFact = db.prepare('select value from facts where name = ?')
  const upsertFact = db.prepare('insert into facts values (?, ?) on conflict do update set value = excluded.value')
  const forgetters: (() => void)[] = []
  let pending: (() => void)[] = []
  let depth = 0
  let scheduled = false
  let open = true

  const flush = () => {
    scheduled = false
    if (!open || pending.length === 0) return
    const writes = pending
    pending = []
    db.exec('begin')
    try {
      for (const write of writes) write()
      db.exec('commit')
    } catch (error) {
      if (db.isTransaction) db.exec('rollback')
      throw error
    }
  }
  const later = (write: () => void) => {
    pending.push(write)
    if (scheduled || depth > 0) return
    scheduled = true
    setImmediate(flush)
  }
  const batch = (write: () => void) => {
    if (depth === 0) flush()
    depth += 1
    try {
      write()
    } catch (error) {
      if (depth === 1) {
        pending = []
        for (const forget of forgetters) forget()
      }
      throw error
    } finally {
      depth -= 1
    }
    if (depth === 0) flush()
  }
  return {
    db,
    later,
    flush,
    batch,
    onDiscard: (forget) => void forgetters.push(forget),
    getFact: <T extends Json>(name: string) => {
      flushUnlessInBatch()
      const row = selectFact.get(name)
      return row ? readOwnJson<T>(String(row.value)) : undefined
    },
    setFact: (name, value) => later(() => upsertFact.run(name, JSON.stringify(value))),
    close: () => {
      flush()
      open = false
      db.close()
    },
  }

  function flushUnlessInBatch() {
    if (depth === 0) flush()
  }
}

/** Of every vendor, also of those that the project has no connection to now: what they hold is of another world. */
export function forgetVendorFiles(dir: string): void {
  for (const name of readdirSync(dir))
    if (/\.sqlite(-wal|-shm)?$/.test(name) && !name.startsWith('world.sqlite')) rmSync(join(dir, name))
}

// NORMAL: a killed process loses nothing; only a power cut could take back the last answers.
const schema = `
  pragma journal_mode = wal;
  pragma synchronous = normal;
  pragma temp_store = memory;
  create table if not exists records (sequence integer primary key autoincrement, type text not null, id text not null, record text not null, unique (type, id));
  create table if not exists counters (name text primary key, value integer not null) without rowid;
  create table if not exists facts (name text primary key, value text not null) without rowid;
  create table if not exists journal (
    sequence integer primary key, at text not null, method text not null, path text not null, headers text not null,
    body text, body_bytes integer not null, status integer, handled_status integer, fault text, note text
  );`
