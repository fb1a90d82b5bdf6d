/**
 * What a connector is. A connector is one object literal: either declarative (`http`, `streams`, `objects`: a REST vendor
 * in about 40 lines) or with `open`, which builds the vendor's SDK client and gives back the same things around it.
 * In here: what a vendor offers and how one asks it. Not in here: retries, limits, counting, redaction (the host's), and
 * what becomes of the rows (the pipelines').
 */
import type { z } from 'zod'
import type { Json, JsonObject } from '../model/json.ts'
import type { LogicalType } from '../model/logical-type.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { CallContext, Context } from './context.ts'
import type { DestinationObject } from './destination.ts'
import type { Host, HttpOptions } from './host.ts'
import type { CountDeclaration, ListDeclaration } from './list-declaration.ts'

// ---------------------------------------------------------------- what authors write

export type ConnectorDefinition<Config extends z.ZodObject> = {
  /** snake_case, unique among connectors. */
  readonly name: string
  /** The connection's keys. A secret carries `.meta({ secret: true })`. Must have `base_url` or the vendor's words for it. */
  readonly config: Config
  /** A REST vendor: where it is and how one signs in. Needed for `list`, `count` and `ctx.http`. */
  readonly http?: (context: { readonly config: z.output<Config> }) => HttpOptions
  /** A cheap signed-in request. Throws what the vendor says when the credentials are wrong. */
  readonly check?: (context: Context) => Promise<unknown>
  /** The vendor's own name for the account: the snapshot remembers it. @default the base URL; without `http` the connector's name */
  readonly account?: (context: Context) => Promise<string>
  /** As in `OpenedConnector`. @default false */
  readonly rowsAreOfAccount?: boolean
  /** By the vendor's names, each made by `stream`. @default it is no source */
  readonly streams?: { readonly [name: string]: StreamDefinition }
  /** By the vendor's names, each made by `object`. @default it is no destination */
  readonly objects?: { readonly [name: string]: ObjectDefinition }
  /** An SDK vendor: builds the client (import the SDK here, lazily) and closes over it. Replaces the six above. */
  readonly open?: (context: OpenContext<z.output<Config>>) => Promise<OpenedConnector>
  /** The stream names that can be checked without a network. @default the keys of `streams`, or any name with `open` */
  readonly streamNames?: readonly string[]
  /** The `options` of those streams that take any, likewise: what `sync validate` holds a sync against. */
  readonly streamOptions?: KnownOptions
  /** Object names, likewise. */
  readonly objectNames?: readonly string[]
  /** The `options` of those objects that take any, likewise. */
  readonly objectOptions?: KnownOptions
}

export type StreamDefinition = Omit<Stream, 'name' | 'read' | 'count' | 'lagMs' | 'overlapMs' | 'children'> & {
  /** How far behind the vendor's now a scan may read, in milliseconds. @default 0 */
  readonly lagMs?: number
  /** How much of what is already complete is read again, in milliseconds. @default 0 */
  readonly overlapMs?: number
  /** Streams whose rows come inside rows of this one, by a `read`. @default none */
  readonly children?: readonly ChildStream[]
  /** Its list endpoint, which the engine reads. One of `list` and `read` is needed; where both are there, `read` is called. */
  readonly list?: ListDeclaration
  /** As in `Stream`, for what `list` cannot say. */
  readonly read?: Stream['read']
  /** How many rows a scan brings: a request that the engine makes, or a function as in `Stream`. @default nothing is compared */
  readonly count?: CountDeclaration | Stream['count']
}

export type ObjectDefinition = Omit<DestinationObject, 'name' | 'preview'> & {
  /** @default what `write` asks for before its first answer (see record-requests.ts) */
  readonly preview?: DestinationObject['preview']
}

export type KnownOptions = { readonly [streamOrObject: string]: z.ZodObject }

// ---------------------------------------------------------------- what the engine works with

