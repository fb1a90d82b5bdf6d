/** Tables and views: what stands, what is missing, what has to be widened. */
import { widen } from '../../model/logical-type.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Column, SchemaChange, Table } from '../../model/table.ts'
import type { SchemaPolicy } from '../port.ts'
import { isAnyIn } from './count-in.ts'
import type { Engine } from './engine.ts'

export async function planTable(db: Engine, table: Table, policy: SchemaPolicy): Promise<readonly SchemaChange[]> {
  const stored = await db.introspect(table.schema, table.name)
  const label = `${table.schema}.${table.name}`
  if (!stored) return [{ kind: 'table_created', table: label }]
  const changes: SchemaChange[] = []
  for (const column of table.columns) {
    const change = changeOf(stored, column, label)
    if (change) changes.push(asMigration(db, await keepDigits(db, table, change)))
  }
  if (policy === 'freeze' && changes.length > 0) throw frozen(label, changes)
  return policy === 'ignore' ? changes.filter((change) => change.kind !== 'column_added') : changes
}

/** Additive and idempotent; outside any transaction, as Snowflake commits on DDL. Columns never vanish. */
export async function ensureTable(db: Engine, table: Table, policy: SchemaPolicy): Promise<readonly SchemaChange[]> {
  const changes = await planTable(db, table, policy)
  for (const change of changes) {
    switch (change.kind) {
      case 'table_created':
        await db.createTable(table)
        break
      case 'column_added':
        await db.addColumn(table, { name: change.column, type: change.type })
        break
      case 'column_widened':
        await db.widen(table, { name: change.column, type: change.to }, { name: change.column, type: change.from })
        break
    }
  }
  return changes
}

function changeOf(stored: Table, column: Column, table: string): SchemaChange | undefined {
  const present = stored.columns.find((other) => other.name.toLowerCase() === column.name.toLowerCase())
  if (!present) return { kind: 'column_added', table, column: column.name, type: column.type }
  const to = widen(present.type, column.type)
  return to === present.type
    ? undefined
    : { kind: 'column_widened', table, column: column.name, from: present.type, to }
}

/** A stored number that no double holds keeps its digits: its column becomes text instead (promise 6). */
async function keepDigits(db: Engine, table: Table, change: SchemaChange): Promise<SchemaChange> {
  if (change.kind !== 'column_widened' || change.to !== 'double') return change
  const loses = db.losesDigits(db.quote(change.column), change.from)
  return (await isAnyIn(db, `${db.relation(table.schema, table.name)} WHERE ${loses}`))
    ? { ...change, to: 'string' }
    : change
}

const asMigration = (db: Engine, change: SchemaChange): SchemaChange =>
  change.kind !== 'column_widened' || db.widensInPlace(change.from, change.to) ? change : { ...change, migrate: true }

function frozen(table: string, changes: readonly SchemaChange[]): MillraceError {
  const list = changes.map((change) =>
    change.kind === 'table_created' ? 'a new table' : `${change.column} (${change.kind})`,
  )
  return new MillraceError('MR-2201', {
    message: `What the source has, or the sync reads of it, would change ${table}: ${list.join(', ')}; schema_changes is freeze.`,
    kept: 'Nothing was loaded into it.',
    next: 'Set schema_changes to evolve or ignore for this stream, or exclude the columns.',
  })
}
