import type { JsonObject } from '../model/json.ts'
import type { FaultCatalogue } from './fault-catalogue.ts'
import type { ActiveFault, FaultSpec } from './fault.ts'
import type { JournalEntry, JournalFilter } from './journal.ts'
import type { SnowflakeConnection } from './snowflake/start.ts'

/** A sandbox that is on: in this process, or in another one behind its control port. */
export type RunningSandbox = {
  readonly addresses: { readonly [vendor: string]: { readonly host: string; readonly port: number } }
  /** What to write over the keys of a connection to this vendor. */
  readonly connection: (vendor: string) => { readonly [key: string]: string | number }
  readonly status: () => Promise<SandboxStatus>
  /** The clock of all vendors. */
  readonly now: () => Promise<Date>
  /** Requests that the vendor got, oldest first. */
  readonly journal: (vendor: string, filter?: JournalFilter) => Promise<readonly JournalEntry[]>
  /** What the vendor holds. The object's name in any case; with an id, that record or none. */
  readonly show: (vendor: string, object: string, id?: string) => Promise<readonly JsonObject[]>
  /** Days pass. `seed`: tells these days by another dice than the world's. Answers what happened. */
  readonly move: (days?: number, seed?: number) => Promise<readonly DaySummary[]>
  /** Turns a fault on; null turns it off. */
  readonly setFault: (vendor: string, name: string, spec: FaultSpec | null) => Promise<void>
  /** Makes the world anew: day 0, empty journals, no faults. @default the kept seed and scale */
  readonly reset: (seed?: number, scale?: number) => Promise<void>
  /** The simulated Snowflake, started when first asked for. `isFresh`: with nothing in it. */
  readonly snowflake: (isFresh?: boolean) => Promise<SnowflakeConnection>
  readonly close: () => Promise<void>
}

export type SandboxStatus = {
  readonly now: string
  readonly day: number
  readonly seed: number
  readonly scale: number
  readonly vendors: readonly VendorStatus[]
}

export type VendorStatus = {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly connection: { readonly [key: string]: string | number }
  /** Records by type. */
  readonly records: { readonly [type: string]: number }
  readonly faults: { readonly [name: string]: ActiveFault }
  /** Of the simulator's own, beside the catalogue. */
  readonly ownFaults: FaultCatalogue
}

export type DaySummary = {
  readonly day: number
  readonly end: string
  readonly events: { readonly [kind: string]: number }
}