export type Connector = {
  readonly name: string
  readonly config: z.ZodObject
  readonly streamNames: readonly string[] | null
  /** A stream that is not among them takes none. null: not known without a network. */
  readonly streamOptions: KnownOptions | null
  readonly objectNames: readonly string[] | null
  /** An object that is not among them takes none. null: not known without a network. */
  readonly objectOptions: KnownOptions | null
  /** @throws MillraceError MR-3001 … MR-3008, MR-1302 */
  readonly open: (context: OpenContext<never>) => Promise<OpenedConnector>
}

export type OpenContext<Config> = {
  /** The connection's keys, checked and with secrets resolved. */
  readonly config: Config
  readonly host: Host
}

export type OpenedConnector = {
  /** A cheap signed-in request: for `connection test`, and the vendor's clock where no answer has told it yet. Throws what the vendor says. */
  readonly check: (context: CallContext) => Promise<unknown>
  /** The vendor's own name for the account: what a snapshot is of, and with `rowsAreOfAccount` a table. The same each time. */
  readonly account: (context: CallContext) => Promise<string>
  /**
   * What its streams hold belongs to its `account`: a table holds rows of one, and another's are refused. For plans, runs and
   * backfills it is asked once; '' says that the vendor does not tell it, and nothing is refused. @default false: another user's token may read the same
   */
  readonly rowsAreOfAccount?: boolean
  /** The vendor's clock. @default the last Date header the host saw, else a `check` and its Date header */
  readonly now?: (context: CallContext) => Promise<Date>
  /** Streams with their live columns. `names`: only these (globs already resolved by the engine are exact names). */
  readonly streams?: (request: {
    readonly names?: readonly string[]
    /** Name → query, of streams that a sync makes itself; among `names`, too. Only where `takesQueries`. */
    readonly queries?: { readonly [name: string]: string }
    readonly signal: AbortSignal
  }) => Promise<readonly Stream[]>
  /** A sync may name streams of its own, each with a query in the vendor's language. @default false */
  readonly takesQueries?: boolean
  /** All stream names, cheaply: for globs and did-you-mean. */
  readonly streamNames?: (context: CallContext) => Promise<readonly string[]>
  /** Of a name that is none of them: what the vendor has by it, and why that cannot be read. null: nothing is known. */
  readonly whyNoStream?: (name: string) => string | null
  /** Objects with their live fields. `names`: only these. @default it is no destination */
  readonly objects?: (request: {
    readonly names?: readonly string[]
    readonly signal: AbortSignal
  }) => Promise<readonly DestinationObject[]>
  /** Their names, cheaply: for did-you-mean. @default those that `objects` describes */
  readonly objectNames?: (context: CallContext) => Promise<readonly string[]>
  /** Ends what it keeps open: sockets, timers. Called behind the last call, whatever became of that. @default nothing */
  readonly close?: () => Promise<void>
}

