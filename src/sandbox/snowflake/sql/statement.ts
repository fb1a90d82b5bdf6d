/**
 * What reading a Snowflake statement gives: DuckDB SQL, and what the wire simulator must know to run it and to answer as
 * Snowflake does. Not in here: sessions, locks, files, rights.
 */
import type { SnowflakeError } from './snowflake-error.ts'
import type { Block } from './scripting/block.ts'

/** As Snowflake stores the names: folded. A statement's own names are completed with the session's database and schema. */
export type ObjectName = { readonly database: string | null; readonly schema: string | null; readonly name: string }

export type SchemaName = { readonly database: string; readonly schema: string }

/** The value of a `?` or a `:1`. The type is the SDK's word: FIXED, REAL, TEXT, BOOLEAN, DATE, TIMESTAMP_NTZ, … */
export type Bind = { readonly type: string; readonly value: string | null }

/** A column as Snowflake names and types it: `NUMBER(38,0)`, `VARCHAR(16777216)`, `TIMESTAMP_NTZ(9)`, `VARIANT` … */
export type Column = {
  readonly name: string
  readonly type: string
  readonly nullable?: boolean
  /** DuckDB SQL of the default. */
  readonly default?: string
}

/** A variable of a scripting block: its Snowflake type, and its value as text in Snowflake's own spelling. */
export type Variable = { readonly type: string; readonly value: string | null }

export type SqlContext = {
  readonly database: string | null
  readonly schema: string | null
  readonly binds: readonly Bind[]
  readonly session: {
    readonly user: string | null
    readonly role: string | null
    readonly warehouse: string | null
    readonly sessionId: string | null
    readonly account: string | null
    readonly lastQueryId?: string | null
  }
  /** The columns of a table or view, in order; null where there is no such object. Temporary tables hide others. */
  readonly columnsOf: (table: ObjectName) => readonly Column[] | null
  /** What the query of a view gives now; null where it is a table. @default views are as they were made */
  readonly viewColumns?: (view: ObjectName) => readonly Column[] | null
  /** What INFORMATION_SCHEMA keeps from the role: tables, and schemas (by `name`, their `schema` null). @default nothing */
  readonly hidden?: (database: string) => readonly ObjectName[]
  readonly isTemporary: (table: ObjectName) => boolean
  readonly hasSchema: (schema: SchemaName) => boolean
  /** Table functions that only the session can answer (RESULT_SCAN, QUERY_HISTORY…): DuckDB SQL to read, or null. */
  readonly tableFunction?: (
    name: string,
    args: readonly (string | null)[],
    /** RESULT_LIMIT => 10 and the like. */
    named: Readonly<Record<string, string | null>>,
  ) => { readonly sql: string; readonly columns: readonly Column[] } | null
  /** Variables of the block that the statement stands in; by folded name. */
  readonly variables?: ReadonlyMap<string, Variable>
  /** Session variables: SET X = 1, read as $X. */
  readonly sessionVariables?: ReadonlyMap<string, Variable>
  /** Session parameters by upper-case name: TIMESTAMP_NTZ_OUTPUT_FORMAT and the like. @default Snowflake's defaults */
  readonly parameters?: Readonly<Record<string, string>>
  /** What CURRENT_TIMESTAMP and SYSDATE() give. @default DuckDB's own clock */
  readonly now?: Date
}

export type Statement =
  | Query
  | Dml
  | Ddl
  | { readonly kind: 'begin' }
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback' }
  | {
      readonly kind: 'use'
      readonly what: 'role' | 'warehouse' | 'database' | 'schema' | 'secondary_roles'
      /** For a schema its own name; the database that was written before it is beside it. */
      readonly name: string
      readonly database: string | null
    }
  | {
      readonly kind: 'alter_session'
      readonly set: Readonly<Record<string, string>>
      readonly unset: readonly string[]
    }
  | {
      readonly kind: 'set_variable'
      readonly values: readonly { readonly name: string; readonly sql: string; readonly type: string }[]
      readonly reads: readonly ObjectName[]
    }
  | { readonly kind: 'unset_variable'; readonly names: readonly string[] }
  | Put
  | Copy
  | { readonly kind: 'list' | 'remove'; readonly stage: StagePath; readonly pattern: string | null }
  | Show
  | Describe
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'explain'; readonly statement: Statement }

export type Query = {
  readonly kind: 'query'
  readonly sql: string
  readonly columns: readonly Column[]
  readonly reads: readonly ObjectName[]
}

