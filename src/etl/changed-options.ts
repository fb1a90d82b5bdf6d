/** What stands in a table as other options of its sync have brought it, in words. */
import { isDeepStrictEqual } from 'node:util'
import type { Asked, LoadedFields } from '../model/cursor.ts'
import { ownMember } from '../model/own-member.ts'
import { nameOf } from './asked.ts'
import { isLoaded } from './check-masks.ts'
import type { StreamPlan } from './resolve-streams.ts'

/** How far the scan that is to come reaches. */
export type Reach = {
  /** Everything is read again. */
  readonly full: boolean
  /** It is a cursor scope of its own, beside the live one, which tells of it. */
  readonly isPartition: boolean
}

/** Sentences on what stands in the table as it was loaded before, and stays so; null: nothing does. */
export function changeOf(
  plan: StreamPlan,
  { before, now }: { readonly before: Asked; readonly now: Asked },
  { full, isPartition }: Reach,
): string | null {
  const { stream, mode, shape } = plan
  const { masked } = maskChanges(before, now)
  // Closed intervals are never read again.
  if (mode === 'scd2' && masked.length > 0)
    return `${stream.name}: ${masked.join(', ')} of ${unmaskedIntervals({ full, seesAll: reachesAll(plan, now) })} For a table without it:  drop table ${nameOf(shape)};  the next run begins it anew, without its history.`
  if (full && isPartition) return null
  const left = reachesAll(plan, now) ? [] : outOfReach(before, now)
  const changes = full ? left : changesOf(plan, before, now)
  if (changes.length === 0) return null
  return `${stream.name}: its options have changed: ${changes.join('; ')}. ${wayOn(nameOf(shape), { full, isMended: left.length === 0 })}`
}

/** The same of rows of accounts that a pass over everything turned out not to have read. null: nothing is, or it was told when it began. */
export function leftUnread(
  plan: StreamPlan,
  { before, now }: { readonly before: Asked; readonly now: Asked },
): string | null {
  const left = reachesAll(plan, now) ? outOfReach(before, now, 'that are of an account which was not read') : []
  if (left.length === 0) return null
  return `${plan.stream.name}: its options have changed: ${left.join('; ')}. ${wayOn(nameOf(plan.shape), { full: true, isMended: false })}`
}

function wayOn(table: string, { full, isMended }: { readonly full: boolean; readonly isMended: boolean }): string {
  if (isMended) return 'A run with --full-refresh reads everything again.'
  const goes = `drop table ${table};  after which the next run loads what the source shows. Or change them by hand.`
  return full
    ? `No run reads these again. They go with  ${goes}`
    : `A run with --full-refresh reads again what the source shows. Other rows go with  ${goes}`
}

function unmaskedIntervals({ full, seesAll }: { readonly full: boolean; readonly seesAll: boolean }): string {
  const unmasked = 'stays in the table unmasked, or masked another way'
  if (!full)
    return `intervals that stand, current ones too, ${unmasked}: the current ones until their rows change, or a run with --full-refresh reads them, and those that are closed, or close so, for good.`
  const unseen = seesAll ? '' : ' or are of rows that the source does not show now,'
  return `intervals that are closed, or close with this run,${unseen} ${unmasked}: no run reads them again.`
}

/**
 * A pass over everything brings each row that stands, or takes it away. A `where` or a `start` narrows it, and what is outside stays;
 * so does, where a stream does not list all that there is, what it does not show any more.
 */
function reachesAll({ stream, mode }: StreamPlan, { where, start }: Asked): boolean {
  if (mode === 'full_refresh') return true
  return stream.enumerates === true && where === null && start === null
}

