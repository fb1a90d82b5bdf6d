/** The control store of one machine: one SQLite file in `.millrace/`, shared by every millrace process of the project. */
import { type Clock, systemClock } from '../../model/clock.ts'
import type { ControlStore, ProcessId } from '../port.ts'
import { thisProcess } from '../process-id.ts'
import { openDatabase } from './database.ts'
import { storeEvents } from './events.ts'
import { openGiveBack } from './give-back.ts'
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
  /** Whose schedules, slots and jobs these are: those of two targets know nothing of each other. @default '' */
  readonly target?: string
  /** How long a daemon may say nothing before its jobs are given to another one. @default 60_000 */
  readonly silentMs?: number
}

/** @throws MillraceError MR-6003: the file is damaged, of another program, or of a newer millrace */
export function openSqliteStore(options: SqliteStoreOptions): ControlStore {
  const database = openDatabase(options.path)
  const clock = options.clock ?? systemClock
  const process = options.process ?? thisProcess()
  const events = storeEvents(database)
  const giveBack = openGiveBack(database)
  return {
    ...storeRuns(database, { clock, process }),
    ...storeSlots(database, { clock, process, target: options.target ?? '', silentMs: options.silentMs ?? 60_000 }),
    ...storeLeases(database, { clock, process, giveBack }),
    ...storeTickets(database, { clock, process, giveBack }),
    recordEvent: events.recordEvent,
    events: events.events,
    eraseKey: events.eraseKey,
    close: async () => {
      await events.flush()
      database.close()
    },
  }
}
