import type { JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'

/** Types in the store, by the names of the connector's streams. */
export type Stored = 'ad_accounts' | 'campaigns' | 'adsets' | 'ads' | 'creatives' | 'custom_audiences'

export const recordsOf = (store: SimulatorStore, stored: Stored): readonly JsonObject[] =>
  [...store.all(stored)].map(([, record]) => record)

export const textOf = (record: JsonObject | undefined, field: string): string => {
  const value = record?.[field]
  return typeof value === 'string' ? value : ''
}

/** As the vendor writes instants: an offset without a colon. */
export const vendorTime = (at: Date): string => `${at.toISOString().slice(0, 19)}+0000`
