/**
 * What a stream's table holds, by whoever loaded it. Each scope of a cursor says so of its own with the first rows that it commits: no
 * scan has to be complete for rows of another key, another account or another name of a column to stand beside them.
 */
import { isDeepStrictEqual } from 'node:util'
import { emptyCursor, type Asked, type Cursor } from '../model/cursor.ts'
import { byName, knownBy, namedBy, withNames } from '../model/known-of-table.ts'
import { ownMember } from '../model/own-member.ts'
import type { Session } from '../warehouse/port.ts'
import { askedOf, isElsewhere, nameOf } from './asked.ts'
import { withLostChildren } from './other-children.ts'
import { withCommittedAt } from './our-clock.ts'
import type { StreamPlan } from './resolve-streams.ts'

/** The live cursor, and what other scopes of its stream know of the table beside it. */
export async function withKnown(session: Session, sync: string, plan: StreamPlan, live: Cursor): Promise<Cursor> {
  if (knowsAll(plan, live.marks?.asked)) return live
  return withAsked(plan, live, await session.state.readAsked(sync, plan.stream.name))
}

/** The same, of cursors that were read already. */
export function liveAmong(
  plan: StreamPlan,
  kept: readonly { readonly stream: string; readonly partition: string; readonly cursor: Cursor }[],
): Cursor {
  const own = kept.filter(({ stream }) => stream === plan.stream.name)
  const stored = own.find(({ partition }) => partition === '')?.cursor ?? emptyCursor
  // As a run that begins finds it: after what all scopes of its stream have committed.
  const live = own.reduce((found, { cursor: { marks } }) => {
    return marks?.committed_at === undefined ? found : withCommittedAt(found, marks.committed_at)
  }, stored)
  const asked = own.flatMap(({ cursor }) => cursor.marks?.asked ?? [])
  return withAsked(plan, live, asked)
}

/** @param others of all scopes of the stream */
function withAsked(plan: StreamPlan, live: Cursor, others: readonly Asked[]): Cursor {
  const { asked: kept, ...marks } = live.marks ?? {}
  const own = kept && !isElsewhere(kept, plan.shape) ? kept : undefined
  // Who reads on in another table begins anew by that; and what a part was asked for says nothing of what an older version had read before it.
  if (own === undefined && hasProgress(live)) return live
  const here = others.filter(({ table }) => table === nameOf(plan.shape))
  // What others have read before, it has read again, or told of.
  if (own && live.watermark !== null) return { ...live, marks: { ...live.marks, asked: namedBy(own, here) } }
  const asked = knownBy([...(own ? [own] : []), ...here])
  if (asked === undefined && kept === undefined) return live
  return { ...live, marks: { ...marks, ...(asked && { asked }) } }
}

/**
 * Behind the loss of a table. Where only a child's is to be filled anew, the stream's own has its rows, and what is known of them
 * holds. When was committed last holds in any case.
 */
export async function cursorOfStanding(session: Session, plan: StreamPlan, { marks }: Cursor): Promise<Cursor> {
  const { table } = plan.shape
  const { asked, committed_at } = marks ?? {}
  if (asked?.table !== nameOf(plan.shape) || !(await session.introspect(table.schema, table.name)))
    return { ...emptyCursor, marks: committed_at === undefined ? {} : { committed_at } }
  return { ...emptyCursor, marks: { ...marks, asked: await withLostChildren(session, plan, asked) } }
}

/** Something is complete, or under way. */
export const hasProgress = ({ watermark, scan }: Cursor): boolean => watermark !== null || scan !== null

/** Nobody else has to be asked. */
function knowsAll({ shape, children }: StreamPlan, own: Asked | undefined): boolean {
  if (own === undefined || isElsewhere(own, shape)) return false
  // As an older version left it.
  if (own.table === undefined) return true
  const { loaded, inside } = own
  const isNamed = (known: Asked['loaded'], { columns }: StreamPlan['shape']) =>
    known === undefined || columns.every(({ field }) => Object.hasOwn(known.columns, field))
  return isNamed(loaded, shape) && children.every((each) => isNamed(ownMember(inside, each.child.name), each.shape))
}

/** The cursor from the first rows of a scan on: what was known of the table before still holds for what stands in it. */
export function withRowsOf<C extends Cursor>(plan: StreamPlan, start: string | null, cursor: C): C {
  const before = cursor.marks?.asked
  const asked = askedFromNow(plan, start, before)
  return isDeepStrictEqual(asked, before) ? cursor : { ...cursor, marks: { ...cursor.marks, asked } }
}

/** Behind a `--limit` the cursor is where it was, and knows of the rows. null: there are none. */
export const afterTrial = (
  plan: StreamPlan,
  { start, read }: { readonly start: string | null; readonly read: number },
  cursor: Cursor,
): Cursor | null => (read === 0 ? null : withRowsOf(plan, start, cursor))

function askedFromNow(plan: StreamPlan, start: string | null, before: Asked | undefined): Asked {
  const now = askedOf(plan, start, before)
  if (before === undefined || isElsewhere(before, plan.shape)) return now
  const { key, version, source, account } = now
  const inside = byName(before.inside, now.inside, withNames)
  return {
    // What an older form does not say.
    key,
    version,
    source,
    ...(account !== undefined && { account }),
    ...before,
    ...(before.loaded && now.loaded && { loaded: withNames(before.loaded, now.loaded) }),
    ...(before.inside && inside && { inside }),
  }
}
