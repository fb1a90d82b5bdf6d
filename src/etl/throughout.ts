/** What all rows of a scan were read with, where fields or a flag came or went while it was under way. */
import type { Asked, Cursor, LoadedFields, Throughout } from '../model/cursor.ts'
import { ownMember } from '../model/own-member.ts'
import { askedOf } from './asked.ts'
import { flagOf } from './flag-of.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { TableShape } from './table-shape.ts'

export const throughoutOf = ({ stream, shape, children }: StreamPlan): Throughout => ({
  fields: fieldsOf(shape),
  inside: Object.fromEntries(children.map(({ child, shape: own }) => [child.name, fieldsOf(own)])),
  flag: flagOf(stream),
})

const fieldsOf = ({ columns }: TableShape): readonly string[] => columns.map(({ field }) => field)

/** Of a scan that is gone on with. */
export const inBoth = (before: Throughout, now: Throughout): Throughout => ({
  fields: before.fields.filter((field) => now.fields.includes(field)),
  inside: Object.fromEntries(
    Object.entries(before.inside).map(([child, fields]) => [
      child,
      fields.filter((field) => ownMember(now.inside, child)?.includes(field) === true),
    ]),
  ),
  flag: before.flag === now.flag ? now.flag : null,
})

/** Is anything read now that was not from the beginning? */
export const hasNewcomers = (before: Throughout | undefined, now: Throughout): boolean =>
  before !== undefined &&
  ((now.flag !== null && now.flag !== before.flag) ||
    lacks(before.fields, now.fields) ||
    Object.entries(now.inside).some(([child, fields]) => lacks(ownMember(before.inside, child) ?? [], fields)))

const lacks = (before: readonly string[], now: readonly string[]): boolean =>
  now.some((field) => !before.includes(field))

/** What was asked, less what came on the way: the next run tells of that as of any that its table was not loaded with. */
export function askedThroughout(plan: StreamPlan, start: string | null, { scan, marks }: Cursor): Asked {
  const asked = askedOf(plan, start, marks?.asked)
  const throughout = scan?.throughout
  if (throughout === undefined) return asked
  const { loaded, inside, flag } = asked
  return {
    ...asked,
    ...(loaded && { loaded: onlyThroughout(loaded, throughout.fields) }),
    ...(inside && {
      inside: Object.fromEntries(
        Object.entries(inside).map(([child, own]) => [child, onlyThroughout(own, ownMember(throughout.inside, child))]),
      ),
    }),
    flag: flag === throughout.flag ? flag : null,
  }
}

/** @param fields undefined: of a child that is left out */
const onlyThroughout = ({ columns, idle }: LoadedFields, fields?: readonly string[]): LoadedFields => ({
  columns,
  idle: Object.keys(columns).filter((field) => idle.includes(field) || fields?.includes(field) === false),
})
