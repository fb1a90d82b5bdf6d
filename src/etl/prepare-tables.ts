import type { StreamConfig, StreamMode } from '../config/project.ts'
import type { Stream } from '../connector/contract.ts'
import type { SchemaChange } from '../model/table.ts'
import type { Session } from '../warehouse/port.ts'
import type { EtlContext } from './context.ts'
import { planIntervals, prepareIntervals } from './prepare-intervals.ts'
import type { StreamPlan, TableShape } from './resolve-streams.ts'

/**
 * Makes and widens the tables of a stream and its children. With `schema_changes: ignore`, columns that a table does not
 * have are left out of what is loaded. @throws MillraceError MR-2201
 */
export async function prepareTables(context: EtlContext, session: Session, plan: StreamPlan): Promise<StreamPlan> {
  const prepare = async (
    stream: Pick<Stream, 'name' | 'columns'>,
    { shape, config, mode }: Prepared,
  ): Promise<TableShape> => {
    const changes = [
      ...(await prepareIntervals(session, { table: shape.table, fields: Object.keys(stream.columns), mode })),
      ...(await session.ensureTable(shape.table, config.schemaChanges)),
    ]
    for (const change of changes)
      context.emit({ type: 'schema.changed', run_id: context.runId, stream: stream.name, change })
    return config.schemaChanges === 'ignore' ? storedPart(session, shape) : shape
  }
  const shape = await prepare(plan.stream, plan)
  const children: StreamPlan['children'][number][] = []
  for (const child of plan.children)
    children.push({ ...child, shape: await prepare(child.child, { ...child, mode: 'merge' }) })
  return { ...plan, shape, children }
}

/** What `prepareTables` would do to the table of the stream itself. @throws MillraceError MR-2201 */
export async function planChanges(session: Session, plan: StreamPlan): Promise<readonly SchemaChange[]> {
  const { table } = plan.shape
  const fields = Object.keys(plan.stream.columns)
  const intervals = await planIntervals(session, { table, fields, mode: plan.mode })
  const added = new Set(intervals.flatMap((change) => (change.kind === 'column_added' ? [change.column] : [])))
  const rest = { ...table, columns: table.columns.filter(({ name }) => !added.has(name)) }
  return [...intervals, ...(await session.planTable(rest, plan.config.schemaChanges))]
}

type Prepared = { readonly shape: TableShape; readonly config: StreamConfig; readonly mode: StreamMode }

async function storedPart(session: Session, shape: TableShape): Promise<TableShape> {
  const stored = await session.introspect(shape.table.schema, shape.table.name)
  const has = (name: string) => stored?.columns.some((column) => column.name === name) ?? true
  return {
    ...shape,
    table: { ...shape.table, columns: shape.table.columns.filter((column) => has(column.name)) },
    columns: shape.columns.filter((column) => has(column.column)),
  }
}