export type Stream = {
  /** The vendor's name for it. */
  readonly name: string
  /** The vendor's documentation of the endpoint. */
  readonly docs: string
  /** The vendor's field names that identify a row. Empty only for append-only streams without a key. */
  readonly key: readonly string[]
  /** Vendor field → type. Dots in a name are part of it. */
  readonly columns: { readonly [field: string]: LogicalType }
  /** Do rows come in the order of their version? What `connection discover` tells of the stream, and nothing else: no scan is read another way for it. */
  readonly order: 'cursor' | 'none'
  /** The field with the vendor's modification stamp (ISO text, or unix seconds as an integer). Without it the version is the time of the request. */
  readonly version?: string
  /** Rows never change once written (history): the default mode is `append`. */
  readonly appendOnly?: boolean
  /**
   * Fields that the vendor computes when they are read (formulas): they change without moving the version, so that only
   * another reading of key, version and these fields keeps them fresh.
   */
  readonly calculated?: readonly string[]
  /** Fields whose value has those of others in it (an address has its street): a mask on one of those has to be on the whole. */
  readonly parts?: { readonly [whole: string]: readonly string[] }
  /** What its rows are of beside the connection, as its keys or the query say it: an account. A table holds rows of one. @default with `rowsAreOfAccount` the connection's */
  readonly source?: string
  /** Its `read` (and `count`) obey the `where` of a scan. Without it a sync that gives one is refused. @default false */
  readonly takesWhere?: boolean
  /** A full pass lists everything there is: rows it did not see are deleted. `false` says that it does not, and refuses `reconcile`. */
  readonly enumerates?: boolean
  /** `false`: its `read` (and `count`) bring the same whatever the sync's `start` says, which a scan of it does not get. @default of a `list` false, else true */
  readonly heedsStart?: boolean
  /** A scan is full when the last full one is this old, in milliseconds; 0: always. @default only the first one is */
  readonly fullEveryMs?: number
  /**
   * The field that `from` and `to` of a scan bound when it is `full`, so that a backfill can read it in parts.
   * @default of a `list` with `since` and `until`: the version field, or `since`; else none, and a backfill is one whole pass
   */
  readonly boundedBy?: string
  /** A report by days, of the date field `boundedBy`: its checkpoints name the days that were read whole, which are replaced. */
  readonly reportsDays?: boolean
  /**
   * Fields that the windows of its checkpoints are of (`of`), or their `wholeOf`: always loaded by the modes that replace, and never
   * masked, but for those of the key with `full_refresh`, where a hash tells as well whose a row is. @default none
   */
  readonly windowOf?: readonly string[]
  /**
   * A row whose field holds an instant (`set`) or true is deleted at the vendor. `isPartial`: others go without being flagged, and
   * `reconcile` finds them. @default none is
   */
  readonly deletedWhen?: { readonly column: string; readonly is: 'set' | 'true'; readonly isPartial?: boolean }
  /** As in `StreamDefinition`. */
  readonly lagMs: number
  readonly overlapMs: number
  readonly children: readonly ChildStream[]
  /** Amounts in the minor unit of their currency: the engine builds `<table>_decimal`, which has them as decimals too. */
  readonly minorUnits?: MinorUnits
  /** Field history of another stream: the engine builds `<parent>_field_history` over it, and `<parent>_history_scd2` over that. */
  readonly history?: FieldHistory
  /** The connector's own options of this stream, checked before it is read. */
  readonly options?: z.ZodObject
  /** Whether these options have a field of `columns` loaded; one that is not keeps what is stored of it, as with `exclude`. @default they do */
  readonly loads?: (field: string, options: JsonObject) => boolean
  /** Names of `options` that decide what its rows and values mean: a change of one is told, since what is loaded stays. @default none */
  readonly meaningBy?: readonly string[]
  /** Throws what is wrong with what a sync asks of it, as far as that can be found out without reading: a plan and a run ask before tables are made. */
  readonly checkAsked?: (asked: Pick<Scan, 'where' | 'options'>, context: CallContext) => Promise<void>
  /**
   * What its resume points mean, in words of its own: a scan that is under way is only gone on with where they are still these,
   * and begins again where not. A `read` that comes to page another way, or asks for other rows, says something new here.
   * It is the same in each process: with the time in it no scan would ever be gone on with.
   * @default of a `list` its declaration; else nothing: every resume point is taken
   */
  readonly resumesAs?: string
  /** Yields batches and checkpoints; must obey `signal` within 5 s. */
  readonly read: (scan: Scan, context: Context) => AsyncIterable<ScanItem>
  /** Rows of a page, for estimates. @default 100 */
  readonly pageRows?: number
  /** How many rows the scan should yield: same bounds, deletes included (promise 11). */
  readonly count?: (scan: Scan, context: Context) => Promise<number>
}

/** Rows that come inside a parent's rows. They load with the parent, in its transaction; the set of a parent is complete. */
export type ChildStream = {
  readonly name: string
  readonly docs: string
  readonly key: readonly string[]
  readonly columns: { readonly [field: string]: LogicalType }
  /** Child field that holds the parent's key (of several, the last): children that are not in its latest set, or whose parent is gone, are deleted. */
  readonly parent: string
  readonly minorUnits?: MinorUnits
}

/**
 * `amounts`: fields with integers in the minor unit of the currency whose ISO code (any case) stands in the field
 * `currency`: two decimals for USD, none for JPY, three for KWD. Numbers of them with a fraction (a tenth of a cent), and texts of
 * such numbers, will do as well. https://docs.stripe.com/currencies#minor-units
 */
