/**
 * A session's database as the SQL of this folder sees it: a dialect, statements, and the few things that the two
 * warehouses do by other means. What is brought, loaded or prepared is so before a transaction: on Snowflake DDL commits.
 */
import type { LogicalType } from '../../model/logical-type.ts'
import type { Column, Table } from '../../model/table.ts'
import type { TextRow } from '../port.ts'
import type { Dialect } from './dialect.ts'

export type Engine = Dialect &
  Wording & {
    readonly run: (sql: string) => Promise<{ readonly rowsChanged: number }>
    /** The rows of a small result, every cell as text. */
    readonly rows: (sql: string) => Promise<readonly TextRow[]>
    /** The rows of a large result, chunk by chunk. */
    readonly stream: (sql: string) => AsyncIterable<readonly TextRow[]>
    /** Every named list of cells as exact texts, in one row each; null where `when` does not hold. */
    readonly streamLists: (query: ListQuery) => AsyncIterable<readonly ListRow[]>
    readonly introspect: (schema: string, name: string) => Promise<Table | null>
    /** Columns of a query, without running it. */
    readonly describe: (sql: string) => Promise<readonly Column[]>
    /** Names of the tables of a schema that begin so. */
    readonly tablesIn: (schema: string, prefix: string) => Promise<readonly string[]>

    /** All or nothing; on any error it is rolled back. */
    readonly transaction: <T>(work: () => Promise<T>) => Promise<T>
    /** As `transaction`; `check` are the first statements in it, as `fence.ts` has them. */
    readonly fenced: <T>(fence: FenceCheck, work: () => Promise<T>) => Promise<T>
    /** In a transaction, in one round trip where there is one: rows are locked, looked at, and only then changed. */
    readonly lockAndLook: (look: FenceLook) => Promise<FenceLooked>
    /** In a transaction: a statement that may end it on this warehouse is kept until it is committed. */
    readonly whenCommitted: (sql: string) => Promise<void>

    /** Rows of Parquet files, to stand after FROM. Only before a transaction. */
    readonly bring: (paths: readonly string[], columns: readonly Column[]) => Promise<string>
    /** A temporary table of the JSON objects of a file, a line each. A column of `texts` holds a list. Only before a transaction. */
    readonly loadLines: (table: string, path: string, columns: readonly LineColumn[]) => Promise<void>
    /** The same of JSON lists: one column `line`, of `texts`. What is no list is passed over. */
    readonly loadLists: (table: string, path: string) => Promise<void>
    /** Rows of texts, to stand after FROM. Only before a transaction. */
    readonly bringValues: (columns: readonly string[], rows: readonly (readonly string[])[]) => Promise<string>
    /** Said before a table of so many columns is filled: a warehouse on this machine may need memory for each. */
    readonly makeRoom: (columns: number) => Promise<void>
    /** Makes a temporary table, which `fill` fills in the transaction. A name in quotes stays as it is. */
    readonly prepare: (table: string, columns: readonly Column[]) => Promise<void>
    readonly fill: (table: string, select: string) => Promise<void>
    /** What was filled is needed no more. */
    readonly discard: (table: string) => Promise<void>
    /** Rows of a target, as `t`, that meet one row of another relation. */
    readonly updateFrom: (update: {
      readonly target: string
      readonly set: readonly (readonly [column: string, value: string])[]
      /** `_merge m` */
      readonly from: string
      readonly on: string
      /** @default all that meet */
      readonly where?: string
    }) => Promise<{ readonly rowsChanged: number }>
    /** Rows of a target, as `t`, that meet any row of another relation. */
    readonly deleteFrom: (deletion: {
      readonly target: string
      readonly from: string
      readonly where: string
    }) => Promise<{ readonly rowsChanged: number }>
    /** Rows of `from` in place of those of the target that they meet, or beside the others. */
    readonly upsert: (upsert: {
      readonly target: string
      readonly key: readonly string[]
      /** A table that has `rid`: not null where a row meets one of the target. */
      readonly from: string
      readonly columns: readonly string[]
      readonly values: readonly string[]
      readonly where: string
    }) => Promise<void>
    /** At least the rows that match, or so many of them. Gives how many went. */
    readonly deleteSome: (table: string, where: string, limit: number) => Promise<number>
    /** Does nothing where it stands, and then needs no right to make one. */
    readonly createSchema: (schema: string) => Promise<void>
    /** Makes a table, and its schema; does nothing where it stands. */
    readonly createTable: (table: Table) => Promise<void>
    readonly addColumn: (table: Table, column: Column) => Promise<void>
    /** Can it change a column from the one type to the other without writing every row anew? */
    readonly widensInPlace: (from: LogicalType, to: LogicalType) => boolean
    /** Changes the type of a column of a table that stands, with what it holds. */
    readonly widen: (table: Table, column: Column, from: Column) => Promise<void>
    /** Makes the view, or makes it anew where its SQL is another. */
    readonly makeView: (schema: string, name: string, sql: string) => Promise<void>
  }

