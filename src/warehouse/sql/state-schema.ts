/** The tables of `_millrace`, as docs/architecture.md and docs/analyst-tables.md list them. Columns are only ever added. */
import type { LogicalType } from '../../model/logical-type.ts'
import type { Column } from '../../model/table.ts'
import type { Engine } from './engine.ts'

export const stateSchema = '_millrace'

/** Makes what is missing. Idempotent. */
export async function createState(db: Engine): Promise<void> {
  for (const schema of [stateSchema, 'models']) await db.createSchema(schema)
  for (const [table, columns] of Object.entries(stateTables)) {
    const cells = columns.map(
      ([name, type, isNeeded]) => `${db.quote(name)} ${db.type(type)}${isNeeded ? ' NOT NULL' : ''}`,
    )
    await db.run(`CREATE TABLE IF NOT EXISTS ${db.relation(stateSchema, table)} (${cells.join(', ')})`)
  }
  // The seeded row: whoever makes a new fence row holds its lock while doing so.
  await db.run(
    `INSERT INTO _millrace.fences SELECT '', '', '', 0, '', ${db.instant('1970-01-01T00:00:00Z')} ` +
      `WHERE NOT EXISTS (SELECT 1 FROM _millrace.fences WHERE sync = '' AND stream = '')`,
  )
  for (const { table, column, type } of addedColumns)
    await db.run(
      `ALTER TABLE ${db.relation(stateSchema, table)} ADD COLUMN IF NOT EXISTS ${db.quote(column)} ${db.type(type)}`,
    )
}

/** A column of each table, and what came later: where these stand, all does. */
export const wantedColumns = (): readonly { readonly table: string; readonly column: string }[] => [
  ...Object.entries(stateTables).flatMap(([table, [first]]) => (first ? [{ table, column: first[0] }] : [])),
  ...addedColumns,
]

/** All columns that a table of the state has now. */
export const stateColumns = (): readonly (readonly [table: string, columns: readonly Column[]])[] =>
  Object.entries(stateTables).map(([table, columns]) => [
    table,
    [
      ...columns.map(([name, type]) => ({ name, type })),
      ...addedColumns.filter((added) => added.table === table).map(({ column, type }) => ({ name: column, type })),
    ],
  ])

/** Columns that came later: tables of an earlier version get them when they are next opened. */
const addedColumns: readonly { readonly table: string; readonly column: string; readonly type: LogicalType }[] = [
  // What was deliberately not sent has no sent_at; retention counts from here.
  { table: 'changes', column: 'recorded_at', type: 'timestamp' },
  // What later scans have to know of earlier ones.
  { table: 'cursors', column: 'marks', type: 'json' },
  // Whose rows the generation of a full_refresh holds; the table itself is named in generation-table.ts.
  { table: 'generations', column: 'scan', type: 'string' },
  // Parking: the value that was refused (a hash), and how often the destination refused it for good.
  { table: 'rejects', column: 'value', type: 'string' },
  { table: 'rejects', column: 'refusals', type: 'integer' },
  // `--limit`: not a load of all that there was.
  { table: 'runs', column: 'limited_to', type: 'integer' },
]

type ColumnSpec = readonly [name: string, type: LogicalType, isNeeded?: 'needed']

const scope = [
  ['sync', 'string', 'needed'],
  ['stream', 'string', 'needed'],
] as const satisfies readonly ColumnSpec[]

const stateTables: { readonly [table: string]: readonly ColumnSpec[] } = {
  fences: [
    ...scope,
    ['partition', 'string', 'needed'],
    ['epoch', 'integer', 'needed'],
    ['owner', 'string', 'needed'],
    ['taken_at', 'timestamp', 'needed'],
  ],
  cursors: [
    ...scope,
    ['partition', 'string', 'needed'],
    ['watermark', 'string'],
    ['scan', 'json'],
    ['connector', 'string'],
    ['cursor_version', 'integer'],
    ['updated_by', 'string'],
    ['updated_at', 'timestamp'],
  ],
  commits: [
    ['run_id', 'string', 'needed'],
    ['stream', 'string', 'needed'],
    ['sequence', 'integer', 'needed'],
    ['epoch', 'integer', 'needed'],
    ['ledger', 'json'],
    ['committed_at', 'timestamp', 'needed'],
  ],
  intents: [
    ['sync', 'string', 'needed'],
    ['key', 'string', 'needed'],
    ['op', 'string', 'needed'],
    ['run_id', 'string', 'needed'],
    ['epoch', 'integer', 'needed'],
    ['receipt', 'json'],
    ['opened_at', 'timestamp', 'needed'],
  ],
  snapshots: [
    ['sync', 'string', 'needed'],
    ['connection', 'string'],
    ['account', 'string'],
    ['object', 'string'],
    ['options', 'string'],
    ['mapping_version', 'string'],
    ['encoder_version', 'integer'],
    ['updated_at', 'timestamp'],
  ],
  rejects: [
    ['run_id', 'string', 'needed'],
    ...scope,
    ['key', 'string'],
    ['code', 'string', 'needed'],
    ['message', 'string'],
    ['retryable', 'boolean'],
    ['attempts', 'integer'],
    ['first_at', 'timestamp'],
    ['last_at', 'timestamp'],
    ['row', 'json'],
    ['state', 'string', 'needed'],
  ],
  changes: [
    ['run_id', 'string', 'needed'],
    ['sync', 'string', 'needed'],
    ['key', 'string', 'needed'],
    ['op', 'string', 'needed'],
    ['fields', 'json'],
    ['status', 'string', 'needed'],
    ['reason', 'string'],
    ['sent_at', 'timestamp'],
  ],
  runs: [
    ['run_id', 'string', 'needed'],
    ['sync', 'string', 'needed'],
    ['kind', 'string'],
    ['status', 'string'],
    ['slot', 'string'],
    ['trigger', 'string'],
    ['ledger', 'json'],
    ['streams', 'json'],
    ['requests', 'integer'],
    ['seconds', 'double'],
    ['started_at', 'timestamp'],
    ['finished_at', 'timestamp'],
    ['commit', 'string'],
    ['target', 'string'],
    ['error', 'json'],
  ],
  restatements: [
    ['run_id', 'string', 'needed'],
    ...scope,
    ['day', 'date', 'needed'],
    ['scope', 'json'],
    ['rows_before', 'integer', 'needed'],
    ['rows_after', 'integer', 'needed'],
    ['totals', 'json'],
    ['recorded_at', 'timestamp', 'needed'],
  ],
  generations: [
    ['sync', 'string', 'needed'],
    ['name', 'string', 'needed'],
    ['scan', 'string'],
    ['rows', 'integer', 'needed'],
    ['updated_at', 'timestamp', 'needed'],
  ],
}

export const snapshotTable = (sync: string): string => `snapshot_${sync}`

/** Model columns stand in the snapshot's table under this prefix, so that none can collide with its own columns. */
export const snapshotColumn = (column: string): string => `v_${column}`

/** Of a reject: its row is refused still. */
export const isUnsettled = `state IN ('open', 'parked')`

/** The epoch of an intent whose key a run that had lost its lease sent as well: nobody knows whose values stand there. */
export const crossed = 0
