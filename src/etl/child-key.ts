import type { Asked, ChildKey } from '../model/cursor.ts'
import type { ChildPlan } from './resolve-streams.ts'

/** @param known those of before, which children that are left out have still */
export const childKeysOf = (
  children: readonly ChildPlan[],
  known?: Asked['childKeys'],
): NonNullable<Asked['childKeys']> => ({
  ...known,
  ...Object.fromEntries(children.map((plan) => [plan.child.name, childKeyOf(plan)])),
})

export function childKeyOf({ child: { key, parent }, shape }: ChildPlan): ChildKey {
  const masks = shape.columns.flatMap(({ field, mask }) =>
    mask && (field === parent || key.includes(field)) ? [[field, mask] as const] : [],
  )
  return { key, parent, masks: Object.fromEntries(masks) }
}
