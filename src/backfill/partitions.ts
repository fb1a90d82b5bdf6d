/** How a range of time is cut, what a partition is called, and which are done. Pure. Instants are ISO UTC with milliseconds. */

/** Half-open: from `from` to before `to`. */
export type Range = { readonly from: string; readonly to: string }

/** How long a part is. Months are those of the calendar, in UTC. */
export type Step = { readonly ms: number } | { readonly months: number }

/**
 * The range in parts without a gap, cut at every multiple of the step since 1970 (of months: since January of year 0) and at the ends of the parts that are kept:
 * so one that was interrupted is gone on with, and one that is done is not read again, whatever the step is now.
 */
export function cutRange(range: Range, step: Step, kept: readonly Range[]): readonly Range[] {
  const [begin, end] = [Date.parse(range.from), Date.parse(range.to)]
  const cuts = new Set<number>([begin, end])
  for (let number = stepAt(begin, step) + 1; startOf(number, step) < end; number++) cuts.add(startOf(number, step))
  for (const edge of kept.flatMap(({ from, to }) => [Date.parse(from), Date.parse(to)]))
    if (edge > begin && edge < end) cuts.add(edge)
  const ordered = [...cuts].sort((a, b) => a - b)
  return ordered.slice(1).map((to, index) => ({ from: isoOf(ordered[index] ?? begin), to: isoOf(to) }))
}

/** How many parts the steps alone make: known before they are made. */
export const countSteps = ({ from, to }: Range, step: Step): number =>
  stepAt(Date.parse(to) - 1, step) + 1 - stepAt(Date.parse(from), step)

/** The number of the step that the instant is in. */
function stepAt(at: number, step: Step): number {
  if ('ms' in step) return Math.floor(at / step.ms)
  const date = new Date(at)
  return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / step.months)
}

function startOf(number: number, step: Step): number {
  if ('ms' in step) return number * step.ms
  // Date.UTC takes the years below 100 for those of the last century.
  return new Date(0).setUTCFullYear(0, number * step.months, 1)
}

/** Is every instant of a range in one of these? They are gone through once, however many ranges are asked for. */
export function coverOf(others: readonly Range[]): (range: Range) => boolean {
  const joined: { readonly from: number; to: number }[] = []
  const ordered = others.map(msOf).sort((a, b) => a.from - b.from)
  for (const { from, to } of ordered) {
    const last = joined.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else joined.push({ from, to })
  }
  return (range) => {
    const { from, to } = msOf(range)
    let [low, high] = [0, joined.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((joined[middle]?.from ?? Infinity) <= from) low = middle + 1
      else high = middle
    }
    return (joined[low - 1]?.to ?? from) >= to
  }
}

const msOf = ({ from, to }: Range) => ({ from: Date.parse(from), to: Date.parse(to) })

/** The name of its cursor scope. A range of null: a whole pass. A column that is read alone has scopes of its own. */
export const partitionName = (range: Range | null, column: string | null = null): string =>
  `${prefixOf(column)}${range === null ? 'whole' : `${range.from}/${range.to}`}`

/** The range of a partition of this column, or of whole rows, by its name; undefined where it has none. */
export function rangeOf(partition: string, column: string | null = null): Range | undefined {
  const prefix = prefixOf(column)
  if (!partition.startsWith(prefix)) return undefined
  const [from = '', to = ''] = partition.slice(prefix.length).split('/')
  return Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to)) ? undefined : { from, to }
}

export const isColumnPartition = (partition: string): boolean => partition.startsWith('column:')

const prefixOf = (column: string | null) => (column === null ? 'backfill:' : `column:${column}:`)
const isoOf = (ms: number) => new Date(ms).toISOString()
