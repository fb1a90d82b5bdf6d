/** The control store of one machine: one SQLite file in `.millrace/`, shared by every millrace process of the project. */
import { type Clock, systemClock } from '../../model/clock.ts'
import type { ControlStore, ProcessId } from '../port.ts'
import { thisProcess } from '../process-id.ts'
import { openDatabase } from './database.ts'
import { storeEvents } from './events.ts'
import { storeLeases } from './leases.ts'
import { storeRuns } from './runs.ts'
import { storeSlots } from './slots.ts'
import { storeTickets } from './tickets.ts'

export type SqliteStoreOptions = {
  readonly path: string
  /** @default the system's clock */
  readonly clock?: Clock
  /** In whose name leases and tickets are taken. @default this process */
  readonly process?: ProcessId
}

/** @throws MillraceError MR-6003: the file is damaged, of another program, or of a newer millrace */
export function openSqliteStore(options: SqliteStoreOptions): ControlStore {
  const database = openDatabase(options.path)
  const clock = options.clock ?? systemClock
  const process = options.process ?? thisProcess()
  const events = storeEvents(database)
  return {
    ...storeRuns(database, { clock, process }),
    ...storeSlots(database, { clock, process }),
    ...storeLeases(database, { clock, process }),
    ...storeTickets(database, { clock, process }),
    recordEvent: events.recordEvent,
    events: events.events,
    close: async () => {
      await events.flush()
      database.close()
    },
  }
}
