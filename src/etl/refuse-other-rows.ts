import type { Asked, Cursor } from '../model/cursor.ts'
import type { Session } from '../warehouse/port.ts'
import { isElsewhere, nameOf, otherRows, undecided } from './asked.ts'
import { otherChildren } from './other-children.ts'
import { refusalOf, type OtherRows } from './refusal-of.ts'
import { tableName, type StreamPlan } from './resolve-streams.ts'

/** @param kept the live cursor @throws MillraceError MR-2201 where a table is there, and its rows are others than what comes */
export async function refuseOtherRows(session: Session, plan: StreamPlan, kept: Cursor): Promise<void> {
  const others = [...(await otherOwn(session, plan, askedBefore(kept))), ...(await otherChildren(session, plan, kept))]
  if (others.length > 0) throw refusalOf(others)
  await refuseOtherVersions(session, plan, kept)
}

/** What the version of rows is, only a complete scan says of all of them. */
function askedBefore({ watermark, marks }: Cursor): Asked | undefined {
  if (watermark !== null || marks?.asked === undefined) return marks?.asked
  const { version: _version, ...asked } = marks.asked
  return asked
}

/** @returns one, or none where no table of such rows is there */
async function otherOwn(session: Session, plan: StreamPlan, before: Asked | undefined): Promise<readonly OtherRows[]> {
  const other = otherRows(plan, before)
  if (other === null) return []
  const { schema } = plan.shape.table
  const standing: string[] = []
  for (const name of [plan.shape.table.name, ...tablesInside(plan, before)])
    if (await session.introspect(schema, name)) standing.push(`${schema}.${name}`)
  const own = standing.filter((table) => table === nameOf(plan.shape))
  const tables = { own, all: standing }
  const { what, first } = other
  if (tables[other.of].length === 0) return []
  return [
    {
      stream: plan.stream.name,
      tables: tables[other.of],
      what,
      drop: tables[other.drop],
      ...(first !== undefined && { first }),
    },
  ]
}

/** Of what is loaded inside its rows, or was: what is left out for a while has its rows still. */
function tablesInside({ stream, children }: StreamPlan, before: Asked | undefined): readonly string[] {
  return stream.children
    .filter(
      ({ name }) =>
        children.some(({ child }) => child.name === name) ||
        [before?.children, before?.childKeys].some((known) => known !== undefined && Object.hasOwn(known, name)),
    )
    .map(tableName)
}

/**
 * Behind a trial with a limit, a first scan that was stopped, a backfill before it or a reset the rows themselves are asked.
 * @throws MillraceError MR-2201
 */
async function refuseOtherVersions(session: Session, plan: StreamPlan, kept: Cursor): Promise<void> {
  const { stream, shape, config, mode } = plan
  if (stream.version === undefined || stream.key.length === 0 || mode === 'full_refresh') return
  if (isKnown(plan, kept)) return
  const column = shape.columns.find(({ field }) => field === stream.version)?.column
  const table = await session.introspect(shape.table.schema, shape.table.name)
  if (column === undefined || !table) return
  // Left out of what is loaded, it is no row's version.
  if (config.schemaChanges === 'ignore' && !table.columns.some(({ name }) => name === column)) return
  if (!(await session.etl.holdsOtherVersions({ table, column }))) return
  const what = `have another version than ${stream.version}, which what comes now has: ${undecided}`
  throw refusalOf([{ stream: stream.name, tables: [nameOf(shape)], what, drop: [nameOf(shape)] }])
}

const isKnown = ({ shape }: StreamPlan, { watermark, marks }: Cursor): boolean =>
  watermark !== null && !(marks?.asked && isElsewhere(marks.asked, shape))
