/** The tables of `_millrace`, as design and docs/architecture.md list them. Columns are only ever added. */
export const stateSchema = '_millrace'

/** Columns that came later: tables of an earlier version get them when they are next opened. */
export const addedColumns: readonly { readonly table: string; readonly column: string; readonly type: string }[] = [
  // What was deliberately not sent has no sent_at; retention counts from here.
  { table: 'changes', column: 'recorded_at', type: 'TIMESTAMP DEFAULT now()::TIMESTAMP' },
  // What later scans have to know of earlier ones.
  { table: 'cursors', column: 'marks', type: 'JSON' },
  // Whose rows the generation of a full_refresh holds; the table itself is named in generation-table.ts.
  { table: 'generations', column: 'scan', type: 'VARCHAR' },
  // Parking: the value that was refused (a hash), and how often the destination refused it for good.
  { table: 'rejects', column: 'value', type: 'VARCHAR' },
  { table: 'rejects', column: 'refusals', type: 'BIGINT' },
]

export const stateTables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS _millrace.fences (sync VARCHAR NOT NULL, stream VARCHAR NOT NULL, "partition" VARCHAR NOT NULL, epoch BIGINT NOT NULL, owner VARCHAR NOT NULL, taken_at TIMESTAMP NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS _millrace.cursors (sync VARCHAR NOT NULL, stream VARCHAR NOT NULL, "partition" VARCHAR NOT NULL, watermark VARCHAR, scan JSON, connector VARCHAR, cursor_version INTEGER, updated_by VARCHAR, updated_at TIMESTAMP)`,
  `CREATE TABLE IF NOT EXISTS _millrace.commits (run_id VARCHAR NOT NULL, stream VARCHAR NOT NULL, sequence BIGINT NOT NULL, epoch BIGINT NOT NULL, ledger JSON, committed_at TIMESTAMP NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS _millrace.intents (sync VARCHAR NOT NULL, key VARCHAR NOT NULL, op VARCHAR NOT NULL, run_id VARCHAR NOT NULL, epoch BIGINT NOT NULL, receipt JSON, opened_at TIMESTAMP NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS _millrace.snapshots (sync VARCHAR NOT NULL, connection VARCHAR, account VARCHAR, object VARCHAR, options VARCHAR, mapping_version VARCHAR, encoder_version INTEGER, updated_at TIMESTAMP)`,
  `CREATE TABLE IF NOT EXISTS _millrace.rejects (run_id VARCHAR NOT NULL, sync VARCHAR NOT NULL, stream VARCHAR NOT NULL, key VARCHAR, code VARCHAR NOT NULL, message VARCHAR, retryable BOOLEAN, attempts BIGINT, first_at TIMESTAMP, last_at TIMESTAMP, "row" JSON, state VARCHAR NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS _millrace.changes (run_id VARCHAR NOT NULL, sync VARCHAR NOT NULL, key VARCHAR NOT NULL, op VARCHAR NOT NULL, fields JSON, status VARCHAR NOT NULL, reason VARCHAR, sent_at TIMESTAMP)`,
  `CREATE TABLE IF NOT EXISTS _millrace.runs (run_id VARCHAR NOT NULL, sync VARCHAR NOT NULL, kind VARCHAR, status VARCHAR, slot VARCHAR, trigger VARCHAR, ledger JSON, streams JSON, requests BIGINT, seconds DOUBLE, started_at TIMESTAMP, finished_at TIMESTAMP, "commit" VARCHAR, target VARCHAR, error JSON)`,
  `CREATE TABLE IF NOT EXISTS _millrace.restatements (run_id VARCHAR NOT NULL, sync VARCHAR NOT NULL, stream VARCHAR NOT NULL, day DATE NOT NULL, scope JSON, rows_before BIGINT NOT NULL, rows_after BIGINT NOT NULL, totals JSON, recorded_at TIMESTAMP NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS _millrace.generations (sync VARCHAR NOT NULL, name VARCHAR NOT NULL, scan VARCHAR, "rows" BIGINT NOT NULL, updated_at TIMESTAMP NOT NULL)`,
  // The seeded row: whoever makes a new fence row holds its lock while doing so.
  `INSERT INTO _millrace.fences SELECT '', '', '', 0, '', TIMESTAMP '1970-01-01' WHERE NOT EXISTS (SELECT 1 FROM _millrace.fences WHERE sync = '' AND stream = '')`,
  ...addedColumns.map(
    ({ table, column, type }) => `ALTER TABLE _millrace.${table} ADD COLUMN IF NOT EXISTS ${column} ${type}`,
  ),
]

export const snapshotTable = (sync: string): string => `snapshot_${sync}`

/** Model columns stand in the snapshot's table under this prefix, so that none can collide with its own columns. */
export const snapshotColumn = (column: string): string => `v_${column}`