export type MinorUnits = { readonly currency: string; readonly amounts: readonly string[] }

export type FieldHistory = {
  /** The stream whose fields these are: `Account`. */
  readonly of: string
  /** Fields of the history row. */
  readonly record: string
  readonly field: string
  readonly from: string
  readonly to: string
  readonly at: string
  readonly by: string
  /** Tells kinds of entry for one field apart (Salesforce writes a lookup twice: as Id and as name). */
  readonly kind?: string
  /** The kind that has what the parent's field holds, where a change has entries of two kinds (Salesforce: `EntityId`). @default any */
  readonly keyKind?: string
  /** The stream that names who did it, with its key and name fields. */
  readonly who?: { readonly stream: string; readonly key: string; readonly name: string }
  /** The parent's field with the time of its creation. */
  readonly createdAt: string
  /** Field names as the history rows spell them → the parent's field that holds the present value. */
  readonly tracked: { readonly [historyName: string]: string }
  /** Other names that fields have in the rows, tracked now or not → the parent's field: what is masked is so under them. @default those of `tracked` */
  readonly names?: { readonly [historyName: string]: string }
  /** Further names of entries that are changes of a field, where they have a value (Salesforce: `ownerAccepted`) → its name. @default none */
  readonly otherNames?: { readonly [name: string]: string }
}

/** One pass over one partition of a stream. Instants are ISO UTC by the vendor's clock. */
export type Scan = {
  readonly id: string
  /** Inclusive, already less the overlap. null: from the beginning. */
  readonly from: string | null
  /** Exclusive: the vendor's now when the scan began, less the lag. */
  readonly to: string
  /** From the last committed checkpoint of this scan; null at its beginning. */
  readonly resume: Json
  /** `resume` of the last checkpoint of this stream's last scan that came to its end. Absent or null: none is kept, and the connector does without. */
  readonly last?: Json
  /** No such scan is known, and yet rows stand: of a trial, a backfill, a scan that was given up, or from before the state was reset. @default false */
  readonly stands?: boolean
  /** A pass over everything; with a `from`, which a backfill gives, over everything between the bounds, by `boundedBy`. */
  readonly full: boolean
  /** What it does not yield is taken for gone: a part that cannot be had must end it with an error, or be left out of `wholeOf`. @default false */
  readonly whole?: boolean
  /** The sync's `start`: nothing that was created before it is wanted. null where there is none, or the stream does not heed it. */
  readonly start: string | null
  /** Vendor fields that the sync wants, the key and version among them. */
  readonly fields: readonly string[]
  /** The sync's `where`, in the vendor's own language. */
  readonly where: string | null
  readonly options: JsonObject
  /** Names of the child streams that the sync wants. */
  readonly children: readonly string[]
  /** At most this many rows, for `--limit`; after the batch that reaches it nothing more is taken. null: all. */
  readonly limit: number | null
}

export type ScanItem = Batch | Checkpoint

/** `readAt`: our clock just before the request that brought these rows was sent. */
export type Batch = { readonly readAt: Date; readonly child?: ChildBatch } & (
  | { readonly kind: 'records'; readonly records: readonly { readonly [field: string]: unknown }[] }
  /** One JSON object a line, as `cutPage` makes them: digits as the vendor sent them. */
  | { readonly kind: 'lines'; readonly lines: Uint8Array; readonly rows: number }
  /** A file in the run's spool directory that the engine may delete. CSV: a header line, `""` quoting. */
  | { readonly kind: 'file'; readonly path: string; readonly format: 'csv' | 'ndjson'; readonly rows: number }
  /** Rows that are gone, of which only the key is known. `version`: when they went. */
  | {
      readonly kind: 'tombstones'
      readonly keys: readonly { readonly [field: string]: Json }[]
      readonly version: string | null
    }
)

/** The batch holds rows of a child stream: the complete sets of these parents. */
export type ChildBatch = { readonly stream: string; readonly parents: readonly string[] }
