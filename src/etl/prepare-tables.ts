import type { StreamConfig, StreamMode } from '../config/project.ts'
import type { Stream } from '../connector/contract.ts'
import type { SchemaChange, Table } from '../model/table.ts'
import type { Session } from '../warehouse/port.ts'
import type { EtlContext } from './context.ts'
import { lackedByMode } from './mode-fields.ts'
import { planIntervals, prepareIntervals } from './prepare-intervals.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { TableShape } from './table-shape.ts'

/**
 * Makes and widens the tables of a stream and its children. With `schema_changes: ignore`, columns that a table does not
 * have are left out of what is loaded, but for those that the sync includes by name. @throws MillraceError MR-2201
 */
export async function prepareTables(context: EtlContext, session: Session, plan: StreamPlan): Promise<StreamPlan> {
  const say = ({ name }: Pick<Stream, 'name'>, changes: readonly SchemaChange[]) => {
    for (const change of changes) context.emit({ type: 'schema.changed', run_id: context.runId, stream: name, change })
  }
  const prepare = async (
    stream: Pick<Stream, 'name' | 'columns'>,
    { shape, config, mode }: Prepared,
  ): Promise<TableShape> => {
    const asked = named(shape, config)
    const changes = [
      ...(await prepareIntervals(session, { table: shape.table, fields: Object.keys(stream.columns), mode })),
      ...(await session.ensureTable(shape.table, config.schemaChanges)),
      ...(asked.columns.length > 0 ? await session.ensureTable(asked, 'evolve') : []),
    ]
    say(stream, changes)
    return asStored(session, shape, config.schemaChanges)
  }
  const lacked = await lackedByMode(session, plan)
  if (lacked) say(plan.stream, await session.ensureTable(lacked, 'evolve'))
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
  const lacked = await lackedByMode(session, plan)
  const ours = [...intervals, ...(lacked ? await session.planTable(lacked, 'evolve') : [])]
  const added = new Set(ours.flatMap((change) => (change.kind === 'column_added' ? [change.column] : [])))
  const rest = { ...table, columns: table.columns.filter(({ name }) => !added.has(name)) }
  const asked = named(plan.shape, plan.config)
  const more = asked.columns.length > 0 ? await session.planTable(asked, 'evolve') : []
  return [
    ...ours,
    ...(await session.planTable(rest, plan.config.schemaChanges)),
    ...more.filter(({ kind }) => kind === 'column_added'),
  ]
}

/** Of a table that stands: what nobody but its vendor added is ignored, and what the sync's own words ask for is not. */
const named = ({ table, columns }: TableShape, config: StreamConfig): Table => ({
  ...table,
  columns: table.columns.filter(({ name }) =>
    columns.some(({ field, column }) => column === name && isAskedFor(config, field)),
  ),
})

/** By its name, where what is new is ignored. */
export const isAskedFor = ({ schemaChanges, include }: StreamConfig, field: string): boolean =>
  schemaChanges === 'ignore' && include !== null && include.includes(field)

type Prepared = { readonly shape: TableShape; readonly config: StreamConfig; readonly mode: StreamMode }

/** A double goes into a column that has become text with all its digits: what stands there may be more than a double holds. */
async function asStored(
  session: Session,
  { table, columns, key }: TableShape,
  policy: StreamConfig['schemaChanges'],
): Promise<TableShape> {
  const doubles = table.columns.filter(({ type }) => type === 'double')
  if (doubles.length === 0 && policy !== 'ignore') return { table, columns, key }
  const stored = await session.introspect(table.schema, table.name)
  const standing = new Map(stored?.columns.map(({ name, type }) => [name, type]))
  const has = (name: string) => policy !== 'ignore' || stored === null || standing.has(name)
  const texts = new Set(doubles.flatMap(({ name }) => (standing.get(name) === 'string' ? [name] : [])))
  return {
    table: {
      ...table,
      columns: table.columns
        .filter(({ name }) => has(name))
        .map((column) => (texts.has(column.name) ? { ...column, type: 'string' } : column)),
    },
    columns: columns
      .filter(({ column }) => has(column))
      .map((column) => (texts.has(column.column) ? { ...column, asDigits: true } : column)),
    key,
  }
}
