/** What of a sync's options decides which rows and values a stream's table holds, and what becomes of a change of them. */
import type { Asked } from '../model/cursor.ts'
import type { StreamPlan } from './resolve-streams.ts'

export const askedOf = ({ config, shape }: StreamPlan, start: string | null): Asked => ({
  start,
  where: config.where,
  masks: Object.fromEntries(shape.columns.flatMap(({ field, mask }) => (mask ? [[field, mask] as const] : []))),
})

/** Sentences on what stands in the table as it was loaded before; null: nothing does. @param before undefined: not known */
export function changeOf(stream: string, before: Asked | undefined, now: Asked): string | null {
  if (before === undefined) return null
  const masked = fieldsWith(now, before)
  const bare = Object.keys(before.masks).filter((field) => now.masks[field] === undefined)
  const changes = [
    ...(masked.length > 0
      ? [`${masked.join(', ')} of rows that were loaded before stand in the table unmasked, or masked another way`]
      : []),
    ...(bare.length > 0 ? [`${bare.join(', ')} of rows that were loaded before stay masked`] : []),
    ...(now.where === before.where
      ? []
      : ['rows that were loaded by another  where  stay, and older ones that fit the new one are not there']),
    ...(isEarlier(now.start, before.start) ? ['rows from before the old  start  are not there'] : []),
  ]
  if (changes.length === 0) return null
  return `${stream}: its options have changed: ${changes.join('; ')}. A run with --full-refresh reads everything again.`
}

const fieldsWith = (now: Asked, before: Asked): readonly string[] =>
  Object.entries(now.masks).flatMap(([field, mask]) => (before.masks[field] === mask ? [] : [field]))

const isEarlier = (now: string | null, before: string | null): boolean =>
  before !== null && (now === null || now < before)
