/** How a range of time is cut, what a partition is called, and which are done. Pure. Instants are ISO UTC with milliseconds. */

/** Half-open: from `from` to before `to`. */
export type Range = { readonly from: string; readonly to: string }

/**
 * The range in parts without a gap, cut at every multiple of the step since 1970 and at the ends of the parts that are kept:
 * so one that was interrupted is gone on with, and one that is done is not read again, whatever the step is now.
 */
export function cutRange(range: Range, stepMs: number, kept: readonly Range[]): readonly Range[] {
  const [begin, end] = [Date.parse(range.from), Date.parse(range.to)]
  const cuts = new Set<number>([begin, end])
  for (let at = Math.ceil(begin / stepMs) * stepMs; at < end; at += stepMs) cuts.add(at)
  for (const edge of kept.flatMap(({ from, to }) => [Date.parse(from), Date.parse(to)]))
    if (edge > begin && edge < end) cuts.add(edge)
  const ordered = [...cuts].sort((a, b) => a - b)
  return ordered.slice(1).map((to, index) => ({ from: isoOf(ordered[index] ?? begin), to: isoOf(to) }))
}

/** How many parts the steps alone make: known before they are made. */
export const countSteps = (range: Range, stepMs: number): number =>
  Math.ceil(Date.parse(range.to) / stepMs) - Math.floor(Date.parse(range.from) / stepMs)

/** Is every instant of the range in one of the others? */
export function isCovered(range: Range, others: readonly Range[]): boolean {
  let reached = Date.parse(range.from)
  const end = Date.parse(range.to)
  for (const other of others.toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from)))
    if (Date.parse(other.from) <= reached) reached = Math.max(reached, Date.parse(other.to))
  return reached >= end
}

/** The name of its cursor scope. null: a whole pass. */
export const partitionName = (range: Range | null): string =>
  range === null ? wholePass : `${prefix}${range.from}/${range.to}`

/** The range of a partition by its name; undefined where it has none. */
export function rangeOf(partition: string): Range | undefined {
  if (!partition.startsWith(prefix) || partition === wholePass) return undefined
  const [from = '', to = ''] = partition.slice(prefix.length).split('/')
  return Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to)) ? undefined : { from, to }
}

const isoOf = (ms: number) => new Date(ms).toISOString()
const prefix = 'backfill:'
const wholePass = 'backfill:whole'
