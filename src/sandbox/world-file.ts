import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MillraceError } from '../model/millrace-error.ts'
import { ownFolder } from '../model/own-folder.ts'
import { prepareSqliteFile } from '../model/prepare-sqlite-file.ts'
import { damagedKept, isDamaged, unwritableKept } from './damaged-kept.ts'
import { readOwnJson } from './own-json.ts'

/** What the sandbox keeps about itself. Holding it open is the lock: one host per directory, given back even by `kill -9`. */
export type WorldFile = {
  readonly read: () => KeptWorld | null
  readonly write: (world: KeptWorld) => void
  readonly readPorts: () => { readonly [vendor: string]: number }
  readonly writePorts: (ports: { readonly [vendor: string]: number }) => void
  readonly close: () => void
}

export type KeptWorld = {
  readonly seed: number
  readonly scale: number
  /** How many days have passed. */
  readonly day: number
  /** Days that were told with another seed. */
  readonly storySeeds: { readonly [day: number]: number }
  /** Counts the resets. */
  readonly generation: number
}

/**
 * @param anew one that is damaged is made again, empty
 * @throws MillraceError MR-6001 where another process holds it, or it is damaged
 */
export function openWorldFile(dir: string | null, anew = false): WorldFile {
  if (dir) mkdirSync(dir, ownFolder(dir))
  const path = dir === null ? ':memory:' : join(dir, 'world.sqlite')
  let opened: DatabaseSync | undefined
  try {
    if (dir) prepareSqliteFile(path)
    opened = new DatabaseSync(path)
    // The system gives the lock back when the process ends, however it ends; a lock file would go stale.
    opened.exec(`pragma locking_mode = exclusive; pragma synchronous = normal;
      begin exclusive;
      create table if not exists facts (name text primary key, value text not null) without rowid;
      insert into facts values ('opened', '1') on conflict do update set value = value + 1;
      commit`)
  } catch (error) {
    opened?.close()
    if (isDamaged(error) && !anew) throw damagedKept(path, error)
    if (isDamaged(error)) {
      for (const end of ['', '-journal']) rmSync(`${path}${end}`, { force: true })
      return openWorldFile(dir)
    }
    const unwritable = unwritableKept(path, error)
    if (unwritable) throw unwritable
    throw new MillraceError('MR-6001', {
      message: `Opening the sandbox in ${dir ?? 'memory'}: ${isBusy(error) ? 'another process has it open' : String(error)}.`,
      kept: 'The kept world is as it was.',
      next: isBusy(error) ? 'Wait for the other command, or end it, and try again.' : 'Mend that, and try again.',
      cause: error,
    })
  }
  const db = opened
  const select = db.prepare('select value from facts where name = ?')
  const upsert = db.prepare('insert into facts values (?, ?) on conflict do update set value = excluded.value')
  const read = <T>(name: string) => {
    const row = select.get(name)
    return row ? readOwnJson<T>(String(row.value)) : null
  }
  const write = (name: string, value: unknown) => void upsert.run(name, JSON.stringify(value))
  return {
    read: () => read<KeptWorld>('world'),
    write: (world) => write('world', world),
    readPorts: () => read<{ readonly [vendor: string]: number }>('ports') ?? {},
    writePorts: (ports) => write('ports', ports),
    close: () => db.close(),
  }
}

/** Was it this that kept the world from being opened? */
export const isHeldElsewhere = (error: unknown): boolean => error instanceof MillraceError && isBusy(error.cause)

const isBusy = (error: unknown) =>
  error instanceof Error &&
  'errcode' in error &&
  (error.errcode === 5 || error.errcode === 261 || error.errcode === 517)
