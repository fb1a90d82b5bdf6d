/** A project as everything behind `config/` sees it: checked, camelCase, every default filled in. */
import type { Mask } from '../model/mask.ts'
import type { JsonObject } from '../model/json.ts'

export type Project = {
  /** Where its files are read. */
  readonly root: string
  /** Where `.millrace/` is, and what relative paths in the files count from. @default root; another one where `root` is a frozen copy */
  readonly home: string
  readonly name: string
  readonly defaultTarget: string
  readonly targets: { readonly [name: string]: Target }
  readonly connections: { readonly [name: string]: ConnectionConfig }
  readonly syncs: readonly Sync[]
  readonly models: readonly Model[]
  readonly schedules: JsonObject
}

export type Target = {
  readonly name: string
  /** Connections are pointed at the simulators. */
  readonly sandbox: boolean
  /** Reverse ETL may send. True for the sandbox. */
  readonly deliver: boolean
  readonly warehouse: WarehouseConfig
  /** Keys laid over a connection's own, per connection. */
  readonly connections: { readonly [name: string]: JsonObject }
  /** How long `_millrace.changes` keeps a line, where the sync does not say. @default 90 days */
  readonly changesRetentionMs: number
}

export type WarehouseConfig =
  | {
      readonly type: 'duckdb'
      /** Absolute. */
      readonly path: string
      /** DuckDB's own words: `1GB`. */
      readonly memoryLimit: string
      readonly threads: number | null
    }
  | SnowflakeWarehouse

/** Values may still be references (`${env:X}`). On a sandbox target what is missing is the simulator's. */
export type SnowflakeWarehouse = {
  readonly type: 'snowflake'
  readonly account: string | null
  readonly user: string | null
  readonly signIn: SnowflakeSignIn | null
  readonly role: string | null
  readonly warehouse: string | null
  readonly database: string | null
  readonly schema: string | null
  readonly baseUrl: string | null
  readonly proxy: string | null
  readonly statementTimeoutMs: number
  readonly queryTag: { readonly [key: string]: string }
  readonly sessionParameters: { readonly [name: string]: string | number | boolean }
}

export type SnowflakeSignIn =
  | { readonly kind: 'key_pair'; readonly privateKey: string; readonly passphrase: string | null }
  | { readonly kind: 'pat'; readonly token: string }
  | { readonly kind: 'oauth'; readonly token: string }
  | { readonly kind: 'external_browser' }

/** Values may still be references (`${env:X}`): secrets are resolved for the selected syncs only. */
export type ConnectionConfig = {
  readonly name: string
  readonly connector: string
  readonly maxRuns: number | null
  readonly keys: JsonObject
  readonly place: Place
}

/** Where something stands in the project's files, for errors. */
export type Place = { readonly file: string; readonly line: number; readonly column: number }

export type Sync = EtlSync | ReverseSync

export type EtlSync = {
  readonly kind: 'etl'
  readonly name: string
  readonly place: Place
  readonly tags: readonly string[]
  /** Connection name. */
  readonly source: string
  /** Warehouse schema. @default the sync's name */
  readonly schema: string
  /** ISO instant; nothing created earlier is read. */
  readonly start: string | null
  readonly verify: 'off' | 'warn' | 'strict'
  readonly maxShrink: Limit
  readonly after: readonly string[]
  /** What it says for all of its streams. */
  readonly shared: Pick<StreamConfig, 'exclude' | 'mask' | 'options'>
  /** In the file's order. Names may be globs; the exact name wins. */
  readonly streams: readonly StreamConfig[]
}

export type StreamConfig = {
  readonly name: string
  readonly place: Place
  readonly enabled: boolean
  readonly mode: StreamMode | null
  readonly include: readonly string[] | null
  readonly exclude: readonly string[]
  readonly pii: readonly string[]
  /** Field → what of it reaches the warehouse. */
  readonly mask: { readonly [field: string]: Mask }
  /** Those of the fields above that the stream's own entry names, and not only the sync for all of its streams. */
  readonly ownFields: readonly string[]
  /** The sync does not name it: it is the history that another stream's `field_history` asks for. @default false */
  readonly isImplied?: boolean
  readonly where: string | null
  readonly fieldHistory: boolean
  readonly schemaChanges: 'evolve' | 'freeze' | 'ignore'
  /** Days that are read again and replaced: how far back, and how often. null: the stream's own overlap. */
  readonly restate: { readonly windowMs: number; readonly everyMs: number } | null
  /** null: never. */
  readonly formulaRefreshMs: number | null
  /** null: never. */
  readonly reconcileMs: number | null
  /** What the stream's own entry says, by its names in the file; the rest is the sync's for all its streams. @default nothing */
  readonly own?: readonly string[]
  /** The stream is what this gives, in the vendor's own language. */
  readonly query: string | null
  readonly options: JsonObject
  /** Those of the options that the stream itself gives, and not the sync to all of its streams. */
  readonly ownOptions: readonly string[]
}

