/** The columns of an interval (`scd2`) on a table that another mode may have loaded, and the other way round. */
import type { StreamMode } from '../config/project.ts'
import { columnNames } from '../model/column-name.ts'
import { intervalColumns, isInterval } from '../model/interval-columns.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { SchemaChange, Table } from '../model/table.ts'
import type { Session } from '../warehouse/port.ts'

type Intended = { readonly table: Table; readonly fields: readonly string[]; readonly mode: StreamMode }

/**
 * A table gets them whatever `schema_changes` says of the vendor's: the mode asks for them. A table of intervals is loaded by no other mode, which would
 * take the rows of a key for one. @throws MillraceError MR-2201
 */
export async function prepareIntervals(session: Session, intended: Intended): Promise<readonly SchemaChange[]> {
  const wanted = await wantedIntervals(session, intended)
  return wanted ? session.ensureTable(wanted, 'evolve') : []
}

/** What `prepareIntervals` would do. @throws MillraceError MR-2201 */
export async function planIntervals(session: Session, intended: Intended): Promise<readonly SchemaChange[]> {
  const wanted = await wantedIntervals(session, intended)
  return wanted ? session.planTable(wanted, 'evolve') : []
}

/** null: there is nothing to be added to. */
async function wantedIntervals(session: Session, { table, fields, mode }: Intended): Promise<Table | null> {
  const stored = await session.introspect(table.schema, table.name)
  if (!stored) return null
  const found = stored.columns.filter(({ name }) => isInterval(name))
  const fits = found.every(({ name, type }) => intervalColumns.some((ours) => ours.name === name && ours.type === type))
  const isHistory = fits && found.length === intervalColumns.length
  const vendors = new Set(columnNames(fields).values())
  const isVendors = found.some(({ name }) => vendors.has(name))
  if (mode !== 'scd2') {
    if (isHistory && !isVendors) throw keepsHistory(table, mode)
    return null
  }
  if (!isHistory && (isVendors || !fits)) throw namesTaken(table)
  return { ...table, columns: intervalColumns }
}

const keepsHistory = ({ schema, name }: Table, mode: StreamMode) =>
  new MillraceError('MR-2201', {
    message: `${schema}.${name} holds intervals (mode scd2), several rows for a key: ${mode} would mix them up.`,
    kept: 'Nothing was loaded into it; its history is as it was.',
    next: [
      'Load it with  mode: scd2,  or in a sync of its own with another schema.',
      'If the history may go: drop the table, and  millrace sync state reset  the sync.',
    ],
  })

const namesTaken = ({ schema, name }: Table) =>
  new MillraceError('MR-2201', {
    message: `${schema}.${name} was loaded by another mode and has columns of the vendor's with the names that scd2 needs (valid_from, valid_to, is_current).`,
    kept: 'Nothing was loaded into it.',
    next: 'Load the stream with  mode: scd2  in a sync of its own with another schema: there the vendor’s columns get other names.',
  })
