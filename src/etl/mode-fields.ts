/** Fields by which a mode finds what it replaces. They are loaded, and a table has them, whatever is said of the vendor's fields. */
import type { StreamMode } from '../config/project.ts'
import type { Stream } from '../connector/contract.ts'
import type { Session } from '../warehouse/port.ts'
import type { Table } from '../model/table.ts'
import type { StreamPlan } from './resolve-streams.ts'

type Keyed = Pick<Stream, 'key' | 'boundedBy' | 'windowOf'>

export function fieldsOfMode(mode: StreamMode, { key, boundedBy, windowOf = [] }: Keyed): readonly string[] {
  if (mode === 'replace_window') return boundedBy === undefined ? windowOf : [boundedBy, ...windowOf]
  return mode === 'full_refresh' ? [...key, ...windowOf] : []
}

/** Those of them that have to be what the vendor says. A replacement knows whose rows are meant by the hash of a key, too. */
export const plainFieldsOfMode = (mode: StreamMode, stream: Keyed): readonly string[] =>
  fieldsOfMode(mode, stream).filter((field) => mode !== 'full_refresh' || !stream.key.includes(field))

/** Of a table that stands. null: it lacks none. */
export async function lackedByMode(session: Session, { mode, stream, shape }: StreamPlan): Promise<Table | null> {
  const fields = fieldsOfMode(mode, stream)
  const stored = fields.length > 0 ? await session.introspect(shape.table.schema, shape.table.name) : null
  if (!stored) return null
  const names = new Set(shape.columns.flatMap(({ field, column }) => (fields.includes(field) ? [column] : [])))
  for (const { name } of stored.columns) names.delete(name)
  return names.size === 0
    ? null
    : { ...shape.table, columns: shape.table.columns.filter(({ name }) => names.has(name)) }
}