export type StreamMode = 'merge' | 'append' | 'full_refresh' | 'replace_window' | 'scd2'

export type ReverseSync = {
  readonly kind: 'reverse_etl'
  readonly name: string
  readonly place: Place
  readonly tags: readonly string[]
  readonly model: string
  /** Columns of the model. */
  readonly primaryKey: readonly string[]
  /** Connection name. */
  readonly destination: string
  readonly object: string
  /** The destination's field that finds the record; it is one of `map`'s. */
  readonly match: string
  readonly mode: 'upsert' | 'update' | 'insert'
  readonly after: readonly string[]
  /** sync name → milliseconds */
  readonly freshness: { readonly [sync: string]: number }
  readonly map: readonly Mapping[]
  readonly onRemoved: OnRemoved
  /** To leave the model is an opt-out. */
  readonly optOutRemoval: boolean
  readonly refreshEveryMs: number | null
  /** Final refusals of one value that park a row; null: never. */
  readonly parkAfter: number | null
  readonly verifyOptOuts: boolean
  readonly limits: ReverseLimits
  readonly options: JsonObject
  readonly onInvalidKeys: 'stop' | 'skip'
  /** null: the target's. */
  readonly changesRetentionMs: number | null
}

export type Mapping = { readonly field: string; readonly place: Place } & (
  | (MappedPart & {
      /** Written only where the destination's field is empty. */
      readonly setIfEmpty?: true
    })
  /** The column says opted out when true. `out` and `in` are the destination's words. */
  | {
      readonly kind: 'opt_out'
      readonly column: string
      readonly out: JsonObject[string]
      readonly in: JsonObject[string]
      readonly allowOptIn: boolean
    }
)

/** A field's value, or a part of one that is an object or a list. */
export type MappedPart = MappedValue & {
  /** A null is left out of the payload. */
  readonly omitNull?: true
}

export type MappedValue =
  | { readonly kind: 'column'; readonly column: string; readonly values: ValueMap | null }
  | { readonly kind: 'value'; readonly value: JsonObject[string] }
  /** Liquid, over the model's columns. */
  | { readonly kind: 'template'; readonly template: string }
  | { readonly kind: 'lookup'; readonly lookup: ModelLookup }
  /** A record at the destination, of an object and found by a field of it; only a whole field. */
  | { readonly kind: 'record'; readonly object: string; readonly by: string; readonly column: string }
  | { readonly kind: 'object'; readonly parts: { readonly [name: string]: MappedPart } }
  | { readonly kind: 'array'; readonly items: readonly MappedPart[] }

/** A column of another model, joined before the diff. */
export type ModelLookup = {
  readonly model: string
  /** The columns that must be equal: the sync's model's, the other one's. */
  readonly by: readonly { readonly ours: string; readonly theirs: string }[]
  /** Of the other model. */
  readonly column: string
  /** No such row, or null in it. */
  readonly onMissing: 'null' | 'reject' | 'hold'
}

/** Model value (as text) → destination value. A value that is not listed is a reject. */
export type ValueMap = { readonly [modelValue: string]: JsonObject[string] }

export type OnRemoved =
  | { readonly kind: 'ignore' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'clear'; readonly fields: readonly string[] }
  | { readonly kind: 'set'; readonly values: JsonObject }

export type ReverseLimits = {
  readonly maxAdded: Limit
  readonly maxChanged: Limit
  readonly maxRemoved: Limit
  readonly onEmpty: 'stop' | 'proceed'
}

/** Rows, or a part of the snapshot (0.05 is 5 %). */
export type Limit = { readonly rows: number } | { readonly fraction: number }

export type Model = {
  readonly name: string
  /** One for each warehouse at most, and one for those that have none of their own. */
  readonly files: readonly ModelFile[]
  /** Of all its files. */
  readonly sources: readonly { readonly sync: string; readonly table: string }[]
  readonly refs: readonly string[]
}

/** What a model is on one warehouse, or on all that have no file of their own. */
export type ModelFile = {
  readonly warehouse: WarehouseType | null
  /** Relative to the project. */
  readonly file: string
  /** As written, with `{{ source(…) }}`, `{{ ref(…) }}` and macros. */
  readonly sql: string
  readonly sources: Model['sources']
  readonly refs: readonly string[]
}

export type WarehouseType = WarehouseConfig['type']