/** Run in this order, in one transaction: prepare, checks, counts of kind `query`, sql, cleanup. */
export type Dml = {
  readonly kind: 'dml'
  readonly verb: 'insert' | 'update' | 'delete' | 'merge' | 'truncate'
  readonly target: ObjectName
  readonly reads: readonly ObjectName[]
  /** INSERT OVERWRITE: what was there goes. */
  readonly overwrite: boolean
  /** Writes only temporary tables of the connection. */
  readonly prepare: readonly string[]
  readonly checks: readonly Check[]
  readonly sql: readonly string[]
  /** Drops what `prepare` made; also after an error. */
  readonly cleanup: readonly string[]
  /** null: the statement tells nothing of them. */
  readonly counts: {
    readonly inserted: Count | null
    readonly updated: Count | null
    readonly deleted: Count | null
    /** UPDATE: rows that more than one source row matched. */
    readonly multiJoined: Count | null
  }
}

/** How a count is had: what `sql[statement]` changed, or a query with one number, run before `sql`. */
export type Count =
  { readonly kind: 'changed'; readonly statement: number } | { readonly kind: 'query'; readonly sql: string }

/** A query that must give no row; the first row that it gives tells the error. */
export type Check = { readonly sql: string; readonly error: (row: readonly (string | null)[]) => SnowflakeError }

export type Ddl = {
  readonly kind: 'ddl'
  readonly verb: 'create' | 'alter' | 'drop' | 'comment'
  readonly objectKind: 'table' | 'view' | 'schema' | 'database' | 'stage' | 'file_format'
  /** Of a schema: its name in `schema` and in `name`; of a database in `name` only. */
  readonly name: ObjectName
  readonly sql: readonly string[]
  /** What Snowflake answers: `Table ACCOUNT successfully created.` */
  readonly message: string
  readonly orReplace: boolean
  readonly ifExists: boolean
  readonly ifNotExists: boolean
  readonly temporary: boolean
  readonly transient: boolean
  /** Of a table or view that is created. */
  readonly columns: readonly Column[] | null
  /** Of a view: the whole statement, as Snowflake keeps it. */
  readonly text: string | null
  readonly comment: string | null
  /** ALTER … RENAME TO */
  readonly renamedTo: ObjectName | null
  /** What CTAS and views read. */
  readonly reads: readonly ObjectName[]
  /** CTAS: how many rows it wrote is what `sql[rowsFrom]` changed. */
  readonly rowsFrom: number | null
  /** What must hold first (ALTER COLUMN SET NOT NULL and the like). */
  readonly checks: readonly Check[]
  /** The rest of the words, for what S2 keeps itself: properties of a stage, upper-case keys. */
  readonly options: Readonly<Record<string, string>>
}

export type StagePath = {
  readonly kind: 'table' | 'user' | 'named'
  /** The table or the stage; null for `@~`. */
  readonly name: ObjectName | null
  /** Without a slash in front. */
  readonly path: string
}

export type Put = {
  readonly kind: 'put' | 'get'
  /** A path or glob of the client's machine, without file://. */
  readonly file: string
  readonly stage: StagePath
  readonly options: Readonly<Record<string, string>>
}

export type Copy = {
  readonly kind: 'copy'
  readonly target: ObjectName
  readonly columns: readonly string[] | null
  readonly from: {
    readonly stage: StagePath
    /** COPY … FROM (SELECT …): translate it with `copySelect` once the files' shape is known. */
    readonly select: CopySelect | null
  }
  readonly files: readonly string[] | null
  readonly pattern: string | null
  /** Upper-case keys, upper-case words as values where Snowflake takes words: TYPE, COMPRESSION, USE_VECTORIZED_SCANNER … */
  readonly fileFormat: Readonly<Record<string, string>>
  /** ON_ERROR, FORCE, PURGE, MATCH_BY_COLUMN_NAME, SIZE_LIMIT, VALIDATION_MODE … */
  readonly options: Readonly<Record<string, string>>
}

/** What the reader keeps of a COPY transform until the files are known. */
export type CopySelect = { readonly items: string; readonly alias: string | null }

export type Show = {
  readonly kind: 'show'
  /** PARAMETERS, TABLES, SCHEMAS, VIEWS, COLUMNS, GRANTS, DATABASES, WAREHOUSES, ROLES, … */
  readonly what: string
  readonly like: string | null
  readonly in: { readonly kind: string; readonly name: ObjectName | null } | null
  readonly startsWith: string | null
  readonly limit: number | null
  /** SHOW GRANTS TO USER x, ON TABLE y, OF ROLE z: the words after GRANTS. */
  readonly rest: readonly string[]
}

export type Describe = {
  readonly kind: 'describe'
  readonly what: 'Table' | 'View'
  readonly name: ObjectName
}
