import type { JsonObject } from 'millrace'
import type { Parameters } from './parameters.ts'
import { refuseMissingObject, type Refusal } from './refusal.ts'

export type Listing<T> = {
  /** All that match, in the list's order. */
  readonly records: readonly T[]
  readonly path: string
  readonly parameters: Parameters
  readonly noun: string
  /** Is there such an object at all? */
  readonly known: (id: string) => boolean
}

/** A page of a list. https://docs.stripe.com/api/pagination */
export function listPage<T extends { readonly id: string }>(
  { records, path, parameters, noun, known }: Listing<T>,
  describe: (record: T) => JsonObject,
): JsonObject | Refusal {
  const { limit, startingAfter, endingBefore } = parameters
  if (startingAfter !== null && !known(startingAfter)) return refuseMissingObject(noun, startingAfter, 'starting_after')
  if (endingBefore !== null && !known(endingBefore)) return refuseMissingObject(noun, endingBefore, 'ending_before')
  const after = startingAfter === null ? 0 : records.findIndex(({ id }) => id === startingAfter) + 1
  const before = endingBefore === null ? records.length : records.findIndex(({ id }) => id === endingBefore)
  const from = endingBefore === null ? after : Math.max(0, before - limit)
  const to = endingBefore === null ? Math.min(records.length, after + limit) : before
  const hasMore = endingBefore === null ? to < records.length : from > 0
  return { object: 'list', url: path, has_more: hasMore, data: records.slice(from, to).map(describe) }
}
