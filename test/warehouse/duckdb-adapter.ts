import { join } from 'node:path'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { withTicket } from '../../src/state/with-ticket.ts'
import { openDuckDBWarehouse } from '../../src/warehouse/duckdb/warehouse.ts'
import type { OpenWarehouse } from './workbench.ts'

export const duckdbFile = (location: string): string => join(location, 'warehouse.duckdb')

/** The embedded warehouse in a directory, with real tickets: processes take their turn at its file. */
export const open: OpenWarehouse = (location, onStatement) => {
  const path = duckdbFile(location)
  const store = openSqliteStore({ path: join(location, 'control.sqlite') })
  const signal = new AbortController().signal
  const warehouse = openDuckDBWarehouse({
    path,
    memoryLimit: '1GB',
    threads: 2,
    ...(onStatement && { onStatement }),
    inTurn: ({ runId, purpose }, work) =>
      withTicket(store, { resource: path, runId, purpose }, { signal, pollMs: 5 }, work),
  })
  return { warehouse, close: () => store.close() }
}
