/** What a person does to the state of a sync by hand: takes it out, puts it back, gives it another name, erases a key from it. */
import type { Column } from '../model/table.ts'

export type StateUpkeep = {
  /** Does the warehouse hold anything of this sync that a run would go on from? */
  readonly has: (sync: string) => Promise<boolean>
  /** Does this schema hold a table? A cursor says that everything before it is in one. */
  readonly hasTables: (schema: string) => Promise<boolean>
  /** The tables of a sync's state that stand, with the columns that they have. `sync` is left out. */
  readonly tables: (sync: string) => Promise<readonly StateTable[]>
  /** The rows of one of them: every value as exact text, in the order of its columns. */
  readonly rows: (sync: string, table: StateTable) => AsyncIterable<readonly StateRow[]>
  /**
   * Puts a file's rows in place of a sync's state, in one transaction; whoever is still at it loses the right to commit. Rejects of an ETL
   * sync stay, and those of rows of which nothing is known here come beside them.
   * @throws MillraceError MR-1004 for rows that do not fit
   */
  readonly replace: (replacement: StateReplacement) => Promise<void>
  /** The state of one sync becomes another one's, or stays its own, in one transaction; `destination` is what it is of from now on. */
  readonly move: (move: {
    readonly from: string
    readonly to: string
    readonly destination: StateDestination | null
  }) => Promise<void>
  /** Drops what `changes` has kept longer than it shall: so many rows at once, or all where that costs no more. Gives how many went. */
  readonly pruneChanges: (request: {
    readonly sync: string
    readonly recordedBefore: string
    readonly limit: number
  }) => Promise<number>
  /** Where a key stands, by sync and table. Keys are compared as they are stored. */
  readonly findKey: (request: { readonly keys: readonly string[] }) => Promise<readonly KeyPlace[]>
  /** Is there a row of the model with this key, whatever the case of its letters and the space around it? */
  readonly modelHasKey: (request: {
    readonly model: string
    readonly columns: readonly string[]
    readonly key: string
  }) => Promise<boolean>
  /** Takes a key out of everything, in one transaction. `keepHash`: the snapshot keeps its key and its payload's hash, and no value. */
  readonly eraseKey: (request: {
    readonly sync: string
    readonly key: string
    readonly keepHash: boolean
  }) => Promise<readonly KeyPlace[]>
}

export type StateTableName = 'snapshots' | 'snapshot' | 'intents' | 'rejects' | 'cursors'

export type StateTable = { readonly name: StateTableName; readonly columns: readonly Column[] }

export type StateRow = readonly (string | null)[]

/** Rows as lines of a file: `["snapshot", …]`, the name of the table before the cells. Other lines are passed over. */
export type StateReplacement = {
  readonly sync: string
  readonly kind: 'etl' | 'reverse_etl'
  /** What was sent and not answered went to where the file's rows are of: those intents stay, too. @default false */
  readonly keepsIntents?: boolean
  readonly path: string
  readonly tables: readonly StateTable[]
  /** How many there must be. */
  readonly rows: { readonly [table in StateTableName]?: number }
}

export type StateDestination = {
  readonly account: string
  readonly connection: string
  readonly object: string
  readonly options: string
}

/** `state`: of the snapshot's row. */
export type KeyPlace = {
  readonly sync: string
  readonly table: 'snapshot' | 'intents' | 'rejects' | 'changes'
  readonly key: string
  readonly rows: number
  readonly state: string | null
}
