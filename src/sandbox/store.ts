import type { JsonObject } from '../model/json.ts'
import type { SimulatorStore } from './contract.ts'
import type { VendorFile } from './vendor-file.ts'
import { readOwnJson } from './own-json.ts'

export type ClearableStore = SimulatorStore & {
  /** Empties it; counters begin again. */
  readonly clear: () => void
}

/** A simulator's records: read from memory, which is filled type by type as they are asked for; written through to the file. */
export function openStore(file: VendorFile): ClearableStore {
  const { db } = file
  const upsert = db.prepare(
    'insert into records (type, id, record) values (?, ?, ?) on conflict (type, id) do update set record = excluded.record',
  )
  const erase = db.prepare('delete from records where type = ? and id = ?')
  const select = db.prepare('select id, record from records where type = ? order by sequence')
  const saveCounter = db.prepare('insert into counters values (?, ?) on conflict do update set value = excluded.value')
  const types = new Map<string, Map<string, JsonObject>>()
  let counts = readCounts()
  let counters = readCounters()

  file.onDiscard(() => {
    types.clear()
    counts = readCounts()
    counters = readCounters()
  })

  return {
    get: (type, id) => recordsOf(type).get(id),
    put: (type, id, record) => {
      const text = JSON.stringify(record)
      const records = recordsOf(type)
      records.set(id, record)
      counts.set(type, records.size)
      file.later(() => upsert.run(type, id, text))
    },
    remove: (type, id) => {
      const records = recordsOf(type)
      if (!records.delete(id)) return
      counts.set(type, records.size)
      file.later(() => erase.run(type, id))
    },
    all: (type) => recordsOf(type).entries(),
    count: (type) => counts.get(type) ?? 0,
    types: () => [...counts].filter(([, count]) => count > 0).map(([type]) => type),
    next: (name) => {
      const value = (counters.get(name) ?? 0) + 1
      counters.set(name, value)
      file.later(() => saveCounter.run(name, value))
      return value
    },
    batch: file.batch,
    clear: () => {
      types.clear()
      counts.clear()
      counters.clear()
      file.later(() => db.exec('delete from records; delete from sqlite_sequence; delete from counters'))
    },
  }

  function recordsOf(type: string): Map<string, JsonObject> {
    const known = types.get(type)
    if (known) return known
    const records = new Map<string, JsonObject>()
    // Only what is in the file is missing here: writes to a type load it first, so none of them can be waiting.
    if (counts.has(type))
      for (const row of select.all(type)) records.set(String(row.id), readOwnJson<JsonObject>(String(row.record)))
    types.set(type, records)
    return records
  }

  function readCounts(): Map<string, number> {
    const rows = db.prepare('select type, count(*) as count from records group by type order by min(sequence)').all()
    return new Map(rows.map((row) => [String(row.type), Number(row.count)]))
  }

  function readCounters(): Map<string, number> {
    return new Map(
      db
        .prepare('select name, value from counters')
        .all()
        .map((row) => [String(row.name), Number(row.value)]),
    )
  }
}
