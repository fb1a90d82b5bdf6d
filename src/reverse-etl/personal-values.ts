/** Values of fields that some sync calls personal, where others put them: into a refusal, or a request. */
import type { Change, FieldValue, WriteResult } from '../model/change.ts'
import { stars } from '../model/mask.ts'
import type { SpooledChange } from './change-spool.ts'
import { isExactNumber } from './exact-number.ts'
import type { ResolvedMapping } from './mapping.ts'

/** Destination fields that are filled from such a column. */
export const personalFields = ({ fields }: Pick<ResolvedMapping, 'fields'>): ReadonlySet<string> =>
  new Set(fields.flatMap(({ field, personal }) => (personal ? [field] : [])))

/** What a connector or its vendor says of a batch's rows, without what it quotes of their personal fields. */
export const withoutPersonal = (
  batch: readonly SpooledChange[],
  results: readonly WriteResult[],
  personal: ReadonlySet<string>,
): readonly WriteResult[] =>
  personal.size === 0
    ? results
    : results.map((result, index) => {
        const change = batch[index]?.change
        if (!change || result.outcome === 'ok' || result.message === undefined) return result
        const values = valuesOf([change], personal).filter((value) => value.length >= shortest)
        const longestFirst = [...new Set(values)].sort((a, b) => b.length - a.length)
        return { ...result, message: longestFirst.reduce(starOut, result.message) }
      })

/** In lower case, since a vendor may hold it so. Those of an object one by one: a connector may send them under other names. */
export const valuesOf = (changes: readonly Change[], personal: ReadonlySet<string>): readonly string[] =>
  changes.flatMap(({ fields }) =>
    Object.entries(fields).flatMap(([name, value]) => (personal.has(name) ? leavesOf(value).map(fold) : [])),
  )

export const fold = (value: unknown): string => String(value).trim().toLowerCase()

function leavesOf(value: FieldValue): readonly FieldValue[] {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return [value]
  return Object.values(value).flatMap(leavesOf)
}

/** A long one may be cut where it is quoted: then as much of it as is there. */
function starOut(words: string, value: string): string {
  const lower = words.toLowerCase()
  // A few letters have more signs in lower case: then places would not be the same.
  const heap = lower.length === words.length ? lower : words
  const start = value.slice(0, surelyOne)
  let out = ''
  let at = 0
  for (;;) {
    const from = heap.indexOf(start, at)
    if (from === -1) return out + words.slice(at)
    let length = start.length
    while (length < value.length && heap[from + length] === value[length]) length++
    out += words.slice(at, from) + stars
    at = from + length
  }
}

/** A shorter one stands in many words. */
const shortest = 3
const surelyOne = 12
