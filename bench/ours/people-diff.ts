import type { DiffRequest } from '../../src/warehouse/port.ts'
import { openDuckDBWarehouse } from '../../src/warehouse/duckdb/warehouse.ts'
import type { Warehouse } from '../../src/warehouse/port.ts'

/** A model of six columns, the key among them, as a sync of people would map it. */
export const peopleDiff: DiffRequest = {
  sync: 'people',
  model: 'SELECT * FROM models.people',
  key: [{ column: 'person_id', normalise: 'exact' }],
  columns: [
    { name: 'person_id', type: 'string' },
    { name: 'email', type: 'string' },
    { name: 'plan', type: 'string' },
    { name: 'balance', type: 'decimal(38,2)' },
    { name: 'seats', type: 'integer' },
    { name: 'opted_out', type: 'boolean' },
  ],
  optOuts: ['opted_out'],
  mappingVersion: 'v1',
  retriesOnly: false,
  record: [{ column: 'person_id', normalise: 'exact' }],
  readVersion: () => ({ isSame: false, newOptOuts: [] }),
  removesIgnored: true,
}

export const openBenchWarehouse = (path: string, memoryLimit = '1GB'): Warehouse =>
  openDuckDBWarehouse({ path, memoryLimit, threads: null, inTurn: (_request, work) => work() })
