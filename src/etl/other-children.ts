/** Rows that came inside others, where what comes now has another key, or names its parent in another field. */
import type { Asked, Cursor } from '../model/cursor.ts'
import { ownMember } from '../model/own-member.ts'
import type { Session } from '../warehouse/port.ts'
import { askedOf, beside, isElsewhere, keyOf, nameOf } from './asked.ts'
import { childKeyOf } from './child-key.ts'
import type { OtherRows } from './refusal-of.ts'
import type { ChildPlan, StreamPlan } from './resolve-streams.ts'

/** Of each table of them that is there. @param kept the live cursor */
export async function otherChildren(session: Session, plan: StreamPlan, kept: Cursor): Promise<readonly OtherRows[]> {
  const before = kept.marks?.asked
  if (before === undefined || isElsewhere(before, plan.shape)) return []
  const others: OtherRows[] = []
  for (const each of plan.children) {
    const { schema, name } = each.shape.table
    const what = otherKey(each, before)
    if (what !== null && (await session.introspect(schema, name)))
      others.push({ stream: each.child.name, tables: [nameOf(each.shape)], what, drop: [nameOf(each.shape)] })
  }
  return others
}

function otherKey(plan: ChildPlan, before: Asked): string | null {
  const { child } = plan
  const now = childKeyOf(plan)
  const masks = ownMember(before.children, child.name) ?? now.masks
  const old = ownMember(before.childKeys, child.name) ?? { ...now, masks }
  const [oldKey, newKey] = [keyOf(old.key, old.masks), keyOf(now.key, now.masks)]
  if (oldKey !== newKey) return `are known by ${oldKey}, and what comes now by ${newKey}: ${beside}`
  const [oldParent, newParent] = [keyOf([old.parent], old.masks), keyOf([now.parent], now.masks)]
  if (oldParent === newParent) return null
  return `name what they are of in ${oldParent}, and what comes now names it in ${newParent}: those that are gone would stay`
}

/** What was asked, with what is asked now of children whose tables are filled anew. */
export async function withLostChildren(session: Session, plan: StreamPlan, asked: Asked): Promise<Asked> {
  const now = askedOf(plan, null)
  let { children = {}, childKeys = {} } = asked
  for (const each of plan.children) {
    const { child, shape } = each
    const isThere = (await session.introspect(shape.table.schema, shape.table.name)) !== null
    // They are read now.
    if (isThere && Object.hasOwn(children, child.name)) continue
    children = { ...children, [child.name]: ownMember(now.children, child.name) ?? {} }
    childKeys = { ...childKeys, [child.name]: childKeyOf(each) }
  }
  return { ...asked, children, childKeys }
}
