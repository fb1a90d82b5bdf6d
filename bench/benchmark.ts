/** What a benchmark is, and what it answers. */

export type Benchmark = {
  readonly name: string
  /** One line: what is compared with what. */
  readonly about: string
  readonly unit: 'ms' | 'rows/s' | 'MB'
  readonly better: 'lower' | 'higher'
  /** The ratio ours / floor that must be held. */
  readonly limit: number
  /** Pairs of (ours, floor), measured one after the other. The first pair of all warms caches and is thrown away. */
  readonly pairs: (sizes: Sizes) => Promise<readonly Pair[]>
}

export type Sizes = { readonly full: boolean }

export type Pair = { readonly ours: Figure; readonly floor: Figure }

/** One measurement, of a process of its own. */
export type Figure = {
  readonly value: number
  /** Peak resident memory of that process. */
  readonly rssMb: number
}

export type Result = {
  readonly name: string
  readonly unit: Benchmark['unit']
  readonly ours: number
  readonly floor: number
  readonly ratio: number
  readonly limit: number
  readonly better: Benchmark['better']
  readonly rss_mb: number
  readonly ok: boolean
}

/** Medians: of each side for people, of the pairwise ratios for the verdict, since load moves both sides of a pair alike. */
export function judge(benchmark: Benchmark, pairs: readonly Pair[]): Result {
  const { name, unit, limit, better } = benchmark
  const ratio = median(pairs.map(({ ours, floor }) => ours.value / floor.value))
  return {
    name,
    unit,
    ours: round(median(pairs.map(({ ours }) => ours.value))),
    floor: round(median(pairs.map(({ floor }) => floor.value))),
    ratio: Math.round(ratio * 1000) / 1000,
    limit,
    better,
    rss_mb: Math.round(Math.max(...pairs.map(({ ours }) => ours.rssMb))),
    ok: better === 'lower' ? ratio <= limit : ratio >= limit,
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new Error('There is no median of nothing: no pair was measured.')
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

const round = (value: number) => Math.round(value * 10) / 10
