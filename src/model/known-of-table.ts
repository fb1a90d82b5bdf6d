/** What is known of a table by all that were loaded into it: live scans, parts of a backfill. */
import type { Asked, LoadedFields, Masks } from './cursor.ts'
import { ownMember } from './own-member.ts'

/** Who comes first says what the rows are; the others, which columns there are besides, and what stands there in clear. */
export function knownBy(asked: readonly Asked[]): Asked | undefined {
  const [first, ...others] = asked
  return others.reduce<Asked | undefined>(
    (known, other) => (known && known.table === other.table ? bothOf(known, other) : known),
    first,
  )
}

/** What a complete scan was asked for, and which columns there are besides. */
export const namedBy = (asked: Asked, others: readonly Asked[]): Asked =>
  others.reduce((known, other) => (known.table === other.table ? { ...known, ...namesOf(known, other) } : known), asked)

function namesOf(known: Asked, other: Asked): Pick<Asked, 'loaded' | 'inside'> {
  const inside = byName(known.inside, other.inside, (one, two) => withNames(one, two))
  return {
    ...(known.loaded && other.loaded && { loaded: withNames(known.loaded, other.loaded) }),
    ...(inside && { inside }),
  }
}

function bothOf(known: Asked, other: Asked): Asked {
  const children = byName(known.children, other.children, (one, two, name) =>
    masksOfBoth(
      { masks: one, loaded: ownMember(known.inside, name) },
      { masks: two, loaded: ownMember(other.inside, name) },
    ),
  )
  const valueMasks =
    known.valueMasks && other.valueMasks
      ? masksOfBoth({ masks: known.valueMasks }, { masks: other.valueMasks })
      : (known.valueMasks ?? other.valueMasks)
  return {
    ...known,
    masks: { ...masksOfBoth(known, other), ...keyMasksOf(known) },
    ...(children && { children }),
    ...(valueMasks && { valueMasks }),
    ...((known.childKeys ?? other.childKeys) && { childKeys: { ...other.childKeys, ...known.childKeys } }),
    ...namesOf(known, other),
  }
}

/** Fields that come besides have their column, and rows without them. */
export function withNames(known: LoadedFields, other: LoadedFields): LoadedFields {
  const added = Object.keys(other.columns).filter((field) => !Object.hasOwn(known.columns, field))
  if (added.length === 0) return known
  return { columns: { ...other.columns, ...known.columns }, idle: [...known.idle, ...added] }
}

/** By which rows are known: of two scopes they are others only where all rows were replaced between them. */
const keyMasksOf = ({ key = [], masks }: Asked): Masks =>
  Object.fromEntries(Object.entries(masks).filter(([field]) => key.includes(field)))

type Masked = { readonly masks: Masks; readonly loaded?: LoadedFields | undefined }

/** What one of them has brought in clear, or masked another way, is not masked. */
function masksOfBoth(one: Masked, two: Masked): Masks {
  const has = ({ loaded }: Masked, field: string) => loaded === undefined || Object.hasOwn(loaded.columns, field)
  const maskOf = (field: string): string | undefined => {
    const masks = [one, two].filter((each) => has(each, field)).map((each) => ownMember(each.masks, field))
    return masks.every((mask) => mask === masks[0]) ? masks[0] : undefined
  }
  return Object.fromEntries(
    Object.keys({ ...two.masks, ...one.masks }).flatMap((field) => {
      const mask = maskOf(field)
      return mask === undefined ? [] : [[field, mask] as const]
    }),
  )
}

type ByName<T> = { readonly [name: string]: T }

/** @returns undefined: neither has any */
export function byName<T>(
  one: ByName<T> | undefined,
  two: ByName<T> | undefined,
  join: (one: T, two: T, name: string) => T,
): ByName<T> | undefined {
  if (one === undefined || two === undefined) return one ?? two
  const shared = Object.keys(one).filter((name) => Object.hasOwn(two, name))
  const joined = shared.flatMap((name) => {
    const [first, second] = [ownMember(one, name), ownMember(two, name)]
    return first === undefined || second === undefined ? [] : [[name, join(first, second, name)] as const]
  })
  return { ...two, ...one, ...Object.fromEntries(joined) }
}