export type LineColumn = {
  readonly name: string
  readonly type: 'text' | 'texts' | 'boolean' | 'integer' | 'now'
}

export type FenceCheck = {
  /** Locks all scopes of the stream: what one of them compares with what is stored, no other may change meanwhile. */
  readonly stream: string
  /** Takes the scope's own lock, and must change one row. */
  readonly update: string
  /** As of `FenceLook`, of one row. */
  readonly select: string
  readonly epoch: number
  readonly owner: string
  /** Raises the epoch for the owner itself: whatever else was sent under the old one can be committed no more. */
  readonly raise: (epoch: number) => string
  /** The error for whoever is not the owner any more. */
  readonly lost: (owner: string | null) => Error
  /** Was it committed? Asked where the answer to COMMIT was lost. */
  readonly probe: (() => Promise<boolean>) | null
}

export type FenceLook = {
  readonly locks: readonly string[]
  /** Gives `stream`, `part`, `epoch`, `owner` and `form`: see `fenceRowsWithForms`. */
  readonly select: string
  readonly change?: string
}

/** `touched`: how many rows the last lock has. */
export type FenceLooked = { readonly touched: number; readonly rows: readonly FenceRow[] }

export type FenceRow = {
  readonly stream: string
  readonly part: string
  readonly epoch: number
  readonly owner: string
  /** Of the scope's cursor; 0: none, or it was not asked for. */
  readonly form: number
}

export type ListQuery = {
  readonly cells: readonly (readonly [name: string, sql: string])[]
  readonly lists: readonly (readonly [name: string, when: string, cells: readonly ListCell[]])[]
  /** FROM …, without an order where there is `order`. */
  readonly rest: string
  readonly order?: ListOrder
}

export type ListOrder = {
  /** Rows for which this is true come before the others. */
  readonly first: string
  /** By this text then, which no other row has. */
  readonly key: string
  /** FROM … WHERE …: where those two and `long` stand. `rest` begins with it, and neither adds rows to it nor takes any. */
  readonly of: string
  /** Cells that may be long. */
  readonly long: readonly ListCell[]
  /** There are so many rows at most. */
  readonly rows: number
}

/** A list query's last words. */
export const orderedBy = (order: ListOrder | undefined): string =>
  order === undefined ? '' : ` ORDER BY ${order.first} DESC, ${order.key}`

/** Comes out as the exact text of its type. */
export type ListCell = { readonly sql: string; readonly type: LogicalType }

export type ListRow = {
  readonly cells: TextRow
  readonly lists: { readonly [name: string]: readonly (string | null)[] | null }
}

/** What follows from a dialect. */
export type Wording = {
  readonly textOrNull: (value: string | null) => string
  readonly relation: (schema: string, name: string) => string
  readonly names: (columns: readonly string[]) => string
  /** An ISO instant as a UTC timestamp. */
  readonly instant: (iso: string) => string
}

export const wordingOf = (dialect: Dialect): Wording => ({
  textOrNull: (value) => (value === null ? 'NULL' : dialect.text(value)),
  relation: (schema, name) => `${dialect.quote(schema)}.${dialect.quote(name)}`,
  names: (columns) => columns.map(dialect.quote).join(', '),
  instant: (iso) => `CAST(${dialect.text(timestampText(iso))} AS ${dialect.type('timestamp')})`,
})

/** An ISO instant as both warehouses cast it to a UTC timestamp. */
export const timestampText = (iso: string): string => iso.replace('T', ' ').replace('Z', '')