/** Of rows that are read again only when they change. */
function changesOf({ stream }: StreamPlan, before: Asked, now: Asked): readonly string[] {
  const { masked, bare } = maskChanges(before, now)
  return [
    ...(masked.length > 0
      ? [`${masked.join(', ')} of rows that were loaded before stand in the table unmasked, or masked another way`]
      : []),
    ...(bare.length > 0 ? [`${bare.join(', ')} of rows that were loaded before stay masked`] : []),
    ...(isOtherQuery(before, now)
      ? ['rows that another query brought stay, and older ones of the new one are not there']
      : []),
    ...(now.where === before.where
      ? []
      : ['rows that were loaded by another  where  stay, and older ones that fit the new one are not there']),
    ...otherOptions(before, now).map(
      (name) => `rows that were loaded by another  ${name}  stay, and older ones of the new one are not there`,
    ),
    ...(stream.heedsStart !== false && isEarlier(now.start, before.start)
      ? ['rows from before the old  start  are not there']
      : []),
  ]
}

/** Of rows that a pass over everything neither brings nor takes away: what it brings is as it should be. */
function outOfReach(before: Asked, now: Asked, unseen = 'that the source does not show now'): readonly string[] {
  const { masked, bare } = maskChanges(before, now)
  return [
    ...(masked.length > 0
      ? [`${masked.join(', ')} of rows ${unseen} stand in the table unmasked, or masked another way`]
      : []),
    ...(bare.length > 0 ? [`${bare.join(', ')} of rows ${unseen} stay masked`] : []),
    ...(isOtherQuery(before, now) ? [`rows that another query brought, and ${unseen}, stay`] : []),
    // Without one there is no row that does not belong here.
    ...(now.where === before.where || now.where === null
      ? []
      : [`rows that were loaded by another  where , or by none, and ${unseen}, stay`]),
    ...otherOptions(before, now).map((name) => `rows that were loaded by another  ${name} , and ${unseen}, stay`),
  ]
}

/** Fields of the stream, and of its children with their names. A child or a field that was not loaded before has nothing from before. */
function maskChanges(
  before: Asked,
  now: Asked,
): { readonly masked: readonly string[]; readonly bare: readonly string[] } {
  const pairs = [
    { of: '', old: before.masks, own: now.masks, wasLoaded: hadColumn(before.loaded) },
    ...historyPair(before, now),
    ...Object.entries(now.children ?? {}).map(([child, own]) => ({
      of: `${child}.`,
      old: before.children?.[child] ?? own,
      own,
      wasLoaded: hadColumn(ownMember(before.inside, child)),
    })),
  ]
  return {
    masked: pairs.flatMap(({ of, old, own, wasLoaded }) =>
      Object.keys(own)
        .filter((field) => ownMember(old, field) !== ownMember(own, field))
        .filter(wasLoaded)
        .map((field) => of + field),
    ),
    bare: pairs.flatMap(({ of, old, own }) =>
      Object.keys(old)
        .filter((field) => ownMember(own, field) === undefined)
        .map((field) => of + field),
    ),
  }
}

const hadColumn = (loaded: LoadedFields | undefined) => (field: string) =>
  loaded === undefined || Object.hasOwn(loaded.columns, field)

/** Old and new values of a history, by their field. What stands of one that was left out was told when it was. */
function historyPair({ valueMasks: old, history }: Asked, { valueMasks: own }: Asked) {
  if (old === undefined || own === undefined) return []
  return [{ of: '', old, own, wasLoaded: (field: string) => history === undefined || isLoaded(history, field) }]
}

const isOtherQuery = (before: Asked, now: Asked): boolean => before.query !== undefined && now.query !== before.query

/** A warehouse may give the members of a value in another order. */
function otherOptions({ options: old }: Asked, { options: own = {} }: Asked): readonly string[] {
  if (old === undefined) return []
  const names = new Set([...Object.keys(old), ...Object.keys(own)])
  return [...names].filter((name) => !isDeepStrictEqual(ownMember(old, name), ownMember(own, name)))
}

const isEarlier = (now: string | null, before: string | null): boolean =>
  before !== null && (now === null || now < before)
