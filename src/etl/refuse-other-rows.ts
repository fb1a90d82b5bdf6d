import type { Cursor } from '../model/cursor.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Session } from '../warehouse/port.ts'
import { nameOf, otherRows, refusalOf, undecided } from './asked.ts'
import { otherChildren } from './other-children.ts'
import type { StreamPlan } from './resolve-streams.ts'

/** @param kept the live cursor @throws MillraceError MR-2201 where a table is there, and its rows are others than what comes */
export async function refuseOtherRows(session: Session, plan: StreamPlan, kept: Cursor): Promise<void> {
  const { schema, name } = plan.shape.table
  const error = otherRows(plan, kept.marks?.asked)
  const own = error && (await session.introspect(schema, name)) ? [error] : []
  throwTogether([...own, ...(await otherChildren(session, plan, kept))])
  await refuseOtherVersions(session, plan, kept)
}

/** @throws MillraceError MR-2201 where those that came inside others are so */
export async function refuseOtherChildren(session: Session, plan: StreamPlan, kept: Cursor): Promise<void> {
  throwTogether(await otherChildren(session, plan, kept))
}

/** In one, so that what is to be done is done once. */
function throwTogether(errors: readonly MillraceError[]): void {
  const [first, ...more] = errors
  if (!first) return
  if (more.length === 0) throw first
  throw new MillraceError(first.code, {
    message: errors.map(({ message }) => message).join(' '),
    ...(first.kept !== undefined && { kept: first.kept }),
    next: [...new Set([...errors.flatMap(({ next }) => next.slice(0, -1)), ...first.next])],
  })
}

/**
 * What the version of rows is, only a complete scan writes down. Behind a trial with a limit, a first scan that was stopped, a
 * backfill before it or a reset the rows themselves are asked. @throws MillraceError MR-2201
 */
export async function refuseOtherVersions(session: Session, plan: StreamPlan, kept: Cursor): Promise<void> {
  const { stream, shape, config, mode } = plan
  if (stream.version === undefined || stream.key.length === 0 || mode === 'full_refresh') return
  if (isKnown(plan, kept)) return
  const column = shape.columns.find(({ field }) => field === stream.version)?.column
  const table = await session.introspect(shape.table.schema, shape.table.name)
  if (column === undefined || !table) return
  // Left out of what is loaded, it is no row's version.
  if (config.schemaChanges === 'ignore' && !table.columns.some(({ name }) => name === column)) return
  if (!(await session.etl.holdsOtherVersions({ table, column }))) return
  throw refusalOf(plan, `have another version than ${stream.version}, which what comes now has: ${undecided}`)
}

function isKnown({ shape }: StreamPlan, { watermark, marks }: Cursor): boolean {
  const asked = marks?.asked
  return asked === undefined ? watermark !== null : asked.table === undefined || asked.table === nameOf(shape)
}
